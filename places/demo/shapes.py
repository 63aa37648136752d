"""Solids to build with. Every one stands on z=0, in the middle of x and y, and is a Model (places.demo.meshes).

A scene author's whole vocabulary, in metres, z up, the front towards -y:

    model.at(x, y, z)  .turned(degrees, axis="z")  .scaled(k)  .mirrored("x")  .with_mirror("x")
    model.ring(8)      .row(5, x=2)                .of(material)               a + b    together(list)

    shapes     box, cylinder, column (tapered), revolve (a profile), extrude (a plan with holes), wall (an elevation
               with openings), arch, slab, prism, stairs, railing, baluster_rail, tube, sphere, loft, cut(a, b),
               dragon, lotus, star, floodlight
    lettering  lettering("CHỢ BẾN THÀNH", 0.9, material): the name on a front
    roofs      hip_roof, gable_roof, pyramid_roof, tiered: with upturned corners (đao), ridges, tiles
    materials  plaster("#e8c25a", age=.5), brick(), blocks(), stone(), rock(), wood(), lacquer(), tiles(), paving(),
               glass(), windows(), metal(), water(), flat("#ff0000", glow=5), BRONZE, GOLD, LAWN, ASPHALT, SKIN ...
    karst, cham    karst (limestone humps), kalan (Cham towers), worn (weathers a model), tufts
    surroundings   ground, lake, skyline, houses, parapet, lamp_post, flag, flag_pole, bench, boat
    trees      tree, frangipani, palm, banyan, pine, bush, hedge, bamboo, grove (many, over an area)
    people     person, ao_dai, crowd, scooter, car, bicycle
    light      CLEAR_MORNING, NOON, AFTERNOON, GOLDEN, SUNSET, OVERCAST, MIST, RAIN, BLUE_HOUR, NIGHT;
               .turned(degrees) moves the sun: 0 lights the front (-y) from its left
    views      View and around(): see there

A scene is one file, places/demo/scenes/<slug with _>.py:

    from functools import cache
    from places.demo import light
    from places.demo.materials import LAWN, YELLOW_PLASTER, tiles
    from places.demo.meshes import Model
    from places.demo.people import crowd
    from places.demo.roofs import hip_roof
    from places.demo.shapes import box
    from places.demo.surroundings import ground
    from places.demo.trees import grove, tree
    from places.demo.views import View, around

    @cache
    def model() -> Model:
        house = box(8, 6, 4, YELLOW_PLASTER) + hip_roof(9.5, 7.5, 2.5, tiles()).at(z=4)
        return ground(LAWN) + house + tree(9, seed=1).at(12, 8)

    VIEWS = (
        around(target=(0, 0, 3), distance=18, azimuth=-20, height=1.6, light=light.CLEAR_MORNING),
        around(target=(0, 0, 3), distance=24, azimuth=25, light=light.RAIN, portrait=True, fov=60,
               front=crowd(6, (-6, -12, 6, -8), seed=2)),
        ...)  # ten

Draft with `python -m places.demo SLUG --draft --to DIR`, look, improve; then without --draft.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import shapely
import trimesh
from shapely import affinity
from shapely.geometry import Polygon

from places.demo.materials import Material
from places.demo.meshes import Lamp, Model, of_trimesh, surface, together

Points = Sequence[tuple[float, float]]


def box(width: float, depth: float, height: float, material: Material) -> Model:
    mesh = trimesh.creation.box((width, depth, height))
    mesh.apply_translation((0, 0, height / 2))
    return of_trimesh(mesh, material)


def slab(x0: float, y0: float, x1: float, y1: float, z0: float, z1: float, material: Material) -> Model:
    """A box by its two corners."""
    return box(x1 - x0, y1 - y0, z1 - z0, material).at((x0 + x1) / 2, (y0 + y1) / 2, z0)


def cylinder(radius: float, height: float, material: Material, *, sides: int = 32) -> Model:
    return column(radius, radius, height, material, sides=sides)


def column(bottom: float, top: float, height: float, material: Material, *, sides: int = 32) -> Model:
    """Tapered; sides=4, 6, 8 make a prism (a flat face to the front)."""
    return revolve(((0, 0), (bottom, 0), (top, height), (0, height)), material, sides=sides)


def prism(sides: int, radius: float, height: float, material: Material) -> Model:
    return column(radius, radius, height, material, sides=sides)


def revolve(profile: Points, material: Material, *, sides: int = 32, smooth: bool = True) -> Model:
    """Turn (radius, z) points, from the bottom up, about the z axis. Up to 12 sides have flat faces, one to the front."""
    p = np.asarray(profile, float)
    angle = np.arange(sides) * 2 * np.pi / sides - np.pi / 2 + np.pi / sides
    rings = np.stack(
        [np.outer(p[:, 0], np.cos(angle)), np.outer(p[:, 0], np.sin(angle)), np.repeat(p[:, 1:], sides, 1)],
        -1,
    )
    return surface(rings.reshape(-1, 3), _lattice(len(p), sides), material, smooth=smooth and sides > 12)


def _lattice(rows: int, columns: int, *, closed: bool = True) -> np.ndarray:
    """Two triangles for every square of rows x columns points, the columns closed into a ring or not."""
    i, j = np.mgrid[0 : rows - 1, 0 : columns if closed else columns - 1]
    a, b = i * columns + j, i * columns + (j + 1) % columns
    c, d = b + columns, a + columns
    return np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])


def loft(
    sections: Sequence[tuple[float, float, float, float, float]], material: Material, *, sides: int = 16
) -> Model:
    """A rounded body through ellipses (x, y, z, half width, half depth) from the bottom up."""
    angle = np.arange(sides) * 2 * np.pi / sides
    rings = [
        np.stack([x + rx * np.cos(angle), y + ry * np.sin(angle), np.full(sides, z)], 1)
        for x, y, z, rx, ry in [
            (*s[:3], 0, 0) if i in (0, len(sections) + 1) else s
            for i, s in enumerate([sections[0], *sections, sections[-1]])
        ]
    ]
    return surface(np.concatenate(rings), _lattice(len(rings), sides), material, smooth=True)


def sphere(radius: float, material: Material, *, detail: int = 2) -> Model:
    """In the middle of z as well."""
    return of_trimesh(trimesh.creation.icosphere(detail, radius), material, smooth=True)


def extrude(
    plan: Points | Polygon, height: float, material: Material, *, holes: Sequence[Points] = ()
) -> Model:
    """Raise a plan (x, y)."""
    polygon = plan if isinstance(plan, Polygon) else Polygon(plan, holes)
    return of_trimesh(trimesh.creation.extrude_polygon(polygon.buffer(0), height), material)


def wall(
    elevation: Points | Polygon, thickness: float, material: Material, *, openings: Sequence[Polygon] = ()
) -> Model:
    """Stand an elevation (x, z) up, its front at y=-thickness/2, less its openings (see arch, oblong, disc)."""
    polygon = elevation if isinstance(elevation, Polygon) else Polygon(elevation)
    left = polygon.difference(shapely.union_all(list(openings))) if openings else polygon
    parts = left.geoms if hasattr(left, "geoms") else [left]
    solid = together(extrude(part, thickness, material) for part in parts if part.area > 1e-6)
    return solid.turned(90, "x").at(y=thickness / 2)


def oblong(width: float, height: float, *, x: float = 0, z: float = 0) -> Polygon:
    """A plane rectangle standing on z, in the middle of x."""
    return shapely.box(x - width / 2, z, x + width / 2, z + height)


def disc(radius: float, *, x: float = 0, z: float = 0) -> Polygon:
    return shapely.Point(x, z).buffer(radius, quad_segs=10)


def arch(width: float, height: float, *, x: float = 0, z: float = 0, pointed: float = 0.0) -> Polygon:
    """A plane opening with a round head (or a pointed one: 0.3 is slightly Gothic), height to its crown."""
    half = width / 2
    rise = half * (1 + pointed)
    angle = np.linspace(0, np.pi, 25)
    head = np.stack([half * np.cos(angle), rise * np.sin(angle)], 1)
    if pointed:
        head[:, 1] = rise * (1 - np.abs(np.cos(angle)) ** 1.5)
    base = np.array([[-half, 0], [half, 0]])
    outline = np.concatenate([base, head + (0, max(height - rise, 0.01))])
    return affinity.translate(Polygon(outline), x, z)


def cut(model: Model, *others: Model) -> Model:
    """model less the others, each a closed solid of one piece or of several."""
    pieces = []
    knives = [p for other in others for p in other.pieces]
    for piece in model.pieces:
        mesh = _solid(piece.vertices(), piece.surface.faces)
        knife = [_solid(k.vertices(), k.surface.faces) for k in knives]
        left = trimesh.boolean.difference([mesh, *knife], engine="manifold")
        pieces.append(of_trimesh(left, piece.material, smooth=piece.surface.smooth))
    return together(pieces) + Model(lamps=model.lamps)


def _solid(vertices: np.ndarray, faces: np.ndarray) -> trimesh.Trimesh:
    mesh = trimesh.Trimesh(vertices, faces)
    mesh.merge_vertices()
    mesh.update_faces(mesh.nondegenerate_faces())
    if mesh.volume < 0:
        mesh.invert()
    return mesh


def stairs(width: float, run: float, rise: float, steps: int, material: Material) -> Model:
    """A flight that climbs from the front edge y=-run/2 to the back at y=run/2."""
    depth, height = run / steps, rise / steps
    return together(
        box(width, run - i * depth, height, material).at(y=i * depth / 2, z=i * height) for i in range(steps)
    )


def railing(
    points: Sequence[tuple[float, float, float]],
    material: Material,
    *,
    height: float = 1.0,
    spacing: float = 0.15,
) -> Model:
    """Thin bars under a rail along a path: iron, or bamboo."""
    path = [np.array(p, float) for p in points]
    parts = [tube([p + (0, 0, h) for p in path], 0.025, material, sides=6) for h in (height, height * 0.12)]
    bar = box(0.02, 0.02, height, material)
    for a, b in zip(path, path[1:], strict=False):
        count = max(int(np.linalg.norm(b - a) / spacing), 1)
        parts += [bar.at(*(a + (b - a) * i / count)) for i in range(count + 1)]
    return together(parts)


def baluster_rail(
    a: tuple[float, float, float],
    b: tuple[float, float, float],
    material: Material,
    *,
    height: float = 0.9,
    spacing: float = 0.3,
) -> Model:
    """Turned stone balusters between a plinth and a hand rail, from a to b (not upright)."""
    start, way = np.array(a, float), np.array(b, float) - a
    count = max(int(np.linalg.norm(way) / spacing), 1)
    body = _baluster(material).scaled(1, 1, height * 0.75 / 0.7)
    bars = together(body.at(*(start + way * (i + 0.5) / count + (0, 0, height * 0.12))) for i in range(count))
    return (
        bars
        + beam(a, b, 0.22, height * 0.12, material)
        + beam(
            tuple(start + (0, 0, height * 0.86)),
            tuple(start + way + (0, 0, height * 0.86)),
            0.2,
            height * 0.14,
            material,
        )
    )


@lru_cache(maxsize=32)
def _baluster(material: Material) -> Model:
    profile = (
        (0, 0),
        (0.07, 0),
        (0.07, 0.06),
        (0.04, 0.1),
        (0.085, 0.28),
        (0.04, 0.5),
        (0.04, 0.6),
        (0.07, 0.64),
        (0.07, 0.7),
        (0, 0.7),
    )
    return revolve(profile, material, sides=14)


def beam(a: Sequence[float], b: Sequence[float], width: float, height: float, material: Material) -> Model:
    """A bar of upright section from a to b, standing on that line."""
    start, end = np.array(a, float), np.array(b, float)
    flat = (end - start) * (1, 1, 0)
    side = np.array([-flat[1], flat[0], 0]) / max(np.linalg.norm(flat), 1e-9) * width / 2
    if not np.any(side):
        side = np.array([width / 2, 0, 0])
    up = np.array([0, 0, height])
    ring = [-side, side, side + up, -side + up]
    vertices = np.array([start + r for r in ring] + [end + r for r in ring])
    faces = np.concatenate([_lattice(2, 4), [[0, 2, 1], [0, 3, 2], [4, 5, 6], [4, 6, 7]]])
    return surface(vertices, faces, material)


def tube(
    path: Sequence[Sequence[float]], radius: float | Sequence[float], material: Material, *, sides: int = 10
) -> Model:
    """A round bar along points (N, 3); radius one number or N."""
    p = np.asarray(path, float)
    r = np.broadcast_to(np.asarray(radius, float), len(p))
    way = np.gradient(p, axis=0) if len(p) > 2 else np.repeat(p[1:] - p[:1], 2, 0)
    way /= np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9)
    # One frame carried along the path, so that the tube does not twist.
    side = np.cross(way[0], (0, 0, 1.0))
    if np.linalg.norm(side) < 1e-3:
        side = np.array([1.0, 0, 0])
    rings = []
    angle = np.arange(sides) * 2 * np.pi / sides
    for point, direction, radius_here in zip(p, way, r, strict=True):
        side = side - direction * (side @ direction)
        side /= max(np.linalg.norm(side), 1e-9)
        other = np.cross(direction, side)
        rings.append(point + radius_here * (np.outer(np.cos(angle), side) + np.outer(np.sin(angle), other)))
    vertices = np.concatenate([np.repeat(p[:1], sides, 0), *rings, np.repeat(p[-1:], sides, 0)])
    return surface(vertices, _lattice(len(p) + 2, sides), material, smooth=sides > 6)


def sheet(
    grid: np.ndarray, material: Material, *, smooth: bool = True, uv: np.ndarray | None = None
) -> Model:
    """A surface through points (rows, columns, 3), seen from both sides."""
    rows, columns = grid.shape[:2]
    return surface(
        grid.reshape(-1, 3),
        _lattice(rows, columns, closed=False),
        material,
        smooth=smooth,
        uv=None if uv is None else uv.reshape(-1, 2),
    )


def dragon(length: float, material: Material, *, waves: float = 1.5, fins: bool = True) -> Model:
    """A Vietnamese roof dragon: along x, its head at +x looking forward, standing on z=0."""
    t = np.linspace(0, 1, 40)
    x = (t - 0.5) * length
    z = (
        length * (0.09 + 0.07 * np.sin(2 * np.pi * waves * t + 1.0))
        + length * 0.16 * np.clip(t - 0.75, 0, 1) * 4 * 0.5
    )
    r = length * 0.055 * np.clip(np.minimum(t * 4 + 0.15, 1.15 - 0.4 * t), 0.1, 1)
    path = np.stack([x, np.zeros_like(x), z], 1)
    body = tube(path, r, material)
    head = loft(
        (
            (0, 0, 0, 0.05, 0.05),
            (0, 0, 0.05, 0.09, 0.08),
            (0, 0, 0.16, 0.07, 0.06),
            (0, 0, 0.24, 0.05, 0.045),
        ),
        material,
        sides=10,
    )
    head = head.scaled(length * 0.7).turned(70, "y").at(*path[-1])
    parts = [body, head]
    horn = tube(((0, 0, 0), (-0.06, 0.03, 0.07), (-0.16, 0.05, 0.1)), (0.02, 0.014, 0.004), material, sides=6)
    parts += [h.scaled(length * 0.7).at(*path[-1]) for h in (horn, horn.mirrored("y"))]
    if fins:
        fin = wall(((-0.03, 0), (0.03, 0), (-0.05, 0.09)), 0.015, material).scaled(length * 0.8)
        parts += [fin.at(*(path[i] + (0, 0, r[i] * 0.8))) for i in range(3, 39, 3)]
        tail = wall(((0, 0), (-0.1, 0.12), (-0.05, 0.02), (-0.16, 0.03), (-0.06, -0.03)), 0.02, material)
        parts.append(tail.scaled(length * 0.7).at(*path[0]))
    return together(parts)


def lotus(radius: float, material: Material, *, petals: int = 10, layers: int = 2) -> Model:
    """An open flower, petals upward: for bases and finials."""
    u, v = np.meshgrid(np.linspace(-1, 1, 5), np.linspace(0, 1, 6))
    width = np.sin(np.pi * np.clip(v * 0.9 + 0.1, 0, 1)) ** 0.7 * 0.33
    petal = np.stack([u * width, -(0.35 + 0.65 * np.sin(v * 1.8)) + 0.12 * u**2, v**1.4 * 0.7], -1) * radius
    one = sheet(petal, material)
    return together(
        one.scaled(1 - 0.25 * k, 1 - 0.25 * k, 1 + 0.15 * k).turned(180 / petals * k).ring(petals)
        for k in range(layers)
    )


def star(radius: float, thickness: float, material: Material) -> Model:
    """Five points, standing, its middle at z=0."""
    angle = np.pi / 2 + np.arange(10) * np.pi / 5
    r = np.where(np.arange(10) % 2, 0.382, 1) * radius
    return wall(list(zip(r * np.cos(angle), r * np.sin(angle), strict=True)), thickness, material)


def floodlight(
    at: tuple[float, float, float],
    to: tuple[float, float, float],
    *,
    colour: tuple[float, float, float] = (1.0, 0.75, 0.45),
    power: float = 1.0,
    beam: float = 60.0,
) -> Model:
    """A light that burns when the view's light has its lamps on; nothing is seen of it by day."""
    return Model(lamps=(Lamp(at, to, colour, power, beam),))
