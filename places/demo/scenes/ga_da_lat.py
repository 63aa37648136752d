"""Ga Đà Lạt: the station of 1938, three steep peaks for the mountain Lang Biang over a long low hall.

Measures, in metres: the front 66 long; three gables 8 wide each side by side, the middle one standing out, their peaks
at 13.2 (the middle at 14.6) over walls of 5.6; the porch 27 long under a flat roof; tall lights of coloured glass in every
gable, the clock in the middle one; wings under tiled roofs, pines and hydrangeas round about.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from shapely.geometry import Polygon

from places.demo import light
from places.demo.lettering import lettering
from places.demo.materials import ASPHALT, LAWN, flat, leaves, paving, plaster, tiles, windows
from places.demo.meshes import Model, surface, together
from places.demo.people import car, crowd
from places.demo.roofs import hip_roof
from places.demo.shapes import box, disc, floodlight, oblong, slab, stairs, wall
from places.demo.surroundings import bench, flag_pole, ground, hills, lamp_post, patch
from places.demo.trees import bush, grove, hedge, pine
from places.demo.views import around

OCHRE = plaster("#e3b04b", age=0.3)
CREAM = plaster("#f1e6c8", age=0.25)
BROWN = flat("#5d3423", gloss=0.1)
TILES = tiles("#9a4a35")
DARK = flat("#26211d")
GLASS = tuple(
    flat(c, gloss=0.7, glow=1.6) for c in ("#c23a2c", "#e2a32a", "#2f6fb0", "#3f8f58", "#e6d9a8", "#b0522c")
)
BLOSSOM = leaves("#7f8cc6", "#c9c0e4")
PINK_BLOSSOM = leaves("#cf86a8", "#ecc3d2")


def steep_roof(width: float, depth: float, low: float, peak: float) -> Model:
    """Two slopes from the eaves at x=+-width/2 up to a ridge along y, thick enough to be seen edge on."""
    half, ridge = width / 2, peak - low
    over = 0.45
    slope = Polygon(
        [
            (-half - over, -over * ridge / half),
            (0, ridge),
            (half + over, -over * ridge / half),
            (half + over - 0.5, -over * ridge / half),
            (0, ridge - 0.95),
            (-half - over + 0.5, -over * ridge / half),
        ]
    )
    edge = wall(slope, depth, CREAM).at(z=low)
    skins = []
    for sign in (-1, 1):
        a, b = np.array([sign * (half + over), 0, -over * ridge / half]), np.array([0, 0, ridge])
        out = np.array([sign * ridge, 0, half]) / np.hypot(ridge, half) * 0.06
        corners = [
            p + out + (0, y, low)
            for p, y in (
                (a, -depth / 2 + 0.35),
                (a, depth / 2 - 0.35),
                (b, depth / 2 - 0.35),
                (b, -depth / 2 + 0.35),
            )
        ]
        length = float(np.hypot(ridge, half))
        uv = np.array([[0, 0], [depth, 0], [depth, length], [0, length]])
        skins.append(surface(np.array(corners), [[0, 1, 2], [0, 2, 3]], TILES, uv=uv))
    return edge + together(skins) + box(0.4, depth, 0.35, CREAM).at(z=peak - 0.15)


def coloured_glass(width: float, height: float, *, seed: int) -> Model:
    """A tall light of small panes in a cream frame, standing, its face at y=0."""
    columns, rows = 2, max(round(height / 0.55), 2)
    panes = [
        box(width / columns * 0.88, 0.05, height / rows * 0.86, GLASS[(i * 5 + j * 3 + seed + i * j) % 6]).at(
            (j - (columns - 1) / 2) * width / columns, 0.06, (i + 0.07) * height / rows
        )
        for i in range(rows)
        for j in range(columns)
    ]
    return together(panes) + slab(-width / 2, 0.08, width / 2, 0.12, 0, height, DARK)


def gable(width: float, low: float, peak: float, *, clock: bool) -> Model:
    """One peak: its wall, whose face is at y=0, with lights of coloured glass that grow to the middle."""
    half = width / 2
    slope = (peak - low) / half
    xs = [i * 1.28 for i in range(-2, 3)]
    tops = [low + slope * (half - abs(x) - 0.62) - 0.9 for x in xs]
    if clock:
        tops = [min(t, 9.4) for t in tops]
    base = low + 0.1
    kept = [(x, t) for x, t in zip(xs, tops, strict=True) if t - base > 0.7]
    shape = [(-half, 0), (half, 0), (half, low), (0, peak - 0.5), (-half, low)]
    parts = [
        wall(shape, 0.4, OCHRE, openings=[oblong(0.86, t - base, x=x, z=base) for x, t in kept]).at(y=0.2)
    ]
    for i, (x, t) in enumerate(kept):
        parts.append(coloured_glass(0.86, t - base, seed=i).at(x, 0.05, base))
        parts.append(
            wall(
                oblong(1.06, t - base + 0.2, x=x, z=base - 0.1),
                0.14,
                CREAM,
                openings=[oblong(0.84, t - base, x=x, z=base)],
            ).at(y=-0.04)
        )
    parts.append(slab(-half, -0.18, half, 0.1, low - 0.45, low - 0.15, CREAM))
    if clock:
        dial = wall(disc(0.92), 0.12, flat("#f8f5ea", glow=1.6)) + wall(
            disc(1.1), 0.1, BROWN, openings=[disc(0.9)]
        ).at(y=-0.03)
        strokes = together(
            box(0.09, 0.05, 0.2, DARK).at(z=0.65, y=-0.08).turned(30 * i, "y") for i in range(12)
        )
        hands = box(0.09, 0.05, 0.5, DARK).turned(-60, "y") + box(0.07, 0.05, 0.74, DARK).turned(45, "y")
        parts.append((dial + strokes + hands.at(y=-0.1)).at(y=-0.08, z=10.9))
    return together(parts)


def hall() -> Model:
    """The middle of the station: three peaks and the doors below them."""
    side = (gable(8.4, 5.6, 13.2, clock=False) + steep_roof(8.4, 13, 5.6, 13.2).at(y=6.3)).at(8.6, 0.6)
    centre = gable(9.2, 5.6, 14.6, clock=True).at(y=-0.8) + steep_roof(9.2, 14.4, 5.6, 14.6).at(y=6.2)
    back = slab(-13, 0.9, 13, 12.4, 0, 5.6, OCHRE)
    ribs = (
        together(slab(x - 0.4, -1.1, x + 0.4, 0.8, 0, 6.6, CREAM) for x in (-4.55, 4.55))
        + slab(12.5, -0.1, 13.2, 1, 0, 6.2, CREAM).with_mirror()
    )
    doors = Model()
    for x in (-10.6, -8.6, -6.6, -2.4, 0, 2.4, 6.6, 8.6, 10.6):
        y = -0.85 if abs(x) < 4 else 0.55
        doors += slab(x - 0.8, y, x + 0.8, y + 0.12, 0.5, 3.6, flat("#3a241a", glow=0.3)) + slab(
            x - 0.66, y - 0.03, x + 0.66, y, 2.2, 3.4, windows("#3a4a4e", "#c8b98e", tile=3.2)
        )
    return side.with_mirror() + centre + back + ribs + doors


def porch() -> Model:
    """The flat roof before the doors, on square pillars, with the name along its edge."""
    roof = slab(-13.6, -5.6, 13.6, 0.4, 3.95, 4.5, CREAM) + slab(-13.75, -5.75, 13.75, 0.4, 4.38, 4.55, BROWN)
    pillars = together(
        box(0.6, 0.6, 3.5, OCHRE).at(x, -5.1, 0.45) + box(0.8, 0.8, 0.5, CREAM).at(x, -5.1, 0.45)
        for x in (-13, -8.7, -4.6, 4.6, 8.7, 13)
    )
    name = lettering("GA ĐÀ LẠT", 0.6, BROWN, depth=0.14, weight=0.17).at(y=-5.82, z=4.8)
    board = slab(-2.7, -5.75, 2.7, -5.6, 4.5, 5.72, CREAM)
    step = stairs(29, 1.2, 0.45, 3, paving("#c9bfae")).at(y=-6.5) + slab(
        -14.5, -5.9, 14.5, 1, 0, 0.45, paving("#b98b6a")
    )
    return roof + pillars + name + board + step


def wing() -> Model:
    """The long low part right of the hall (x from 13): windows between cream piers under a hipped roof, a stepped end."""
    length = 20.0
    body = slab(0, 0.6, length, 11.6, 0, 4.2, OCHRE) + slab(
        -0.1, 0.4, length + 0.1, 0.6, 0, 0.8, plaster("#8d5b3e", age=0.4)
    )
    parts = []
    for i in range(6):
        x = (i + 0.5) * length / 6
        parts.append(slab(x - 0.95, 0.52, x + 0.95, 0.7, 1.3, 3.3, windows("#32454d", "#efe4c4", tile=3.6)))
        parts.append(
            wall(oblong(2.2, 2.3, x=x, z=1.15), 0.15, CREAM, openings=[oblong(1.9, 2.0, x=x, z=1.3)]).at(
                y=0.55
            )
        )
        parts.append(slab(x + length / 12 - 0.2, 0.42, x + length / 12 + 0.2, 0.6, 0, 4.2, CREAM))
    eave = slab(-0.2, -0.1, length + 0.7, 0.6, 4.05, 4.3, CREAM)
    roof = hip_roof(length + 1.6, 13.2, 3.8, TILES, upturn=0, sag=0.02, trim=CREAM).at(length / 2, 6.0, 4.3)
    # The small peak over the end room repeats those of the hall.
    small = (gable(5.2, 4.4, 7.4, clock=False) + steep_roof(5.2, 6, 4.4, 7.4).at(y=3)).at(length - 3.4, 0.1)
    return body + together(parts) + eave + roof + small


def forecourt() -> Model:
    """The drive, the round bed of hydrangeas, hedges, lamps, the path to the door."""
    drive = patch(-60, -30, 60, -8.2, ASPHALT) + patch(-18, -9, 18, -7, paving("#bfb3a0"), z=0.05)
    flowers = (BLOSSOM, PINK_BLOSSOM, BLOSSOM)
    bed = wall(oblong(15, 0.35), 5, paving("#cfc6b5")).at(y=-21) + together(
        bush(0.8, seed=i).at(x, y, 0.3) + bush(0.55, seed=i, material=flowers[i % 3]).at(x, y - 0.1, 0.55)
        for i, (x, y) in enumerate(
            (x, y) for x in np.arange(-6.7, 7, 1.0) for y in (-22.8, -21.6, -20.4, -19.2)
        )
    )
    sides = together(
        hedge(17, height=0.7, depth=0.8).at(x, -7.6)
        + together(
            bush(1.1, seed=k, material=(PINK_BLOSSOM, BLOSSOM)[k % 2]).at(x - 8 + 1.6 * k, -6.4)
            for k in range(11)
        )
        for x in (-24, 24)
    )
    lamps = together(lamp_post(4).at(x, -8.6) for x in (-30, -15.6, 15.6, 30))
    return drive + bed + sides + lamps + bench().at(19, -8.8) + bench().at(-20, -8.8)


@cache
def model() -> Model:
    station = hall() + porch() + wing().at(x=13).with_mirror()
    pines = grove(26, (-80, 16, 80, 60), height=(14, 22), seed=3, kind=pine, gap=5)
    pines += together(
        pine(h, seed=s).at(x, y)
        for h, s, x, y in (
            (17, 1, -38, -4),
            (15, 2, 39, -3),
            (19, 0, -46, 6),
            (18, 1, 47, 8),
            (13, 2, -42, -20),
        )
    )
    parked = car(seed=2).turned(70).at(-22, -12.5) + car(seed=5).turned(-80).at(25, -13.5)
    guests = crowd(9, (-14, -13, 14, -7.5), seed=7, dressed=0.2)
    floods = together(
        floodlight((x, -11, 0.6), (x * 0.9, 0, 8), colour=(1.0, 0.8, 0.5), power=1.3, beam=75)
        for x in (-17, -6, 6, 17)
    )
    range_ = hills(near=500, far=1100, height=110, arc=(-70, 70), seed=5)
    return (
        ground(LAWN)
        + station
        + forecourt()
        + pines
        + parked
        + guests
        + floods
        + range_
        + flag_pole(9).at(-17.5, -9.5)
    )


AIM = (0, 0, 6)
VIEWS = (
    around(target=AIM, distance=30, azimuth=0, light=light.CLEAR_MORNING, fov=66),
    around(target=AIM, distance=24, azimuth=-20, light=light.AFTERNOON.turned(-60), fov=74),
    around(target=AIM, distance=36, azimuth=22, height=2.2, light=light.NOON, fov=60),
    around(
        target=AIM,
        distance=21,
        azimuth=12,
        light=light.CLEAR_MORNING.turned(40),
        fov=72,
        portrait=True,
        front=crowd(2, (2, -15, 5, -13), seed=3, facing=180),
    ),
    around(target=AIM, distance=33, azimuth=-10, light=light.MIST.but(mist=90), fov=62),
    around(target=AIM, distance=27, azimuth=14, light=light.RAIN, fov=70),
    around(target=AIM, distance=31, azimuth=-26, height=3.0, light=light.GOLDEN, fov=62),
    around(target=AIM, distance=29, azimuth=6, light=light.BLUE_HOUR, fov=66),
    around(
        target=AIM,
        distance=44,
        azimuth=-4,
        height=4.0,
        light=light.OVERCAST,
        fov=54,
        front=pine(16, seed=2).at(-14, -34),
    ),
    around(target=(0, 0, 7), distance=17, azimuth=28, light=light.NOON.turned(-60), fov=84, portrait=True),
)
