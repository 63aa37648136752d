"""What things are made of: colours, and pictures of brick, plaster, tile, stone made from noise.

A Material is a value; `textures(material)` paints it. Colours are sRGB hex. Make a shade of your own with the
functions (`plaster("#e8c25a", age=0.5)`) or take a named one (`LAWN`, `BRONZE`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import ndimage

Colour = tuple[float, float, float]
PIXELS = 768


@dataclass(frozen=True)
class Material:
    """kind: the painter below, "flat" without. tile: metres the picture covers. glow: light given off at night.

    gloss: 0 matt, 1 a mirror's polish. thin: light shines through (leaves, cloth, awnings).
    """

    kind: str
    colour: str
    second: str = "#000000"
    tile: float = 2.0
    age: float = 0.3
    gloss: float = 0.0
    metal: bool = False
    thin: bool = False
    bump: float = 0.0
    glow: float = 0.0
    always: bool = False  # glows by day as well
    seed: int = 0


def flat(colour: str, *, gloss: float = 0.0, glow: float = 0.0, always: bool = False) -> Material:
    return Material("flat", colour, gloss=gloss, glow=glow, always=always)


def plaster(colour: str, *, age: float = 0.4, tile: float = 6.0) -> Material:
    """Painted wall; age 0 fresh, 1 black with rain and moss."""
    return Material("plaster", colour, "#3d3a30", tile, age, bump=0.01)


def brick(
    colour: str = "#a4553a", mortar: str = "#b9aa98", *, tile: float = 2.0, age: float = 0.3
) -> Material:
    """Courses of 7 cm at tile=2."""
    return Material("brick", colour, mortar, tile, age, bump=0.02)


def blocks(
    colour: str = "#9b9284", joint: str = "#5f594f", *, tile: float = 4.0, age: float = 0.5
) -> Material:
    """Ashlar: eight courses in a tile."""
    return Material("blocks", colour, joint, tile, age, bump=0.03)


def stone(colour: str = "#a39a8b", *, tile: float = 4.0, age: float = 0.5, gloss: float = 0.0) -> Material:
    return Material("stone", colour, "#4b483f", tile, age, gloss=gloss, bump=0.02)


def rock(colour: str = "#8d8c86", moss: str = "#4d5a36", *, tile: float = 24.0) -> Material:
    """Karst: upright streaks, green where it can hold."""
    return Material("rock", colour, moss, tile, 0.6, bump=0.3)


def wood(colour: str = "#6b4226", *, tile: float = 2.0, gloss: float = 0.1) -> Material:
    return Material("wood", colour, "#2e1a0e", tile, 0.4, gloss=gloss, bump=0.004)


def lacquer(colour: str = "#8f1d17") -> Material:
    return Material("wood", colour, "#4a0d0b", 3.0, 0.15, gloss=0.35)


def tiles(
    colour: str = "#8a4b38", *, shade: str = "#3a2620", tile: float = 2.4, gloss: float = 0.0
) -> Material:
    """A roof's ngói: eight rows down, twelve across in a tile; gloss for glazed ones."""
    return Material("tiles", colour, shade, tile, 0.5, gloss=gloss, bump=0.06)


def paving(
    colour: str = "#a89f92", joint: str = "#6d665c", *, tile: float = 4.0, age: float = 0.4
) -> Material:
    """Square slabs, eight by eight in a tile."""
    return Material("paving", colour, joint, tile, age, gloss=0.05, bump=0.01)


def glass(colour: str = "#26333b") -> Material:
    return flat(colour, gloss=0.9)


def windows(
    colour: str = "#2c3a44", frame: str = "#b9b4aa", *, tile: float = 16.0, gloss: float = 0.3
) -> Material:
    """A facade of four by four windows in a tile, some of them lit at night."""
    return Material("windows", colour, frame, tile, 0.3, gloss=gloss, glow=1.0)


def metal(colour: str, *, gloss: float = 0.6) -> Material:
    return Material("flat", colour, gloss=gloss, metal=True)


def leaves(colour: str = "#4d6b2a", second: str = "#7d9440", *, seed: int = 0) -> Material:
    return Material("leaves", colour, second, 1.0, thin=True, seed=seed)


def cloth(colour: str) -> Material:
    return Material("flat", colour, thin=True)


def water(colour: str = "#2c3a2c", *, ripple: float = 0.03, tile: float = 9.0) -> Material:
    """ripple: 0 a mirror, 0.03 a lake in a light wind, 0.1 the open bay."""
    return Material("water", colour, tile=tile, gloss=0.97, bump=ripple)


BRONZE = metal("#6d5a3a", gloss=0.45)
GOLD = metal("#d6a640", gloss=0.6)
STEEL = metal("#9a9ea1", gloss=0.5)
DARK_IRON = flat("#25282a", gloss=0.3)
RED_LACQUER = lacquer()
ASPHALT = Material("speckle", "#55565a", "#3a3b3e", 3.0, 0.4, bump=0.005)
CONCRETE = Material("stone", "#a5a49e", "#5c5a54", 5.0, 0.5, bump=0.005)
LAWN = Material("grass", "#56702c", "#839545", 5.0, 0.4, bump=0.06)
GROVE = Material("grass", "#33491f", "#64803a", 14.0, 0.4, bump=0.8)
EARTH = Material("speckle", "#8a7357", "#6d5a44", 4.0, 0.5, bump=0.02)
SAND = Material("speckle", "#d8c6a0", "#c2ad84", 4.0, 0.2, bump=0.01)
PAVING = paving()
WHITE_PLASTER = plaster("#e9e5da", age=0.3)
YELLOW_PLASTER = plaster("#dfb659", age=0.35)
BRICK = brick()
GRANITE = stone("#98968f", age=0.3, gloss=0.15)
BARK = Material("wood", "#6a5a49", "#3c3128", 1.2, 0.6, bump=0.03)
SKIN = flat("#b98a68")


def linear(colour: str) -> Colour:
    """Hex sRGB -> linear reflectance."""
    values = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    r, g, b = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return float(r), float(g), float(b)


@cache  # a scene has more materials than any round number
def textures(material: Material) -> tuple[np.ndarray, np.ndarray, np.ndarray | None] | None:
    """colour (H, W, 3) linear float32, height (H, W) 0..1 of `bump` metres, light given off (H, W, 3) or None.

    None for a material of one flat colour. Everything repeats without a seam.
    """
    if material.kind == "flat":
        return None
    rng = np.random.default_rng(material.seed + sum(map(ord, material.kind + material.colour)))
    first, second = (np.array(linear(c)) for c in (material.colour, material.second))
    colour, height, light = PAINTERS[material.kind](rng, first, second, material.age)
    return np.clip(colour, 0, 1).astype(np.float32), height.astype(np.float32), light


def noise(rng: np.random.Generator, *, scale: float, slope: float = 1.6, stretch: float = 1.0) -> np.ndarray:
    """Seamless cloudy noise 0..1. scale: the largest feature, as a part of the picture; stretch > 1: upright streaks."""
    f = np.hypot(np.fft.fftfreq(PIXELS)[:, None] * PIXELS * stretch, np.fft.fftfreq(PIXELS)[None] * PIXELS)
    band = np.where(f * scale < 1, 0, 1 / np.maximum(f, 1) ** slope)
    spectrum = np.fft.fft2(rng.standard_normal((PIXELS, PIXELS))) * band
    field = np.real(np.fft.ifft2(spectrum))
    return np.clip(0.5 + field / (4.5 * field.std()), 0, 1)


def _mix(a: np.ndarray, b: np.ndarray, t: np.ndarray) -> np.ndarray:
    return a * (1 - t[..., None]) + b * t[..., None]


def _grid(rows: int, columns: int, *, bond: float = 0.0) -> tuple[np.ndarray, ...]:
    """Cells: distance to the cell's edge (0..0.5) in rows and columns, and the number of the cell."""
    y, x = np.mgrid[0:PIXELS, 0:PIXELS] / PIXELS
    row = np.floor(y * rows).astype(int)
    across = x * columns + bond * (row % 2)
    column = np.floor(across).astype(int) % columns
    v, u = (y * rows) % 1, across % 1
    return np.minimum(v, 1 - v), np.minimum(u, 1 - u), row * columns + column, v, u


def _plaster(rng, first, second, age):
    cloudy, streaks, fine = noise(rng, scale=0.5), noise(rng, scale=0.2, stretch=6), noise(rng, scale=0.03)
    base = first * (0.86 + 0.2 * cloudy[..., None] + 0.08 * (fine[..., None] - 0.5))
    dirt = np.clip((streaks * 0.6 + cloudy * 0.6 - 0.85 + 0.5 * age) * 2.2, 0, 1) * age
    return _mix(base, second, dirt), fine, None


def _brick(rng, first, second, age):
    v, u, cell, _, _ = _grid(28, 8, bond=0.5)
    shade = rng.normal(1, 0.14, 28 * 8)[cell][..., None]
    joint = ndimage.gaussian_filter(((v < 0.1) | (u < 0.035)).astype(float), 0.7)
    dirt = np.clip((noise(rng, scale=0.5) - 0.75 + 0.5 * age) * 2, 0, 1) * age
    colour = _mix(first * shade * (0.85 + 0.3 * noise(rng, scale=0.05)[..., None]), second, joint)
    return _mix(colour, np.array([0.05, 0.05, 0.04]), dirt), 1 - joint, None


def _blocks(rng, first, second, age):
    v, u, cell, _, _ = _grid(8, 5, bond=0.5)
    shade = rng.normal(1, 0.1, 40)[cell][..., None]
    joint = ndimage.gaussian_filter(((v < 0.035) | (u < 0.02)).astype(float), 1)
    stains = np.clip((noise(rng, scale=0.3, stretch=3) - 0.8 + 0.5 * age) * 2.4, 0, 1) * age
    colour = first * shade * (0.75 + 0.5 * noise(rng, scale=0.1)[..., None])
    return _mix(_mix(colour, second, joint), second * 0.6, stains), (1 - joint) * 0.8, None


def _stone(rng, first, second, age):
    big, fine = noise(rng, scale=0.4), noise(rng, scale=0.06, slope=1.2)
    stains = np.clip((noise(rng, scale=0.4, stretch=3) - 0.8 + 0.5 * age) * 2.5, 0, 1) * age
    return _mix(first * (0.8 + 0.25 * big + 0.25 * (fine - 0.4))[..., None], second, stains), fine, None


def _rock(rng, first, second, age):
    streaks, big, fine = noise(rng, scale=0.15, stretch=4), noise(rng, scale=0.4), noise(rng, scale=0.05)
    colour = first * (0.45 + 0.7 * streaks + 0.3 * fine)[..., None]
    green = np.clip((big + 0.5 * fine - 0.95 + 0.5 * age) * 5, 0, 1)
    return _mix(colour, second * (0.5 + fine[..., None]), green), 0.6 * streaks + 0.4 * fine, None


def _wood(rng, first, second, age):
    grain = noise(rng, scale=0.12, stretch=12, slope=1.2)
    return (
        _mix(first * (0.8 + 0.35 * grain)[..., None], second, np.clip(grain - 0.45, 0, 1) * age * 2),
        grain,
        None,
    )


def _tiles(rng, first, second, age):
    _, u_edge, cell, v, u = _grid(8, 12)
    shade = rng.normal(1, 0.13, 96)[cell]
    ridge = np.sin(np.pi * u)
    shadow = np.clip(1 - v * 5, 0, 1) * 0.75 + np.clip(0.35 - ridge, 0, 1) * 1.2
    moss = np.clip((noise(rng, scale=0.4) - 0.7 + 0.4 * age) * 2, 0, 1) * age
    colour = _mix(first * shade[..., None], second, np.clip(shadow, 0, 1))
    return _mix(colour, second * 1.2, moss * 0.7), 0.7 * ridge + 0.3 * v, None


def _paving(rng, first, second, age):
    v, u, cell, _, _ = _grid(8, 8)
    shade = rng.normal(1, 0.07, 64)[cell]
    joint = ndimage.gaussian_filter(((v < 0.025) | (u < 0.025)).astype(float), 0.8)
    stains = np.clip((noise(rng, scale=0.5) - 0.6) * 2, 0, 1) * age * 0.6
    colour = first * (shade * (0.85 + 0.3 * noise(rng, scale=0.06)))[..., None]
    return _mix(_mix(colour, second, joint), second * 0.7, stains), 1 - joint, None


def _speckle(rng, first, second, age):
    fine, big = noise(rng, scale=0.02, slope=0.6), noise(rng, scale=0.5)
    return (
        _mix(first * np.ones((PIXELS, PIXELS, 1)), second, np.clip(fine * 0.7 + age * (big - 0.3), 0, 1)),
        fine,
        None,
    )


def _grass(rng, first, second, age):
    fine, big = noise(rng, scale=0.04, slope=0.8), noise(rng, scale=0.4)
    mix = np.clip(0.7 * fine + 0.9 * (big - 0.35), 0, 1)
    return _mix(first * (0.55 + 0.9 * fine)[..., None], second, mix), fine, None


def _leaves(rng, first, second, age):
    t = np.linspace(0, 1, PIXELS)[None] * np.ones((PIXELS, 1))
    return _mix(np.broadcast_to(first, (PIXELS, PIXELS, 3)), second, t**1.5), t, None


def _water(rng, first, second, age):
    return np.broadcast_to(first, (PIXELS, PIXELS, 3)), noise(rng, scale=0.12, slope=2.1, stretch=1.6), None


def _windows(rng, first, second, age):
    v, u, cell, _, _ = _grid(4, 4)
    pane = (v > 0.2) & (u > 0.18)
    lit = (rng.random(16) < 0.5)[cell] & pane
    warm = np.array([1.0, 0.72, 0.38]) * rng.uniform(0.5, 1, 16)[cell][..., None]
    shade = rng.uniform(0.6, 1.5, 16)[cell][..., None]
    wall = second * (0.8 + 0.3 * noise(rng, scale=0.4)[..., None])
    colour = np.where(pane[..., None], first * shade, wall)
    return colour, pane * 0.0, np.where(lit[..., None], warm, 0).astype(np.float32)


PAINTERS = {
    "plaster": _plaster,
    "brick": _brick,
    "blocks": _blocks,
    "stone": _stone,
    "rock": _rock,
    "wood": _wood,
    "tiles": _tiles,
    "paving": _paving,
    "speckle": _speckle,
    "grass": _grass,
    "leaves": _leaves,
    "water": _water,
    "windows": _windows,
}
