"""What a scene is made of: surfaces of one material each, put together into models. Metres, z up, fronts face -y."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import trimesh

from places.demo.materials import Material

AXES = {"x": (1, 0, 0), "y": (0, 1, 0), "z": (0, 0, 1)}


@dataclass(frozen=True, eq=False)
class Surface:
    """Triangles. vertices: (N, 3); faces: (M, 3); uv: (N, 2) in metres of texture, else laid on boxwise."""

    vertices: np.ndarray
    faces: np.ndarray
    uv: np.ndarray | None = None
    smooth: bool = False

    def trimesh(self) -> trimesh.Trimesh:
        return trimesh.Trimesh(self.vertices, self.faces, process=False)


@dataclass(frozen=True, eq=False)
class Piece:
    surface: Surface
    material: Material
    matrix: np.ndarray

    def vertices(self) -> np.ndarray:
        return self.surface.vertices @ self.matrix[:3, :3].T + self.matrix[:3, 3]


@dataclass(frozen=True)
class Lamp:
    """A floodlight, lit when a light has its lamps on. power: about 1 lights a wall at 10 m well."""

    at: tuple[float, float, float]
    to: tuple[float, float, float]
    colour: tuple[float, float, float] = (1.0, 0.75, 0.45)
    power: float = 1.0
    beam: float = 60.0  # degrees


@dataclass(frozen=True, eq=False)
class Model:
    """Never changed: every verb returns another model that shares the surfaces."""

    pieces: tuple[Piece, ...] = ()
    lamps: tuple[Lamp, ...] = ()

    def __add__(self, other: Model) -> Model:
        return Model(self.pieces + other.pieces, self.lamps + other.lamps)

    def moved_by(self, matrix: np.ndarray) -> Model:
        def point(p: tuple[float, float, float]) -> tuple[float, float, float]:
            x, y, z = matrix[:3, :3] @ np.array(p) + matrix[:3, 3]
            return float(x), float(y), float(z)

        return Model(
            tuple(replace(piece, matrix=matrix @ piece.matrix) for piece in self.pieces),
            tuple(replace(lamp, at=point(lamp.at), to=point(lamp.to)) for lamp in self.lamps),
        )

    def at(self, x: float = 0, y: float = 0, z: float = 0) -> Model:
        matrix = np.eye(4)
        matrix[:3, 3] = x, y, z
        return self.moved_by(matrix)

    def turned(self, degrees: float, axis: str = "z") -> Model:
        return self.moved_by(trimesh.transformations.rotation_matrix(np.radians(degrees), AXES[axis]))

    def scaled(self, x: float, y: float | None = None, z: float | None = None) -> Model:
        return self.moved_by(np.diag([x, x if y is None else y, x if z is None else z, 1.0]))

    def mirrored(self, axis: str = "x") -> Model:
        matrix = np.eye(4)
        matrix["xyz".index(axis), "xyz".index(axis)] = -1
        return self.moved_by(matrix)

    def with_mirror(self, axis: str = "x") -> Model:
        return self + self.mirrored(axis)

    def ring(self, count: int, *, start: float = 0) -> Model:
        """count copies turned about the z axis."""
        return together(self.turned(start + 360 * i / count) for i in range(count))

    def row(self, count: int, x: float = 0, y: float = 0, z: float = 0) -> Model:
        """count copies, each moved by (x, y, z) from the one before, the whole row in the middle."""
        middle = (count - 1) / 2
        return together(self.at(x * (i - middle), y * (i - middle), z * (i - middle)) for i in range(count))

    def of(self, material: Material) -> Model:
        return Model(tuple(replace(piece, material=material) for piece in self.pieces), self.lamps)

    def bounds(self) -> np.ndarray:
        corners = [p.vertices() for p in self.pieces]
        return np.array([np.min([c.min(0) for c in corners], 0), np.max([c.max(0) for c in corners], 0)])

    def triangles(self) -> int:
        return sum(len(piece.surface.faces) for piece in self.pieces)


def together(models: Iterable[Model]) -> Model:
    models = list(models)
    return Model(
        tuple(piece for model in models for piece in model.pieces),
        tuple(lamp for model in models for lamp in model.lamps),
    )


def surface(
    vertices: np.ndarray,
    faces: np.ndarray,
    material: Material,
    *,
    uv: np.ndarray | None = None,
    smooth: bool = False,
) -> Model:
    shape = Surface(np.asarray(vertices, float), np.asarray(faces, int), uv, smooth)
    return Model((Piece(shape, material, np.eye(4)),))


def of_trimesh(mesh: trimesh.Trimesh, material: Material, *, smooth: bool = False) -> Model:
    return surface(mesh.vertices, mesh.faces, material, smooth=smooth)


def corners(piece: Piece, *, placed: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A piece as loose triangles -> positions, normals (3M, 3) and uv (3M, 2) in metres."""
    source = piece.surface
    vertices = piece.vertices() if placed else source.vertices
    faces = source.faces
    if placed and np.linalg.det(piece.matrix[:3, :3]) < 0:
        faces = faces[:, ::-1]
    triangles = vertices[faces]
    normal = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    size = np.linalg.norm(normal, axis=1, keepdims=True)
    kept = size[:, 0] > 1e-12
    faces, triangles, normal, size = faces[kept], triangles[kept], normal[kept], size[kept]
    flat = normal / size
    normals = _creased(faces, normal, flat) if source.smooth else np.repeat(flat[:, None], 3, axis=1)
    uv = source.uv[faces] if source.uv is not None else _boxwise(triangles, flat)
    return triangles.reshape(-1, 3), normals.reshape(-1, 3), uv.reshape(-1, 2)


def _creased(faces: np.ndarray, weighted: np.ndarray, flat: np.ndarray, sharp: float = 42) -> np.ndarray:
    """The normal of every corner: the mean of the faces round its vertex that turn less than `sharp` degrees."""
    count = len(faces)
    vertex = faces.ravel()
    order = np.argsort(vertex, kind="stable")
    face_of = order // 3
    degree = np.bincount(vertex, minlength=int(vertex.max()) + 1)
    start = np.concatenate([[0], np.cumsum(degree)[:-1]])
    repeats = degree[vertex]
    corner = np.repeat(np.arange(count * 3), repeats)
    within = np.arange(len(corner)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    other = face_of[start[vertex[corner]] + within]
    near = np.einsum("ij,ij->i", flat[corner // 3], flat[other]) > np.cos(np.radians(sharp))
    corner, other = corner[near], other[near]
    total = np.stack([np.bincount(corner, weighted[other, k], count * 3) for k in range(3)], 1)
    total /= np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)
    return total.reshape(-1, 3, 3)


def _boxwise(triangles: np.ndarray, flat: np.ndarray) -> np.ndarray:
    """Walls get (along, up), floors (x, y): the texture lies upright on whatever faces one way or another."""
    upright = np.abs(flat[:, 2]) < 0.8
    along = np.stack([-flat[:, 1], flat[:, 0], np.zeros(len(flat))], 1)
    along[~upright] = 1, 0, 0
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    up = np.where(upright[:, None], (0.0, 0.0, 1.0), (0.0, 1.0, 0.0))
    return np.stack(
        [np.einsum("ijk,ik->ij", triangles, along), np.einsum("ijk,ik->ij", triangles, up)], axis=-1
    )
