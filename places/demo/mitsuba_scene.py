"""A model and a light -> what Mitsuba loads: one mesh for each material, copies of the same thing as instances."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import mitsuba as mi
import numpy as np

from places.demo.light import Light, sky
from places.demo.materials import Material, linear, textures
from places.demo.meshes import Model, Piece, corners

# What lies on the ground and is darker and shines after rain.
GROUND = {"paving", "speckle", "stone", "blocks", "brick"}
SHARED_FROM, SHARED_FACES = 2, 900
_folder = TemporaryDirectory(prefix="scene")


def described(models: Sequence[Model], light: Light) -> dict[str, object]:
    """The scene's dictionary less its sensor and its integrator."""
    scene: dict[str, object] = {"type": "scene", "sky": _emitter(light)}
    scene |= _shapes(models, lambda material: _skin(material, light))
    if light.lamps:
        for number, lamp in enumerate(lamp for model in models for lamp in model.lamps):
            reach = float(np.linalg.norm(np.subtract(lamp.to, lamp.at)))
            scene[f"lamp{number}"] = {
                "type": "spot",
                "to_world": mi.ScalarTransform4f().look_at(
                    origin=lamp.at, target=lamp.to, up=(0.01, 0.02, 1)
                ),
                "cutoff_angle": lamp.beam / 2,
                "intensity": {
                    "type": "rgb",
                    "value": [c * lamp.power * light.lamps * reach**2 * 0.6 for c in lamp.colour],
                },
            }
    return scene


def unlit(models: Sequence[Model]) -> dict[str, object]:
    """The same shapes giving off their own colours, for the denoiser to know texture from noise by. Copies, which
    Mitsuba does not let shine, stay black."""
    return {"type": "scene"} | _shapes(
        models, lambda material: {"emitter": {"type": "area", "radiance": _colour(material, 1.0)}}
    )


def _shapes(models: Sequence[Model], skin: Callable[[Material], dict[str, object]]) -> dict[str, object]:
    """Each model by itself, so that what stays from view to view is written once."""
    shapes: dict[str, object] = {}
    for which, model in enumerate(models):
        files, groups, instances = _written(model)
        for number, (material, path) in enumerate(files):
            shapes[f"mesh{which}_{number}"] = {"type": "ply", "filename": path, **skin(material)}
        for number, (material, path) in enumerate(groups):
            look = skin(material)
            look.pop("emitter", None)
            shapes[f"group{which}_{number}"] = {
                "type": "shapegroup",
                "shape": {"type": "ply", "filename": path, **look},
            }
        for number, (group, matrix) in enumerate(instances):
            shapes[f"copy{which}_{number}"] = {
                "type": "instance",
                "to_world": mi.ScalarTransform4f(matrix),
                "group": {"type": "ref", "id": f"group{which}_{group}"},
            }
    return shapes


@lru_cache(maxsize=8)
def _written(model: Model):
    """The model's meshes as files: placed ones by material, shared ones with where their copies stand."""
    count = Counter(id(piece.surface) for piece in model.pieces)
    placed: dict[Material, list[Piece]] = defaultdict(list)
    shared: dict[tuple[int, Material], list[Piece]] = defaultdict(list)
    for piece in model.pieces:
        if count[id(piece.surface)] >= SHARED_FROM and len(piece.surface.faces) >= SHARED_FACES:
            shared[id(piece.surface), piece.material].append(piece)
        else:
            placed[piece.material].append(piece)
    files = [(m, _write([corners(p, placed=True) for p in pieces], m)) for m, pieces in placed.items()]
    groups, instances = [], []
    for (_, material), pieces in shared.items():
        groups.append((material, _write([corners(pieces[0], placed=False)], material)))
        instances += [(len(groups) - 1, piece.matrix) for piece in pieces]
    return files, groups, instances


def _write(parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]], material: Material) -> str:
    """Binary PLY of loose triangles."""
    position, normal, uv = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    table = np.concatenate([position, normal, uv / material.tile], axis=1).astype("<f4")
    faces = np.empty(len(table) // 3, dtype=[("n", "u1"), ("v", "<u4", 3)])
    faces["n"], faces["v"] = 3, np.arange(len(table)).reshape(-1, 3)
    path = Path(_folder.name) / f"{len(list(Path(_folder.name).iterdir()))}.ply"
    names = "\n".join(f"property float {name}" for name in ("x", "y", "z", "nx", "ny", "nz", "u", "v"))
    head = (
        f"ply\nformat binary_little_endian 1.0\nelement vertex {len(table)}\n{names}\n"
        f"element face {len(faces)}\nproperty list uchar uint vertex_indices\nend_header\n"
    )
    path.write_bytes(head.encode() + table.tobytes() + faces.tobytes())
    return str(path)


def _emitter(light: Light) -> dict[str, object]:
    return {
        "type": "envmap",
        "bitmap": mi.Bitmap(sky(light)),
        "to_world": mi.ScalarTransform4f().rotate([1, 0, 0], 90),
    }


def _picture(values: np.ndarray) -> dict[str, object]:
    return {"type": "bitmap", "bitmap": mi.Bitmap(np.ascontiguousarray(values, np.float32)), "raw": True}


@lru_cache(maxsize=256)
def _colour(material: Material, darker: float) -> dict[str, object]:
    painted = textures(material)
    if painted is None:
        return {"type": "rgb", "value": [min(c * darker, 0.95) for c in linear(material.colour)]}
    return _picture(painted[0] * darker)


def _skin(material: Material, light: Light) -> dict[str, object]:
    """The bsdf of a material, and its emitter where it glows."""
    wet = light.wet and material.kind in GROUND
    gloss = max(material.gloss, 0.7) if wet else material.gloss
    colour = _colour(material, 0.55 if wet else 1.0)
    painted = textures(material)
    skin: dict[str, object]
    if material.thin:
        skin = {
            "type": "principledthin",
            "base_color": colour,
            "roughness": 0.55,
            "diff_trans": 0.7,
            "eta": 1.3,
        }
    elif material.metal:
        tint = {"type": "rgb", "value": list(linear(material.colour))}
        skin = {"type": "roughconductor", "specular_reflectance": tint, "alpha": 0.6 * (1 - gloss) + 0.03}
    elif gloss >= 0.85:
        skin = {
            "type": "plastic",
            "diffuse_reflectance": colour,
            "int_ior": 1.33 if material.kind == "water" else 1.6,
        }
    elif gloss > 0:
        skin = {
            "type": "roughplastic",
            "diffuse_reflectance": colour,
            "alpha": 0.5 * (1 - gloss) ** 1.4 + 0.03,
        }
    else:
        skin = {"type": "diffuse", "reflectance": colour}
    if material.bump and painted is not None and not material.thin:
        # The bump is in metres; the texture's derivatives are by uv, a tile of metres to the unit.
        skin = {"type": "bumpmap", "height": _picture(painted[1]), "scale": material.bump, "bsdf": skin}
    skin = skin if material.thin else {"type": "twosided", "bsdf": skin}
    result: dict[str, object] = {"bsdf": skin}
    strength = material.glow * (1.0 if material.always else light.lamps)
    if strength:
        given = painted[2] if painted is not None else None
        if given is not None:
            radiance = _picture(given * strength)
        else:
            radiance = {"type": "rgb", "value": [c * strength for c in linear(material.colour)]}
        result["emitter"] = {"type": "area", "radiance": radiance}
    return result
