"""Chùa Cầu, Hội An: the Japanese covered bridge over its creek, seen from the river side.

Measures, in metres: 18 long and 5.6 wide, the deck bowed from 2.2 above the water at its ends to 3.0; three timber
spans on stone piers between two arched abutments; eaves 3 above the deck, the middle roof half a metre over the two
of the ends; red plastered gates at both ends, yellow merchant houses along the banks.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from places.demo import light
from places.demo.materials import (
    blocks,
    flat,
    lacquer,
    paving,
    plaster,
    stone,
    tiles,
    water,
    wood,
)
from places.demo.meshes import Model, together
from places.demo.people import ao_dai, bicycle, crowd
from places.demo.roofs import gable_roof
from places.demo.shapes import (
    arch,
    beam,
    box,
    cylinder,
    disc,
    extrude,
    floodlight,
    loft,
    oblong,
    sheet,
    slab,
    tube,
    wall,
)
from places.demo.surroundings import boat, ground, potted_plant
from places.demo.trees import FLAME, banyan, bush, palm, tree
from places.demo.views import around

TIMBER = wood("#6a2f1f", gloss=0.15)
DARK_TIMBER = wood("#3f2015")
PINK = plaster("#b5654c", age=0.4)
LIME = plaster("#d9d2c0", age=0.5)
OCHRE = tuple(plaster(c, age=0.5) for c in ("#e2ae45", "#dca23c", "#e6bb5e", "#d99a3f"))
NGOI = tiles("#7d5a48", shade="#2b211c")
ROLL = plaster("#80604e", age=0.75, tile=3)
PIER = blocks("#8f8574", age=0.6, tile=3)
PORCELAIN = flat("#e9edf0", gloss=0.5)
COBALT = flat("#2c4f8f", gloss=0.5)
LANTERNS = ("#d8261c", "#e8a51f", "#d8261c", "#c2338a", "#2f79b8", "#3f9a52")


def deck(x: float) -> float:
    return 2.2 + 0.8 * (1 - min(abs(x) / 9, 1) ** 2)


def curved_roof(x0: float, x1: float, eave: float, rise: float, half: float, *, bow: float) -> Model:
    """Two slopes of yin and yang tiles along x, the ridge and the eaves sweeping up by bow at both ends."""
    count = round((x1 - x0) / 0.27)
    x = np.linspace(x0, x1, count * 2 + 1)
    s = (x - (x0 + x1) / 2) / ((x1 - x0) / 2)
    t = np.linspace(0, 1, 9)
    lift = bow * np.abs(s) ** 2.5
    y = -half * (1 - t)[:, None] * np.ones_like(s)
    z = eave + rise * (t - 0.16 * np.sin(np.pi * t))[:, None] + lift
    grid = np.stack([np.broadcast_to(x, y.shape), y, z], -1)
    uv = np.stack([np.broadcast_to(x, y.shape), np.hypot(half, rise) * t[:, None] * np.ones_like(s)], -1)
    side = sheet(grid, NGOI, uv=uv) + sheet(grid - (0, 0, 0.14), DARK_TIMBER)
    side += together(
        tube(grid[:, k] + (0, 0, 0.02), 0.062, ROLL, sides=8) for k in range(0, grid.shape[1], 2)
    )
    side += together(
        extrude(disc(0.075), 0.03, PORCELAIN).turned(90, "x").at(*(grid[0, k] + (0, -0.05, 0.02)))
        for k in range(0, grid.shape[1], 2)
    )
    for k, out in ((0, -1), (-1, 1)):  # the lime verge of the gable, with its plates
        edge = grid[:, k] + (0, 0, 0.06)
        side += tube(edge, 0.12, LIME, sides=8)
        side += together(
            extrude(disc(0.13), 0.04, (PORCELAIN, COBALT)[i % 2])
            .turned(90, "y")
            .at(*(edge[i] + (out * 0.12, 0, 0)))
            for i in range(0, 9, 2)
        )
    ridge = grid[-1]
    crest = together(
        beam(ridge[i] + (0, 0, -0.05), ridge[i + 2] + (0, 0, -0.05), 0.26, 0.42, LIME)
        for i in range(0, len(ridge) - 2, 2)
    )
    plates = together(
        extrude(disc(0.12), 0.03, (PORCELAIN, COBALT)[i % 2])
        .turned(90, "x")
        .at(ridge[i, 0], -0.12, ridge[i, 2] + 0.17)
        for i in range(2, len(ridge) - 1, 3)
    )
    tips = together(
        tube(
            (
                ridge[k] + (0, 0, 0.25),
                ridge[k] + (0.35 * way, 0, 0.45),
                ridge[k] + (0.5 * way, 0, 0.85),
                ridge[k] + (0.3 * way, 0, 1.05),
            ),
            (0.16, 0.14, 0.1, 0.04),
            LIME,
        )
        for k, way in ((0, -1), (-1, 1))
    )
    return side.with_mirror("y") + crest + plates.with_mirror("y") + tips


def substructure() -> Model:
    """Piers under the middle, and abutments with an arch at either end."""
    parts = []
    for x in (-4.0, -1.35, 1.35, 4.0):
        plan = [(-0.42, -3.0), (0, -3.6), (0.42, -3.0), (0.42, 3.2), (-0.42, 3.2)]
        parts.append(extrude(plan, 1.0 + deck(x) - 0.35 - 0.25, PIER).at(x, 0, -1.0))
        parts.append(box(1.1, 6.4, 0.25, PIER).at(x, 0, deck(x) - 0.6))
    face = wall(
        [(4.6, -1), (10.5, -1), (10.5, 2.15), (8.6, 2.2), (4.6, 2.72)],
        6.0,
        PIER,
        openings=[arch(2.2, 2.35, x=6.5, z=-1)],
    )
    parts += [face, face.mirrored("x")]
    for x in np.arange(-4.6, 4.6, 0.46):
        a, b = float(x), float(x + 0.46)
        parts += [
            beam((a, y, deck(a) - 0.36), (b, y, deck(b) - 0.36), 0.28, 0.34, TIMBER)
            for y in (-2.75, -1.2, 0.6, 2.6)
        ]
    xs = np.linspace(-9.2, 9.2, 41)
    for a, b in zip(xs, xs[1:], strict=False):
        parts.append(beam((a, 0, deck(a) - 0.06), (b, 0, deck(b) - 0.06), 5.7, 0.1, DARK_TIMBER))
    return together(parts)


def post(x: float, y: float, top: float) -> Model:
    return box(0.2, 0.2, top - deck(x), TIMBER).at(x, y, deck(x))


def sides() -> Model:
    """The open timber front of the middle bays, the plastered bays of the ends, and the dim inside."""
    parts = []
    xs = np.linspace(-5.2, 5.2, 8)
    for x in xs:
        parts += [post(x, y, 6.2) for y in (-2.65, -1.1, 1.1)]
        parts.append(slab(x - 0.07, -3.3, x + 0.07, -2.6, 5.55, 5.7, TIMBER))  # bracket under the eave
    for a, b in zip(xs, xs[1:], strict=False):
        za, zb = deck(a), deck(b)
        for h, thick in ((0.08, 0.14), (0.62, 0.09), (0.98, 0.12)):
            parts.append(beam((a, -2.65, za + h), (b, -2.65, zb + h), 0.1, thick, TIMBER))
        parts.append(beam((a, -2.62, za + 0.1), (b, -2.62, zb + 0.1), 0.05, 0.55, lacquer("#6f2418")))
        for k in range(1, 9):
            x = a + (b - a) * k / 9
            parts.append(box(0.045, 0.05, 0.34, TIMBER).at(x, -2.65, deck(x) + 0.66))
        parts.append(slab(a, -2.72, b, -2.58, 5.35, 5.75, TIMBER))
        parts.append(slab(a + 0.1, -2.66, b - 0.1, -2.62, 4.95, 5.35, lacquer("#6f2418")))
        parts.append(slab(a + 0.1, 1.7, b - 0.1, 1.8, 2.4, 6.3, DARK_TIMBER))
    for sign in (-1, 1):
        panel = wall(
            [(5.2, 2.55), (9.2, 2.15), (9.2, 5.5), (5.2, 5.5)],
            0.3,
            PINK,
            openings=[oblong(1.5, 1.3, x=7.1, z=3.3)],
        ).at(y=-2.65)
        frame = wall(
            oblong(1.8, 1.6, x=7.1, z=3.15), 0.12, LIME, openings=[oblong(1.5, 1.3, x=7.1, z=3.3)]
        ).at(y=-2.82)
        bars = together(box(0.07, 0.08, 1.3, TIMBER).at(6.5 + 0.2 * k, -2.65, 3.3) for k in range(7))
        end = (
            panel
            + frame
            + bars
            + slab(5.2, -2.9, 9.3, -2.55, 5.2, 5.5, LIME)
            + slab(5.0, -2.95, 5.35, -2.5, 2.4, 5.9, PINK)
        )
        end += slab(5.2, 2.4, 9.2, 2.7, 2.0, 5.5, PINK)
        parts.append(end if sign > 0 else end.mirrored("x"))
    return together(parts)


def gateway() -> Model:
    """The right-hand end, facing +x: a red wall with its door, and the board above it."""
    front = [(-3.3, 1.6), (3.3, 1.6), (3.3, 5.6), (0, 7.3), (-3.3, 5.6)]
    face = wall(front, 0.5, PINK, openings=[oblong(3.0, 3.0, z=2.0)]).turned(90).at(x=9.35)
    trim = wall(oblong(3.5, 3.5, z=1.7), 0.1, LIME, openings=[oblong(3.0, 3.25, z=1.7)]).turned(90).at(x=9.65)
    board = slab(9.6, -0.9, 9.72, 0.9, 5.5, 6.1, lacquer("#7d1d15")) + together(
        slab(9.72, y - 0.18, 9.76, y + 0.18, 5.62, 5.98, flat("#d6a640", gloss=0.4)) for y in (-0.6, 0, 0.6)
    )
    pillars = slab(9.1, -3.6, 9.8, -3.0, 1.2, 5.9, PINK) + slab(9.0, -3.7, 9.9, -2.9, 5.7, 6.0, LIME)
    return face + trim + board + pillars.with_mirror("y")


def lantern(seed: int, size: float = 0.5) -> Model:
    """A silk lantern, hung by its top at z=0."""
    silk = flat(LANTERNS[seed % len(LANTERNS)], glow=5.0)
    shape = (
        (0, 0, 0, 0.25, 0.25),
        (0, 0, 0.15, 0.46, 0.46),
        (0, 0, 0.42, 0.56, 0.56),
        (0, 0, 0.72, 0.44, 0.44),
        (0, 0, 0.85, 0.24, 0.24),
    )
    body = (
        loft(shape, silk)
        + cylinder(0.25, 0.05, DARK_TIMBER).at(z=-0.05)
        + cylinder(0.25, 0.05, DARK_TIMBER).at(z=0.85)
    )
    tassel = box(0.06, 0.06, 0.5, flat("#d8a020")).at(z=-0.55)
    return (body + tassel).at(z=-1.1).scaled(size) + box(0.012, 0.012, 0.2, DARK_TIMBER).at(z=-0.12)


def string(a: tuple[float, float, float], b: tuple[float, float, float], count: int, seed: int = 0) -> Model:
    """Lanterns on a sagging wire."""
    t = np.linspace(0, 1, count + 2)
    path = np.array(a) + np.outer(t, np.subtract(b, a)) - np.outer(4 * t * (1 - t) * 0.6, (0, 0, 1))
    return tube(path, 0.012, DARK_TIMBER, sides=5) + together(
        lantern(seed + i, 0.55).at(*p) for i, p in enumerate(path[1:-1])
    )


def old_house(width: float, *, seed: int) -> Model:
    """A merchant's house of two floors, front to -y: ochre wall, dark shutters and shop boards, a gable of ngói."""
    paint = OCHRE[seed % 4]
    front = box(width, 11, 6.2, paint).at(y=5.5)
    shop = slab(-width / 2 + 0.35, -0.06, width / 2 - 0.35, 0.1, 0.1, 2.7, DARK_TIMBER) + slab(
        -0.8, -0.1, 0.8, 0, 0.1, 2.5, flat("#1f1511", glow=0.0)
    )
    awning = (
        gable_roof(width, 2.2, 0.7, NGOI, upturn=0).at(0, -0.2, 2.9)
        if seed % 2
        else slab(-width / 2, -1.0, width / 2, 0, 3.0, 3.12, DARK_TIMBER)
    )
    windows = Model()
    green = flat(("#3f5f4a", "#5a3220", "#33566b")[seed % 3])
    for x in (-width / 4, width / 4):
        windows += (
            slab(x - 0.5, -0.05, x + 0.5, 0.1, 4.0, 5.5, flat("#2a1c12", glow=0.7))
            + slab(x - 0.98, -0.1, x - 0.5, 0.02, 3.95, 5.55, green)
            + slab(x + 0.5, -0.1, x + 0.98, 0.02, 3.95, 5.55, green)
        )
    roof = gable_roof(width + 0.5, 12, 3.0, NGOI, upturn=0.1, trim=LIME).at(0, 5.5, 6.2)
    gable = wall([(-5.5, 6.2), (5.5, 6.2), (0, 9.0)], width - 0.2, paint).turned(90).at(y=5.5)
    hung = together(
        lantern(seed + i, 0.5).at(x, -0.7, 2.75) for i, x in enumerate(np.linspace(-width / 3, width / 3, 3))
    )
    return front + shop + awning + windows + roof + gable + hung


def bank() -> Model:
    """The right bank (x from 10): the quay, its street, and houses that look over it to the creek and to the front."""
    quay = slab(9.6, -60, 60, 60, -2, 1.6, stone("#9a9080", age=0.7)) + slab(
        9.6, -60, 60, 60, 1.6, 1.64, paving("#a3917f")
    )
    kerb = slab(9.6, -60, 10.0, -3.2, 1.64, 1.9, stone("#8c8272", age=0.6))
    row = together(old_house(6.4, seed=i).turned(-90).at(14.5, -9.5 - 6.6 * i, 1.64) for i in range(6))
    behind = together(old_house(6.2, seed=i + 2).at(13.5 + 6.4 * i, 7, 1.64) for i in range(4))
    pots = together(potted_plant(seed=i).at(14, -7 - 3.3 * i, 1.64) for i in range(7))
    blossom = bush(2.4, seed=2, material=FLAME).scaled(0.6, 1, 1).at(14.3, -14, 5.0)
    return quay + kerb + row + behind + pots + blossom


def shrine() -> Model:
    """The little temple on the far side, whose roof shows over the bridge's."""
    body = slab(-3.2, 2.6, 3.2, 6.4, 2.2, 6.0, PINK) + slab(-0.5, 6, 0.5, 7, -1, 2.2, PIER).row(3, x=2.6)
    return body + curved_roof(-3.8, 3.8, 6.0, 2.2, 2.8, bow=0.3).at(y=4.4)


@cache
def model() -> Model:
    roofs = curved_roof(-5.9, 5.9, 5.75, 2.35, 3.75, bow=0.45)
    roofs += (curved_roof(5.5, 10.2, 5.35, 2.1, 3.7, bow=0.3) + gateway()).with_mirror()
    gables = (wall([(-3.4, 5.6), (3.4, 5.6), (0, 8.0)], 0.15, LIME).turned(90).at(x=5.75)).with_mirror()
    hung = together(
        lantern(0 if i % 2 else 1, 0.62).at(x, -3.3, 5.65) for i, x in enumerate(np.linspace(-4.5, 4.5, 7))
    )
    end = slab(-60, 34, 60, 36, -2, 3, PIER) + together(
        old_house(6.3, seed=i).at(-16 + 6.5 * i, 36, 1.6) for i in range(6)
    )
    far = (
        banyan(13, seed=1).at(-15, 22, 1.6)
        + tree(11, seed=2).at(20, 20, 1.6)
        + palm(12, seed=1).at(12.5, 13, 1.6)
    )
    walkers = crowd(7, (10.4, -24, 13.2, -6), seed=4, dressed=0.3).at(z=1.64) + crowd(
        6, (-13.4, -22, -10.4, -6), seed=6, dressed=0.3
    ).at(z=1.64)
    inside = crowd(5, (-4.5, -2.3, 4.5, -0.5), seed=12).at(z=2.95) + bicycle(seed=1).at(13.4, -11, 1.64)
    floods = together(
        floodlight((x, -9, 0.6), (x * 0.7, 0, 5.5), colour=(1.0, 0.66, 0.34), power=1.8, beam=85)
        for x in (-6.5, 0, 6.5)
    )
    floods += floodlight((0, -1, 3.3), (0, 1.5, 4.4), colour=(1.0, 0.6, 0.3), power=0.25, beam=150)
    creek = ground(water("#43503c", ripple=0.025, tile=7))
    banks = bank() + bank().mirrored("x")
    return (
        creek
        + substructure()
        + sides()
        + roofs
        + gables
        + shrine()
        + hung
        + banks
        + end
        + far
        + walkers
        + inside
        + floods
    )


def sampan(x: float, y: float) -> Model:
    return (
        boat(5.5) + ao_dai(seed=3, hat=True).scaled(0.8).at(0.4, 0, 0.25) + lantern(1, 0.4).at(-1.6, 0, 1.5)
    ).at(x, y)


AIM = (0, -1, 4.4)
VIEWS = (
    around(target=AIM, distance=19, azimuth=-4, height=2.6, light=light.CLEAR_MORNING, fov=66),
    around(target=AIM, distance=17, azimuth=22, height=3.3, light=light.AFTERNOON, fov=70),
    around(target=AIM, distance=24, azimuth=-20, height=3.4, light=light.GOLDEN, fov=56),
    around(
        target=AIM, distance=21, azimuth=10, height=2.4, light=light.BLUE_HOUR, fov=62, front=sampan(-3, -9)
    ),
    around(target=AIM, distance=18, azimuth=-14, height=3.0, light=light.NIGHT.but(exposure=-0.3), fov=68),
    around(target=AIM, distance=16, azimuth=12, height=2.2, light=light.OVERCAST, fov=74, portrait=True),
    around(target=AIM, distance=23, azimuth=-8, height=4.2, light=light.RAIN, fov=58),
    around(
        target=AIM,
        distance=20,
        azimuth=26,
        height=3.3,
        light=light.MIST.but(mist=60),
        fov=62,
        front=sampan(1, -11),
    ),
    around(
        target=AIM,
        distance=27,
        azimuth=3,
        height=3.4,
        light=light.NOON,
        fov=54,
        front=string((-10, -19, 6.6), (10, -18, 6.6), 9),
    ),
    around(
        target=(2, -1, 4.6),
        distance=14,
        azimuth=-24,
        height=3.3,
        light=light.NOON.turned(-70),
        fov=80,
        portrait=True,
    ),
)
