"""The Dragon Bridge over the Hàn: five golden steel tubes rise and dive over the deck as the body of a Lý dragon.

Measures: 666 m long, the part over water modelled; deck 37.5 m wide, 10 m over the river, the dragon on its middle
line; the great arch spans 200 m and rises 26 m, the ones beside it 128 m; head at the east end (+x here), tail at
the west. The front (-y) looks up the river from the south bank promenade, the hills of Sơn Trà behind.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator

from places.demo import light
from places.demo.clay import clay
from places.demo.materials import ASPHALT, CONCRETE, PAVING, flat, plaster, water
from places.demo.meshes import Model, together
from places.demo.people import car, crowd, scooter
from places.demo.shapes import (
    beam,
    box,
    column,
    cylinder,
    floodlight,
    slab,
    sphere,
    tube,
    wall,
)
from places.demo.surroundings import boat, hills, lake, lamp_post, parapet, skyline
from places.demo.trees import palm, tree
from places.demo.views import View

YELLOW = flat("#e2a91e", gloss=0.35, glow=0.22)
DEEP = flat("#c98a14", gloss=0.3, glow=0.14)
SCALE = flat("#efc24a", gloss=0.4, glow=0.3)
WHITE, RED, BLACK = (
    flat("#f2efe4", gloss=0.5, glow=0.3),
    flat("#b3261c", glow=0.3),
    flat("#141210", gloss=0.8),
)
PIER = plaster("#c6c3bb", age=0.3)
DECK_Z = 10.0


def spine(x: np.ndarray) -> np.ndarray:
    """The dragon's height over the river: tail, a hump, the great arch, a hump, and the neck that lifts the head."""
    knots = [-250, -228, -205, -165, -125, -100, -60, 0, 60, 100, 125, 165, 195, 212, 228]
    heights = [15, 19, 16, 23, 16, 9.5, 27, 37, 27, 9.5, 16, 23, 15.5, 20, 29]
    return PchipInterpolator(knots, heights)(x)


def _curl(points: tuple[tuple[float, float, float], ...], thick: float, side: int) -> Model:
    """A horn or a whisker through points, thinning to its end."""
    path = CubicSpline(np.linspace(0, 1, len(points)), np.array(points) * (1, side, 1))(np.linspace(0, 1, 16))
    return tube(path, np.linspace(thick, 0.07, 16), SCALE, sides=10)


def _body() -> Model:
    """Five tubes in a bundle, ribs over them, scales along the back, hangers down to the deck."""
    x = np.linspace(-250, 224, 240)
    z = spine(x)
    thick = np.interp(x, [-250, -200, 150, 224], [0.25, 1.0, 1.0, 0.9])
    parts = []
    for dy, dz, r in (
        (-1.9, -0.9, 1.0),
        (1.9, -0.9, 1.0),
        (-1.25, 1.0, 0.95),
        (1.25, 1.0, 0.95),
        (0, 0, 1.1),
    ):
        parts.append(tube(np.stack([x, dy * thick, z + dz * thick], 1), r * thick, YELLOW, sides=12))
    ring = np.linspace(0, 2 * np.pi, 15)
    for at in np.arange(-240, 222, 5.0):
        k = float(np.interp(at, x, thick))
        slope = float(spine(at + 0.5) - spine(at - 0.5))
        hoop = tube(np.stack([0 * ring, 3.05 * np.cos(ring), 2.15 * np.sin(ring)], 1), 0.3, DEEP, sides=6)
        place = hoop.scaled(k).turned(-np.degrees(np.arctan(slope)), "y")
        parts.append(place.at(float(at), 0, float(spine(at))))
        fin = wall(((-1.5, 0), (1.6, 0), (-0.9, 2.3)), 0.35, SCALE).scaled(k)
        parts.append(
            fin.turned(-np.degrees(np.arctan(slope)), "y").at(float(at), 0, float(spine(at)) + 1.7 * k)
        )
    for at in np.arange(-228, 212, 8.0):
        top = float(spine(at)) - 1.5
        if top > DECK_Z + 2:
            for y in (-1.6, 1.6):
                parts.append(tube(((at, y, DECK_Z + 0.5), (at, y * 0.8, top)), 0.22, DEEP, sides=6))
    return together(parts)


def _head() -> Model:
    """At the origin, looking along +x: open jaws, teeth, whiskers, round eyes, horns, a mane of flames."""
    skull = [
        ((-5, 0, 0.2), (0.5, 0, 1.0), 2.7, 2.6),
        ((0.5, 0, 1.0), (5.5, 0, 1.2), 2.4, 1.6),
        ((5.5, 0, 1.2), (7.2, 0, 2.0), 1.55, 1.2),
        ((-0.5, -1.5, 2.6), (1.6, -1.2, 2.7), 1.0, 0.7),
        ((-0.5, 1.5, 2.6), (1.6, 1.2, 2.7), 1.0, 0.7),
        ((-3, 0, -1.8), (1, 0, -2.4), 1.8, 1.3),
        ((1, 0, -2.4), (5.4, 0, -2.6), 1.2, 0.75),
        ((-2.5, -1.9, -0.6), (0, -1.8, -1.2), 1.2, 0.8),
        ((-2.5, 1.9, -0.6), (0, 1.8, -1.2), 1.2, 0.8),
        ((7.3, -0.7, 2.7), (7.5, -0.7, 2.8), 0.55, 0.5),
        ((7.3, 0.7, 2.7), (7.5, 0.7, 2.8), 0.55, 0.5),
    ]
    parts = [clay(skull, YELLOW, cell=0.22, soft=0.5)]
    parts.append(
        clay(
            [((0, 0, -0.9), (4.6, 0, -1.6), 0.9, 0.5), ((4.6, 0, -1.6), (6.4, 0, -0.9), 0.5, 0.3)],
            RED,
            cell=0.18,
            soft=0.2,
        )
    )
    for s in (-1, 1):
        parts += [sphere(0.85, WHITE).at(1.5, 1.75 * s, 2.15), sphere(0.45, BLACK).at(2.0, 2.3 * s, 2.3)]
        for k in range(5):
            parts.append(
                column(0.28, 0.03, 1.1, WHITE, sides=8)
                .turned(180, "x")
                .at(2.4 + k * 1.0, s * (1.35 - 0.12 * k), 0.1)
            )
            parts.append(column(0.22, 0.03, 0.8, WHITE, sides=8).at(2.2 + k * 0.75, s * 0.75, -1.9))
        parts.append(_curl(((-1.5, 1.3, 3.2), (-3.5, 2.0, 5.2), (-7, 2.4, 6.4), (-9.5, 2.2, 8.2)), 0.6, s))
        parts.append(_curl(((6.8, 1.2, 2.2), (8.4, 2.6, 2.8), (8.6, 3.6, 4.6), (7.0, 4.2, 5.6)), 0.3, s))
        for k, (x, z, turn) in enumerate(((-3, 1.5, 25), (-4, 0, 0), (-3.6, -1.8, -25), (-2.6, -3, -50))):
            flame = ((0, -0.9), (-2.2, -0.6), (-5.5, 0.9), (-3.4, 0.7), (-5.0, 2.2), (-2.0, 1.1), (0, 0.9))
            parts.append(
                wall(flame, 0.4, DEEP if k % 2 else SCALE).turned(turn, "y").turned(-12 * s).at(x, s * 2.5, z)
            )
    crest = ((-5, 0), (-7.5, 3.6), (-4.6, 2.4), (-4.8, 5.2), (-2.4, 2.8), (-1, 4.4), (0.4, 1.8), (1, 0))
    return together([*parts, wall(crest, 0.5, DEEP).at(z=2.6)])


def _tail() -> Model:
    """A lotus-like fan of flames at the west end."""
    flame = ((0, -0.8), (4, -0.4), (9, 2.2), (4.5, 1.6), (0, 0.9))
    return together(
        wall(flame, 0.5, DEEP if k % 2 else SCALE).turned(180 + a, "y").at(-249, 0, 15.2)
        for k, a in enumerate((-50, -25, 0, 25, 50))
    )


def _deck() -> Model:
    length = 700
    parts = [slab(-length / 2, -18.7, length / 2, 18.7, DECK_Z - 2.2, DECK_Z - 0.3, PIER)]
    parts += [
        slab(-length / 2, y0, length / 2, y1, DECK_Z - 0.3, DECK_Z, ASPHALT)
        for y0, y1 in ((-16, -3.5), (3.5, 16))
    ]
    parts.append(slab(-length / 2, -3.5, length / 2, 3.5, DECK_Z - 0.3, DECK_Z + 0.4, PIER))
    parts += [
        slab(-length / 2, y0, length / 2, y1, DECK_Z - 0.3, DECK_Z + 0.15, PAVING)
        for y0, y1 in ((-18.7, -16), (16, 18.7))
    ]
    rail = flat("#d9d6cc", gloss=0.3)
    post, lamp = (
        box(0.12, 0.12, 1.1, rail),
        cylinder(0.09, 9, rail, sides=8) + box(0.3, 3.0, 0.12, rail).at(y=1.3, z=9),
    )
    lamp += box(0.3, 0.9, 0.1, flat("#fff1cf", glow=16)).at(y=2.6, z=8.9)
    for s in (-1, 1):
        parts += [
            tube(((-350, s * 18.5, DECK_Z + h), (350, s * 18.5, DECK_Z + h)), 0.05, rail, sides=6)
            for h in (0.5, 0.8, 1.2)
        ]
        parts += [post.at(float(x), s * 18.5, DECK_Z + 0.1) for x in np.arange(-340, 341, 2.5)]
        parts += [
            (lamp if s < 0 else lamp.mirrored("y")).at(float(x), s * 16.2, DECK_Z)
            for x in range(-330, 331, 30)
        ]
    for x in (-100, 100, -228, 228):
        parts.append(box(9, 26, DECK_Z - 1.5, PIER).at(x) + slab(x - 8, -17, x + 8, 17, 0, 2.2, CONCRETE))
        if abs(x) == 100:
            parts += [beam((x - 9, y, DECK_Z - 4), (x, y, DECK_Z - 2.3), 6, 1.6, PIER) for y in (-9, 9)]
    for x in np.arange(-330, 331, 33):
        if abs(x) > 230:
            parts.append(box(3, 22, DECK_Z - 2, PIER).at(float(x)))
    return together(parts)


def _banks() -> Model:
    """The river runs along y; the south promenade on which the photographers stand is the west bank's, x < -200."""
    parts = [lake(size=9000, material=water("#3b5358", ripple=0.05, tile=14))]
    for s in (-1, 1):
        edge = 232 * s
        inner, outer = sorted((edge, s * 1400))
        parts.append(slab(inner, -1500, outer, 1500, -2, 2.2, PAVING))
        parts.append(
            parapet([(edge, -400), (edge, -22)], height=1.0).at(z=2.2)
            + parapet([(edge, 22), (edge, 500)], height=1.0).at(z=2.2)
        )
        parts += [lamp_post(5).at(edge + s * 3, y, 2.2) for y in (-160, -120, -80, -45, 45, 80, 120, 180)]
        for k, y in enumerate(range(-200, 320, 16)):
            if abs(y) > 26 and not (s > 0 and -140 < y < 0):
                parts.append(
                    (palm(8 + k % 3, seed=k) if k % 3 else tree(8, seed=k)).at(
                        edge + s * (9 + k % 2 * 5), y, 2.2
                    )
                )
        parts.append(
            skyline(
                34, (290, -300, 620, 700) if s > 0 else (-620, -300, -290, 700), height=(18, 85), seed=5 + s
            ).at(z=2.2)
        )
    parts.append(skyline(26, (-560, 900, 560, 1300), height=(20, 110), seed=9))
    parts.append(
        hills(near=2400, far=4200, height=520, arc=(-15, 80), seed=3)
        + hills(near=3000, far=5000, height=300, arc=(-90, -10), seed=7)
    )
    parts += [
        boat(14, colour="#7a3a22").turned(70).at(-60, -70, 0.1),
        boat(20, colour="#2f4a6a").turned(100).at(90, 160, 0.1),
    ]
    return together(parts)


def traffic(seed: int) -> Model:
    rng = np.random.default_rng(seed)
    parts = []
    for k in range(22):
        one = car(seed=seed + k) if rng.random() < 0.5 else scooter(seed=seed + k)
        side = rng.choice((-1, 1))
        parts.append(one.turned(90 * side).at(rng.uniform(-220, 220), side * rng.uniform(5, 15), DECK_Z))
    return together(parts)


@cache
def model() -> Model:
    head = _head().scaled(1.6).turned(-12, "y").at(233, 0, 31.5)
    strollers = crowd(16, (240, -70, 275, -24), seed=8).at(z=2.2)
    lamps = together(
        floodlight(
            (x, y, 11), (x + 10, 0, float(spine(x + 10))), colour=(1.0, 0.78, 0.3), power=0.9, beam=110
        )
        for x in range(-200, 221, 60)
        for y in (-14, 14)
    )
    return _banks() + _deck() + _body() + head + _tail() + traffic(3) + strollers + lamps


def shot(
    camera: tuple[float, float, float], target: tuple[float, float, float], lit: light.Light, **more
) -> View:
    return View(camera, target, lit, **more)


VIEWS = (
    shot((256, -84, 4.0), (203, 0, 24), light.CLEAR_MORNING, fov=64),
    shot((243, -72, 4.2), (222, 0, 25), light.AFTERNOON, portrait=True, fov=64),
    shot((275, -50, 7.0), (224, 0, 26), light.NOON, fov=62),
    shot((192, -135, 5.0), (168, 0, 22), light.GOLDEN, fov=64),
    shot((284, -36, 12.0), (222, 0, 28), light.OVERCAST, fov=62),
    shot((238, -96, 4.0), (192, 0, 23), light.NIGHT, fov=64),
    shot((152, -180, 26.0), (160, 0, 20), light.CLEAR_MORNING.turned(50), fov=64),
    shot((250, -64, 4.2), (212, 0, 24), light.BLUE_HOUR, fov=70),
    shot(
        (264, -76, 4.2),
        (206, 0, 21),
        light.RAIN.but(mist=900),
        fov=66,
        front=crowd(5, (249, -66, 258, -56), seed=4).at(z=2.2),
    ),
    shot((300, -90, 16.0), (196, 0, 24), light.SUNSET, fov=56),
)
