"""Chợ Bến Thành, Sài Gòn: the south gate with its clock tower over Quách Thị Trang square.

Measures, in metres: the gate 17 wide and 9 high, its door 6 wide; the tower 7 square, its eaves at 19, its top at 24;
the halls 100 wide under tiers of red tiles, ten bays of shops either side of the gate.
"""

from __future__ import annotations

from functools import cache

from places.demo import light
from places.demo.lettering import lettering
from places.demo.materials import ASPHALT, LAWN, cloth, flat, paving, plaster, tiles
from places.demo.meshes import Model, together
from places.demo.people import car, crowd, scooter
from places.demo.roofs import hip_roof, pyramid_roof
from places.demo.shapes import box, disc, extrude, floodlight, oblong, revolve, slab, wall
from places.demo.surroundings import ground, lamp_post, skyline
from places.demo.trees import FLAME, bush, grove, tree
from places.demo.views import around

CREAM = plaster("#ecd9a0", age=0.25)
TRIM = plaster("#f3ecd6", age=0.2)
BROWN = flat("#7a2b1d")
TILES = tiles("#b2573a")
DARK = flat("#1d1a18")
KERB = paving("#b5b0a6")


def clock() -> Model:
    """A white dial in a brown ring with twelve strokes, standing, its middle at z=0."""
    dial = wall(disc(1.32), 0.12, flat("#f7f4ea", glow=1.6))
    ring = wall(disc(1.5), 0.1, BROWN, openings=[disc(1.3)]).at(y=-0.03)
    hour = box(0.11, 0.05, 0.32, DARK).at(z=0.93, y=-0.07)
    hours = together(hour.turned(30 * i, "y") for i in range(12))
    hands = box(0.13, 0.05, 0.8, DARK).turned(-55, "y") + box(0.1, 0.05, 1.12, DARK).turned(60, "y")
    return dial + ring + hours + hands.at(y=-0.09)


def face() -> Model:
    """What one side of the tower bears, its wall at y=0."""
    vents = [oblong(0.8, 1.25, x=x, z=16.9) for x in (-1.7, -0.57, 0.57, 1.7)]
    shaft = wall([(-3.5, 9), (3.5, 9), (3.5, 19), (-3.5, 19)], 0.3, CREAM, openings=vents).at(y=0.15)
    edges = box(0.7, 0.3, 9.4, TRIM).at(3.15, -0.1, 9.2).with_mirror()
    bands = box(6.6, 0.36, 0.28, TRIM).at(y=-0.1)
    frame = wall(
        [(-2.1, 11.9), (2.1, 11.9), (2.1, 16), (-2.1, 16)], 0.2, TRIM, openings=[disc(1.62, z=13.95)]
    )
    louvres = together(
        box(0.8, 0.1, 0.07, TRIM).turned(30, "x").at(x, 0.12, 17.0 + 0.22 * k)
        for x in (-1.7, -0.57, 0.57, 1.7)
        for k in range(6)
    )
    # The curved shoulders on which the tower comes down on the gate.
    return (
        shaft
        + edges
        + bands.at(z=16.45)
        + bands.at(z=11.3)
        + bands.at(z=18.45)
        + frame
        + clock().at(y=-0.06, z=13.95)
        + louvres
        + slab(-3.4, 0.4, 3.4, 0.5, 16.5, 18.6, DARK)
    )


def tower() -> Model:
    core = face().at(y=-3.5).ring(4)
    cornice = box(7.8, 7.8, 0.3, TRIM).at(z=18.9) + box(8.4, 8.4, 0.22, TRIM).at(z=19.2)
    bracket = together(box(0.22, 1.0, 0.5, BROWN).at(x, -3.9, 18.9) for x in (-3, -1.5, 0, 1.5, 3)).ring(4)
    roof = hip_roof(10.2, 10.2, 4.2, TILES, ridge=0, upturn=0.25, sag=0.3, opening=0.62, trim=TRIM).at(z=19.4)
    crown = box(3.0, 3.0, 1.4, CREAM).at(z=21.4) + together(
        box(0.5, 0.1, 0.8, DARK).at(x, -1.5, 21.8) for x in (-0.8, 0, 0.8)
    ).ring(4)
    cap = pyramid_roof(4.4, 1.9, TILES, upturn=0.2, sag=0.25, trim=TRIM).at(z=22.8)
    spike = revolve(((0, 0), (0.18, 0), (0.08, 0.5), (0.2, 0.7), (0.03, 1.1), (0, 1.7)), TRIM).at(z=24.5)
    shoulder = wall(
        [(3.4, 9), (6.6, 9), (6.3, 9.5), (5.0, 9.9), (4.2, 10.7), (3.8, 12.2), (3.4, 12.2)], 6, CREAM
    ).with_mirror()
    lip = wall(
        [
            (3.6, 12.2),
            (4.0, 12.2),
            (4.35, 10.85),
            (5.1, 10.05),
            (6.5, 9.6),
            (6.9, 9.05),
            (6.5, 9.05),
            (5.0, 9.85),
            (4.2, 10.7),
        ],
        6.3,
        TRIM,
    ).with_mirror()
    return core + cornice + bracket + roof + crown + cap + spike + shoulder + lip


def gate() -> Model:
    """The block below the tower, its face at y=-6, with the door, the name and the reliefs of fish and fowl."""
    front = wall(
        [(-8.5, 0), (8.5, 0), (8.5, 8.2), (5.2, 8.2), (4.6, 9.2), (-4.6, 9.2), (-5.2, 8.2), (-8.5, 8.2)],
        0.8,
        CREAM,
        openings=[oblong(6.2, 5), oblong(2.4, 3.9, x=6.0), oblong(2.4, 3.9, x=-6.0)],
    ).at(y=-5.6)
    sides = slab(-8.5, -5.2, -8.1, 6, 0, 8.2, CREAM).with_mirror()
    top = slab(-8.1, -5.2, 8.1, 6, 8, 8.3, TRIM)
    inside = slab(-8.1, 2, 8.1, 2.2, 0, 6, flat("#3a2f24", glow=0.25)) + slab(
        -8.1, -5.2, 8.1, 2, 5.2, 5.4, DARK
    )
    canopy = slab(-4.4, -8.6, 4.4, -5.9, 5.0, 5.28, TRIM) + slab(-4.5, -8.7, 4.5, -5.9, 5.28, 5.42, BROWN)
    name = lettering("CHỢ BẾN THÀNH", 0.95, BROWN, depth=0.14, weight=0.19).at(y=-6.4, z=6.4)
    board = slab(-5.7, -6.36, 5.7, -6, 5.75, 8.0, TRIM)
    pillars = together(
        slab(x - 0.42, -6.3, x + 0.42, -6, 0, h, TRIM)
        for x, h in ((-8.05, 8.6), (-3.9, 9), (3.9, 9), (8.05, 8.6))
    )
    caps = together(
        box(1.1, 0.6, 0.3, TRIM).at(x, -6.1, h) for x, h in ((-8.05, 8.6), (-3.9, 9), (3.9, 9), (8.05, 8.6))
    )
    cornice = slab(-8.7, -6.25, 8.7, -6, 8.0, 8.25, TRIM) + slab(-4.7, -6.2, 4.7, -6, 9.05, 9.3, TRIM)
    relief = (
        wall(oblong(1.9, 1.9), 0.1, flat("#c9b48a"))
        + wall(disc(0.6, z=0.95), 0.2, flat("#55707a"))
        + wall([(0.4, 0.95), (1.0, 1.35), (0.85, 0.95), (1.0, 0.5)], 0.2, flat("#55707a"))
    )
    reliefs = relief.at(6.2, -6.05, 5.2).with_mirror()
    shops = together(stall(seed).at(x, -4.6) for seed, x in enumerate((-6, 6)))
    return front + sides + top + inside + canopy + name + board + pillars + caps + cornice + reliefs + shops


GOODS = ("#c8402f", "#e0a63a", "#3f7d5a", "#d9d2c2", "#3b5f93", "#b7568a", "#e4c9a0", "#7d5a3c")


def stall(seed: int, width: float = 2.4) -> Model:
    """Shelves of many colours in a shop's mouth."""
    goods = [
        box(width / 6 * 0.9, 0.4, 0.25 + 0.07 * ((i * 7 + seed * 3) % 4), flat(GOODS[(i * 5 + seed) % 8])).at(
            (i % 6 - 2.5) * width / 6, 0.35 * (i // 6), 0.5 + 0.75 * (i // 6)
        )
        for i in range(24)
    ]
    return together(goods) + box(width, 1.0, 0.5, flat("#6d5a44")).at(y=0.2)


def wing() -> Model:
    """Ten bays of shops right of the gate, under a skirt of tiles, with the tall hall behind."""
    bays, step = 10, 4.2
    length = bays * step
    parts = [
        slab(0, 0.6, length, 10, 0, 5.4, CREAM),
        slab(0, 0.52, length, 0.6, 0, 3.6, flat("#40362c", glow=0.35)),
    ]
    for i in range(bays):
        x = (i + 0.5) * step
        parts.append(slab(x - step / 2 - 0.28, -0.2, x - step / 2 + 0.28, 0.6, 0, 5.4, TRIM))
        parts.append(stall(i, 3.4).at(x, -0.1))
        sign = flat(("#2f6b4a", "#a3302a", "#2d4f86", "#c9862e")[i % 4], glow=0.4)
        parts.append(slab(x - 1.7, -0.1, x + 1.7, 0.5, 3.5, 4.3, sign))
        if i % 3 != 1:
            canvas = cloth(("#9db8a0", "#c9c3b4", "#8fa6bd")[i % 3])
            parts.append(box(3.6, 2.0, 0.05, canvas).turned(14, "x").at(x, -1.1, 3.1))
    parts.append(slab(-0.2, -0.3, length + 0.4, 0.6, 4.9, 5.5, TRIM))
    low = hip_roof(length + 3, 13, 6.0, TILES, upturn=0.1, sag=0.05, opening=0.5, trim=TRIM).at(
        length / 2, 5, 5.5
    )
    clerestory = slab(3.4, 3.2, length - 3, 7, 8, 10.2, CREAM) + together(
        slab(5 + i * 2.1, 3.1, 6.3 + i * 2.1, 3.2, 8.7, 9.8, DARK) for i in range(16)
    )
    high = hip_roof(length - 4.0, 8, 3.0, TILES, upturn=0.1, sag=0.05, trim=TRIM).at(length / 2, 5.2, 10.2)
    return together(parts) + low + clerestory + high


def end_pavilion() -> Model:
    body = box(9, 11, 7.6, CREAM) + together(
        slab(x - 0.3, -5.7, x + 0.3, -5.5, 0, 7.6, TRIM) for x in (-4.2, -1.4, 1.4, 4.2)
    )
    door = slab(-1.1, -5.56, 1.1, -5.4, 0, 4, DARK) + together(
        slab(x - 0.6, -5.56, x + 0.6, -5.4, 4.8, 6.3, DARK) for x in (-2.8, 0, 2.8)
    )
    return (
        body
        + door
        + box(9.5, 11.5, 0.4, TRIM).at(z=7.4)
        + hip_roof(11, 13, 3.6, TILES, ridge=0, upturn=0.2, sag=0.15, trim=TRIM).at(z=7.7)
    )


def square() -> Model:
    """Pavement, road and the round island with its flowers and the white bust."""
    pavement = slab(-70, -17, 70, 4, 0, 0.16, paving("#b9a795"))
    island = (
        extrude(disc(9), 0.25, KERB)
        + extrude(disc(8.6), 0.32, LAWN)
        + extrude(disc(3.2), 0.6, flat("#b8413a"))
        + extrude(disc(2.4), 0.75, flat("#dfb23c"))
    )
    bust = box(1.3, 1.3, 2.2, TRIM) + revolve(
        ((0, 0), (0.45, 0), (0.5, 0.4), (0.15, 0.65), (0.27, 0.85), (0.25, 1.15), (0, 1.3)), TRIM
    ).at(z=2.2)
    shrubs = bush(1.6, seed=1).at(y=-7).ring(16) + bush(1.3, seed=2, material=FLAME).at(y=-4.6).ring(12)
    lines = together(slab(x, -24.2, x + 2.5, -24.0, 0.0, 0.012, flat("#d8d6cc")) for x in range(-66, 66, 6))
    zebra = together(slab(x, -21.5, x + 0.5, -17.6, 0.0, 0.012, flat("#dddbd2")) for x in range(-7, 8))
    return pavement + (island + bust + shrubs).at(26, -46) + lines + zebra


@cache
def model() -> Model:
    halls = (wing().at(x=8.4, y=-3.6) + end_pavilion().at(55, 1.5)).with_mirror()
    middle = slab(-9, 4, 9, 14, 0, 8, CREAM) + hip_roof(
        19, 26, 5, TILES, ridge=0.1, upturn=0.1, trim=TRIM
    ).at(y=14, z=8)
    parked = together(
        scooter(seed=i, rider=False).turned(80).at(-38 + i * 0.85, -14.6) for i in range(24) if i % 7 != 3
    )
    posts = lamp_post(7).at(16, -16.4).with_mirror() + lamp_post(7).at(38, -16.4).with_mirror()
    trees = together(
        tree(h, seed=s).at(x, -15.2) for h, s, x in ((9, 1, -27), (10, 2, 29), (8, 3, 47), (9, 4, -50))
    )
    city = skyline(22, (-320, 190, 320, 420), height=(25, 90), seed=4) + grove(
        16, (-75, 30, 75, 60), height=(10, 15), seed=2
    )
    floods = together(floodlight((x, -20, 1), (x * 0.4, 0, 12), power=1.6) for x in (-14, 0, 14))
    traffic = (
        car(seed=1).at(-19, -26)
        + car(seed=2).at(24, -29)
        + together(
            scooter(seed=s).at(x, y)
            for s, x, y in (
                (40, -9, -25.5),
                (41, -5, -28),
                (42, 6, -26),
                (43, 11, -23.5),
                (44, 15, -27),
                (45, -30, -29),
            )
        )
    )
    return (
        ground(ASPHALT)
        + square()
        + gate()
        + tower()
        + halls
        + middle
        + parked
        + posts
        + trees
        + city
        + floods
        + traffic
        + crowd(14, (-18, -16, 18, -9), seed=3)
    )


AIM = (0, -4, 11)
VIEWS = (
    around(target=AIM, distance=46, azimuth=-6, light=light.CLEAR_MORNING, fov=66),
    around(target=AIM, distance=33, azimuth=14, light=light.AFTERNOON, fov=74, portrait=True),
    around(target=AIM, distance=60, azimuth=-24, height=2.4, light=light.NOON, fov=50, aim=(0.05, 0)),
    around(target=AIM, distance=50, azimuth=13, height=7, light=light.GOLDEN, fov=62),
    around(
        target=(0, -4, 13),
        distance=26,
        azimuth=-20,
        light=light.NOON.turned(-60),
        fov=76,
        portrait=True,
        front=crowd(3, (-12, -24, -5, -20), seed=8),
    ),
    around(
        target=AIM,
        distance=42,
        azimuth=4,
        light=light.RAIN,
        fov=64,
        front=together(scooter(seed=s).turned(90).at(x, -31) for s, x in ((60, -6), (61, -3.4), (62, 4))),
    ),
    around(target=AIM, distance=50, azimuth=-15, light=light.BLUE_HOUR, fov=62),
    around(target=AIM, distance=38, azimuth=20, light=light.NIGHT, fov=72),
    around(target=(0, -4, 10), distance=72, azimuth=8, height=14, light=light.OVERCAST, fov=46),
    around(
        target=(0, -4, 12),
        distance=36,
        azimuth=-32,
        light=light.SUNSET,
        fov=70,
        portrait=True,
        front=tree(7, seed=3).at(-27, -24),
    ),
)
