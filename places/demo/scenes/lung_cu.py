"""Lũng Cú flag tower: an eight-sided stone tower 20 m high on a mountain's top, and the flag of 54 m2 on its 13 m pole.

Its foot has a bronze drum's face in blue stone on each side over a carved panel; slits light the winding stair, the
gallery at the top juts out over corbels round a small lantern. Stairs climb to it between pines and bare limestone;
the karst of the Đồng Văn plateau lies all round.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from places.demo import light
from places.demo.karst import WOODS, karst, rough
from places.demo.materials import CONCRETE, Material, blocks, flat, paving, rock, stone, tiles
from places.demo.meshes import Model, together
from places.demo.people import crowd
from places.demo.roofs import hip_roof
from places.demo.shapes import (
    baluster_rail,
    box,
    column,
    cylinder,
    prism,
    revolve,
    sheet,
    sphere,
    stairs,
    star,
)
from places.demo.surroundings import flag, hills
from places.demo.trees import bush, pine
from places.demo.views import around

PALE = blocks("#c9c0ac", "#9a917f", tile=5.0, age=0.3)
TRIM = stone("#b3a993", tile=4, age=0.35)
DRUM = stone("#5f7480", tile=3, age=0.3)
DRUM_LIGHT = stone("#8fa0a6", tile=3, age=0.25)
SLIT = flat("#1b1a18")
KARST = rock("#a5a29a", "#5e6a42", tile=30)
FIELDS = Material("grass", "#6b7d3c", "#a59a58", 60.0, 0.4, bump=0.3)
SLOPE = Material("grass", "#4d5f2e", "#8a8a50", 12.0, 0.4, bump=0.5)
VALLEY = -95.0


@cache
def model() -> Model:
    return tower() + _mountain() + _plateau()


def _drum_face(radius: float) -> Model:
    """A Đông Sơn drum's top, facing -y: the sun in the middle, rings of figures about it."""
    face = cylinder(radius, 0.16, DRUM, sides=40)
    rings = together(
        _ring(radius * r, radius * w) for r, w in ((0.98, 0.05), (0.82, 0.03), (0.62, 0.03), (0.44, 0.03))
    )
    birds = box(radius * 0.16, radius * 0.06, 0.1, DRUM_LIGHT).at(y=radius * 0.72, z=0.14).turned(8).ring(16)
    people = box(radius * 0.05, radius * 0.11, 0.1, DRUM_LIGHT).at(y=radius * 0.53, z=0.14).ring(22)
    sun = star(radius * 0.36, 0.1, DRUM_LIGHT).turned(-90, "x").at(z=0.18)
    return (face + rings + birds + people + sun + sun.turned(36)).turned(90, "x")


def _ring(radius: float, width: float) -> Model:
    profile = ((radius - width, 0.1), (radius - width, 0.24), (radius, 0.24), (radius, 0.1))
    return revolve(profile, DRUM_LIGHT, sides=40, smooth=False)


def tower() -> Model:
    """Stands on z=0; flat faces to the front."""
    apothem = np.cos(np.pi / 8)
    foot = (
        prism(8, 6.0, 0.5, TRIM)
        + prism(8, 5.5, 0.5, TRIM).at(z=0.5)
        + column(4.9, 4.6, 4.6, TRIM, sides=8).at(z=1.0)
    )
    foot += (
        prism(8, 5.1, 0.3, TRIM).at(z=5.4)
        + prism(8, 4.7, 0.3, PALE).at(z=5.7)
        + prism(8, 4.2, 0.3, TRIM).at(z=6.0)
    )
    panel = (
        box(2.9, 0.2, 1.3, DRUM)
        + box(3.1, 0.14, 0.1, DRUM_LIGHT)
        + box(3.1, 0.14, 0.1, DRUM_LIGHT).at(z=1.25)
    )
    panel += together(
        box(0.16, 0.3, 0.45 + 0.25 * (k % 3), DRUM_LIGHT).at(-1.2 + 0.3 * k, 0, 0.15) for k in range(9)
    )
    side = panel.at(y=-4.9 * apothem, z=1.15) + _drum_face(1.3).at(y=-4.72 * apothem, z=3.95)
    body = column(3.4, 2.6, 13.4, PALE, sides=8).at(z=6.2)
    edge = together(
        box(0.34, 0.34, 1.5, TRIM).at(y=-(3.42 - 0.8 * k / 9), z=6.2 + 1.48 * k).turned(22.5)
        for k in range(9)
    )
    slits = together(
        box(0.5, 0.3, 1.5, SLIT).at(y=-(3.4 - 0.06 * z) * apothem, z=6.2 + z) for z in (2.4, 6.2, 10.0)
    )
    slits += together(
        box(0.8, 0.22, 0.14, TRIM).at(y=-(3.4 - 0.06 * z) * apothem, z=6.1 + z) for z in (2.4, 6.2, 10.0)
    )
    bands = prism(8, 3.2, 0.25, TRIM).at(z=14.6) + prism(8, 2.95, 0.25, TRIM).at(z=18.4)
    gallery = revolve(
        ((2.7, 18.6), (2.9, 19.2), (3.7, 19.7), (3.75, 19.7), (3.75, 20.0), (0, 20.0)), TRIM, sides=8
    )
    wall = box(2.8, 0.22, 0.95, PALE).at(y=-3.36, z=20.0) + box(2.95, 0.32, 0.14, TRIM).at(y=-3.36, z=20.95)
    lantern = (
        prism(8, 1.7, 2.3, PALE).at(z=20.0)
        + prism(8, 2.1, 0.22, TRIM).at(z=22.3)
        + column(1.7, 0.9, 0.7, TRIM, sides=8).at(z=22.5)
    )
    doors = box(0.7, 0.2, 1.5, SLIT).at(y=-1.62, z=20.2).ring(4)
    pole = column(0.16, 0.09, 12.9, flat("#d4d5d6", gloss=0.5), sides=16).at(z=23.2) + sphere(
        0.22, flat("#d6a640", gloss=0.5)
    ).at(z=36.2)
    door = box(1.5, 0.5, 2.5, SLIT).at(y=-4.75 * apothem, z=1.0)
    cloth = flag(9.0, seed=4).at(0.12, 0, 32.8)
    return (
        foot
        + side.ring(8, start=0)
        + door.turned(180)
        + body
        + edge.ring(8)
        + slits.ring(8)
        + bands
        + gallery
        + wall.ring(8)
        + lantern
        + doors
        + pole
        + cloth
    )


def fall(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The mountain's height under (x, y): level round the tower and before it, then down to the valley."""
    away = np.hypot(x, np.where(y < 0, y * 0.62, y))
    down = np.clip(away - 20, 0, None)
    flat_points = np.stack([x, y, np.zeros_like(x)], -1).reshape(-1, 3)
    bumps = (rough(flat_points, 26, 5) * 5 + rough(flat_points, 9, 6) * 1.6).reshape(x.shape)
    return np.maximum(-0.62 * down + bumps * np.clip(down / 25, 0, 1) - 0.15, VALLEY - 6)


def _mountain() -> Model:
    across = np.sign(s := np.linspace(-1, 1, 181)) * np.abs(s) ** 1.4 * 260
    x, y = np.meshgrid(across, across)
    hill = sheet(np.stack([x, y, fall(x, y)], -1), SLOPE)
    rng = np.random.default_rng(6)
    parts = [hill]
    for k in range(170):
        a, r = rng.uniform(0, 2 * np.pi), 22 + 120 * rng.random() ** 1.3
        px, py = r * np.cos(a), r * np.sin(a) * (1.6 if np.sin(a) < 0 else 1)
        if abs(px) < 5 and py < 0:
            continue
        z = float(fall(np.array([px]), np.array([py]))[0])
        if k % 3 == 0:
            parts.append(
                karst(
                    rng.uniform(1.5, 4),
                    rng.uniform(1.5, 5),
                    seed=k % 4,
                    fine=0.45,
                    material=KARST,
                    top=SLOPE,
                    bare=0.6,
                )
                .turned(rng.uniform(0, 360))
                .at(px, py, z - 0.5)
            )
        elif k % 3 == 1:
            parts.append(pine(rng.uniform(5, 9), seed=k % 2).turned(rng.uniform(0, 360)).at(px, py, z))
        else:
            parts.append(bush(rng.uniform(1, 2.6), seed=k % 2).at(px, py, z))
    terrace = prism(8, 13.5, 0.5, paving("#b5ad9c")).at(z=-0.2) + prism(8, 9.5, 0.45, paving("#c2b9a6")).at(
        z=0.3
    )
    square = box(15, 26, 0.3, paving("#b5ad9c")).at(y=-20, z=-0.2)
    rails = baluster_rail((-4.9, -12.2, 0.2), (-12.2, -4.9, 0.2), TRIM).with_mirror()
    rails += (
        baluster_rail((-12.4, -4.8, 0.2), (-12.4, 4.8, 0.2), TRIM).with_mirror()
        + baluster_rail((-7.3, -33, 0.1), (-7.3, -12, 0.1), TRIM).with_mirror()
    )
    way = stairs(4.6, 60, 33, 110, CONCRETE).at(y=-63, z=-32.8)
    way += baluster_rail((-2.5, -93, -32.6), (-2.5, -33, 0.3), TRIM).with_mirror()
    return together(parts) + terrace.at(z=0.02) + square + rails + way


def _plateau() -> Model:
    """The valley's fields and houses, and karst to the horizon."""
    rng = np.random.default_rng(15)
    span = np.linspace(-1, 1, 60) * 3000
    x, y = np.meshgrid(span, span)
    floor = np.stack([x, y, np.zeros_like(x)], -1)
    roll = rough(floor.reshape(-1, 3), 420, 9).reshape(x.shape)
    parts = [
        sheet(np.stack([x, y, VALLEY + 14 * roll * np.clip(np.hypot(x, y) / 900 - 0.2, 0, 1)], -1), FIELDS)
    ]
    forms = [
        karst(
            60,
            95 + 22 * k,
            seed=70 + 3 * k,
            blunt=1.5 + 0.25 * k,
            fine=0.8,
            material=KARST,
            top=WOODS,
            bare=0.1 + 0.12 * (k % 3),
        )
        for k in range(4)
    ]
    for k in range(64):
        distance, bearing = 420 + 2100 * rng.random() ** 1.2, np.radians(rng.uniform(-115, 115))
        size = rng.uniform(1.0, 1.7) * (1 + distance / 2600)
        parts.append(
            forms[k % 4]
            .turned(rng.uniform(0, 360))
            .scaled(size * 1.3, size * 1.3, size)
            .at(distance * np.sin(bearing), distance * np.cos(bearing), VALLEY)
        )
    house = box(9, 6, 3, stone("#b39a72", tile=4)) + hip_roof(
        10.5, 7.5, 2.2, tiles("#5b5a58"), upturn=0.1
    ).at(z=3)
    for k in range(26):
        parts.append(
            house.turned(rng.choice((0, 20, -30, 90))).at(
                rng.uniform(-230, -110) if k % 2 else rng.uniform(120, 260),
                rng.uniform(40, 260),
                VALLEY + 0.5,
            )
        )
    return together(parts) + hills(
        near=2300, far=3200, height=520, arc=(-130, 130), material=WOODS, seed=3
    ).at(z=VALLEY)


HIGH = (1.5, 0.0, 19.0)
WHOLE = (1.5, 0.0, 15.0)

VIEWS = (
    around(
        target=HIGH, distance=34, azimuth=-8, height=1.8, light=light.CLEAR_MORNING, portrait=True, fov=68
    ),
    around(target=WHOLE, distance=80, azimuth=20, height=22, light=light.AFTERNOON, fov=56),
    around(
        target=HIGH,
        distance=31,
        azimuth=14,
        height=1.8,
        light=light.NOON,
        portrait=True,
        fov=74,
        front=crowd(5, (-5, -25, 5, -17), seed=4),
    ),
    around(
        target=WHOLE,
        distance=120,
        azimuth=-18,
        height=30,
        light=replace(light.GOLDEN, mist=7000),
        fov=46,
        aspect=3 / 2,
    ),
    around(
        target=HIGH,
        distance=34,
        azimuth=2,
        height=1.8,
        light=light.OVERCAST,
        fov=84,
        front=crowd(3, (-3, -27, 2, -22), seed=8),
    ),
    around(
        target=WHOLE,
        distance=70,
        azimuth=-30,
        height=12,
        light=replace(light.MIST, mist=260),
        portrait=True,
        fov=60,
    ),
    around(
        target=HIGH,
        distance=58,
        azimuth=-22,
        height=7,
        light=light.CLEAR_MORNING.turned(30),
        portrait=True,
        fov=60,
    ),
    around(target=WHOLE, distance=64, azimuth=33, height=26, light=light.CLEAR_MORNING, fov=62),
    around(
        target=HIGH,
        distance=33,
        azimuth=-12,
        height=1.8,
        light=replace(light.RAIN, exposure=0.5),
        portrait=True,
        fov=72,
    ),
    around(
        target=WHOLE,
        distance=88,
        azimuth=6,
        height=34,
        light=replace(light.SUNSET, mist=7000),
        fov=54,
        aspect=16 / 9,
    ),
)
