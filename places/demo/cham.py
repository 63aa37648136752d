"""Cham towers (kalan): a square body of brick between pilasters, false doors under flame-shaped gables, storeys that
repeat it smaller and smaller, turrets at their corners, and grass wherever a ledge holds earth."""

from __future__ import annotations

import numpy as np
import trimesh

from places.demo.karst import rough
from places.demo.materials import Material, brick, flat, leaves, stone
from places.demo.meshes import Model, of_trimesh, surface, together
from places.demo.shapes import arch, box, prism, revolve, sheet, slab, wall

OLD_BRICK = brick("#80503c", "#5f4a3c", tile=3.2, age=0.85)
SANDSTONE = stone("#8f887c", tile=3, age=0.7)
DARK = flat("#0d0a08")
GRASS = leaves("#56702f", "#a3a856")


def kalan(
    width: float,
    body: float,
    *,
    tiers: int = 3,
    shrink: float = 0.72,
    seed: int = 0,
    skin: Material = OLD_BRICK,
    saddle: float = 0.0,
    broken: float | None = None,
    wear: float = 0.1,
    grass: int = 50,
    porch: float = 0.32,
    finial: bool = True,
) -> Model:
    """A tower whose door faces -y. body: height of the lowest storey; porch: the vestibule's length in widths.

    saddle: the length of a boat-shaped vault in place of the upper storeys, 0 for none; broken: metres over the
    ground where the ruin ends; wear: metres the bricks have lost; grass: tufts of it.
    """
    parts = [
        slab(-w / 2, -w / 2, w / 2, w / 2, z, z + 0.5, skin)
        for w, z in ((width * 1.28, 0), (width * 1.2, 0.45), (width * 1.1, 0.9))
    ]
    parts.append(_storey(width, body, skin, pilasters=5).at(z=1.2))
    parts += [_false_door(width, body, skin).turned(a).at(z=1.2) for a in (90, 180, 270)]
    parts.append(_porch(width, body, porch * width, skin).at(z=1.2))
    z, w, h = 1.2 + body, width, body
    for k in range(tiers):
        smaller = w * shrink
        height = h * (0.5 if k == 0 else 0.78)
        parts.append(_turret(w * 0.15, height * 0.8, skin).at(w * 0.4, w * 0.4, z).ring(4))
        if saddle:
            parts.append(_storey(w * 0.86, body * 0.34, skin, pilasters=3).at(z=z))
            parts.append(_saddle(saddle, w * 0.84, body * 0.72, skin).at(z=z + body * 0.34))
            break
        parts.append(_storey(smaller, height, skin, pilasters=3).at(z=z))
        parts.append(_niche(smaller, height, skin).at(z=z).ring(4))
        z, w, h = z + height, smaller, height
    if finial and not saddle:
        bulb = (
            (0, 0),
            (w * 0.36, 0),
            (w * 0.3, w * 0.12),
            (w * 0.4, w * 0.3),
            (w * 0.34, w * 0.55),
            (w * 0.12, w * 0.95),
            (0, w * 1.15),
        )
        parts.append(revolve(bulb, skin, sides=8).at(z=z))
    tower = worn(together(parts), wear, seed=seed, broken=broken)
    return tower + _hollow(width, body, porch * width) + tufts(tower, grass, seed=seed, above=1.6)


def _storey(width: float, height: float, skin: Material, *, pilasters: int) -> Model:
    core = box(width, width, height, skin)
    post = box(width * 0.1, width * 0.09, height * 0.8, skin).at(y=-width / 2)
    side = together(post.at(x=x) for x in np.linspace(-0.44, 0.44, pilasters) * width)
    steps = [
        (1.05, 0.0, 0.06),
        (1.025, 0.06, 0.05),
        (1.035, 0.78, 0.05),
        (1.075, 0.83, 0.05),
        (1.12, 0.88, 0.05),
        (1.17, 0.93, 0.04),
        (1.1, 0.97, 0.03),
    ]
    bands = together(box(width * w, width * w, height * h, skin).at(z=height * z) for w, z, h in steps)
    return core + side.ring(4) + bands


def _gable(width: float, height: float, thickness: float, skin: Material) -> Model:
    """A flame-shaped tympanum, a smaller one before it."""
    back = wall(arch(width, height, pointed=0.5), thickness, skin)
    return back + wall(arch(width * 0.68, height * 0.72, pointed=0.5), thickness + 0.24, skin)


def _false_door(width: float, body: float, skin: Material) -> Model:
    """Facing -y, on the body's wall."""
    w, h = width * 0.34, body * 0.62
    frame = (
        box(w, width * 0.12, h, skin)
        + box(w * 1.3, width * 0.14, h * 0.1, skin)
        + box(w * 1.25, width * 0.14, h * 0.1, skin).at(z=h)
    )
    posts = box(w * 0.16, width * 0.17, h, skin).at(x=w * 0.42).with_mirror()
    crown = _gable(w * 1.3, body * 0.34, width * 0.12, skin).at(z=h * 1.08) + _gable(
        w * 0.8, body * 0.3, width * 0.08, skin
    ).at(z=h * 1.3)
    return (frame + posts + crown).at(y=-width / 2)


def _porch(width: float, body: float, length: float, skin: Material) -> Model:
    w, h = width * 0.44, body * 0.58
    door = arch(w * 0.42, h * 0.8, pointed=0.3)
    front = wall([(-w / 2, 0), (w / 2, 0), (w / 2, h), (-w / 2, h)], 0.9, skin, openings=[door]).at(
        y=-width / 2 - length + 0.45
    )
    side = box(w * 0.28, length, h, skin).at(w * 0.36, -width / 2 - length / 2)
    roof = box(w * 1.16, length + 0.4, h * 0.1, skin).at(y=-width / 2 - length / 2, z=h)
    gables = _gable(w * 1.16, body * 0.4, 0.8, skin).at(y=-width / 2 - length + 0.2, z=h * 1.08)
    gables += _gable(w * 0.9, body * 0.42, 0.8, skin).at(y=-width / 2 - length * 0.3, z=h * 1.25)
    posts = prism(8, w * 0.06, h * 0.82, SANDSTONE).at(w * 0.27, -width / 2 - length - 0.12).with_mirror()
    lintel = box(w * 0.7, 0.3, h * 0.09, SANDSTONE).at(y=-width / 2 - length - 0.05, z=h * 0.8)
    return front + side.with_mirror() + roof + gables + posts + lintel


def _hollow(width: float, body: float, length: float) -> Model:
    """The dark within the door."""
    return box(width * 0.26, length, body * 0.56, DARK).at(y=-width / 2 - length / 2 + 0.5, z=1.2)


def _niche(width: float, height: float, skin: Material) -> Model:
    frame = box(width * 0.34, width * 0.12, height * 0.55, skin) + box(
        width * 0.18, width * 0.13, height * 0.45, flat("#3b2219")
    )
    return (frame + _gable(width * 0.42, height * 0.36, width * 0.1, skin).at(z=height * 0.52)).at(
        y=-width / 2
    )


def _turret(width: float, height: float, skin: Material) -> Model:
    sizes = (
        (1, 0, 0.34),
        (1.2, 0.34, 0.06),
        (0.75, 0.4, 0.2),
        (0.9, 0.6, 0.05),
        (0.5, 0.65, 0.15),
        (0.25, 0.8, 0.2),
    )
    return together(box(width * w, width * w, height * h, skin).at(z=height * z) for w, z, h in sizes)


def _saddle(length: float, width: float, height: float, skin: Material) -> Model:
    """The vault like a boat or a saddle, its ridge along x curving up to both ends."""
    foot = box(length, width, height * 0.35, skin)
    u, v = np.meshgrid(np.linspace(-1, 1, 25), np.linspace(-1, 1, 31))
    rise = (1 - np.abs(v) ** 2.0) ** 0.75
    grid = np.stack(
        [
            u * length / 2 * (1 + 0.06 * rise),
            v * width / 2 * (1 - 0.06 * u**2),
            height * (0.35 + 0.55 * rise * (1 + 0.22 * u**2)),
        ],
        -1,
    )
    end = wall(arch(width * 1.0, height * 1.08, pointed=0.35), 0.5, skin).turned(90).at(x=length / 2)
    niche = wall(arch(width * 0.5, height * 0.7, pointed=0.35), 0.8, skin).turned(90).at(x=length / 2)
    return foot + sheet(grid, skin) + (end + niche).with_mirror()


def worn(
    model: Model, loss: float, *, seed: int = 0, broken: float | None = None, edge: float = 0.55
) -> Model:
    """Edges and faces eaten by the weather; broken: the height (of the model's z) above which it has fallen."""
    pieces = []
    for piece in model.pieces:
        vertices, faces = trimesh.remesh.subdivide_to_size(
            piece.vertices(), piece.surface.faces, edge, max_iter=12
        )
        if np.linalg.det(piece.matrix[:3, :3]) < 0:
            faces = faces[:, ::-1]
        out = np.stack([rough(vertices, size, seed + k) for k, size in enumerate((0.9, 1.1, 1.0))], 1)
        moved = vertices + out * loss + rough(vertices, 4.0, seed + 5)[:, None] * loss * 0.8
        if broken is not None:
            limit = (
                broken
                + 2.2 * rough(vertices * (1, 1, 0), 3.0, seed + 6)
                + 0.7 * rough(vertices * (1, 1, 0), 0.9, seed + 7)
            )
            moved[:, 2] = np.minimum(moved[:, 2], np.maximum(limit, 0.3))
        pieces.append(of_trimesh(trimesh.Trimesh(moved, faces, process=False), piece.material))
    return together(pieces)


def tufts(
    model: Model, count: int, *, seed: int = 0, above: float = 0.5, size: tuple[float, float] = (0.25, 0.8)
) -> Model:
    """Grass on what faces the sky, in one mesh."""
    rng = np.random.default_rng(seed)
    corner = np.concatenate([p.vertices()[p.surface.faces] for p in model.pieces])
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    area = np.linalg.norm(normal, axis=1)
    weight = area * ((normal[:, 2] > 0.75 * area) & (corner[:, :, 2].min(1) > above))
    if not count or not weight.sum():
        return Model()
    spots = corner[rng.choice(len(corner), count, p=weight / weight.sum())].mean(1)
    blades = 26
    root = np.repeat(spots, blades, 0) + rng.normal(0, 0.16, (count * blades, 3)) * (1, 1, 0)
    high = np.repeat(rng.uniform(*size, count), blades) * rng.uniform(0.5, 1.1, count * blades)
    way = rng.normal(0, 0.35, (count * blades, 3)) * (1, 1, 0) + (0, 0, 1)
    tip = root + way * high[:, None]
    side = np.cross(way, rng.normal(size=way.shape))
    side *= 0.035 / np.linalg.norm(side, axis=1, keepdims=True)
    shade = rng.uniform(0, 1, len(root))
    vertices = np.stack([root - side, root + side, tip], 1).reshape(-1, 3)
    uv = np.repeat(np.stack([shade, shade], 1), 3, 0)
    return surface(vertices, np.arange(len(vertices)).reshape(-1, 3), GRASS, uv=uv)
