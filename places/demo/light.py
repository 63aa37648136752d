"""Times of day and weather: a painted sky that lights the scene, its mist, and whether the lamps are on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.ndimage import map_coordinates

from places.demo import materials

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Light:
    """sun: its strength against the sky; azimuth: degrees, 0 lights the front (-y), +90 from the right (+x).

    zenith, horizon: colours of the sky; clouds: 0..1 of it; mist: metres to where half is lost (0: clear air);
    lamps: windows and floodlights, 0 by day; exposure: stops; wet: the ground shines.
    """

    azimuth: float
    elevation: float
    sun: float
    sun_colour: Triple
    zenith: Triple
    horizon: Triple
    clouds: float = 0.3
    cloud_colour: Triple = (1.0, 1.0, 1.0)
    mist: float = 6000.0
    lamps: float = 0.0
    exposure: float = 0.0
    wet: bool = False
    rain: float = 0.0
    warmth: float = 0.0  # white balance of the picture: + warm, - cold
    seed: int = 1

    def turned(self, degrees: float) -> Light:
        return replace(self, azimuth=self.azimuth + degrees)

    def but(self, **changes) -> Light:
        return replace(self, **changes)


CLEAR_MORNING = Light(-40, 32, 1.0, (1.0, 0.9, 0.74), (0.16, 0.33, 0.72), (0.72, 0.82, 0.92), clouds=0.25)
NOON = Light(25, 66, 1.15, (1.0, 0.97, 0.9), (0.15, 0.34, 0.78), (0.62, 0.76, 0.92), clouds=0.4, seed=2)
AFTERNOON = Light(48, 38, 1.0, (1.0, 0.9, 0.72), (0.2, 0.38, 0.72), (0.78, 0.82, 0.86), clouds=0.5, seed=3)
GOLDEN = Light(
    60,
    11,
    0.9,
    (1.0, 0.62, 0.3),
    (0.25, 0.36, 0.58),
    (1.0, 0.74, 0.46),
    clouds=0.35,
    cloud_colour=(1.0, 0.8, 0.62),
    mist=2500,
    seed=4,
)
SUNSET = Light(
    115,
    4,
    0.45,
    (1.0, 0.45, 0.18),
    (0.24, 0.28, 0.5),
    (1.0, 0.52, 0.26),
    clouds=0.55,
    cloud_colour=(1.0, 0.55, 0.4),
    mist=2500,
    lamps=0.25,
    seed=5,
)
OVERCAST = Light(
    20,
    50,
    0.03,
    (1.0, 1.0, 1.0),
    (0.6, 0.66, 0.74),
    (0.82, 0.85, 0.88),
    clouds=0.9,
    cloud_colour=(0.82, 0.84, 0.87),
    mist=2500,
    seed=6,
    exposure=0.15,
)
MIST = Light(
    -30,
    22,
    0.06,
    (1.0, 0.93, 0.82),
    (0.72, 0.76, 0.8),
    (0.86, 0.87, 0.87),
    clouds=0.0,
    mist=110,
    seed=7,
    exposure=0.7,
)
RAIN = Light(
    0,
    50,
    0.0,
    (1.0, 1.0, 1.0),
    (0.42, 0.47, 0.54),
    (0.62, 0.66, 0.7),
    clouds=0.95,
    cloud_colour=(0.5, 0.54, 0.6),
    mist=350,
    wet=True,
    rain=0.5,
    warmth=-0.25,
    lamps=0.15,
    seed=8,
    exposure=0.15,
)
BLUE_HOUR = Light(
    100,
    3,
    0.0,
    (1.0, 0.6, 0.4),
    (0.07, 0.13, 0.36),
    (0.3, 0.34, 0.5),
    clouds=0.35,
    cloud_colour=(0.3, 0.3, 0.42),
    mist=3000,
    lamps=0.6,
    exposure=-0.2,
    seed=9,
)
NIGHT = Light(
    100,
    30,
    0.0,
    (0.6, 0.7, 1.0),
    (0.012, 0.016, 0.04),
    (0.05, 0.05, 0.07),
    clouds=0.2,
    cloud_colour=(0.05, 0.05, 0.06),
    mist=4000,
    lamps=1.0,
    exposure=-0.9,
    seed=10,
)

WIDTH, HEIGHT = 1536, 768


def direction(light: Light) -> np.ndarray:
    """Towards the sun."""
    a, e = np.radians(light.azimuth), np.radians(light.elevation)
    return np.array([np.sin(a) * np.cos(e), -np.cos(a) * np.cos(e), np.sin(e)])


@lru_cache(maxsize=4)
def sky(light: Light) -> np.ndarray:
    """The light from every direction: (HEIGHT, WIDTH, 3) float32, rows from the zenith down, columns about z.

    Column u looks towards (-sin 2 pi u, cos 2 pi u) in (x, y).
    """
    phi = (np.arange(WIDTH) + 0.5) / WIDTH * 2 * np.pi
    theta = (np.arange(HEIGHT) + 0.5) / HEIGHT * np.pi
    up = np.cos(theta)[:, None] * np.ones(WIDTH)
    x, y = -np.sin(theta)[:, None] * np.sin(phi), np.sin(theta)[:, None] * np.cos(phi)
    to_sun = direction(light)
    angle = np.degrees(np.arccos(np.clip(x * to_sun[0] + y * to_sun[1] + up * to_sun[2], -1, 1)))
    zenith, horizon, sun = (np.array(c) for c in (light.zenith, light.horizon, light.sun_colour))
    blend = np.clip(1 - np.maximum(up, 0), 0, 1)[..., None] ** 3.2
    colour = zenith * (1 - blend) + horizon * blend
    haze = np.exp(-angle / 22)[..., None] * 0.55 + np.exp(-angle / 5)[..., None] * 0.9
    colour = colour + sun * haze * min(light.sun, 1.0) * 0.6
    cover, shade = _clouds(x, y, up, light)
    lit = np.array(light.cloud_colour) * (1.05 - 0.55 * shade[..., None])
    lit = lit + sun * np.exp(-angle / 25)[..., None] * light.sun * 0.5 * (1 - shade[..., None])
    colour = colour * (1 - cover[..., None]) + lit * cover[..., None]
    below = np.array(light.horizon) * 0.35
    colour = np.where(up[..., None] < -0.02, below, colour)
    # The disc is three times as wide as the true one: it then spans pixels enough to be sampled well.
    disc = (angle < 0.9)[..., None] * sun * light.sun * (4200 * np.clip(light.elevation / 25, 0.25, 1))
    return (colour + disc).astype(np.float32)


def _clouds(x: np.ndarray, y: np.ndarray, up: np.ndarray, light: Light) -> tuple[np.ndarray, np.ndarray]:
    """How much of a direction a cloud covers, and how dark it is: noise on a flat layer, seen in perspective."""
    rng = np.random.default_rng(light.seed)
    field = materials.noise(rng, scale=0.35, slope=1.75)
    high = np.maximum(up, 0.03)
    scale = materials.PIXELS * 0.34
    # Flatter than a true layer's perspective: clouds stand up, and are not drawn out overhead into streaks.
    u, v = (x / (high + 0.45)) * scale, (y / (high + 0.45)) * scale * 1.3
    value = map_coordinates(field, [v, u], order=1, mode="grid-wrap")
    inner = map_coordinates(field, [v + 5, u - 6], order=1, mode="grid-wrap")
    threshold = 0.86 - 0.72 * light.clouds
    cover = np.clip((value - threshold) / 0.16, 0, 1) * np.clip(up / 0.08, 0, 1)
    return cover * 0.95, np.clip((inner - threshold) / 0.5, 0, 1)
