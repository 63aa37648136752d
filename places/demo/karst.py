"""Limestone: steep humps, wooded where trees can hold and bare where they cannot."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import map_coordinates

from places.demo.materials import Material, rock
from places.demo.meshes import Model, surface, together

CLIFF = rock("#b3aea0", "#5f6b42", tile=38)
FOOT = rock("#5b5448", "#3c3a30", tile=14)
WOODS = Material("grass", "#2b451c", "#5d7c35", 26.0, 0.4, bump=1.2)


def rough(points: np.ndarray, size: float, seed: int, *, squash: float = 1.0) -> np.ndarray:
    """Smooth noise in space, -1..1, for points (N, 3). size: metres of its features; squash > 1: taller ones."""
    grid = np.random.default_rng(seed).uniform(-1, 1, (24, 24, 24))
    at = points / (size, size, size * squash) + 100
    return map_coordinates(grid, at.T, order=3, mode="grid-wrap", prefilter=False) * 1.6


def karst(
    radius: float,
    height: float,
    *,
    seed: int = 0,
    blunt: float = 2.4,
    lean: float = 0.0,
    fine: float = 1.0,
    sea: bool = False,
    material: Material = CLIFF,
    top: Material = WOODS,
    bare: float = 0.0,
) -> Model:
    """One hump on z=0. blunt: 1.6 a cone, 4 a tower; lean: metres the top stands to +x; fine: of its mesh, 0.6 far off.

    sea: the tide has cut its foot in; bare: 0 wooded, 0.5 mostly rock.
    """
    angle = np.linspace(0, 2 * np.pi, int(80 * fine), endpoint=False)
    t = np.linspace(0, 1, int(44 * fine)) ** 0.85
    r = radius * (1 - t**blunt) ** 0.8 * (1 - 0.12 * t)
    z = height * t
    x, y = np.outer(r, np.cos(angle)), np.outer(r, np.sin(angle))
    points = np.stack([x, y, np.broadcast_to(z[:, None], x.shape)], -1).reshape(-1, 3)
    out = points * (1, 1, 0) / max(radius, 1) + (0, 0, 0.2)
    big = rough(points, radius * 0.9, seed) * 0.24 + rough(points, radius * 0.38, seed + 1, squash=1.5) * 0.17
    flutes = rough(points, radius * 0.11, seed + 2, squash=3) * 0.04
    ledges = rough(points * (0.3, 0.3, 1), height * 0.09, seed + 3) * 0.035
    points = points + out * ((big + flutes + ledges) * radius)[:, None]
    points = points + rough(points, radius * 0.5, seed + 4)[:, None] * (0, 0, height * 0.16) * (
        points[:, 2:] / height
    )
    points[:, 0] += lean * np.clip(points[:, 2] / height, 0, None) ** 1.5
    if sea:
        cut = np.exp(-(((points[:, 2] - 1.5) / 2.2) ** 2))
        points[:, :2] *= (1 - 0.09 * cut)[:, None]
    points[: len(angle), 2] = -3
    return _dressed(points, len(t), len(angle), seed, material, top, bare, 2.6 if sea else -9.0)


def _dressed(
    points: np.ndarray,
    rows: int,
    columns: int,
    seed: int,
    cliff: Material,
    top: Material,
    bare: float,
    foot_to: float,
) -> Model:
    """Woods where they hold, cliff where it is too steep, a dark foot."""
    i, j = np.mgrid[0 : rows - 1, 0:columns]
    a, b = i * columns + j, i * columns + (j + 1) % columns
    faces = np.concatenate([np.stack([a, b, b + columns], -1), np.stack([a, b + columns, a + columns], -1)])
    faces = faces.reshape(-1, 3)
    corner = points[faces]
    middle = corner.mean(1)
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    up = normal[:, 2] / np.maximum(np.linalg.norm(normal, axis=1), 1e-9)
    patches = rough(middle, 22, seed + 5, squash=2.2)
    hold = up + 0.34 * patches + 0.2 * rough(middle, 7, seed + 6)
    green = (hold > 0.16 + bare) & (middle[:, 2] > foot_to + 1.4)
    foot = middle[:, 2] < foot_to
    crowns = points.copy()
    leafy = np.zeros(len(points))
    leafy[np.unique(faces[green])] = 1
    bump = 1.6 + 1.5 * rough(points, 5.5, seed + 7) + 0.8 * rough(points, 2.5, seed + 8)
    crowns += (
        leafy[:, None]
        * bump[:, None]
        * np.stack([points[:, 0] * 0.01, points[:, 1] * 0.01, np.ones(len(points))], -1)
    )
    parts = ((crowns, green, top), (points, ~green & ~foot, cliff), (points, foot, FOOT))
    return together(surface(at, faces[part], skin, smooth=True) for at, part, skin in parts if part.any())
