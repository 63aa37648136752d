"""Notre-Dame of Saigon from Công xã Paris square: red brick, two square towers under grey spires, the white Virgin.

Measures: towers 36.6 m and 57.6 m with their spires, iron crosses above; front 29 m wide (towers 9 m, 11 m
between them); rose 6 m across, clock above it; nave with lower aisles, transept 60 m behind; the granite
Queen of Peace (1959) 4.6 m on her pedestal, 38 m before the front.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import shapely
from shapely.geometry import Polygon

from places.demo import light
from places.demo.clay import clay
from places.demo.materials import (
    ASPHALT,
    DARK_IRON,
    LAWN,
    PAVING,
    brick,
    flat,
    metal,
    plaster,
    stone,
    tiles,
    windows,
)
from places.demo.meshes import Model, together
from places.demo.people import ao_dai, car, crowd, scooter
from places.demo.roofs import gable_roof, hip_roof
from places.demo.shapes import (
    arch,
    box,
    column,
    disc,
    extrude,
    floodlight,
    revolve,
    slab,
    sphere,
    wall,
)
from places.demo.surroundings import ground, lamp_post, skyline
from places.demo.trees import bush, canopy, palm, tree
from places.demo.views import around

RED = brick("#b25a38", "#c49a7c", tile=2.6, age=0.25)
TAN = plaster("#c9a273", age=0.35, tile=5)
PALE = stone("#d8cbb0", age=0.3)
ZINC = stone("#a3aaad", age=0.5, tile=5, gloss=0.2)
GRILLE = flat("#2b2522")
LOUVRE = flat("#cfc7b8")
ROOF = tiles("#8a4630", tile=3.0)
MARBLE = stone("#d9d7d0", age=0.25, tile=3)


def _ring(hole: Polygon, rim: float) -> Polygon:
    """The stone round an opening, open at the foot."""
    low = hole.bounds[1]
    return hole.buffer(rim).difference(hole).intersection(shapely.box(-99, low, 99, 99)).buffer(0)


def _tower_face() -> Model:
    """One side of a tower, its brick at y=-4.5."""
    portal = arch(4.4, 8.4)
    twin = [arch(1.15, 3.4, x=x, z=11.0) for x in (-1.05, 1.05)]
    lancets = [arch(1.25, 4.9, x=x, z=15.9) for x in (-1.1, 1.1)]
    oculus = disc(0.75, z=22.3)
    belfry = [arch(1.35, 6.0, x=x, z=28.0) for x in (-1.1, 1.1)]
    holes = [portal, *twin, *lancets, oculus, *belfry]
    lower = wall(shapely.box(-4.5, 0, 4.5, 26), 0.7, RED, openings=holes).at(y=-4.15)
    upper = wall(shapely.box(-4.1, 26, 4.1, 36.2), 0.7, RED, openings=holes).at(y=-3.75)
    blind = arch(4.4, 9.4, z=15.6)
    stones = [(_ring(portal, 0.7), 0.5), (_ring(blind, 0.5), 0.22), *((_ring(w, 0.3), 0.16) for w in twin)]
    trim = together(wall(p, d, PALE).at(y=-4.5 - d / 2 + 0.02) for p, d in stones)
    trim += together(wall(_ring(w, 0.22), 0.14, PALE).at(y=-4.55) for w in (*lancets, oculus))
    trim += together(wall(_ring(w, 0.4), 0.16, PALE).at(y=-4.15) for w in belfry)
    trim += slab(-4.7, -4.75, 4.7, -4.3, 9.4, 10.3, PALE) + slab(-4.6, -4.66, 4.6, -4.4, 14.6, 15.0, TAN)
    edge = box(0.95, 0.4, 25.2, TAN).at(x=4.15, y=-4.55) + box(0.8, 0.3, 10, TAN).at(x=3.85, y=-4.15, z=26)
    buttress = box(1.2, 0.9, 14.6, TAN).at(x=4.15, y=-4.6) + box(1.5, 1.2, 1.1, TAN).at(x=4.15, y=-4.7)
    slats = together(
        box(1.3, 0.5, 0.05, LOUVRE).turned(35, "x").at(x=x, y=-3.6, z=28.2 + 0.42 * i)
        for x in (-1.1, 1.1)
        for i in range(13)
    )
    frame = box(0.12, 0.2, 5, PALE).at(x=-1.1, y=-3.95, z=15.9) + box(0.12, 0.2, 5, PALE).at(
        x=1.1, y=-3.95, z=15.9
    )
    return lower + upper + trim + (edge + buttress).with_mirror("x") + slats + frame


def _spire() -> Model:
    """Eight sides of zinc, a gabled dormer on each side of the foot and a pinnacle at each corner."""
    body = hip_roof(8.6, 8.6, 5.2, ZINC, ridge=0, upturn=0, sag=0.25, trim=ZINC, top="none")
    body += revolve(((4.2, 0.6), (3.0, 4.0), (2.2, 7.0), (0.14, 20.2), (0, 20.2)), ZINC, sides=8)
    dormer = wall(
        ((-1.2, 0), (1.2, 0), (1.2, 2.3), (0, 5.4), (-1.2, 2.3)), 2.2, ZINC, openings=[arch(1.1, 2.6, z=0.3)]
    )
    dormer += box(2.0, 0.2, 3.0, GRILLE).at(y=-0.2) + column(0.09, 0.02, 1.5, ZINC, sides=6).at(y=-0.9, z=5.2)
    corner = column(0.5, 0.4, 2.2, ZINC, sides=4) + column(0.6, 0.02, 2.6, ZINC, sides=4).at(z=2.2)
    body += dormer.at(y=-2.9, z=0.2).ring(4) + corner.at(x=3.55, y=-3.55).ring(4)
    crockets = together(
        box(0.16, 0.16, 0.3, ZINC).at(x=2.12 * (1 - h / 13.6) + 0.05, z=7.2 + h) for h in range(13)
    )
    body += crockets.ring(8, start=22.5)
    cross = box(0.24, 0.2, 3.4, DARK_IRON) + box(1.9, 0.2, 0.24, DARK_IRON).at(z=2.1)
    cross += together(
        sphere(0.22, DARK_IRON, detail=1).at(x=x, z=z) for x, z in ((-1, 2.2), (1, 2.2), (0, 3.4))
    )
    return body + sphere(0.42, metal("#8c7a4a")).at(z=20.4) + cross.at(z=20.6)


def _tower() -> Model:
    cornice = box(9.6, 9.6, 0.7, TAN).at(z=25.7) + box(9.2, 9.2, 0.45, PALE).at(z=26.4)
    top = box(8.9, 8.9, 0.5, PALE).at(z=35.7) + box(9.5, 9.5, 0.5, TAN).at(z=36.2)
    dentils = together(box(0.35, 0.4, 0.5, PALE).at(x=-4 + 0.8 * i, y=-4.35, z=35.2) for i in range(11)).ring(
        4
    )
    return _tower_face().ring(4) + box(7.4, 7.4, 36, GRILLE) + cornice + top + dentils + _spire().at(z=36.7)


def _centre() -> Model:
    """The bay of the rose between the towers, its brick at y=-3.6."""
    half, eaves, peak = 5.6, 25.4, 31.4
    portal = arch(4.8, 8.6)
    row = [arch(1.35, 3.7, x=x, z=11.0) for x in (-2.1, 0, 2.1)]
    rose, clock = disc(3.0, z=19.9), disc(1.05, z=27.1)
    shape = Polygon(((-half, 0), (half, 0), (half, eaves), (0, peak), (-half, eaves)))
    front = wall(shape, 0.8, RED, openings=[portal, rose, clock, *row]).at(y=-3.2)
    tracery = disc(2.95, z=19.9).difference(disc(0.7, z=19.9))
    for k in range(8):
        a = np.pi / 4 * (k + 0.5)
        tracery = tracery.difference(disc(0.52, x=1.85 * np.cos(a), z=19.9 + 1.85 * np.sin(a)))
    parts = [
        front,
        wall(tracery, 0.3, PALE).at(y=-3.45),
        wall(rose.buffer(0.55).difference(rose), 0.3, PALE).at(y=-3.7),
    ]
    big = arch(9.4, 10.2, z=15.2)
    over = big.buffer(0.45).difference(big).intersection(shapely.box(-99, 19.6, 99, 99))
    parts += [wall(over, 0.5, TAN).at(y=-3.8), wall(_ring(portal, 0.75), 0.6, PALE).at(y=-3.85)]
    parts += [wall(_ring(w, 0.35), 0.25, PALE).at(y=-3.7) for w in row]
    parts += [
        wall(clock.buffer(0.4).difference(clock), 0.3, PALE).at(y=-3.7),
        wall(clock, 0.1, flat("#f1efe8")).at(y=-3.6),
    ]
    parts += [box(0.1, 0.05, 0.85, DARK_IRON).at(y=-3.7).turned(a, "y").at(z=27.1) for a in (0, 118)]
    parts += [box(10.8, 0.5, 0.9, PALE).at(y=-3.8, z=9.4), box(9.6, 0.4, 0.35, TAN).at(y=-3.75, z=15.1)]
    parts.append(box(10.6, 0.4, 27, GRILLE).at(y=-2.7))
    slope = Polygon(
        (
            (-half, eaves - 0.2),
            (0, peak - 0.2),
            (half, eaves - 0.2),
            (half, eaves + 0.7),
            (0, peak + 0.7),
            (-half, eaves + 0.7),
        )
    )
    parts.append(wall(slope, 1.2, PALE).at(y=-3.2))
    parts += [
        box(0.45, 0.3, 2.2, PALE).at(y=-3.2, z=peak + 0.6),
        box(1.5, 0.3, 0.42, PALE).at(y=-3.2, z=peak + 1.7),
    ]
    return together(parts)


def _nave() -> Model:
    """Behind the towers: a clerestory over aisles and chapels, and the transept's gable."""

    def side(length: float, height: float, count: int, size: float, foot: float) -> Model:
        step = length / count
        holes = [arch(size, size * 2.1, x=step * (i - (count - 1) / 2), z=foot) for i in range(count)]
        face = wall(shapely.box(-length / 2, 0, length / 2, height), 0.6, RED, openings=holes)
        rims = together(wall(_ring(h, 0.28), 0.2, PALE).at(y=-0.35) for h in holes)
        piers = box(0.8, 1.0, height - 0.5, TAN).at(y=-0.4).row(count + 1, x=step)
        return face + rims + piers + box(length, 0.5, 0.4, PALE).at(y=-0.1, z=height - 0.4)

    aisle = side(50, 9.5, 10, 1.7, 3.2).turned(90).at(x=13.4, y=28)
    chapel = side(50, 18.5, 10, 1.5, 13.6).turned(90).at(x=6.8, y=28)
    cores = slab(-13, 2, 13, 53, 0, 9.3, GRILLE) + slab(-6.4, 2, 6.4, 60, 0, 18.3, GRILLE)
    roof = gable_roof(62, 15.0, 6.0, ROOF, upturn=0, sag=0.02, trim=PALE).turned(90).at(y=31, z=18.5)
    lean = gable_roof(51, 27.6, 6.5, ROOF, upturn=0, sag=0.0, trim=PALE).turned(90).at(y=28, z=9.5)
    gable = Polygon(((-6.5, 0), (6.5, 0), (6.5, 19.5), (0, 27), (-6.5, 19.5)))
    rose, row = disc(2.3, z=17.2), [arch(1.2, 3.4, x=x, z=9.6) for x in (-2, 0, 2)]
    end = wall(gable, 0.8, RED, openings=[rose, *row]) + box(12, 0.3, 19, GRILLE).at(y=0.3)
    end += wall(rose.buffer(0.5).difference(rose.buffer(-0.4)), 0.4, PALE).at(y=-0.3)
    end += together(wall(_ring(w, 0.3), 0.2, PALE).at(y=-0.4) for w in row) + box(13, 0.4, 0.8, PALE).at(
        y=-0.3, z=8
    )
    end += (
        box(1.2, 1.2, 19, TAN).at(x=6.3, y=-0.2) + column(0.6, 0.02, 3, ZINC, sides=4).at(x=6.3, z=19)
    ).with_mirror("x")
    transept = end.turned(90).at(x=18, y=59)
    across = gable_roof(37, 14.2, 7.6, ROOF, upturn=0, sag=0.02, trim=PALE).at(y=59, z=19.4)
    body = slab(-17.5, 52.8, 17.5, 65.2, 0, 19.4, RED)
    return (aisle + chapel + transept).with_mirror("x") + cores + roof + lean + across + body


def _virgin() -> Model:
    """Our Lady of Peace: veil and long robe, her hands hold a globe with a cross; she looks up a little."""
    bones = [
        ((0, 0, 0), (0, 0, 1.6), 0.74, 0.6),
        ((0, 0, 1.6), (0, 0.05, 2.7), 0.62, 0.5),
        ((0, 0.05, 2.8), (0, 0.08, 3.45), 0.52, 0.38),
        ((-0.42, 0.05, 3.35), (0.42, 0.05, 3.35), 0.26, 0.26),
        ((0, -0.02, 3.85), (0, -0.02, 4.15), 0.24, 0.26),
        ((0, 0.12, 3.7), (0, 0.12, 4.2), 0.34, 0.28),
        ((-0.6, 0.05, 3.2), (-0.62, -0.2, 2.55), 0.22, 0.2),
        ((-0.62, -0.2, 2.55), (-0.14, -0.62, 2.9), 0.2, 0.14),
        ((0.6, 0.05, 3.2), (0.62, -0.2, 2.55), 0.22, 0.2),
        ((0.62, -0.2, 2.55), (0.14, -0.62, 2.9), 0.2, 0.14),
        ((-0.72, 0.25, 0.1), (-0.55, 0.3, 3.0), 0.26, 0.2),
        ((0.72, 0.25, 0.1), (0.55, 0.3, 3.0), 0.26, 0.2),
    ]
    folds = [
        ((x * 1.15, -0.62 + abs(x) * 0.4, 0.05), (x * 0.75, -0.45 + abs(x) * 0.3, 2.4), 0.13, 0.08)
        for x in (-0.55, -0.3, 0, 0.3, 0.55)
    ]
    figure = clay(bones + folds, MARBLE, cell=0.045, soft=0.07)
    globe = sphere(0.2, MARBLE).at(y=-0.68, z=3.02) + box(0.05, 0.05, 0.4, MARBLE).at(y=-0.68, z=3.2)
    globe += box(0.22, 0.05, 0.05, MARBLE).at(y=-0.68, z=3.44)
    base = revolve(
        (
            (0, 0),
            (2.0, 0),
            (2.0, 0.5),
            (1.55, 0.6),
            (1.4, 1.0),
            (1.2, 1.2),
            (1.1, 2.6),
            (1.35, 2.8),
            (1.35, 3.1),
            (0, 3.1),
        ),
        MARBLE,
        sides=8,
    )
    return base + (figure + globe).scaled(0.88, 0.88, 1).at(z=3.1)


def _square() -> Model:
    """The garden before the front: oval lawns, flower beds, topiary in bowls; streets and old dầu trees round it."""
    lawns = extrude(shapely.Point(0, 0).buffer(1).simplify(0.001), 0.18, LAWN).scaled(11, 15, 1)
    kerb = extrude(shapely.Point(0, 0).buffer(1).simplify(0.001), 0.14, PALE).scaled(11.4, 15.4, 1)
    garden = (lawns + kerb).at(y=-40) + extrude(disc(4.6), 0.5, PALE).at(y=-38)
    flowers = extrude(disc(4.3).difference(disc(2.2)), 0.65, flat("#c0392f")).at(y=-38)
    flowers += extrude(disc(3.5).difference(disc(2.2)), 0.75, flat("#e8c53a")).at(y=-38)
    bowl = revolve(((0, 0), (0.5, 0), (0.45, 0.3), (1.3, 1.0), (1.4, 1.2), (0, 1.2)), PALE, sides=24)
    bowls = (bowl + bush(1.3, seed=3).at(z=1.0)).at(x=9, y=-27).with_mirror("x") + (
        bowl + bush(1.2, seed=4).at(z=1.0)
    ).at(x=14.5, y=-40).with_mirror("x")
    paths = slab(-17, -58, 17, -22, 0, 0.1, PAVING) + slab(-20, -12, 20, 70, 0, 0.12, PAVING)
    palms = together(
        palm(7 + s, seed=s).at(x, y)
        for s, (x, y) in enumerate(((-10, -14), (-6, -15), (8.5, -14.5), (12.5, -15)))
    )
    avenue = together(
        tree(17 + s % 4 * 2, seed=s).at(side * (33 + s % 3 * 2), y)
        for s, y in enumerate(range(-34, 80, 15))
        for side in (-1, 1)
    )
    rng = np.random.default_rng(8)
    behind = np.stack([rng.uniform(-170, 170, 260), rng.uniform(84, 150, 260), rng.uniform(1, 4, 260)], 1)
    beside = np.stack(
        [
            rng.choice((-1, 1), 260) * rng.uniform(52, 150, 260),
            rng.uniform(-70, 90, 260),
            rng.uniform(1, 4, 260),
        ],
        1,
    )
    far = canopy(np.concatenate([behind, beside]), rng.uniform(8, 14, 520), np.full(520, 260), seed=4)
    far += skyline(16, (-220, 170, 40, 320), height=(25, 60), seed=3) + skyline(
        12, (-260, -40, -160, 160), height=(20, 50), seed=4
    )
    far += skyline(12, (160, -40, 260, 160), height=(20, 70), seed=5)
    tower = box(26, 22, 58, windows("#4f8f9a", "#5e99a1", gloss=0.8)).at(x=58, y=130) + box(
        30, 26, 45, windows("#6c7f86", "#c9c4ba")
    ).at(x=-75, y=150)
    tower += box(20, 20, 80, windows("#5a7f8d", "#7fa3ab", gloss=0.7)).at(x=100, y=190)
    lamps = (lamp_post(8).at(x=19, y=-20) + lamp_post(8).at(x=19, y=-55)).with_mirror("x")
    return garden + flowers + bowls + paths + palms + avenue + far + tower + lamps


@cache
def model() -> Model:
    church = (_tower().at(x=10.2).with_mirror("x")) + _centre() + _nave().at(y=2)
    lit = together(
        floodlight((x, -24, 0.5), (x * 0.6, -3, 20), colour=(1.0, 0.72, 0.4), power=1.3)
        for x in (-16, -6, 6, 16)
    )
    return ground(ASPHALT) + church + _virgin().at(y=-38, z=0.6) + _square() + lit


def traffic(seed: int) -> Model:
    """Scooters and cars on the street that crosses before the front, as they come."""
    rng = np.random.default_rng(seed)
    riders = [
        scooter(seed=seed + k).turned(rng.choice((90, -90))).at(rng.uniform(-30, 30), rng.uniform(-21, -14))
        for k in range(9)
    ]
    return (
        together(riders) + car(seed=seed).turned(90).at(-14, -19) + car(seed=seed + 1).turned(-90).at(17, -16)
    )


FRONT = (0, -4, 28)
VIEWS = (
    around(target=FRONT, distance=84, azimuth=-9, light=light.CLEAR_MORNING, fov=58, front=traffic(1)),
    around(target=FRONT, distance=70, azimuth=24, light=light.NOON, portrait=True, fov=66, front=traffic(5)),
    around(
        target=(0, -4, 27),
        distance=92,
        azimuth=3,
        light=light.AFTERNOON,
        fov=46,
        front=crowd(16, (-14, -62, 14, -48), seed=3),
    ),
    around(target=FRONT, distance=66, azimuth=32, light=light.GOLDEN, fov=68, front=traffic(9)),
    around(
        target=(2, -4, 26),
        distance=60,
        azimuth=-30,
        light=light.OVERCAST,
        portrait=True,
        fov=66,
        front=traffic(12),
    ),
    around(
        target=(0, -4, 27),
        distance=38,
        azimuth=5,
        light=light.CLEAR_MORNING.turned(35),
        portrait=True,
        fov=74,
    ),
    around(
        target=(0, -4, 27),
        distance=100,
        azimuth=-20,
        height=11,
        light=light.AFTERNOON,
        fov=50,
        front=traffic(21),
    ),
    around(
        target=FRONT,
        distance=78,
        azimuth=14,
        light=light.RAIN,
        fov=60,
        front=traffic(30) + crowd(5, (5, -58, 18, -50), seed=6),
    ),
    around(target=(0, -4, 23), distance=76, azimuth=-14, light=light.BLUE_HOUR, fov=60, front=traffic(40)),
    around(
        target=(0, -10, 19),
        distance=58,
        azimuth=-4,
        light=light.NOON.turned(-60),
        portrait=True,
        fov=60,
        front=ao_dai(seed=2).at(-1.6, -60) + ao_dai(seed=3, hat=True).at(-0.6, -59.6),
    ),
)
