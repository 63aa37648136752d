"""Landmark 81 by the Sài Gòn river: square glass tubes bundled like bamboo, each of its own height, and a mast.

Measures: 461 m with the mast, roofs from 165 to 410 m; a bundle of five by five tubes of 14 m on a podium of 25 m,
round it the white flats of Vinhomes Central Park and the park along the river, which is 280 m wide here. The tower
stands in the origin, the river is at -y; people photograph it from the other bank, from boats and from the park.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from places.demo import light
from places.demo.materials import LAWN, PAVING, STEEL, flat, metal, plaster, water, windows
from places.demo.meshes import Model, together
from places.demo.people import crowd
from places.demo.shapes import box, column, railing, slab, tube
from places.demo.surroundings import boat, lake, lamp_post, parapet, skyline
from places.demo.trees import bush, canopy, palm, tree
from places.demo.views import View

# Metres, the front row first, from the left.
ROOFS = (
    (165, 215, 258, 236, 182),
    (226, 300, 352, 322, 246),
    (272, 362, 410, 384, 292),
    (240, 332, 388, 346, 256),
    (172, 232, 282, 250, 190),
)
PITCH, TUBE = 14.0, 13.0
GLASS = windows("#4a6f8c", "#7f9db0", tile=15.0, gloss=0.75)
DARK = flat("#2c3942", gloss=0.5)
FIN = metal("#c3ccd2", gloss=0.4)
EDGE = flat("#e4ebf0", gloss=0.4, glow=2.2)
CROWN = flat("#fff0cc", gloss=0.4, glow=5.0)
FLATS = [windows("#8b979e", c, tile=13.0, gloss=0.15) for c in ("#f2eee6", "#e9e2d6", "#f6f4ee")]
BALCONY = plaster("#e9e5dc", age=0.15)


def _tube(height: float) -> Model:
    """Glass with upright fins, a dark plant floor at every quarter, the fins standing over the roof as a crown."""
    half = TUBE / 2
    parts = [box(TUBE, TUBE, height, GLASS)]
    parts += [box(TUBE + 0.3, TUBE + 0.3, 5.0, DARK).at(z=z) for z in np.arange(95, height - 20, 98)]
    fins = together(box(0.4, 0.7, height + 5, FIN).at(x=x, y=-half) for x in (-3.25, 0, 3.25))
    edge = box(0.9, 0.9, height + 7, EDGE).at(x=half, y=-half)
    rail = box(TUBE, 0.5, 0.8, FIN).at(y=-half, z=height + 4.2)
    return together([*parts, (fins + edge + rail).ring(4), box(TUBE - 2, TUBE - 2, 2.5, CROWN).at(z=height)])


def _tower() -> Model:
    parts = [
        _tube(roof).at((i - 2) * PITCH, (j - 2) * PITCH)
        for j, row in enumerate(ROOFS)
        for i, roof in enumerate(row)
    ]
    lantern = (
        box(7, 7, 14, GLASS)
        + box(7.6, 7.6, 0.8, CROWN).at(z=14)
        + box(0.6, 0.6, 18, EDGE).at(x=3.6, y=-3.6).ring(4)
    )
    mast = column(2.4, 1.3, 12, STEEL, sides=8).at(z=14) + column(1.2, 0.25, 26, STEEL, sides=8).at(z=26)
    mast += together(box(3.4 - 0.5 * k, 3.4 - 0.5 * k, 0.5, EDGE).at(z=26 + 4.5 * k) for k in range(5))
    podium = box(120, 84, 25, windows("#6c7a84", "#d8d3c8", tile=20, gloss=0.4)).at(y=4)
    podium += box(124, 88, 1.6, BALCONY).at(y=4, z=25) + box(124, 88, 1.2, BALCONY).at(y=4, z=12)
    podium += box(122, 0.6, 5, CROWN).at(y=-38.4, z=1)
    return together(parts) + (lantern + mast).at(z=409) + podium


def _flats(height: float, skin: int) -> Model:
    """A block of flats of the same estate: ribs of balconies on a white slab with a stepped head."""
    block = box(34, 22, height, FLATS[skin % 3]) + box(22, 26, height + 8, FLATS[(skin + 1) % 3])
    ribs = together(box(3.0, 1.6, height - 6, BALCONY).at(x=x, y=-11.4, z=4) for x in (-14, -8.5, 8.5, 14))
    return block + (ribs + ribs.mirrored("y")) + box(10, 10, 7, BALCONY).at(z=height + 8)


def _estate() -> Model:
    rng = np.random.default_rng(3)
    spots = [
        (-95, 30),
        (-150, -20),
        (-205, 20),
        (-260, -35),
        (-120, 110),
        (-190, 100),
        (-300, 60),
        (95, 45),
        (150, -5),
        (210, 35),
        (265, -25),
        (130, 120),
        (200, 120),
        (300, 80),
    ]
    return together(
        _flats(float(rng.uniform(118, 168)), k).turned(float(rng.choice((0, 8, -10, 90)))).at(x, y)
        for k, (x, y) in enumerate(spots)
    )


def _river() -> Model:
    """The park along the water, the water, and the bank opposite with its promenade."""
    rng = np.random.default_rng(4)
    parts = [lake(size=9000, z=-2.5, material=water("#4a4a3a", ripple=0.05, tile=14))]
    parts += [slab(-2200, -150, 2200, 2600, -6, 0, PAVING), slab(-320, -146, 320, -52, 0, 0.15, LAWN)]
    parts += [slab(-320, -118, 320, -113, 0, 0.2, PAVING), slab(-14, -150, 14, -40, 0, 0.22, PAVING)]
    parts.append(parapet([(-320, -149), (320, -149)], height=1.1, post=4))
    n = 340
    feet = np.stack(
        [
            rng.uniform(-330, 330, n),
            rng.choice((-128, -104, -78, -60), n) + rng.normal(0, 5, n),
            rng.uniform(3.5, 5, n),
        ],
        1,
    )
    feet = feet[np.abs(feet[:, 0]) > 18]
    parts.append(canopy(feet, rng.uniform(6, 11, len(feet)), np.full(len(feet), 500), seed=1))
    parts += [tube(((x, y, 0), (x, y, z)), 0.22, flat("#5b4a3a"), sides=6) for x, y, z in feet]
    parts += [palm(9 + k % 3, seed=k).at(float(x), -140) for k, x in enumerate(range(-150, 151, 25))]
    far = np.stack([rng.uniform(-1500, 1500, 500), rng.uniform(180, 600, 500), rng.uniform(2, 5, 500)], 1)
    parts.append(canopy(far, rng.uniform(9, 15, 500), np.full(500, 90), seed=2))
    parts += [
        skyline(60, (-1300, 260, 1300, 900), height=(25, 95), seed=6),
        skyline(16, (-1100, 700, 900, 1400), height=(80, 220), seed=7),
    ]
    parts += [slab(-1500, -1400, 1500, -432, -6, 0.0, LAWN), slab(-1500, -446, 1500, -432, -6, 0.15, PAVING)]
    parts.append(railing([(-160, -433, 0.1), (160, -433, 0.1)], flat("#c9c7c0"), spacing=1.2))
    parts += [lamp_post(5).at(float(x), -436) for x in range(-180, 181, 36)]
    parts += [bush(1.2, seed=k).at(float(x), -448) for k, x in enumerate(range(-120, 121, 8))]
    parts += [
        boat(24, colour="#e8e4d8").turned(8).at(-70, -300, -2.3),
        boat(40, colour="#6a3a2a").turned(-5).at(120, -250, -2.2),
    ]
    return together(parts)


@cache
def model() -> Model:
    return _tower() + _estate() + _river()


def shot(
    camera: tuple[float, float, float], target: tuple[float, float, float], lit: light.Light, **more
) -> View:
    return View(camera, target, lit, **more)


WALKERS = crowd(7, (-6, -441, 24, -435), seed=5).at(z=0.15)
VIEWS = (
    shot((-30, -440, 1.8), (0, 0, 212), light.CLEAR_MORNING, portrait=True, fov=58),
    shot(
        (150, -452, 2.0),
        (0, 0, 205),
        light.AFTERNOON,
        portrait=True,
        fov=60,
        front=tree(11, seed=2).at(124, -425),
    ),
    shot((-260, -560, 12), (0, 0, 205), light.GOLDEN.but(mist=7000), fov=60, aspect=3 / 2),
    shot((0, -600, 3.0), (10, 0, 210), light.OVERCAST, portrait=True, fov=48),
    shot((60, -330, 1.0), (0, 0, 215), light.NOON, portrait=True, fov=72),
    shot((-120, -440, 1.9), (0, 0, 212), light.BLUE_HOUR, portrait=True, fov=60),
    shot((220, -520, 60), (0, 0, 205), light.CLEAR_MORNING.turned(60), fov=60),
    shot((10, -446, 1.8), (0, 0, 208), light.RAIN.but(mist=1600), portrait=True, fov=60, front=WALKERS),
    shot((-190, -460, 150), (0, 0, 205), light.SUNSET.but(mist=6000), portrait=True, fov=56),
    shot((90, -470, 4.0), (0, 0, 208), light.NIGHT, portrait=True, fov=56),
)
