"""Bodies that no lathe makes: hands, statues, heads, boulders, kneaded from rounded cones that melt together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from places.demo.materials import Material
from places.demo.meshes import Model, surface

Point = tuple[float, float, float]
Bone = tuple[Point, Point, float, float]


def clay(
    bones: Sequence[Bone],
    material: Material,
    *,
    cell: float,
    soft: float = 0.0,
    rough: float = 0.0,
    grain: float = 1.0,
    seed: int = 0,
) -> Model:
    """bones: (a, b, radius at a, radius at b); soft: metres over which two of them melt into one.

    cell: metres of the finest detail; rough: metres of bumps, `grain` metres wide.
    """
    ends = np.array([[*a, ra] for a, _, ra, _ in bones] + [[*b, rb] for _, b, _, rb in bones])
    margin = soft + rough + 3 * cell
    low = (ends[:, :3] - ends[:, 3:]).min(0) - margin
    high = (ends[:, :3] + ends[:, 3:]).max(0) + margin
    axes = [np.arange(a, b, cell) for a, b in zip(low, high, strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), -1).astype(np.float32)
    field = np.full(points.shape[:3], 1e3, np.float32)
    for a, b, ra, rb in bones:
        start, way = np.array(a, np.float32), np.array(b, np.float32) - np.array(a, np.float32)
        t = np.clip((points - start) @ way / max(float(way @ way), 1e-9), 0, 1)
        distance = np.linalg.norm(points - start - t[..., None] * way, axis=-1) - (ra + (rb - ra) * t)
        if soft:
            near = np.clip(0.5 + 0.5 * (field - distance) / soft, 0, 1)
            field = field * (1 - near) + distance * near - soft * near * (1 - near)
        else:
            field = np.minimum(field, distance)
    if rough:
        rng = np.random.default_rng(seed)
        for width, share in ((grain, 1.0), (grain / 3, 0.35)):
            bumps = ndimage.gaussian_filter(rng.standard_normal(field.shape), width / cell / 2)
            field += (rough * share * bumps / bumps.std()).astype(np.float32)
    vertices, faces = _surface_net(field)
    return surface(vertices * cell + low, faces, material, uv=_uv(vertices * cell, faces), smooth=True)


def _surface_net(field: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the field is 0: one vertex in every cell it crosses, one square for every edge (naive surface nets)."""
    inside = field < 0
    shape = np.array(field.shape) - 1
    count = np.zeros(shape, np.float32)
    total = np.zeros((*shape, 3), np.float32)
    squares = []
    for axis in range(3):
        first = np.moveaxis(field, axis, 0)
        cross = np.moveaxis(inside, axis, 0)[:-1] != np.moveaxis(inside, axis, 0)[1:]
        where = first[:-1] / np.where(cross, first[:-1] - first[1:], 1)
        cross, where = np.moveaxis(cross, 0, axis), np.moveaxis(where, 0, axis)
        u, v = [k for k in range(3) if k != axis]
        for du in (0, 1):
            for dv in (0, 1):
                window = [slice(None)] * 3
                window[u], window[v] = slice(du, du + shape[u]), slice(dv, dv + shape[v])
                here = cross[tuple(window)]
                count += here
                total[..., axis] += here * where[tuple(window)]
                total[..., u] += here * du
                total[..., v] += here * dv
        squares.append((axis, u, v, cross))
    used = count > 0
    number = np.cumsum(used.ravel()).reshape(used.shape) - 1
    vertices = np.argwhere(used) + total[used] / count[used][:, None]
    faces = []
    for axis, u, v, cross in squares:
        edge = np.argwhere(cross)
        edge = edge[(edge[:, u] > 0) & (edge[:, v] > 0) & (edge[:, u] < shape[u]) & (edge[:, v] < shape[v])]
        steps = np.zeros((4, 3), int)
        steps[1, u] = steps[2, u] = steps[2, v] = steps[3, v] = -1
        quad = np.stack([number[tuple((edge + s).T)] for s in steps], 1)
        flip = inside[tuple(edge.T)] == (axis == 1)
        quad[flip] = quad[flip][:, ::-1]
        faces.append(np.concatenate([quad[:, [0, 1, 2]], quad[:, [0, 2, 3]]]))
    return vertices, np.concatenate(faces)


def _uv(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Every vertex takes the side of the box it faces most; the seam is one cell wide."""
    triangles = vertices[faces]
    normal = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    total = np.stack(
        [np.bincount(faces.ravel(), np.repeat(normal[:, k], 3), len(vertices)) for k in range(3)], 1
    )
    side = np.abs(total).argmax(1)
    x, y, z = vertices.T
    return np.stack([np.where(side == 0, y, x), np.where(side == 2, y, z)], 1)
