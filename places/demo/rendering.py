"""View -> photo: path tracing, denoising, and what a telephone's camera makes of the light."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter, maximum_filter, median_filter

from places.demo.views import View

PHOTOS = Path(__file__).parent / "photos"
SCENES = Path(__file__).parent / "scenes"
LONG_SIDE, SAMPLES = 1024, 3
# Light is traced at this part of the picture's size and drawn out after denoising: half the time, and no difference
# to be seen in a photo of 150 kB.
TRACED = 0.75
DRAFT_LONG_SIDE, DRAFT_SAMPLES = 448, 4
FEATURE_SAMPLES = 2
BOUNCES = 3  # sky, ground, wall, eye: more is hardly seen out of doors


def slugs() -> list[str]:
    return sorted(path.stem.replace("_", "-") for path in SCENES.glob("[a-z]*.py"))


def render(
    slug: str,
    *,
    to: Path = PHOTOS,
    draft: bool = False,
    only: Iterable[int] = (),
    progress: Callable[[str], object] = lambda line: None,
) -> list[Path]:
    """Render a scene's views (those numbered in `only`, from 1) to <to>/<slug>/NN.jpg; the same bytes every time
    on one machine. Raises ImportError where Mitsuba is not installed, ModuleNotFoundError for an unknown slug."""
    start()
    scene = import_module(f"places.demo.scenes.{slug.replace('-', '_')}")
    wanted, written = set(only), []
    for number, view in enumerate(scene.VIEWS, 1):
        if wanted and number not in wanted:
            continue
        path = to / slug / f"{number:02}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = photo(scene.model(), view, draft=draft)
        # A photo of some 150 kB: what is busy with leaves gets less.
        for quality in (84, 80, 76, 71, 66):
            picture.save(path, quality=quality, optimize=True, progressive=True)
            if path.stat().st_size < 175_000:
                break
        progress(f"{path} {path.stat().st_size // 1000} kB")
        written.append(path)
    return written


def start() -> None:
    """Choose Mitsuba's plain variant: the compiled ones spend longer on compiling a scene's many materials anew
    for every view than this one does on tracing it."""
    import mitsuba as mi

    if not mi.variant():
        mi.set_variant("scalar_rgb")


def photo(model: object, view: View, *, draft: bool = False) -> Image.Image:
    width, height = view.size(DRAFT_LONG_SIDE if draft else LONG_SIDE)
    if draft:
        colour, depth = _traced(model, view, width, height, DRAFT_SAMPLES)
    else:
        colour, depth = _traced(model, view, round(width * TRACED), round(height * TRACED), SAMPLES)
        colour = np.stack([_drawn_out(colour[..., k], width, height) for k in range(3)], axis=-1)
        depth = _drawn_out(depth, width, height, Image.Resampling.NEAREST)
    return Image.fromarray(_developed(colour, depth, view))


def _drawn_out(
    values: np.ndarray, width: int, height: int, way: Image.Resampling = Image.Resampling.BICUBIC
) -> np.ndarray:
    picture = Image.fromarray(np.ascontiguousarray(values, np.float32)).resize((width, height), way)
    return np.maximum(np.asarray(picture), 0)


def _traced(model, view: View, width: int, height: int, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Radiance (H, W, 3) without noise, and depth (H, W) in metres, 0 for the sky."""
    import mitsuba as mi
    import pyoidn

    from places.demo.mitsuba_scene import described, unlit

    scene = [part for part in (model, view.front) if part.pieces]
    look = mi.ScalarTransform4f().look_at(origin=view.camera, target=view.target, up=(0, 0, 1))

    def traced(what: object, samples: int, **integrator: object) -> np.ndarray:
        sensor = {
            "type": "perspective",
            "fov": view.fov,
            "fov_axis": "larger",
            "near_clip": 0.05,
            "far_clip": 20_000.0,
            "to_world": look @ mi.ScalarTransform4f().rotate([0, 0, 1], view.tilt),
            "film": {"type": "hdrfilm", "width": width, "height": height, "rfilter": {"type": "box"}},
            "sampler": {"type": "independent", "sample_count": samples},
        }
        eye, way = mi.load_dict(sensor), mi.load_dict(integrator)
        layers = np.array(mi.render(what, sensor=eye, integrator=way, seed=view.seed))
        return np.nan_to_num(layers[..., :3], posinf=0, neginf=0)

    # Mitsuba's own features (its "aov" integrator) take three times as long as the light itself.
    plain = mi.load_dict(unlit(scene))
    albedo = traced(plain, FEATURE_SAMPLES, type="path", max_depth=1)
    depth = traced(plain, 1, type="depth")[..., 0]
    lit = mi.load_dict(described(scene, view.light))
    colour = traced(lit, samples, type="path", max_depth=BOUNCES, rr_depth=3)
    # What a single path brings of a lamp or the sun's glint is held down, or the denoiser keeps it as a speck.
    clean = pyoidn.denoise(
        np.ascontiguousarray(np.minimum(colour, 60.0), np.float32),
        np.ascontiguousarray(np.clip(albedo, 0, 1), np.float32),
        hdr=True,
    )
    return np.asarray(clean), depth


def _developed(colour: np.ndarray, depth: np.ndarray, view: View) -> np.ndarray:
    """Air, lens, exposure, film curve, grain -> (H, W, 3) uint8."""
    light, rng = view.light, np.random.default_rng(view.seed)
    height, width = depth.shape
    long_side = max(height, width)
    haze = np.array(light.horizon) * (0.9 if light.sun < 0.2 else 0.75)
    # An edge's pixel is part near, part far, its depth one of the two: the sky beside a hill is as far as the hill,
    # and no pixel stands alone, or edges would be dotted where there is mist.
    depth = median_filter(np.where(depth > 0, depth, maximum_filter(depth, 3)), 3)
    lost = np.where(depth > 0, 1 - np.exp2(-depth / light.mist), 0)[..., None]
    colour = colour * (1 - lost) + haze * lost
    glare = np.clip(colour - 1.2, 0, 8)
    colour = colour + 0.05 * sum(
        gaussian_filter(glare, (s * long_side, s * long_side, 0)) for s in (0.004, 0.015, 0.05)
    )
    luminance = colour @ np.array([0.2126, 0.7152, 0.0722])
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    weight = np.exp(-(x**2 + y**2) / 1.2)
    key = np.exp(np.sum(np.log(luminance + 0.01) * weight) / weight.sum())
    gain = 0.2 / key if light.lamps < 0.5 else min(0.16 / key, 3.0)
    colour = colour * gain * 2 ** (light.exposure + view.exposure)
    colour = colour * (1 + 0.12 * light.warmth, 1, 1 - 0.12 * light.warmth)
    colour = colour * (1 - 0.16 * (x**2 + y**2) / 2)[..., None]
    if light.rain:
        streaks = gaussian_filter(rng.random((height, width)) ** 60, (long_side * 0.012, 0.5))
        streaks = np.clip(streaks / streaks.max() - 0.35, 0, 1)[..., None]
        colour = colour * (1 - 0.2 * light.rain * streaks) + 0.25 * light.rain * streaks
    toned = _film(colour)
    noise = rng.normal(0, 1, (height, width, 1)) * 0.75 + rng.normal(0, 0.5, (height, width, 3))
    strength = 0.006 + 0.012 * (light.lamps > 0.5)
    toned = toned + gaussian_filter(noise, (0.5, 0.5, 0)) * strength
    return (np.clip(toned, 0, 1) * 255 + 0.5).astype(np.uint8)


def _film(colour: np.ndarray) -> np.ndarray:
    """Narkowicz's fit of the ACES curve, with some of each colour spilt into the others as the light grows."""
    spill = np.array([[0.92, 0.05, 0.03], [0.03, 0.93, 0.04], [0.03, 0.06, 0.91]])
    x = np.maximum(colour @ spill.T * 0.8, 0)
    x = x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)
    return np.clip(x, 0, 1) ** (1 / 2.2)
