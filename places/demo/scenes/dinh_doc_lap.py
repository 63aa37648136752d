"""Dinh Độc Lập, Sài Gòn: Ngô Viết Thụ's white palace of 1966 behind its lawn and round fountain.

Measures, in metres: the front 85 wide, the middle third standing 6 out of it; floors at 1.2, 6.8, 12.6 and 17.2, the
terrace pavilion's roof at 23.6, the mast above it; the lawn an oval of 100 by 70, its basin 16 across. The stone
curtain of bamboo joints hangs before the first floor, between slender fins.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from shapely import affinity

from places.demo import light
from places.demo.materials import ASPHALT, LAWN, Material, flat, paving, plaster, water, windows
from places.demo.meshes import Model, together
from places.demo.people import car, crowd
from places.demo.shapes import box, cylinder, disc, extrude, floodlight, revolve, slab, sphere, stairs, tube
from places.demo.surroundings import flag, ground, lamp_post, skyline
from places.demo.trees import bush, grove, hedge, palm, tree
from places.demo.views import around

WHITE = plaster("#efeee8", age=0.22)
SHADE = plaster("#d9d7ce", age=0.25)
INSIDE = windows("#2b3033", "#8b7f6c", tile=13)
DARK = flat("#23211f")
RED = flat("#8e2b20", gloss=0.3)
STEP = paving("#cfcabd")

FLOORS = (1.2, 6.8, 12.6, 17.2)
ROOF = 23.6


def bamboo(height: float) -> Model:
    """One stem of the stone curtain: four joints, each thin in its middle and broad at its ends."""
    joints = 4
    step = height / joints
    profile = [(0.0, 0.0)]
    for k in range(joints):
        z = k * step
        profile += [
            (0.31, z),
            (0.31, z + 0.12),
            (0.13, z + step * 0.32),
            (0.13, z + step * 0.68),
            (0.31, z + step - 0.12),
        ]
    profile += [(0.31, height), (0.0, height)]
    return revolve(profile, WHITE, sides=4).turned(0)


def curtain(width: float, height: float) -> Model:
    """The stems side by side, standing, in the middle of x."""
    count = round(width / 0.64)
    return bamboo(height).row(count, x=width / count)


def floor_slab(width: float, depth: float, z: float, *, thick: float = 0.55, out: float = 1.6) -> Model:
    """A floor's white edge that stands out over the one below, its middle at the back wall's y=0 front."""
    return slab(-width / 2 - out, -out, width / 2 + out, depth, z - thick, z, WHITE)


def wing(width: float = 27.0) -> Model:
    """The front left or right of the middle: three floors, fins from ground to roof. x from 0 to width, wall at y=0."""
    parts = [slab(0, 0.6, width, 18, 0, FLOORS[3], SHADE)]
    for low, high in zip(FLOORS, FLOORS[1:], strict=False):
        parts.append(slab(0.4, 0.5, width - 0.4, 0.62, low + 0.4, high - 0.7, INSIDE))
    for z, out in ((FLOORS[0], 1.0), (FLOORS[1], 2.2), (FLOORS[2], 2.2), (FLOORS[3], 3.0)):
        parts.append(
            slab(0, -out, width + (1.2 if z > 6 else 0), 18, z - 0.5, z + (0.1 if z < 17 else 0.5), WHITE)
        )
    # Balconies of the second floor: a solid band with a slit under it.
    parts.append(slab(0, -2.25, width + 0.6, -2.1, FLOORS[2] + 0.3, FLOORS[2] + 1.1, WHITE))
    bays = 6
    for i in range(bays + 1):
        x = i * width / bays
        parts.append(slab(x - 0.22, -2.0, x + 0.22, 0.6, FLOORS[0], FLOORS[3], WHITE))
    for i in range(bays):
        parts.append(
            curtain(width / bays - 0.5, FLOORS[2] - FLOORS[1] - 0.6).at(
                (i + 0.5) * width / bays, -1.5, FLOORS[1] + 0.1
            )
        )
    parts += [slab(0, -1.0, width, 0.6, 0, 1.2, SHADE)]
    parts.append(
        together(
            slab(x, -0.6, x + 2.6, -0.5, 2.2, 5.2, INSIDE) for x in np.arange(1.0, width - 2.5, width / bays)
        )
    )
    return together(parts)


def middle(half: float = 15.5) -> Model:
    """The part that stands out: the porch, two floors of curtain between tall pillars, the terrace and its pavilion."""
    parts = [slab(-half, -5.4, half, 18, 0, FLOORS[3], SHADE)]
    for low, high in zip(FLOORS, FLOORS[1:], strict=False):
        parts.append(slab(-half + 0.4, -5.5, half - 0.4, -5.4, low + 0.3, high - 0.7, INSIDE))
    for z, out in ((FLOORS[1], 8.4), (FLOORS[2], 7.6), (FLOORS[3], 9.2)):
        parts.append(slab(-half - 0.8, -out, half + 0.8, 2, z - 0.55, z + (0.15 if z < 17 else 0.6), WHITE))
    xs = np.linspace(-half + 0.3, half - 0.3, 7)
    parts += [
        slab(x - 0.33, -8.3, x + 0.33, -5.4, FLOORS[0] if abs(x) > 9 else FLOORS[1], FLOORS[3], WHITE)
        for x in xs
    ]
    for a, b in zip(xs, xs[1:], strict=False):
        parts.append(
            curtain(b - a - 0.7, FLOORS[2] - FLOORS[1] - 0.65).at((a + b) / 2, -7.1, FLOORS[1] + 0.15)
        )
        parts.append(slab(a, -7.7, b, -7.55, FLOORS[2] + 0.15, FLOORS[2] + 1.15, WHITE))
    return together(parts) + porch() + terrace()


def porch() -> Model:
    """The canopy before the door, on pillars, with the steps and the curved drive's kerb."""
    roof = slab(-8.5, -15, 8.5, -5.4, 5.3, 6.0, WHITE) + slab(-8.9, -15.4, 8.9, -15, 5.15, 6.15, WHITE)
    pillars = together(
        slab(x - 0.3, y - 0.6, x + 0.3, y + 0.6, 0, 5.3, WHITE)
        for x in (-7.2, -2.6, 2.6, 7.2)
        for y in (-14, -9)
    )
    doors = slab(-6, -5.6, 6, -5.45, 1.2, 4.9, flat("#4a3222", glow=0.4))
    return (
        roof
        + pillars
        + doors
        + stairs(13, 3.6, 1.2, 8, STEP).at(y=-8.4)
        + slab(-7, -6.7, 7, -5.4, 0, 1.2, STEP)
    )


def terrace() -> Model:
    """The pavilion "free of care on four sides", its flat roof far out, and the mast."""
    z = FLOORS[3] + 0.6
    core = slab(-7.5, -2.5, 7.5, 9, z, ROOF - 0.7, INSIDE)
    pillars = together(
        slab(x - 0.28, y - 0.28, x + 0.28, y + 0.28, z, ROOF - 0.6, WHITE)
        for x in np.linspace(-9.5, 9.5, 7)
        for y in (-4.6, 11)
    )
    roof = slab(-11.5, -6.6, 11.5, 13, ROOF - 0.6, ROOF, WHITE) + slab(
        -10.8, -5.9, 10.8, 12.3, ROOF - 0.75, ROOF - 0.6, RED
    )
    rail = slab(-15.5, -8.6, 15.5, -8.45, z, z + 0.9, WHITE)
    base = box(2.6, 2.6, 0.9, WHITE).at(y=0, z=ROOF)
    mast = cylinder(0.13, 9.5, flat("#d8d9da", gloss=0.4)).at(z=ROOF) + sphere(
        0.25, flat("#d6a640", gloss=0.5)
    ).at(z=ROOF + 9.6)
    return core + pillars + roof + rail + base + mast + flag(5.4, seed=3).at(0.1, 0, ROOF + 7.4)


def fountain() -> Model:
    """The round basin, its rings of jets and the tall one in the middle."""
    spray = Material("flat", "#eef4f6", thin=True)
    rim = revolve(((8.6, 0), (8.6, 0.55), (8.0, 0.55), (7.9, 0.1)), STEP, sides=64)
    pool = extrude(disc(8.1), 0.3, water("#4f7f88", ripple=0.03, tile=3))
    t = np.linspace(0, 1, 12)
    jet = tube(
        np.stack([0 * t, -5.6 + 3.4 * t, 0.3 + 5.2 * t * (1 - t) * 1.5], 1), 0.02 + 0.09 * t, spray, sides=6
    )
    plume = together(
        tube(
            (
                (0, 0, 0.3),
                (dx * 0.4, dy * 0.4, h * 0.7),
                (dx, dy, h),
                (dx * 1.9, dy * 1.9, h * 0.5),
                (dx * 2.3, dy * 2.3, 0.3),
            ),
            (0.1, 0.09, 0.12, 0.1, 0.16),
            spray,
            sides=6,
        )
        for dx, dy, h in (
            (0.2, 0, 5),
            (-0.25, 0.1, 4.6),
            (0.05, -0.3, 4.2),
            (0, 0.3, 4.4),
            (-0.3, -0.3, 3.7),
            (0.35, 0.25, 3.6),
        )
    )
    return rim + pool + jet.ring(22) + plume


def garden() -> Model:
    """The oval lawn that the drive runs round, trimmed bushes, the tall trees of the park either side."""
    oval = affinity.scale(disc(1), 50, 35)
    drive = extrude(affinity.scale(disc(1), 60, 45), 0.03, ASPHALT)
    lawn = extrude(affinity.scale(disc(1), 50.5, 35.5), 0.14, paving("#cdc8bc")) + extrude(oval, 0.2, LAWN)
    shrubs = together(
        bush(1.5, seed=i).at(50 * np.cos(a) * 0.93, 35 * np.sin(a) * 0.93, 0.2)
        for i, a in enumerate(np.linspace(0, 2 * np.pi, 40, endpoint=False))
    )
    beds = hedge(24, height=0.7, depth=1.4).at(27, -12.5).with_mirror()
    palms = together(
        palm(9, seed=2 * i).at(s * x, -14.2) for i, x in enumerate((22, 30, 38)) for s in (-1, 1)
    )
    park = grove(15, (52, -78, 100, -6), height=(15, 23), seed=6, gap=8) + grove(
        15, (-100, -78, -52, -6), height=(15, 23), seed=7, gap=8
    )
    back = grove(18, (-95, 24, 95, 52), height=(13, 19), seed=8, gap=7)
    return (drive + lawn + shrubs + fountain().at(z=0.15)).at(y=-62) + beds + palms + park + back


@cache
def model() -> Model:
    wings = wing().at(x=15.5).with_mirror()
    ends = slab(42.5, 1.5, 46, 16, 0, 11, WHITE).with_mirror()
    floods = together(
        floodlight((x, -24, 0.5), (x * 0.8, 0, 10), colour=(1.0, 0.9, 0.72), power=3.5, beam=80)
        for x in (-34, -12, 12, 34)
    )
    posts = together(lamp_post(5).at(x, -15.5) for x in (-46, -18, 18, 46))
    court = slab(-60, -18, 60, -1, 0, 0.05, ASPHALT)
    guests = crowd(16, (-20, -24, 20, -16), seed=5) + car(seed=3).turned(90).at(-24, -17.5)
    city = skyline(14, (-300, 160, 300, 330), height=(30, 80), seed=9)
    return ground(LAWN) + wings + middle() + ends + floods + posts + court + guests + city + garden()


AIM = (0, -8, 13)
WIDE, THREE_TWO = 16 / 9, 3 / 2
VIEWS = (
    around(target=AIM, distance=77, azimuth=2, light=light.CLEAR_MORNING, fov=58, aspect=WIDE),
    around(target=AIM, distance=50, azimuth=-18, light=light.NOON, fov=74),
    around(target=AIM, distance=44, azimuth=14, light=light.AFTERNOON, fov=80, aspect=THREE_TWO),
    around(target=AIM, distance=72, azimuth=20, height=7, light=light.GOLDEN, fov=62, aspect=THREE_TWO),
    around(
        target=AIM,
        distance=40,
        azimuth=-10,
        light=light.NOON.turned(-70),
        fov=72,
        portrait=True,
        front=crowd(2, (-9, -43, -5, -40), seed=4, facing=180),
    ),
    around(
        target=AIM,
        distance=43,
        azimuth=-4,
        light=light.RAIN,
        fov=76,
        aspect=THREE_TWO,
        front=crowd(4, (-9, -46, 5, -41), seed=9, facing=180),
    ),
    around(target=AIM, distance=74, azimuth=-8, light=light.BLUE_HOUR, fov=58, aspect=WIDE),
    around(target=AIM, distance=84, azimuth=6, height=5, light=light.OVERCAST, fov=54, aspect=WIDE),
    around(target=(0, -8, 13), distance=36, azimuth=24, light=light.CLEAR_MORNING.turned(70), fov=82),
    around(
        target=(0, -8, 11),
        distance=98,
        azimuth=-5,
        light=light.AFTERNOON.turned(-90),
        fov=46,
        aspect=THREE_TWO,
        front=tree(9, seed=1).at(-15, -88) + crowd(3, (-7, -100, 1, -95), seed=2, facing=180),
    ),
)
