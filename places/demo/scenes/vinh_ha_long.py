"""Hạ Long bay: steep limestone islets, green on top and grey at the cliffs, in emerald water, and junks between them.

Islets 40 to 120 m high stand a few hundred metres apart, their feet cut in by the tide; the junks are 28 m long,
with two decks and three red-brown battened sails.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from places.demo import light
from places.demo.karst import karst
from places.demo.materials import cloth, flat, water, wood
from places.demo.meshes import Model, together
from places.demo.people import crowd
from places.demo.shapes import beam, box, sheet, tube
from places.demo.views import View, around

SEA = water("#1a775c", ripple=0.05, tile=14)
SAIL = cloth("#b2522d")
HULL = wood("#5d3319")
CABIN = wood("#8a5a2e")
WHITE = flat("#e8e4d8")
DARK = flat("#2b2a28", gloss=0.5)


@cache
def stock(fine: float = 2) -> tuple[Model, ...]:
    """A few islets of different character, 100 m and 60 m high and small ones, to be turned and placed."""

    def rise(
        x: float, y: float, radius: float, height: float, seed: int, blunt: float, lean: float = 0
    ) -> Model:
        return karst(radius, height, seed=seed, blunt=blunt, lean=lean, fine=fine, sea=True).at(x, y)

    return (
        rise(0, 0, 56, 112, 11, 1.9) + rise(60, -14, 42, 76, 12, 2.6) + rise(-62, 8, 40, 50, 13, 2.2),
        rise(0, 0, 38, 96, 21, 3.0, 9) + rise(-42, -4, 30, 46, 22, 2.2) + rise(36, 14, 26, 60, 23, 2.6),
        rise(0, 0, 48, 62, 31, 2.4) + rise(56, 10, 40, 82, 32, 1.8) + rise(-56, -8, 34, 38, 33, 2.2),
        rise(0, 0, 17, 40, 41, 3.2, -4),
        rise(0, 0, 12, 17, 51, 2.8) + rise(16, 3, 8, 10, 52, 2.4),
    )


@cache
def junk(sails: int = 3) -> Model:
    """28 m over all, the bow at +x, its water line at z=0."""
    s = np.linspace(-1, 1, 41)
    half = 3.6 * (1 - np.abs(s) ** 3.2 * np.where(s > 0, 0.92, 0.45))
    deck = 2.2 + 1.9 * np.clip(s, 0, 1) ** 2.5 + 1.5 * np.clip(-s, 0, 1) ** 2.5
    x = 14 * s
    rows = []
    for k, (width, drop) in enumerate(((1, 0.0), (0.97, 0.5), (0.82, 1.0))):
        rows.append(np.stack([x * (1 - 0.06 * k), half * width, deck * (1 - drop) - 0.7 * (drop == 1)], -1))
    side = sheet(np.stack(rows), HULL)
    rim = tube(rows[0], 0.16, CABIN, sides=6)
    stripe = tube(rows[1] + (0, 0.1, 0), 0.09, flat("#c9a24a"), sides=6)
    plank = sheet(np.stack([rows[0] - (0, 0, 0.3), rows[0] * (1, -1, 1) - (0, 0, 0.3)]), CABIN)
    ends = sheet(np.stack([r[0] * (1, k, 1) for r in rows for k in (1, -1)]).reshape(3, 2, 3), HULL)
    parts = [(side + rim + stripe).with_mirror("y"), plank, ends]
    for length, width, at, z in ((18, 6.0, -1.6, 2.0), (13.5, 5.2, -3.0, 4.5)):
        parts.append(box(length, width, 2.3, CABIN).at(at, 0, z))
        pane = box(1.05, 0.08, 1.0, DARK).at(y=-width / 2, z=0.8)
        parts.append(pane.row(int(length / 1.7), x=1.65).with_mirror("y").at(at, 0, z))
        parts.append(box(length + 0.9, width + 0.8, 0.22, HULL).at(at, 0, z + 2.3))
    rail = [(x, y, 0) for x, y in ((3.6, 2.7), (-9.6, 2.7), (-9.6, -2.7), (3.6, -2.7), (3.6, 2.7))]
    parts += [
        beam((*a[:2], z), (*b[:2], z), 0.08, 0.08, WHITE)
        for a, b in zip(rail, rail[1:], strict=False)
        for z in (7.4, 7.9)
    ]
    post = box(0.08, 0.08, 0.95, WHITE)
    parts += [post.at(x, y, 7.0) for x in np.arange(-9.6, 3.7, 1.2) for y in (-2.7, 2.7)]
    for mast, height, foot in ((7.8, 17.0, 2.4), (-0.8, 20.0, 7.0), (-10.2, 14.5, 4.0))[:sails]:
        parts.append(tube(((mast, 0, 1.5), (mast, 0, height + 1.0)), (0.2, 0.1), HULL, sides=8))
        parts.append(sail(height - foot - 0.8).at(mast, 0, foot + 1.0))
    parts.append(tube(((13, 0, 4), (17, 0, 5.2)), (0.16, 0.08), HULL, sides=8))
    return together(parts)


def sail(height: float) -> Model:
    """A batten sail like a fan: straight at the mast, bellied and scalloped behind, its foot at z=0."""
    battens, per = 7, 6
    t = np.linspace(0, 1, battens * per + 1)
    wide = height * (0.34 + 0.3 * np.sin(np.pi * (0.22 + 0.62 * t)) - 0.42 * t**3)
    scallop = 1 - 0.05 * np.abs(np.sin(np.pi * t * battens))
    u = np.linspace(0, 1, 12)[None]
    front = -0.16 * wide[:, None]
    x = front + u * (wide * scallop)[:, None] * 1.0
    rise = 0.10 * height * u * (0.3 + t[:, None])
    y = 0.35 * np.sin(np.pi * u) * np.abs(np.sin(np.pi * t * battens))[:, None] + 0.5 * np.sin(np.pi * u)
    grid = np.stack([-x, y, t[:, None] * height + rise], -1)
    bars = [tube(grid[k] - (0, 0.05, 0), 0.075, HULL, sides=6) for k in range(0, len(t), per)]
    return sheet(grid, SAIL) + together(bars)


# Which islet, x, y, degrees turned, scale.
ISLETS = (
    (0, -95, 60, 15, 1.0),
    (1, 60, 30, 0, 1.05),
    (3, -4, -30, 0, 1.0),
    (4, 36, -70, 40, 0.9),
    (3, 150, -20, 130, 0.8),
    (2, 215, 130, -20, 1.05),
    (4, -190, -40, 200, 1.1),
    (2, -270, 140, 170, 1.0),
    (1, -20, 330, 120, 1.25),
    (0, 190, 420, 200, 1.2),
    (2, -210, 430, 60, 1.3),
    (0, -480, 400, 100, 1.2),
    (2, 470, 340, 10, 1.2),
    (1, 330, 280, 80, 0.8),
    (3, -370, 190, 20, 1.1),
)


@cache
def model() -> Model:
    sea = box(16000, 16000, 1, SEA).at(z=-1)
    near = together(stock()[k].turned(a).scaled(s).at(x, y) for k, x, y, a, s in ISLETS)
    return sea + near + together(_horizon()) + together(_traffic())


def _horizon() -> list[Model]:
    rng = np.random.default_rng(7)
    far = []
    for _ in range(70):
        distance, bearing = rng.uniform(800, 3600), np.radians(rng.uniform(-75, 75))
        kind, turn, size = int(rng.integers(0, 4)), float(rng.uniform(0, 360)), float(rng.uniform(1.0, 1.8))
        islet = stock(0.6)[kind].turned(turn).scaled(size)
        far.append(islet.at(distance * np.sin(bearing), distance * np.cos(bearing)))
    return far


def _traffic() -> list[Model]:
    places = (
        (-48, -108, 155),
        (70, -120, 195),
        (120, -75, 30),
        (-150, -160, 10),
        (-15, 150, 170),
        (260, 20, 160),
    )
    return [junk(2 + k % 2).turned(a).at(x, y) for k, (x, y, a) in enumerate(places)]


TARGET = (-5.0, 20.0, 32.0)


def seen(
    azimuth: float, distance: float, height: float, sky: light.Light, *, deck: int = 0, **more: object
) -> View:
    """From a boat's deck or a hill; deck: the seed of who leans on its rail in front of the camera, 0 for nobody."""
    a = np.radians(azimuth)
    if deck:
        rail = beam((-6, 2.6, 1.0), (6, 2.6, 1.0), 0.09, 0.07, CABIN) + beam(
            (-6, 2.6, 0.5), (6, 2.6, 0.5), 0.05, 0.05, CABIN
        )
        rail += box(0.08, 0.08, 1.0, CABIN).row(9, x=1.5).at(y=2.6)
        guests = crowd(2, (-3.2, 2.0, -1.5, 2.5), seed=deck, facing=180) + crowd(
            1, (1.9, 2, 2.6, 2.5), seed=deck + 1, facing=160
        )
        planks = box(14, 6, 0.2, CABIN).at(y=-0.2, z=-0.2)
        more["front"] = (
            (planks + rail + guests)
            .turned(azimuth)
            .at(TARGET[0] + np.sin(a) * distance, TARGET[1] - np.cos(a) * distance, height - 1.75)
        )
    return around(target=TARGET, distance=distance, azimuth=azimuth, height=height, light=sky, **more)


VIEWS = (
    seen(-8, 330, 12, light.CLEAR_MORNING),
    seen(14, 330, 78, light.AFTERNOON, aim=(0, -0.06)),
    seen(-24, 270, 7, light.GOLDEN, deck=3),
    seen(8, 290, 9, replace(light.MIST, mist=700, exposure=0.35)),
    seen(3, 270, 10, light.CLEAR_MORNING.turned(40), portrait=True, fov=70),
    seen(27, 380, 30, light.OVERCAST, aspect=16 / 9),
    seen(-31, 340, 14, light.SUNSET),
    seen(20, 250, 8, replace(light.RAIN, mist=900), deck=4),
    seen(-14, 260, 120, light.NOON, aim=(0, -0.08)),
    seen(19, 250, 26, light.BLUE_HOUR, aspect=3 / 2, aim=(0.06, -0.03)),
)
