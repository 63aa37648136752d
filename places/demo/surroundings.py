"""What lies round a landmark: ground, water, hills, other houses, and the furniture of a Vietnamese street."""

from __future__ import annotations

import numpy as np
import trimesh

from places.demo.karst import karst
from places.demo.materials import (
    CONCRETE,
    DARK_IRON,
    GROVE,
    Material,
    cloth,
    flat,
    plaster,
    stone,
    tiles,
    water,
    windows,
)
from places.demo.meshes import Model, surface, together
from places.demo.roofs import gable_roof
from places.demo.shapes import box, column, cylinder, lotus, railing, sheet, slab, sphere, star, tube
from places.demo.trees import bush

COPING = stone("#b0aa9d")
FACADES = ("#d9c9a3", "#cfae74", "#c9cdc6", "#b9c4b4", "#d7b8a0", "#a9b7c2", "#e2dccb", "#c78f6d")


def ground(material: Material, *, size: float = 2000.0, z: float = 0.0) -> Model:
    return surface(
        np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * size / 2 + (0, 0, z),
        [[0, 1, 2], [0, 2, 3]],
        material,
    )


def patch(x0: float, y0: float, x1: float, y1: float, material: Material, *, z: float = 0.02) -> Model:
    """A carpet of paving, lawn or road on the ground."""
    return surface(
        np.array([[x0, y0, z], [x1, y0, z], [x1, y1, z], [x0, y1, z]]), [[0, 1, 2], [0, 2, 3]], material
    )


def lake(*, size: float = 2000.0, z: float = 0.0, material: Material | None = None) -> Model:
    return ground(material or water(), size=size, z=z)


def lily_pads(
    count: int,
    area: tuple[float, float, float, float],
    *,
    seed: int = 0,
    flowers: float = 0.15,
    z: float = 0.03,
) -> Model:
    """Lotus leaves on water, and pink flowers."""
    rng = np.random.default_rng(seed)
    leaf, pink = flat("#4f7a3a", gloss=0.2), flat("#d98aa0")
    parts = []
    for _ in range(count):
        x, y = rng.uniform(area[:2], area[2:])
        high, radius = rng.choice((0.0, rng.uniform(0.1, 0.5))), rng.uniform(0.16, 0.34)
        dish = column(radius * 0.4, radius, 0.05 + high * 0.15, leaf, sides=14)
        parts.append(dish.turned(rng.uniform(-12, 12), "x").at(x, y, z + high))
        if rng.random() < flowers:
            parts.append(
                lotus(0.16, pink, petals=8).at(x + 0.2, y, z + high + 0.15)
                + tube(((x + 0.2, y, z), (x + 0.2, y, z + high + 0.15)), 0.012, leaf, sides=5)
            )
    return together(parts)


def hills(
    *,
    near: float = 400,
    far: float = 900,
    height: float = 90,
    arc: tuple[float, float] = (0, 360),
    rough: float = 0.5,
    material: Material = GROVE,
    seed: int = 0,
) -> Model:
    """A range of wooded hills on the horizon. arc: from, to degrees; 0 is behind the front (+y), +90 at +x."""
    rng = np.random.default_rng(seed)
    angle = np.radians(np.linspace(arc[0], arc[1], 160))[None]
    radius = np.linspace(near, far, 24)[:, None]
    wave = sum(
        rng.uniform(0.3, 1) / k**0.9 * np.sin(angle * k * 2.1 + rng.uniform(0, 6)) for k in range(1, 14)
    )
    profile = 0.55 + 0.28 * wave * rough / 0.5
    across = np.sin(np.pi * np.linspace(0, 1, 24)[:, None]) ** 0.8
    z = (
        height * np.clip(profile, 0.08, None) * across
        + height * 0.05 * rng.normal(size=across.shape) * across
    )
    edge = (
        np.clip(np.minimum(np.linspace(0, 1, 160), np.linspace(1, 0, 160)) * 8, 0, 1)[None]
        if arc[1] - arc[0] < 360
        else 1
    )
    grid = np.stack([radius * np.sin(angle), radius * np.cos(angle), z * edge - 2], -1)
    return sheet(grid, material)


def islands(
    count: int,
    area: tuple[float, float, float, float],
    *,
    radius: tuple[float, float] = (15, 50),
    seed: int = 0,
) -> Model:
    rng = np.random.default_rng(seed)
    return together(
        karst(r := rng.uniform(*radius), r * rng.uniform(1.0, 2.0), seed=int(rng.integers(1000)), sea=True)
        .turned(rng.uniform(0, 360))
        .at(*rng.uniform(area[:2], area[2:]))
        for _ in range(count)
    )


def houses(count: int, *, step: float = 4.6, seed: int = 0, floors: tuple[int, int] = (2, 5)) -> Model:
    """A row of tube houses along x, fronts to -y: painted, with balconies, shutters and shop fronts."""
    rng = np.random.default_rng(seed)
    shutter = [flat(c) for c in ("#4a6a5a", "#6b4a30", "#3f5a7a", "#6a6a64")]
    row = []
    for i in range(count):
        width, storeys = step - 0.05, int(rng.integers(floors[0], floors[1] + 1))
        paint = plaster(str(rng.choice(FACADES)), age=float(rng.uniform(0.3, 0.7)))
        house = box(width, 12, 3.4 * storeys, paint).at(y=6)
        house += box(width * 0.8, 0.1, 2.6, windows("#2a2c2e", "#4a4640", tile=6)).at(z=0.1)
        for k in range(1, storeys):
            for x in (-width / 4, width / 4):
                house += box(0.95, 0.12, 1.9, windows("#33404a", "#5a5040", tile=5)).at(x, 0, 3.4 * k + 0.5)
                for side in (-0.7, 0.7):
                    house += box(0.42, 0.08, 1.9, shutter[(i + k) % 4]).at(x + side, -0.06, 3.4 * k + 0.5)
            if rng.random() < 0.6:
                house += box(width * 0.9, 0.9, 0.12, CONCRETE).at(0, -0.45, 3.4 * k + 0.3)
                house += railing(
                    [(-width * 0.44, -0.85, 3.4 * k + 0.4), (width * 0.44, -0.85, 3.4 * k + 0.4)],
                    DARK_IRON,
                    height=0.9,
                )
        if rng.random() < 0.5:
            house += gable_roof(width, 12.4, 2.4, tiles(), upturn=0).at(0, 6, 3.4 * storeys)
        else:
            house += box(width, 0.2, 0.9, paint).at(z=3.4 * storeys) + box(
                1.6, 1.6, 1.6, flat("#9aa4aa", gloss=0.4)
            ).at(0.5, 5, 3.4 * storeys)
        row.append(house.at((i - (count - 1) / 2) * step))
    return together(row)


def skyline(
    count: int,
    area: tuple[float, float, float, float],
    *,
    height: tuple[float, float] = (20, 90),
    seed: int = 0,
) -> Model:
    """Office and apartment blocks over an area, for the far background."""
    rng = np.random.default_rng(seed)
    skins = [windows("#35434d", f, tile=14, gloss=0.3) for f in ("#c4beb2", "#d8d2c4", "#9fa5a8", "#c2ae92")]
    parts = []
    for _ in range(count):
        x, y = rng.uniform(area[:2], area[2:])
        w, d, h = rng.uniform(12, 28), rng.uniform(12, 24), rng.uniform(*height) * rng.uniform(0.5, 1)
        block = box(w, d, h, skins[int(rng.integers(4))])
        block += box(w * 0.4, d * 0.4, 4, CONCRETE).at(z=h)
        parts.append(block.turned(rng.choice((0, 0, 8, -12))).at(x, y))
    return together(parts)


def parapet(
    points: list[tuple[float, float]],
    material: Material = COPING,
    *,
    height: float = 0.9,
    thickness: float = 0.3,
    post: float = 3.0,
) -> Model:
    """A low wall along points (x, y) with a coping, and posts every few metres."""
    parts = []
    for (x0, y0), (x1, y1) in zip(points, points[1:], strict=False):
        length, turn = float(np.hypot(x1 - x0, y1 - y0)), float(np.degrees(np.arctan2(y1 - y0, x1 - x0)))
        one = box(length, thickness * 0.7, height * 0.85, material) + box(
            length + thickness, thickness, height * 0.15, material
        ).at(z=height * 0.85)
        count = max(round(length / post), 1)
        pillar = box(thickness * 1.3, thickness * 1.3, height * 1.15, material)
        one += together(pillar.at(-length / 2 + length * i / count) for i in range(count + 1))
        parts.append(one.turned(turn).at((x0 + x1) / 2, (y0 + y1) / 2))
    return together(parts)


def lamp_post(height: float = 4.5, *, globes: int = 3) -> Model:
    """Cast iron, white globes that burn at night."""
    post = column(0.12, 0.05, height, DARK_IRON, sides=16) + column(0.22, 0.14, 0.6, DARK_IRON, sides=16)
    globe = sphere(0.19, flat("#e8e4d6", gloss=0.4, glow=14.0), detail=2)
    if globes == 1:
        return post + globe.at(z=height + 0.18)
    arm = tube(
        ((0, 0, height - 0.3), (0.35, 0, height - 0.15), (0.5, 0, height)), 0.025, DARK_IRON, sides=6
    ) + globe.at(0.5, 0, height + 0.18)
    return post + arm.ring(globes)


def flag(width: float = 1.8, *, seed: int = 0) -> Model:
    """Vietnam's, flying from its pole edge at x=0 towards +x, its middle at z=0; the star on both faces."""
    rng = np.random.default_rng(seed)
    phase = rng.uniform(0, 6)
    u, v = np.meshgrid(np.linspace(0, 1, 40), np.linspace(-0.5, 0.5, 14))

    def wave(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        return 0.07 * np.sin(x * 8 + phase + z) * np.minimum(x * 2, 1)

    sag = -0.12 * u**2
    field = np.stack([u, wave(u, v), v * 0.667 + sag], -1) * width
    emblem = star(0.2, 0.012, flat("#ffd200")).at(x=0.5).pieces[0]
    # Fine enough to bend with the cloth, or the cloth comes through it.
    bent, faces = trimesh.remesh.subdivide_to_size(emblem.vertices(), emblem.surface.faces, 0.04)
    bent = bent + np.stack([0 * bent[:, 0], wave(bent[:, 0], bent[:, 2] / 0.667), -0.12 * bent[:, 0] ** 2], 1)
    return sheet(field, cloth("#d3101c")) + surface(bent * width, faces, flat("#ffd200"))


def flag_pole(height: float = 12.0, *, width: float = 1.8, seed: int = 0) -> Model:
    pole = column(0.08, 0.04, height, flat("#d8d9da", gloss=0.5), sides=16) + sphere(
        0.09, flat("#d6a640", gloss=0.5)
    ).at(z=height)
    return pole + flag(width, seed=seed).at(0.06, 0, height - width * 0.4)


def bench(material: Material = COPING) -> Model:
    return box(1.6, 0.45, 0.08, material).at(z=0.42) + box(0.14, 0.4, 0.42, material).row(2, x=1.1)


def potted_plant(*, seed: int = 0) -> Model:
    pot = column(0.22, 0.34, 0.5, plaster("#8a4a34", age=0.4), sides=20)
    return pot + bush(0.8, seed=seed).at(z=0.45)


def boat(length: float = 5.0, *, colour: str = "#4a3626") -> Model:
    """A sampan along x, floating at z=0."""
    t = np.linspace(-1, 1, 25)[:, None]
    s = np.linspace(-1, 1, 11)[None]
    half = 0.16 * length * (1 - np.abs(t) ** 3) + 0.015 * length
    hull = np.stack(
        [
            t * length / 2 * np.ones_like(s),
            s * half,
            0.09 * length * (s**2) * (1 - 0.2 * t**2) + 0.09 * length * t**4 - 0.04 * length,
        ],
        -1,
    )
    planks = flat(colour)
    return sheet(hull, planks) + slab(
        -0.3, -0.1 * length, 0.3, 0.1 * length, 0.03 * length, 0.05 * length, planks
    )


def wire_pole(height: float = 8.0) -> Model:
    return cylinder(0.14, height, CONCRETE, sides=16) + box(1.6, 0.1, 0.1, DARK_IRON).at(z=height - 0.6)
