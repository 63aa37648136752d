"""Vietnamese roofs: curved slopes of ngói, eaves whose corners turn up (đao), ridges with their ornaments.

All stand with their eaves at z=0, in the middle of x and y, the ridge along x.
"""

from __future__ import annotations

import numpy as np

from places.demo.materials import Material, plaster
from places.demo.meshes import Model, together
from places.demo.shapes import box, dragon, loft, sheet, tube

MORTAR = plaster("#8b8377", age=0.5)


def hip_roof(
    width: float,
    depth: float,
    height: float,
    material: Material,
    *,
    ridge: float | None = None,
    upturn: float = 0.5,
    sag: float = 0.25,
    lip: float = 0.14,
    trim: Material = MORTAR,
    top: str = "plain",
    opening: float = 0.0,
) -> Model:
    """Four slopes. ridge: its length (0: a pyramid); upturn: metres the corners rise; sag: 0 straight slopes, 0.4 deep.

    opening > 0 stops the slopes at that part of the height, for a storey that stands through the roof (a skirt).
    top: "plain", "dragons" (two that face a moon) or "none".
    """
    ridge = max(width - depth, 0.0) if ridge is None else ridge
    stop = 1 - opening
    long_side = _slope(width, depth / 2, ridge, 0.0, height, upturn, sag, stop)
    short_side = _slope(depth, width / 2, 0.0, ridge / 2, height, upturn, sag, stop)
    parts = []
    for turn, (grid, uv) in ((0, long_side), (180, long_side), (90, short_side), (270, short_side)):
        parts.append(sheet(grid, material, uv=uv).turned(turn))
        under = grid - (0, 0, lip)
        parts.append(sheet(under, trim).turned(turn))
        parts.append(sheet(np.stack([grid[0], under[0]]), material).turned(turn))
    grid = long_side[0]
    hip = grid[:, -1] + (0, 0, lip * 0.4)
    thick = lip * 0.9
    bar = tube(
        _with_tip(hip, upturn),
        np.linspace(thick, thick, len(hip) + 4) * np.array([0.25, 0.5, 0.75, 1] + [1] * len(hip)),
        trim,
        sides=8,
    )
    parts += [bar, bar.mirrored("x"), bar.mirrored("y"), bar.mirrored("x").mirrored("y")]
    if not opening and top != "none":
        parts.append(_ridge(ridge, lip, trim, top).at(z=height))
    return together(parts)


def _slope(width, run, ridge, inset, height, upturn, sag, stop):
    """One slope that faces -y, rows from the eave up to the ridge -> points (rows, columns, 3), uv in metres."""
    t = np.linspace(0, stop, 15)[:, None]
    s = np.linspace(-1, 1, 41)[None]
    half = (width / 2) * (1 - t) + (ridge / 2) * t
    x = s * half
    y = -(run * (1 - t) + inset * t) * np.ones_like(s)
    rise = t - sag * np.sin(np.pi * t) * (1 - t * 0.4)
    corner = np.abs(s) ** 5 * (1 - t) ** 2.2
    z = height * rise + upturn * corner
    # The corners also reach out, as đao do.
    x = x + np.sign(s) * upturn * 0.25 * corner
    y = y - upturn * 0.25 * corner
    grid = np.stack([x, y, z], -1)
    down = np.hypot(run - inset, height) * t * np.ones_like(s)
    return grid, np.stack([x, down], -1)


def _with_tip(hip: np.ndarray, upturn: float) -> np.ndarray:
    """The corner's bar goes on past the eave and curls up."""
    way = hip[0] - hip[1]
    way = way * (1, 1, 0) / max(np.linalg.norm(way[:2]), 1e-9)
    length = 0.25 + 0.35 * upturn
    curl = [hip[0] + way * length * k + np.array([0, 0, length * 0.9 * k**2]) for k in (1.0, 0.75, 0.5, 0.25)]
    return np.concatenate([curl, hip])


def _ridge(length: float, lip: float, trim: Material, top: str) -> Model:
    bar = box(length + lip * 2, lip * 1.8, lip * 3, trim).at(z=-lip * 0.5)
    if length < 0.6:
        return loft(
            (
                (0, 0, 0, lip, lip),
                (0, 0, lip * 3, lip * 1.5, lip * 1.5),
                (0, 0, lip * 6, lip * 0.6, lip * 0.6),
            ),
            trim,
        )
    end = box(lip * 2, lip * 2.2, lip * 5, trim).at(x=length / 2, z=-lip * 0.5)
    parts = [bar, end, end.mirrored("x")]
    if top == "dragons":
        size = min(length * 0.4, 3.0)
        one = dragon(size, trim).at(x=-0.3 - size * 0.62, z=lip * 2.3)
        parts += [one, one.mirrored("x"), moon(size * 0.15, trim).at(z=lip * 2.5)]
    return together(parts)


def moon(radius: float, material: Material) -> Model:
    """The flaming disc between two dragons (lưỡng long chầu nguyệt), standing on z=0."""
    angle = np.linspace(0, 2 * np.pi, 24)
    disc = loft(((0, 0, -0.12, 0.8, 0.8), (0, 0, 0, 1, 1), (0, 0, 0.12, 0.8, 0.8)), material, sides=20)
    flame = tube(((0, 0, 0), (0.1, 0, 0.5), (-0.05, 0, 1.0)), (0.25, 0.2, 0.02), material, sides=6).at(z=0.9)
    flames = together(
        flame.scaled(0.7).turned(float(a), "y") for a in np.degrees(angle[:-1:4]) - 90 if abs(a) < 100
    )
    return (disc.turned(90, "x") + flames).scaled(radius).at(z=radius)


def gable_roof(
    width: float,
    depth: float,
    height: float,
    material: Material,
    *,
    upturn: float = 0.15,
    sag: float = 0.15,
    lip: float = 0.14,
    trim: Material = MORTAR,
    top: str = "plain",
) -> Model:
    """Two slopes (front and back) between two gables; the eaves' ends rise by upturn."""
    t = np.linspace(0, 1, 15)[:, None]
    s = np.linspace(-1, 1, 31)[None]
    x = s * width / 2 * np.ones_like(t)
    y = -depth / 2 * (1 - t) * np.ones_like(s)
    z = height * (t - sag * np.sin(np.pi * t) * (1 - 0.4 * t)) + upturn * np.abs(s) ** 4
    grid = np.stack([x, y, z], -1)
    uv = np.stack([x, np.hypot(depth / 2, height) * t * np.ones_like(s)], -1)
    under = grid - (0, 0, lip)
    edge = [np.stack([grid[:, k], under[:, k]]) for k in (0, -1)] + [np.stack([grid[0], under[0]])]
    side = sheet(grid, material, uv=uv) + together(sheet(e, trim) for e in (under, *edge))
    return side.with_mirror("y") + _ridge(width, lip, trim, top).at(z=height + upturn * 0.3)


def pyramid_roof(width: float, height: float, material: Material, **more) -> Model:
    """A square roof to a point; see hip_roof."""
    return hip_roof(width, width, height, material, ridge=0.0, **more)


def polygon_roof(
    sides: int,
    radius: float,
    height: float,
    material: Material,
    *,
    inner: float = 0.0,
    upturn: float = 0.2,
    sag: float = 0.2,
    lip: float = 0.1,
    trim: Material = MORTAR,
) -> Model:
    """Eaves round a tower of 6 or 8 sides (radius to the middle of a side), up to the radius `inner`."""
    per_metre = 2 * np.tan(np.pi / sides)
    t = np.linspace(0, 1, 10)[:, None]
    s = np.linspace(-1, 1, 17)[None]
    r = radius * (1 - t) + inner * t
    corner = np.abs(s) ** 4 * (1 - t) ** 2
    x, y = s * r * per_metre / 2 * (1 + 0.02 * corner), -r * (1 + 0.02 * corner) * np.ones_like(s)
    z = height * (t - sag * np.sin(np.pi * t)) + upturn * corner
    grid = np.stack([x, y, z], -1)
    uv = np.stack([x, np.hypot(radius - inner, height) * t * np.ones_like(s)], -1)
    under = grid - (0, 0, lip)
    side = sheet(grid, material, uv=uv) + sheet(under, trim) + sheet(np.stack([grid[0], under[0]]), material)
    return (side + tube(grid[:, -1] + (0, 0, lip * 0.3), lip * 0.8, trim, sides=6)).ring(sides)
