"""Where the photographer stands: a View is one photo, and around() makes one from plain words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from places.demo import light as lights
from places.demo.meshes import Model

Point = tuple[float, float, float]


@dataclass(frozen=True)
class View:
    """fov: degrees along the long side of the picture. front: what stands in the way in this photo alone."""

    camera: Point
    target: Point
    light: lights.Light
    fov: float = 62.0
    aspect: float = 4 / 3
    portrait: bool = False
    tilt: float = 0.0
    front: Model = Model()
    exposure: float = 0.0
    seed: int = 0

    def size(self, long_side: int) -> tuple[int, int]:
        """(width, height) in pixels, both even."""
        short = int(round(long_side / self.aspect / 2)) * 2
        return (short, long_side) if self.portrait else (long_side, short)


def around(
    *,
    target: Point,
    distance: float,
    azimuth: float = 0.0,
    height: float = 1.65,
    light: lights.Light,
    fov: float = 62.0,
    aspect: float = 4 / 3,
    portrait: bool = False,
    aim: tuple[float, float] = (0.0, 0.0),
    front: Model | None = None,
    exposure: float = 0.0,
    seed: int = 0,
) -> View:
    """Stand `distance` from the target over the ground, its front before you; +azimuth: to its right (+x).

    height: of the camera over z=0; aim: shifts what the picture is centred on, to the right and up, in parts of
    the distance, so that not every photo has the thing in its middle. A little is left to chance by the seed.
    """
    rng = np.random.default_rng(seed or int(abs(azimuth) * 7 + distance * 13 + height * 3))
    a = np.radians(azimuth)
    camera = (target[0] + np.sin(a) * distance, target[1] - np.cos(a) * distance, height)
    right = np.array([np.cos(a), np.sin(a), 0])
    shift = right * (aim[0] + rng.normal(0, 0.015)) * distance
    looked_at = (target[0] + shift[0], target[1] + shift[1], target[2] + aim[1] * distance)
    return View(
        camera,
        looked_at,
        light,
        fov,
        aspect,
        portrait,
        float(rng.normal(0, 0.7)),
        front or Model(),
        exposure,
        int(rng.integers(1, 10_000)),
    )
