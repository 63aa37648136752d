"""Trees: a branching trunk and leaves laid in clusters, one shape of each kind and seed shared by all its copies."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from places.demo.materials import BARK, Material, flat, leaves
from places.demo.meshes import Model, surface, together
from places.demo.shapes import tube

GREEN = leaves("#3d5a22", "#7d9440")
DARK_GREEN = leaves("#27421c", "#56753a")
FRESH = leaves("#56742c", "#9db54c")
PALM_GREEN = leaves("#45602a", "#8a9a48")
NEEDLES = leaves("#2a3f20", "#54703a")
FLAME = leaves("#b3321c", "#e0592e")


def tree(height: float = 9.0, *, seed: int = 0, material: Material = GREEN, spread: float = 0.75) -> Model:
    """Round and broad-leaved: xà cừ, bàng, phượng with FLAME. spread: width of the crown over the height."""
    return _broadleaf(seed % 4, material, spread).scaled(height / 10).turned(seed * 77)


def leaf_cards(
    centres: np.ndarray,
    size: np.ndarray,
    rng: np.random.Generator,
    material: Material,
    *,
    droop: float = 0.3,
    length: float = 1.6,
) -> Model:
    """One bent quad a leaf, or a twig's worth of them; its shade is drawn by lot."""
    n = len(centres)
    way = rng.normal(size=(n, 3))
    way[:, 2] -= droop
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    side = np.cross(way, rng.normal(size=(n, 3)))
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    size = np.broadcast_to(size, n)[:, None]
    tip, mid = centres + way * size * length / 2, centres
    vertices = np.stack(
        [centres - way * size * length / 2, mid + side * size * 0.42, tip, mid - side * size * 0.42], 1
    )
    base = np.arange(n)[:, None] * 4
    faces = np.concatenate([base + (0, 1, 2), base + (0, 2, 3)])
    shade = np.repeat(rng.random(n) ** 1.2 * 0.98 + 0.01, 4)
    return surface(vertices.reshape(-1, 3), faces, material, uv=np.stack([shade, np.full(n * 4, 0.5)], 1))


def _branch(start, end, radius, rng, *, bend=0.12):
    t = np.linspace(0, 1, 7)[:, None]
    path = np.array(start) * (1 - t) + np.array(end) * t
    path = path + np.sin(np.pi * t) * rng.normal(0, bend, 3) * np.linalg.norm(np.subtract(end, start))
    return tube(path, np.linspace(radius, radius * 0.45, 7), BARK, sides=8), path


@lru_cache(maxsize=32)
def _broadleaf(seed: int, material: Material, spread: float) -> Model:
    rng = np.random.default_rng(seed + 11)
    fork = rng.uniform(2.6, 3.4)
    trunk, _ = _branch((0, 0, -0.2), (rng.normal(0, 0.3), rng.normal(0, 0.3), fork), 0.32, rng, bend=0.05)
    parts, centres = [trunk], []
    for k in range(9):
        angle, reach = k * 2.4 + rng.normal(0, 0.3), rng.uniform(0.35, 1.0) ** 0.7 * spread * 4.6
        top = np.array(
            [
                np.cos(angle) * reach,
                np.sin(angle) * reach,
                rng.uniform(5.2, 7.2) + (spread * 4.6 - reach) * 0.55,
            ]
        )
        branch, path = _branch((0, 0, fork * 0.95), top, 0.16, rng)
        parts.append(branch)
        for _ in range(7):
            middle = path[rng.integers(3, 7)] + rng.normal(0, 1, 3) * (0.9, 0.9, 0.55)
            cluster = rng.normal(size=(190, 3))
            cluster /= np.linalg.norm(cluster, axis=1, keepdims=True)
            centres.append(middle + cluster * rng.uniform(0.55, 1.0, (190, 1)) * np.array([1.15, 1.15, 0.75]))
    return together(parts) + leaf_cards(np.concatenate(centres), np.full(1, 0.2), rng, material)


def banyan(height: float = 12.0, *, seed: int = 0) -> Model:
    """Broad, dark, with hanging roots."""
    return _banyan(seed % 2).scaled(height / 12).turned(seed * 77)


@lru_cache(maxsize=4)
def _banyan(seed: int) -> Model:
    rng = np.random.default_rng(seed + 31)
    crown = _broadleaf(seed, DARK_GREEN, 1.15).scaled(1.2)
    roots = []
    for _ in range(26):
        x, y = rng.normal(0, 0.35, 2) if rng.random() < 0.6 else rng.normal(0, 2.2, 2)
        foot = (x * 1.4, y * 1.4, -0.2)
        roots.append(
            _branch(foot, (x * 0.7, y * 0.7, rng.uniform(3.5, 5)), rng.uniform(0.06, 0.25), rng, bend=0.03)[0]
        )
    return crown + together(roots)


def frangipani(height: float = 4.0, *, seed: int = 0) -> Model:
    """Cây đại: thick forked arms, leaves and white flowers at their ends only."""
    return _frangipani(seed % 3).scaled(height / 4).turned(seed * 77)


@lru_cache(maxsize=4)
def _frangipani(seed: int) -> Model:
    rng = np.random.default_rng(seed + 51)
    parts, tips = [], []

    def grow(start, way, length, radius, depth):
        end = start + way * length
        parts.append(_branch(start, end, radius, rng, bend=0.06)[0])
        if depth == 0:
            tips.append(end)
            return
        for k in range(3):
            angle = k * 2.1 + rng.normal(0, 0.4)
            side = np.array([np.cos(angle), np.sin(angle), 0.55 + rng.normal(0, 0.15)])
            new = way * 0.5 + side / np.linalg.norm(side) * 0.75
            grow(end, new / np.linalg.norm(new), length * 0.72, radius * 0.7, depth - 1)

    grow(np.array([0, 0, -0.1]), np.array([0.05, 0, 1.0]), 1.35, 0.16, 3)
    ends = np.array(tips)
    cards = np.concatenate([e + rng.normal(0, 0.17, (26, 3)) for e in ends])
    flowers = np.concatenate([e + (0, 0, 0.1) + rng.normal(0, 0.1, (5, 3)) for e in ends[::2]])
    return (
        together(parts)
        + leaf_cards(cards, np.full(1, 0.17), rng, FRESH, length=2.4)
        + leaf_cards(flowers, np.full(1, 0.08), rng, flat("#f6efd8"), length=1.0)
    )


def palm(height: float = 10.0, *, seed: int = 0, fronds: int = 22) -> Model:
    """A coconut, or a royal palm with a straighter trunk (even seeds)."""
    return _palm(seed % 4, round(height), fronds).turned(seed * 77)


@lru_cache(maxsize=16)
def _palm(seed: int, height: int, fronds: int) -> Model:
    rng = np.random.default_rng(seed + 71)
    lean = 0.03 if seed % 2 == 0 else 0.16
    t = np.linspace(0, 1, 12)
    trunk = np.stack([lean * height * t**2, 0 * t, height * t - 0.2], 1)
    parts = [tube(trunk, 0.16 + 0.1 * (1 - t) ** 3 + 0.02 * np.sin(t * 60), BARK, sides=10)]
    leaflets, faces, shades = [], [], []
    for k in range(fronds):
        angle, lift = k * 2.4, rng.uniform(-0.2, 1.1)
        s = np.linspace(0, 1, 26)[:, None]
        out = np.array([np.cos(angle), np.sin(angle), 0])
        reach = 2.9 * (1 + rng.normal(0, 0.08))
        spine = (
            trunk[-1]
            + out * reach * s * np.cos(lift * (1 - s) * 0.7)
            + np.array([0, 0, 1]) * (reach * (lift * s - (0.35 + 0.55 * lift) * s**2 * 1.4))
        )
        parts.append(tube(spine[::3], np.linspace(0.035, 0.01, len(spine[::3])), PALM_GREEN, sides=5))
        across = np.cross(out, (0, 0, 1))
        for sign in (-1, 1):
            length = (0.75 * np.sin(np.pi * np.clip(s * 0.9 + 0.1, 0, 1)) ** 0.6) * sign
            tips = spine + across * length + out * 0.28 - np.array([0, 0, 0.3]) * np.abs(length) * 1.3
            quads = np.stack([spine - out * 0.04, spine + out * 0.06, tips], 1)
            faces.append(np.arange(len(quads) * 3).reshape(-1, 3) + sum(len(x) for x in leaflets))
            leaflets.append(quads.reshape(-1, 3))
            shades.append(np.full(len(quads) * 3, rng.uniform(0.1, 0.9)))
    shade = np.concatenate(shades)
    crown = surface(
        np.concatenate(leaflets), np.concatenate(faces), PALM_GREEN, uv=np.stack([shade, shade * 0 + 0.5], 1)
    )
    return together(parts) + crown


def pine(height: float = 14.0, *, seed: int = 0) -> Model:
    """Đà Lạt's three-needled pine: a bare straight trunk, whorls of drooping tufts."""
    return _pine(seed % 3).scaled(height / 14).turned(seed * 77)


@lru_cache(maxsize=4)
def _pine(seed: int) -> Model:
    rng = np.random.default_rng(seed + 91)
    trunk, _ = _branch((0, 0, -0.2), (0, 0, 13.6), 0.26, rng, bend=0.01)
    parts, centres = [trunk], []
    for k in range(34):
        z = 4.5 + 9 * (k / 34) ** 0.85
        reach = (13.9 - z) * 0.33 + 0.35 + rng.normal(0, 0.15)
        angle = k * 2.4
        end = np.array([np.cos(angle) * reach, np.sin(angle) * reach, z + 0.35 * reach])
        branch, path = _branch((0, 0, z), end, 0.06, rng)
        parts.append(branch)
        for point in path[2:]:
            centres.append(point + rng.normal(0, 0.3, (34, 3)) * (1, 1, 0.6))
    return together(parts) + leaf_cards(
        np.concatenate(centres), np.full(1, 0.1), rng, NEEDLES, length=5.0, droop=-0.4
    )


def bush(size: float = 1.2, *, seed: int = 0, material: Material = GREEN) -> Model:
    return _bush(seed % 3, material).scaled(size).turned(seed * 77)


@lru_cache(maxsize=12)
def _bush(seed: int, material: Material) -> Model:
    rng = np.random.default_rng(seed + 111)
    points = rng.normal(size=(900, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    points *= rng.uniform(0.6, 1, (900, 1)) * 0.5 * (1 + 0.25 * np.sin(points[:, :1] * 5 + seed))
    points[:, 2] = np.abs(points[:, 2]) * 1.3
    return leaf_cards(points, np.full(1, 0.075), rng, material)


def hedge(
    length: float, *, height: float = 0.8, depth: float = 0.7, material: Material = DARK_GREEN, seed: int = 0
) -> Model:
    """Clipped, along x."""
    rng = np.random.default_rng(seed)
    count = int(420 * length * (height + depth))
    points = rng.uniform(-0.5, 0.5, (count, 3))
    face = rng.integers(0, 3, count)
    points[np.arange(count), face] = np.sign(points[np.arange(count), face]) * 0.5
    return leaf_cards((points + (0, 0, 0.5)) * (length, depth, height), np.full(1, 0.09), rng, material)


def bamboo(height: float = 9.0, *, seed: int = 0) -> Model:
    return _bamboo(seed % 2).scaled(height / 9).turned(seed * 77)


@lru_cache(maxsize=2)
def _bamboo(seed: int) -> Model:
    rng = np.random.default_rng(seed + 131)
    culm = leaves("#6d7c36", "#8d9a4c")
    parts, centres = [], []
    for _ in range(24):
        x, y = rng.normal(0, 0.5, 2)
        t = np.linspace(0, 1, 9)[:, None]
        top = np.array([x * 4, y * 4, rng.uniform(7, 9.5)])
        path = np.array([x, y, -0.1]) * (1 - t) + top * t - np.array([x, y, 0]) * np.sin(np.pi * t) * 0.8
        parts.append(tube(path, np.linspace(0.05, 0.015, 9), culm, sides=6))
        centres += [p + rng.normal(0, 0.45, (70, 3)) for p in path[3:]]
    return together(parts) + leaf_cards(
        np.concatenate(centres), np.full(1, 0.085), rng, FRESH, length=4.0, droop=0.7
    )


def grove(
    count: int,
    area: tuple[float, float, float, float],
    *,
    height: tuple[float, float] = (7, 12),
    seed: int = 0,
    kind: object = tree,
    gap: float = 3.0,
) -> Model:
    """Many over an area (x0, y0, x1, y1), none nearer than gap to another."""
    rng = np.random.default_rng(seed)
    placed: list[np.ndarray] = []
    grown = []
    for _ in range(count * 20):
        spot = rng.uniform(area[:2], area[2:])
        if len(placed) < count and all(np.linalg.norm(spot - p) > gap for p in placed):
            placed.append(spot)
            one = kind(rng.uniform(*height), seed=int(rng.integers(0, 1000)))  # type: ignore[operator]
            grown.append(one.at(spot[0], spot[1]))
    return together(grown)


def canopy(
    spots: np.ndarray,
    size: np.ndarray,
    leaves_each: np.ndarray,
    *,
    material: Material = DARK_GREEN,
    seed: int = 0,
) -> Model:
    """A wood seen from afar or above, its crowns one surface: thousands of trees where grove() can have tens.

    spots: (N, 3) of the crowns' feet; size: (N,) metres; leaves_each: (N,), fewer for what is far.
    """
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(len(spots)), leaves_each)
    points = rng.normal(size=(len(owner), 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    points[:, 2] = np.abs(points[:, 2]) * 1.15 - 0.25
    lobes = 1 + 0.22 * np.sin(points @ np.array([5.0, 3.0, 4.0]) + owner)
    points *= rng.uniform(0.75, 1, (len(owner), 1)) * lobes[:, None] * 0.5
    card = size[owner] * 1.7 / np.sqrt(leaves_each[owner])
    return leaf_cards(spots[owner] + points * size[owner, None], card, rng, material, length=1.3)
