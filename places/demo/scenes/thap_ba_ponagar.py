"""Po Nagar: Cham towers on a hill over the river Cái, 22 columns of brick below them.

The main tower (Tháp Chính) is 23 m high: a tall porch, a body between pilasters, a roof of diminishing storeys with
turrets at the corners. Beside it stand the south tower (18 m), a small one, and the north-west tower whose roof
is a saddle. From the mandapa, ten thick eight-sided columns in two rows with twelve thinner ones round them on a
platform of brick, a steep stair climbs to the towers.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from places.demo import light
from places.demo.cham import kalan, tufts, worn
from places.demo.karst import WOODS, rough
from places.demo.materials import LAWN, Material, brick, paving
from places.demo.meshes import Model, together
from places.demo.people import ao_dai, crowd
from places.demo.shapes import beam, box, floodlight, prism, sheet, stairs
from places.demo.surroundings import hills, lake, patch, potted_plant, skyline
from places.demo.trees import FLAME, bush, frangipani, palm, tree
from places.demo.views import around

RED = brick("#8d5540", "#7c6250", tile=3.0, age=0.6)
DARK_RED = brick("#7a4c3b", "#6d5648", tile=3.0, age=0.8)
STEP = brick("#94604a", "#7c6250", tile=2.4, age=0.45)
COURT = paving("#a88d78", "#7c6656", tile=3.2)
SLOPE = Material("grass", "#49602a", "#7d8a45", 6.0, 0.4, bump=0.2)
LOW = -10.0  # where the mandapa stands; the towers stand on z=0


@cache
def model() -> Model:
    towers = (
        kalan(9.6, 9.6, tiers=4, shrink=0.74, seed=2, skin=RED, wear=0.07, grass=60, porch=0.42).at(3, 4)
        + kalan(7.2, 7.4, tiers=2, shrink=0.66, seed=7, skin=DARK_RED, wear=0.09, grass=40, porch=0.3).at(
            -11.5, 5
        )
        + kalan(4.6, 4.4, tiers=1, shrink=0.7, seed=9, skin=DARK_RED, wear=0.1, grass=30, porch=0.2).at(
            -20, 10
        )
        + kalan(5.2, 4.8, saddle=5.8, seed=12, skin=RED, wear=0.08, grass=40, porch=0.25).at(16, 15)
    )
    lamps = together(
        floodlight((x, y, 0.4), (tx, ty, 8), power=1.2, colour=(1.0, 0.62, 0.28), beam=80)
        for x, y, tx, ty in ((-4, -11, 3, 0), (10, -10, 3, 0), (-14, -8, -11.5, 2), (12, 6, 16, 14))
    )
    return towers + _hill() + _mandapa() + _green() + _town() + lamps


def top(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The hill's height: level under the towers, LOW before them."""
    away = np.maximum(np.maximum(-19 - y, y - 34), np.maximum(np.abs(x) - 30, 0))
    points = np.stack([x, y, 0 * x], -1).reshape(-1, 3)
    return (
        np.maximum(-0.62 * np.clip(away, 0, None) * (1 + 0.15 * rough(points, 7, 3).reshape(x.shape)), LOW)
        - 0.06
    )


def _hill() -> Model:
    x, y = np.meshgrid(np.linspace(-150, 150, 151), np.linspace(-150, 150, 151))
    hill = sheet(np.stack([x, y, top(x, y)], -1), SLOPE)
    court = patch(-24, -19, 24, 20, COURT) + patch(-30, -80, 30, -42, COURT, z=LOW + 0.02)
    flight = stairs(5.2, 12.5, -LOW, 34, STEP).at(y=-25, z=LOW)
    cheeks = together(beam((x, -31.5, LOW), (x, -18.6, 0), 1.1, 1.0, RED) for x in (-3.2, 3.2))
    wall = box(20, 0.6, 0.9, RED).at(-14.5, -18.8) + box(20, 0.6, 0.9, RED).at(14.5, -18.8)
    return hill + court + flight + cheeks + worn(wall, 0.05, seed=4)


def _mandapa() -> Model:
    thick = prism(8, 0.78, 3.6, RED) + prism(8, 0.98, 0.4, RED) + prism(8, 0.9, 0.3, RED).at(z=3.35)
    thin = prism(8, 0.45, 2.4, RED) + prism(8, 0.58, 0.3, RED)
    base = (
        box(18.5, 14.5, 0.5, RED) + box(17.5, 13.5, 0.6, RED).at(z=0.5) + box(17.9, 13.9, 0.25, RED).at(z=1.0)
    )
    columns = together(thick.at(x, y, 1.2) for x in (-6.4, -3.2, 0, 3.2, 6.4) for y in (-2.3, 2.3))
    columns += together(thin.at(x, y, 1.2) for x in (-8, -4.8, -1.7, 1.7, 4.8, 8) for y in (-5.9, 5.9))
    steps = stairs(3.2, 2.2, 1.2, 6, STEP).at(y=-8.2)
    ruin = worn(base + columns, 0.06, seed=31, edge=0.4)
    return (ruin + tufts(ruin, 60, seed=31, above=1.5, size=(0.15, 0.4)) + steps).at(0, -44, LOW)


def _green() -> Model:
    rng = np.random.default_rng(21)
    parts = [
        frangipani(4.6, seed=1).at(-5.5, -12.5), frangipani(4.2, seed=2).at(13.5, -9), frangipani(4.0, seed=3).at(-19, -9),
        palm(11, seed=3).at(24, -4), palm(12, seed=5).at(-26, 2), palm(10, seed=3).at(22, 22), palm(9, seed=7).at(-14, -46, LOW),
        palm(10, seed=5).at(15, -40, LOW), bush(1.8, seed=1, material=FLAME).at(9.5, -16), bush(1.6, seed=2, material=FLAME).at(-8, -17),
    ]  # fmt: skip
    parts += [potted_plant(seed=k).at(x, -16.5) for k, x in enumerate((-4.2, 4.2, -20, 20))]
    for k in range(110):
        x, y = rng.uniform(-48, 48), rng.uniform(-33, 55)
        if -25 < x < 25 and -20 < y < 24 or abs(x) < 5 and y < 0:
            continue
        z = float(top(np.array([x]), np.array([y]))[0])
        plant = (
            tree(rng.uniform(5, 9), seed=k % 3)
            if k % 2 and y > 16
            else bush(rng.uniform(0.8, 2.2), seed=k % 3)
        )
        parts.append(plant.turned(rng.uniform(0, 360)).at(x, y, z))
    for k in range(46):
        x, y = rng.uniform(5, 34) * rng.choice((-1, 1)), rng.uniform(-35, -20.5)
        z = float(top(np.array([x]), np.array([y]))[0])
        parts.append(bush(rng.uniform(0.9, 2.4), seed=k % 3).turned(rng.uniform(0, 360)).at(x, y, z))
    return together(parts)


def _town() -> Model:
    """Nha Trang beyond the river, and the hills round the bay."""
    lawn = patch(-900, -900, 900, 300, LAWN, z=LOW - 0.3)
    river = lake(size=6000, z=LOW - 1.0)
    blocks = skyline(60, (-700, 420, 700, 760), height=(18, 75), seed=8).at(z=LOW)
    return (
        lawn
        + river
        + blocks
        + hills(near=900, far=1700, height=190, arc=(-130, 130), material=WOODS, seed=11).at(z=LOW)
    )


AIM = (-1.0, 3.0, 9.5)
BELOW = (1.0, 0.0, 4.5)

VIEWS = (
    around(target=AIM, distance=38, azimuth=-4, height=4.0, light=light.CLEAR_MORNING, fov=66),
    around(target=BELOW, distance=66, azimuth=-6, height=LOW + 2.2, light=light.AFTERNOON, fov=54),
    around(target=AIM, distance=26, azimuth=-22, height=1.7, light=light.GOLDEN, portrait=True, fov=76),
    around(
        target=AIM,
        distance=27,
        azimuth=18,
        height=1.7,
        light=light.NOON,
        fov=84,
        front=crowd(6, (1, -18, 8, -12), seed=6),
    ),
    around(
        target=BELOW, distance=60, azimuth=10, height=LOW + 2.6, light=light.OVERCAST, portrait=True, fov=62
    ),
    around(
        target=AIM,
        distance=40,
        azimuth=-20,
        height=9,
        light=light.CLEAR_MORNING.turned(-30),
        fov=66,
        aspect=3 / 2,
    ),
    around(
        target=AIM,
        distance=23,
        azimuth=5,
        height=1.7,
        light=light.RAIN,
        portrait=True,
        fov=80,
        front=ao_dai(seed=3).at(0.5, -14) + crowd(2, (3, -15, 7, -12), seed=2),
    ),
    around(target=AIM, distance=48, azimuth=28, height=14, light=light.SUNSET, fov=56),
    around(
        target=AIM,
        distance=30,
        azimuth=-8,
        height=1.8,
        light=replace(light.MIST, mist=220),
        fov=74,
        aspect=4 / 3,
    ),
    around(target=AIM, distance=30, azimuth=10, height=2.0, light=light.BLUE_HOUR, fov=74),
)
