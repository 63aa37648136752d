"""Mỹ Sơn: Cham towers of red brick, ruined to different heights, on the grass of a valley closed by wooded hills.

After groups B, C and D: C1 in the middle, 11 m high under its boat-shaped vault; B5 with the same vault but smaller
to the left; B3 behind it, three storeys to a point; the long hall D2, its roof gone, in front to the right;
the stone foot of B1 and stelae on the lawn. The pointed hill behind is Răng Mèo, the Cat's Tooth.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from places.demo import light
from places.demo.cham import OLD_BRICK, SANDSTONE, kalan, tufts, worn
from places.demo.karst import WOODS
from places.demo.materials import LAWN, brick, paving
from places.demo.meshes import Model, together
from places.demo.people import crowd
from places.demo.shapes import arch, box, column, cylinder, prism, sheet, wall
from places.demo.surroundings import ground, hills, patch
from places.demo.trees import bush, tree
from places.demo.views import around

PALE_BRICK = brick("#8f5d45", "#6b5343", tile=3.2, age=0.7)
PATH = paving("#8d6f5c", "#6a5546", tile=2.4)


@cache
def model() -> Model:
    towers = (
        kalan(6.4, 5.8, saddle=6.9, seed=3, grass=130).at(0, 0)
        + kalan(4.4, 4.2, saddle=5.0, seed=9, skin=PALE_BRICK, grass=70).turned(8).at(-15.5, -4)
        + kalan(5.8, 6.2, tiers=4, shrink=0.74, seed=14, grass=110).at(-9.5, 7)
        + kalan(6.0, 6.0, tiers=2, seed=21, broken=8.6, wear=0.16, grass=130).at(12.5, 8)
        + kalan(4.0, 3.8, tiers=2, seed=33, broken=5.4, wear=0.16, grass=70, porch=0.2).at(20.5, -1)
        + kalan(3.6, 3.4, tiers=2, seed=41, broken=3.2, wear=0.18, grass=60, porch=0.2).at(-21, 3)
    )
    return (
        ground(LAWN)
        + patch(-2, -60, 2, -6, PATH)
        + patch(-24, -8.6, 24, -6.6, PATH)
        + towers
        + _hall()
        + _stones()
        + _valley()
    )


def _hall() -> Model:
    """D2: a long hall without its roof, doors at both ends and windows between pilasters."""
    length, height = 13.0, 3.9
    window = [arch(1.0, 2.0, x=x, z=1.0, pointed=0.2) for x in (-3.9, 0, 3.9)]
    side = wall(
        [(-length / 2, 0), (length / 2, 0), (length / 2, height), (-length / 2, height)],
        0.8,
        PALE_BRICK,
        openings=window,
    )
    side += box(0.6, 1.1, height, PALE_BRICK).row(7, x=2.05) + box(length + 0.6, 1.25, 0.3, PALE_BRICK).at(
        z=height - 0.2
    )
    side += box(length + 0.7, 1.3, 0.5, PALE_BRICK)
    end = wall(
        [(-3, 0), (3, 0), (3, height), (-3, height)], 0.8, PALE_BRICK, openings=[arch(1.3, 2.7, pointed=0.25)]
    )
    end += wall(arch(4.4, 2.4, pointed=0.4), 0.6, PALE_BRICK).at(z=height)
    hall = side.at(y=-3) + side.at(y=3) + (end.turned(90).at(x=length / 2)).with_mirror()
    ruin = worn(hall, 0.11, seed=55, broken=4.9)
    return (ruin + tufts(ruin, 70, seed=55, above=1.2)).turned(90).at(13.5, -13)


def _stones() -> Model:
    """What lies and stands on the lawn: the foot of B1, stelae, lingas, drums of columns, fallen brick."""
    rng = np.random.default_rng(8)
    foot = (
        box(8, 8, 0.7, SANDSTONE) + box(7, 7, 0.6, SANDSTONE).at(z=0.7) + box(6, 6, 0.5, OLD_BRICK).at(z=1.3)
    )
    foot += together(
        box(0.9, 0.8, rng.uniform(0.5, 1.4), SANDSTONE).at(*rng.uniform(-2.6, 2.6, 2), 1.6) for _ in range(9)
    )
    b1 = worn(foot, 0.07, seed=61)
    parts = [(b1 + tufts(b1, 60, seed=61, above=0.3)).at(-11, -15)]
    stele = worn(box(1.0, 0.28, 1.9, SANDSTONE) + box(1.5, 0.8, 0.35, SANDSTONE), 0.03, seed=62, edge=0.3)
    linga = (
        box(0.9, 0.9, 0.35, SANDSTONE)
        + prism(8, 0.3, 0.5, SANDSTONE).at(z=0.35)
        + column(0.25, 0.22, 0.4, SANDSTONE).at(z=0.85)
    )
    parts += [stele.turned(8).at(4.2, -10), stele.turned(-12).scaled(0.85).at(-4.2, -11), stele.at(18, -9)]
    parts += [
        linga.at(2.9, -5.6),
        linga.scaled(0.8).at(-3.2, -17),
        cylinder(0.3, 1.7, SANDSTONE).turned(88, "x").at(-4.6, -20, 0.3),
    ]
    for _ in range(26):
        size = rng.uniform(0.25, 0.7, 3)
        parts.append(
            box(*size, OLD_BRICK if rng.random() < 0.6 else SANDSTONE)
            .turned(rng.uniform(0, 90))
            .at(rng.uniform(-24, 24), rng.uniform(-24, 20))
        )
    return together(parts)


def _valley() -> Model:
    """Trees close behind, wooded hills, and the Cat's Tooth."""
    rng = np.random.default_rng(12)
    parts = []
    for k in range(46):
        x, y = rng.uniform(-75, 75), rng.uniform(22, 60)
        parts.append(tree(rng.uniform(7, 13), seed=k % 3).turned(rng.uniform(0, 360)).at(x, y))
    for k in range(14):
        side = rng.choice((-1, 1))
        parts.append(
            tree(rng.uniform(6, 11), seed=k % 3)
            .turned(rng.uniform(0, 360))
            .at(side * rng.uniform(30, 60), rng.uniform(-30, 25))
        )
    parts += [
        bush(rng.uniform(0.8, 2), seed=k % 2).at(rng.uniform(-40, 40), rng.uniform(17, 24)) for k in range(26)
    ]
    u, v = np.meshgrid(np.linspace(-1, 1, 90), np.linspace(-1, 1, 50))
    r = np.hypot(u, v)
    crag = 0.06 * np.sin(9 * u + 4 * v) + 0.05 * np.sin(17 * u - 6 * v + 1) + 0.03 * np.sin(31 * u + 23 * v)
    tooth = (
        np.clip(1 - r, 0, 1) ** 1.25 * (1 + crag * 2)
        + 0.28 * np.exp(-(((u - 0.34) / 0.16) ** 2 + (v / 0.3) ** 2))
        + 0.2 * np.exp(-(((u + 0.42) / 0.2) ** 2 + (v / 0.3) ** 2))
    )
    edge = np.clip((1 - np.maximum(abs(u), abs(v))) * 6, 0, 1)
    parts.append(sheet(np.stack([u * 520, v * 300, tooth * edge * 300 - 4], -1), WOODS).at(-60, 900))
    return together(parts) + hills(near=170, far=520, height=64, arc=(-120, 120), material=WOODS, seed=5)


AIM = (-2.0, 1.0, 4.4)

VIEWS = (
    around(target=AIM, distance=36, azimuth=-6, light=light.CLEAR_MORNING),
    around(
        target=AIM, distance=34, azimuth=13, light=light.AFTERNOON, front=crowd(3, (2, -22, 8, -16), seed=3)
    ),
    around(target=AIM, distance=30, azimuth=-26, light=light.GOLDEN),
    around(target=AIM, distance=28, azimuth=3, light=light.NOON, portrait=True, fov=70),
    around(target=AIM, distance=36, azimuth=-14, height=2.2, light=replace(light.MIST, mist=160), fov=56),
    around(
        target=AIM,
        distance=34,
        azimuth=12,
        light=light.OVERCAST,
        aspect=16 / 9,
        front=crowd(5, (-4, -19, 4, -11), seed=5),
    ),
    around(target=AIM, distance=32, azimuth=-34, height=4, light=light.CLEAR_MORNING.turned(-30)),
    around(target=AIM, distance=33, azimuth=8, light=light.RAIN, front=crowd(2, (-3, -16, 1, -13), seed=9)),
    around(target=AIM, distance=42, azimuth=-3, height=9, light=light.AFTERNOON.turned(-50), aspect=3 / 2),
    around(target=AIM, distance=29, azimuth=-12, light=light.SUNSET, portrait=True, fov=68),
)
