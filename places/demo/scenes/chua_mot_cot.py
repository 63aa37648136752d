"""Chùa Một Cột, Hà Nội: a square wooden shrine of 3 m a side on one stone pillar 4 m high, in a lotus pond 16 m wide."""

from functools import cache

from places.demo import light
from places.demo.materials import LAWN, brick, flat, lacquer, paving, plaster, stone, tiles, water, wood
from places.demo.meshes import Model, together
from places.demo.people import crowd
from places.demo.roofs import hip_roof
from places.demo.shapes import (
    beam,
    box,
    column,
    cylinder,
    dragon,
    floodlight,
    oblong,
    slab,
    stairs,
    tube,
    wall,
)
from places.demo.surroundings import hills, lily_pads, parapet, patch, potted_plant
from places.demo.trees import banyan, bush, frangipani, grove, tree
from places.demo.views import View, around

POND, WATER = 8.2, -0.9
PILLAR, SHRINE = 3.1, 3.3  # z of the shrine's floor over the ground; its side
STONE = stone("#a29c8e", age=0.6)
TIMBER = wood("#5a3524")
RED = lacquer("#7a2018")
OLD_TILES = tiles("#6e4a3c", shade="#2d211b")
RIDGE = plaster("#77706a", age=0.6)


def shrine() -> Model:
    """The wooden house: veranda, walls of panels, curved roof of ngói with two dragons and a moon."""
    s = SHRINE
    floor = box(s + 1.5, s + 1.5, 0.16, TIMBER)
    posts = box(0.2, 0.2, 2.3, TIMBER)
    parts = [floor]
    for x in (-1, 1):
        for y in (-1, 1):
            parts.append(posts.at(x * s / 2, y * s / 2, 0.16))
            parts.append(cylinder(0.09, 2.2, TIMBER).at(x * (s / 2 + 0.62), y * (s / 2 + 0.62), 0.16))
    panel = wall(
        [(-s / 2, 0), (s / 2, 0), (s / 2, 2.3), (-s / 2, 2.3)], 0.08, RED, openings=[oblong(1.3, 1.9, z=0.1)]
    )
    closed = wall([(-s / 2, 0), (s / 2, 0), (s / 2, 2.3), (-s / 2, 2.3)], 0.08, RED)
    ribs = together(box(0.05, 0.05, 2.2, TIMBER).at((i - 4) * s / 9, -0.05) for i in range(9))
    parts += [panel.at(0, -s / 2, 0.16)]
    parts += [(closed + ribs).at(0, -s / 2, 0.16).turned(a) for a in (90, 180, 270)]
    # The altar is seen through the door: gold on dark red.
    parts.append(box(1.6, 0.6, 1.0, flat("#b8862f", gloss=0.4, glow=0.6)).at(0, 0.7, 0.16))
    parts.append(box(0.5, 0.3, 0.8, flat("#d6a640", gloss=0.5, glow=0.8)).at(0, 0.7, 1.16))
    sign = box(1.5, 0.06, 0.42, flat("#8d1f18", gloss=0.3)) + box(1.2, 0.08, 0.22, flat("#d9b24a")).at(z=0.1)
    parts.append(sign.turned(12, "x").at(0, -s / 2 - 0.12, 2.05))
    rail = s / 2 + 0.66
    for a in (0, 90, 180, 270):
        for z in (0.35, 0.75):
            side = beam((-rail, -rail, z), (rail, -rail, z), 0.07, 0.07, TIMBER)
            if a == 0:
                side = beam((-rail, -rail, z), (-0.75, -rail, z), 0.07, 0.07, TIMBER).with_mirror("x")
            parts.append(side.turned(a))
        bars = [i for i in range(-8, 9) if a or abs(i) > 3]
        parts += [box(0.05, 0.05, 0.6, TIMBER).at(i * rail / 8.5, -rail, 0.16).turned(a) for i in bars]
    parts += [
        beam((-s / 2 - 0.9, y, 2.42), (s / 2 + 0.9, y, 2.42), 0.14, 0.18, TIMBER) for y in (-s / 2, s / 2)
    ]
    parts += [
        beam((x, -s / 2 - 0.9, 2.42), (x, s / 2 + 0.9, 2.42), 0.14, 0.18, TIMBER) for x in (-s / 2, s / 2)
    ]
    roof = hip_roof(
        s + 2.5, s + 2.5, 2.25, OLD_TILES, ridge=1.9, upturn=0.4, sag=0.3, lip=0.13, trim=RIDGE, top="none"
    )
    parts.append(roof.at(z=2.45))
    ridge = box(2.1, 0.22, 0.36, RIDGE).at(z=4.6)
    one = dragon(1.15, RIDGE, waves=1.2).at(-0.68, 0, 4.92)
    moon = cylinder(0.22, 0.08, RIDGE).turned(90, "x").at(0, 0.04, 5.2)
    parts += [ridge, one, one.mirrored("x"), moon]
    return together(parts).at(z=PILLAR)


def pillar() -> Model:
    """One round stone of 1.2 m, and the eight wooden brackets that spread from it under the floor."""
    post = column(0.62, 0.6, PILLAR - WATER + 0.3, STONE, sides=40).at(z=WATER - 0.3)
    arms = []
    for k in range(8):
        reach = 2.1 if k % 2 == 0 else 2.75
        curve = [
            (0.5, 0, PILLAR - 1.75),
            (0.9, 0, PILLAR - 1.5),
            (1.4, 0, PILLAR - 0.85),
            (reach, 0, PILLAR - 0.18),
        ]
        arms.append(tube(curve, 0.13, TIMBER).turned(45 * k))
        arms.append(
            beam((0.4, 0, PILLAR - 0.9), (reach * 0.68, 0, PILLAR - 0.9), 0.14, 0.2, TIMBER).turned(45 * k)
        )
    for a in (0, 90):
        arms += [
            beam((-2.4, y, PILLAR - 0.24), (2.4, y, PILLAR - 0.24), 0.18, 0.24, TIMBER).turned(a)
            for y in (-1.3, 0, 1.3)
        ]
    return post + together(arms)


def stair() -> Model:
    """A narrow brick flight of 13 steps from the south bank, between stepped walls."""
    start, end = -8.6, -SHRINE / 2 - 0.72
    run, rise = end - start, PILLAR + 0.1
    flight = stairs(1.15, run, rise, 13, brick("#8d5a44", "#9d9384")).at(y=(start + end) / 2)
    sides = []
    for x in (-0.68, 0.68):
        sides.append(beam((x, start - 0.3, 0.0), (x, end, rise), 0.22, 0.62, STONE))
        sides.append(
            box(0.36, 0.36, 1.3, STONE).at(x, start - 0.3)
            + box(0.46, 0.46, 0.12, STONE).at(x, start - 0.3, 1.3)
        )
    return flight + together(sides)


@cache
def model() -> Model:
    p, wall_top = POND, 0.6
    basin = together(
        slab(-p - 0.4, -p - 0.4, p + 0.4, -p, WATER - 0.5, 0.06, STONE).turned(a) for a in (0, 90, 180, 270)
    )
    pond = slab(-p, -p, p, p, WATER - 0.2, WATER, water("#2c3a1e", ripple=0.012, tile=6))
    green = plaster("#8f9a8c", age=0.5)
    low = [
        parapet([(-p, -p), (-1.2, -p)], green, height=wall_top),
        parapet([(1.2, -p), (p, -p)], green, height=wall_top),
    ]
    low += [
        parapet([(-p, p), (p, p)], green, height=wall_top),
        parapet([(-p, -p), (-p, p)], green, height=wall_top),
        parapet([(p, -p), (p, p)], green, height=wall_top),
    ]
    court = paving("#a3988a")
    # The court is a frame round the pond, for the water lies lower.
    frame = together(slab(-30, -30, 30, -p - 0.2, -0.3, 0.0, court).turned(a) for a in (0, 180)) + together(
        slab(-30, -p - 0.2, -p - 0.2, p + 0.2, -0.3, 0.0, court).turned(a) for a in (0, 180)
    )
    lotus_leaves = lily_pads(60, (-7.5, -7, -2.2, 7), seed=3, z=WATER + 0.02) + lily_pads(
        50, (2.2, -5, 7.5, 7.5), seed=4, z=WATER + 0.02
    )
    green_round = (
        banyan(13, seed=1).at(-14, 12)
        + tree(12, seed=2).at(14, 13)
        + tree(14, seed=3).at(2, 19)
        + tree(11, seed=1).at(-19, -2)
        + frangipani(4.5, seed=1).at(12, -4)
        + frangipani(4.5, seed=2).at(-12, 4)
        + tree(10, seed=6).at(20, 2)
        + grove(16, (-45, 22, 45, 45), height=(10, 16), seed=5)
        + grove(6, (24, -25, 50, 20), height=(9, 14), seed=6)
        + grove(6, (-50, -25, -24, 20), height=(9, 14), seed=7)
    )
    beds = together(bush(1.1, seed=i).at(-9.6 + 1.3 * i, 10.2) for i in range(15))
    pots = together(potted_plant(seed=i).at(x, -9.6) for i, x in enumerate((-7.6, 7.6)))
    treeline = hills(near=46, far=100, height=14, rough=0.9, seed=4)
    lawn = together(patch(-400, 30, 400, 400, LAWN, z=-0.02).turned(a) for a in (0, 90, 180, 270))
    return (
        basin
        + pond
        + together(low)
        + frame
        + lotus_leaves
        + green_round
        + beds
        + pots
        + lawn
        + treeline
        + floodlight((-5, -6, 0), (0, 0, 4), power=0.7)
        + floodlight((5, -6, 0), (0, 0, 4), power=0.7)
        + pillar()
        + shrine()
        + stair()
    )


MIDDLE = (0, 0, 3.3)
VIEWS: tuple[View, ...] = (
    around(target=MIDDLE, distance=15, azimuth=-32, height=1.9, light=light.CLEAR_MORNING, seed=1),
    around(target=MIDDLE, distance=14, azimuth=34, height=1.9, light=light.AFTERNOON, portrait=True, seed=2),
    around(
        target=MIDDLE,
        distance=20,
        azimuth=-12,
        light=light.OVERCAST,
        front=crowd(6, (-7, -15, 2, -11), seed=5),
        seed=3,
    ),
    around(target=MIDDLE, distance=13, azimuth=-40, height=2.0, light=light.NOON, fov=66, seed=4),
    around(target=MIDDLE, distance=18, azimuth=36, light=light.GOLDEN.turned(-30), aim=(0.08, 0.0), seed=5),
    around(
        target=MIDDLE,
        distance=15,
        azimuth=-26,
        height=2.0,
        light=light.RAIN,
        portrait=True,
        front=crowd(3, (-8.5, -11.5, -5.5, -9.5), seed=9, facing=190),
        seed=6,
    ),
    around(
        target=MIDDLE,
        distance=20,
        azimuth=-34,
        height=2.2,
        light=light.MIST.but(mist=45),
        aim=(-0.06, 0),
        seed=7,
    ),
    around(
        target=(0, 0, 4.2), distance=12.5, azimuth=26, light=light.CLEAR_MORNING.turned(60), fov=64, seed=8
    ),
    around(target=MIDDLE, distance=17, azimuth=44, height=4.2, light=light.NOON.turned(-60), seed=9),
    around(target=MIDDLE, distance=15, azimuth=-30, height=1.9, light=light.BLUE_HOUR, seed=10),
)
