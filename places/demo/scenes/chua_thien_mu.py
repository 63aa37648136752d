"""Chùa Thiên Mụ, Huế: the Phước Duyên tower, 21 m, eight-sided, seven storeys of rose-grey brick, on its river terrace.

Before it four pillars and a flight of stairs, beside it two pairs of pavilions (stele and bell), behind it the triple gate.
"""

from functools import cache

from places.demo import light
from places.demo.materials import LAWN, blocks, flat, lacquer, paving, plaster, stone, tiles
from places.demo.meshes import Model, together
from places.demo.people import ao_dai, crowd, person
from places.demo.roofs import hip_roof, polygon_roof
from places.demo.shapes import (
    arch,
    box,
    column,
    disc,
    floodlight,
    lotus,
    oblong,
    prism,
    revolve,
    slab,
    stairs,
    wall,
)
from places.demo.surroundings import hills, lamp_post, parapet, patch, potted_plant
from places.demo.trees import frangipani, grove, hedge, pine
from places.demo.views import View, around

ROSE = plaster("#c99a86", age=0.75, tile=7)
TRIM = plaster("#d3b59c", age=0.65, tile=5)
EAVE = tiles("#7d6a5c", shade="#342b26", tile=1.6)
GREY = stone("#9b9587", age=0.8)
YELLOW = plaster("#d2ab62", age=0.7)
OLD_WHITE = plaster("#cfc8b6", age=0.9, tile=5)
SHADE = flat("#1a1613")
RED = lacquer("#8a2a1c")
YIN_YANG = tiles("#8a5640", shade="#38231b")
SIDE = 0.4142  # half a side of an octagon over its inner radius


def storey(radius: float, height: float, *, door: bool) -> Model:
    """One of the seven: corner strips, on each face a framed arched niche, a moulded cornice and a lip of tiles."""
    half = radius * SIDE
    body = prism(8, radius / 0.9239, height, ROSE)
    wide, high = half * (0.86 if door else 0.62), height * (0.72 if door else 0.56)
    foot = 0.02 if door else height * 0.16
    hole = arch(wide, high, z=foot)
    frame = wall(
        arch(wide + 0.3, high + 0.17, z=max(foot - 0.05, 0)),
        0.1,
        TRIM,
        openings=[arch(wide, high, z=foot - 0.06)],
    )
    dark = wall(hole, 0.05, SHADE)
    strip = box(0.17, 0.1, height, TRIM)
    panel = wall(
        oblong(half * 1.7, height * 0.9, z=height * 0.05),
        0.05,
        TRIM,
        openings=[oblong(half * 1.7 - 0.16, height * 0.9 - 0.16, z=height * 0.05 + 0.08)],
    )
    face = frame + dark.at(y=-0.03) + panel + strip.at(half - 0.06) + strip.at(-half + 0.06)
    if not door:
        face += disc_pair(half, height)
    parts = [body, face.at(0, -radius - 0.02).ring(8)]
    for k, out in enumerate((0.1, 0.2, 0.32)):
        parts.append(prism(8, (radius + out) / 0.9239, 0.13, TRIM).at(z=height + 0.13 * k - 0.12))
    parts.append(
        polygon_roof(
            8, radius + 0.4, 0.42, EAVE, inner=radius - 0.3, upturn=0.1, sag=0.05, lip=0.08, trim=TRIM
        ).at(z=height + 0.27)
    )
    return together(parts)


def disc_pair(half: float, height: float) -> Model:
    one = wall(disc(0.13), 0.08, TRIM).at(half * 0.62, 0, height * 0.78)
    return one.with_mirror("x")


def tower() -> Model:
    """Radius from 3.2 m at the foot to 1.55 m; storeys from 2.9 to 1.95 m."""
    parts = [
        prism(8, 4.9, 0.5, GREY),
        prism(8, 4.4, 0.5, GREY).at(z=0.5),
        prism(8, 3.9, 0.35, TRIM).at(z=1.0),
    ]
    z = 1.3
    for k in range(7):
        radius, height = 3.2 - 0.275 * k, 2.75 - 0.17 * k
        parts.append(storey(radius, height - 0.35, door=k == 0).at(z=z))
        z += height
    parts.append(
        polygon_roof(8, 1.95, 1.0, EAVE, inner=0.3, upturn=0.15, sag=0.15, lip=0.08, trim=TRIM).at(z=z - 0.1)
    )
    parts.append(
        revolve(
            (
                (0.5, 0),
                (0.55, 0.25),
                (0.3, 0.45),
                (0.36, 0.7),
                (0.5, 0.95),
                (0.36, 1.25),
                (0.16, 1.4),
                (0.24, 1.65),
                (0.08, 2.0),
                (0, 2.05),
            ),
            TRIM,
            sides=24,
        ).at(z=z + 0.7)
    )
    steps = stairs(2.2, 2.0, 1.3, 6, GREY).at(y=-5.0)
    return together(parts) + steps


def pillar() -> Model:
    """Trụ biểu: square, panelled, 6.5 m, a lotus bud over a lantern block."""
    body = box(0.95, 0.95, 0.9, OLD_WHITE) + box(0.7, 0.7, 4.2, OLD_WHITE).at(z=0.9)
    panel = together(
        box(0.46, 0.04, 3.6, plaster("#a85f4a", age=0.6)).at(0, -0.36, 1.15).turned(a)
        for a in (0, 90, 180, 270)
    )
    head = (
        box(0.95, 0.95, 0.18, OLD_WHITE).at(z=5.1)
        + box(0.72, 0.72, 0.6, OLD_WHITE).at(z=5.28)
        + box(1.0, 1.0, 0.15, OLD_WHITE).at(z=5.88)
    )
    bud = revolve(((0.2, 0), (0.4, 0.25), (0.36, 0.55), (0.12, 0.95), (0, 1.1)), OLD_WHITE, sides=20).at(
        z=6.03
    )
    return body + panel + head + bud + lotus(0.5, OLD_WHITE, petals=8, layers=1).at(z=6.0)


def pavilion(sides: int = 6, radius: float = 2.3) -> Model:
    """The bell's and the stele's houses: arches on every side under a tiled roof."""
    base = prism(sides, radius + 0.7, 0.5, GREY)
    width = radius * 2 * 0.55
    face = wall(oblong(width * 1.06, 3.0), 0.25, YELLOW, openings=[arch(width * 0.55, 2.3)])
    walls = face.at(0, -radius * 0.92).ring(sides).at(z=0.5)
    roof = polygon_roof(
        sides, radius + 0.7, 1.8, YIN_YANG, inner=0.15, upturn=0.35, sag=0.25, trim=OLD_WHITE
    ).at(z=3.4)
    return (
        base
        + walls
        + roof
        + revolve(((0.3, 0), (0.35, 0.3), (0.12, 0.6), (0, 0.9)), OLD_WHITE).at(z=5.1)
        + column(0.5, 0.7, 1.6, SHADE).at(z=0.5)
    )


def triple_gate() -> Model:
    """Nghi Môn: three passages, a second storey over the middle one."""
    body = wall(
        [(-8, 0), (8, 0), (8, 3.6), (-8, 3.6)],
        2.6,
        plaster("#c49a74", age=0.8),
        openings=[arch(1.9, 2.9), arch(1.5, 2.5, x=-4.6), arch(1.5, 2.5, x=4.6)],
    )
    doors = together(
        wall(arch(w, h), 0.1, RED).at(x, 0.6)
        for w, h, x in ((1.9, 2.9, 0), (1.5, 2.5, -4.6), (1.5, 2.5, 4.6))
    )
    low = hip_roof(6.2, 3.8, 1.3, YIN_YANG, upturn=0.3, sag=0.15, trim=OLD_WHITE)
    upper = (
        box(5.2, 2.2, 1.9, YELLOW)
        + wall(oblong(2.6, 1.0), 0.1, RED).at(0, -1.12, 0.4)
        + hip_roof(7.4, 4.0, 1.6, YIN_YANG, upturn=0.45, sag=0.2, trim=OLD_WHITE, top="dragons").at(z=1.9)
    )
    return body + doors + low.at(-5.2, 0, 3.6) + low.at(5.2, 0, 3.6) + upper.at(z=3.6)


@cache
def model() -> Model:
    court = paving("#b0a696", age=0.6)
    terrace = slab(-40, -17, 40, 60, -6, 0, blocks("#8b8577", age=0.9)) + patch(-16, -16.6, 16, 30, court)
    grass = (
        patch(-40, -17, -16, 60, LAWN, z=0.03)
        + patch(16, -17, 40, 60, LAWN, z=0.03)
        + patch(-16, 30, 16, 60, LAWN, z=0.03)
    )
    flight = together(slab(-5.5, -17 - 0.42 * (i + 1), 5.5, -17, -6, -0.17 * (i + 1), GREY) for i in range(8))
    rails = together(
        parapet([(a, -16.8), (b, -16.8)], OLD_WHITE, height=0.8) for a, b in ((-40, -6), (6, 40))
    )
    four = together(pillar().scaled(0.85).at(x, -14.6) for x in (-5.6, -2.1, 2.1, 5.6))
    house = pavilion()
    houses = (
        house.at(-10.5, -3.5)
        + house.at(10.5, -3.5)
        + pavilion(4, 2.0).at(-11.5, 9)
        + pavilion(4, 2.0).at(11.5, 9)
    )
    road = slab(-200, -60, 200, -20.4, -6, -1.4, paving("#9c978c"))
    green = (
        grove(20, (-38, 2, -17, 45), height=(7, 12), seed=1)
        + grove(20, (17, 2, 38, 45), height=(7, 12), seed=2)
        + frangipani(4.2, seed=1).at(-7.2, 2.5)
        + frangipani(4.2, seed=2).at(7.4, 3)
        + frangipani(3.6, seed=0).at(-13.5, -10)
        + frangipani(3.8, seed=1).at(13.8, -10.5)
        + pine(13, seed=1).at(-19, -6)
        + pine(15, seed=2).at(20, -4)
        + pine(14, seed=0).at(-15, 24)
        + pine(14, seed=1).at(14, 25)
        + hedge(8, height=0.5).at(-10.5, -12.5)
        + hedge(8, height=0.5, seed=1).at(10.5, -12.5)
        + grove(14, (-60, -21, -24, 20), height=(7, 11), seed=6).at(z=-1.6)
        + grove(14, (24, -21, 60, 20), height=(7, 11), seed=7).at(z=-1.6)
    )
    pots = together(potted_plant(seed=i).at(x, -8.2) for i, x in enumerate((-3.4, 3.4, -6.4, 6.4)))
    far = hills(near=120, far=230, height=24, rough=0.7, seed=7) + patch(-900, -900, 900, 900, LAWN, z=-1.5)
    lights = (
        together(floodlight((x, -11, 0.4), (0, 0, 12), power=1.1, beam=80) for x in (-7, 7))
        + lamp_post(3.4).at(-8, -11)
        + lamp_post(3.4).at(8, -11)
    )
    return (
        terrace
        + grass
        + flight
        + rails
        + four
        + houses
        + road
        + green
        + pots
        + far
        + lights
        + tower()
        + triple_gate().at(y=21)
    )


HIGH = (0, 0, 10.2)
FRIENDS = person(seed=3, pose="stand").at(-1.6, -26, -1.4) + ao_dai(seed=4, hat=True).at(-0.7, -26.2, -1.4)
VIEWS: tuple[View, ...] = (
    around(
        target=HIGH,
        distance=30,
        azimuth=-4,
        height=0.6,
        fov=62,
        light=light.CLEAR_MORNING,
        portrait=True,
        seed=1,
    ),
    around(target=HIGH, distance=38, azimuth=10, height=0.35, fov=56, light=light.AFTERNOON, seed=2),
    around(
        target=HIGH, distance=26, azimuth=-26, height=1.7, fov=68, light=light.OVERCAST, portrait=True, seed=3
    ),
    around(
        target=HIGH,
        distance=42,
        azimuth=-1,
        height=0.35,
        fov=52,
        light=light.GOLDEN.turned(-20),
        front=crowd(9, (-6, -30, 7, -25), seed=3).at(z=-1.4),
        seed=4,
    ),
    around(
        target=HIGH,
        distance=24,
        azimuth=24,
        height=1.7,
        fov=70,
        light=light.NOON,
        aim=(0.05, 0),
        portrait=True,
        seed=5,
    ),
    around(
        target=(0, 0, 9.4),
        distance=34,
        azimuth=-14,
        height=0.35,
        fov=58,
        light=light.RAIN,
        front=FRIENDS.at(-6, -4),
        seed=6,
    ),
    around(
        target=(0, 0, 9.4),
        distance=36,
        azimuth=4,
        height=0.4,
        fov=60,
        light=light.MIST.but(mist=70),
        portrait=True,
        seed=7,
    ),
    around(
        target=(0, 0, 12),
        distance=16,
        azimuth=-14,
        height=1.6,
        fov=72,
        light=light.CLEAR_MORNING.turned(50),
        portrait=True,
        seed=8,
    ),
    around(
        target=HIGH,
        distance=33,
        azimuth=30,
        height=3.0,
        fov=58,
        light=light.NOON.turned(-70),
        aim=(-0.06, 0),
        seed=9,
    ),
    around(target=HIGH, distance=36, azimuth=-8, height=0.4, fov=56, light=light.BLUE_HOUR, seed=10),
)
