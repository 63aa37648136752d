"""How good a photo is, as far as its pixels tell: one decoded picture in, figures out. No rows and no files.

The figures are kept with the photo; which of them are faults is said here, once, by FAULTS. Its limits were chosen on
636 photos of 32 places and on defects made of them, as `tests.benchmarks.quality_limits` makes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from django.utils.translation import gettext_lazy as _
from PIL import Image

SIDE = 384  # pixels, longest: the scale at which all is measured
TILE = 48  # pixels
SHARPEST = 90  # percent: a subject in focus before a soft background is sharp
BLACK, WHITE = 50, 250  # of 255
MARGIN = 0.1  # of the frame: a line nearer to its edge is a border, no seam
PARTS = 8  # of a line: a seam runs through all, the edge of a tower through some
LEVEL = 0.6  # what a level line counts for: nature and buildings have more of those than upright ones
NIGHT = 0.25  # of white: by day or at dusk the upper third has brighter parts, but in caves


@dataclass(frozen=True)
class Quality:
    """What was measured of a picture."""

    sharpness: float  # standard deviation of the Laplacian in its sharpest tiles, in levels of 255
    dark: float  # share of the pixels that are nearly black
    blown: float  # share of the pixels that are white in every colour
    sky_light: float  # how light the lighter parts of its upper third are: 0 black, 1 white
    seam: float  # how many times the steps across one straight line through the frame outdo those beside it


class Measured(Protocol):
    """A row that keeps the figures, each None where it was not measured, and the size in pixels."""

    width: int
    height: int
    sharpness: float | None
    dark: float | None
    blown: float | None
    seam: float | None
    face_share: float | None
    lettering: float | None


@dataclass(frozen=True)
class Fault:
    """One of these figures lies `below` or `above` what is good; `said` names it to a curator."""

    said: str
    of: tuple[str, ...]
    below: float | None = None
    above: float | None = None

    def is_in(self, photo: Measured) -> bool:
        figures = (getattr(photo, name) for name in self.of)
        return any(
            figure is not None
            and (
                (self.below is not None and figure < self.below)
                or (self.above is not None and figure > self.above)
            )
            for figure in figures
        )


FAULTS = {
    "blurred": Fault(_("blurred"), ("sharpness",), below=16),
    "small": Fault(_("small"), ("width", "height"), below=300),
    "dark": Fault(_("too dark"), ("dark",), above=0.85),
    "blown": Fault(_("overexposed"), ("blown",), above=0.4),
    "collage": Fault(_("several pictures in one"), ("seam",), above=1.5),
    "lettering": Fault(_("lettering laid over it"), ("lettering",), above=0.007),
    "faces": Fault(_("faces too large"), ("face_share",), above=0.02),
}


def faults_of(photo: Measured) -> list[str]:
    """In words, what is wrong with a photo."""
    return [str(fault.said) for fault in FAULTS.values() if fault.is_in(photo)]


def measure(picture: Image.Image) -> Quality:
    """picture: upright, in sRGB; one larger than SIDE is measured at that."""
    pixels = np.asarray(small(picture))
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    darkest_colour = cv2.min(cv2.min(pixels[..., 0], pixels[..., 1]), pixels[..., 2])
    upper = grey[: max(1, len(grey) // 3) : 2, ::2]
    return Quality(
        sharpness=_sharpness(grey),
        dark=float((grey < BLACK).mean()),
        blown=float((darkest_colour >= WHITE).mean()),
        sky_light=float(np.percentile(upper, 75) / 255),
        seam=max(_seam(pixels), LEVEL * _seam(np.ascontiguousarray(pixels.transpose(1, 0, 2)))),
    )


def small(picture: Image.Image) -> Image.Image:
    """The picture at SIDE, or as it is where it is smaller."""
    picture = picture.convert("RGB")
    picture.thumbnail((SIDE, SIDE), reducing_gap=2.0)
    return picture


def _sharpness(grey: np.ndarray) -> float:
    edges = cv2.Laplacian(grey, cv2.CV_32F)
    tiles = tuple(max(1, side // TILE) for side in grey.shape[::-1])
    mean, square = (cv2.resize(each, tiles, interpolation=cv2.INTER_AREA) for each in (edges, edges * edges))
    return float(np.sqrt(np.percentile(np.maximum(square - mean * mean, 0), SHARPEST)))


def _seam(pixels: np.ndarray) -> float:
    """By how much the steps across the most conspicuous column outdo those around it, in the half of its parts where
    that is least: what ends half-way up is no seam.
    """
    steps = cv2.absdiff(pixels[:, 1:], pixels[:, :-1])
    steps = cv2.max(cv2.max(steps[..., 0], steps[..., 1]), steps[..., 2])
    steps = cv2.dilate(steps, np.ones((1, 2), np.uint8)).astype(np.float32)
    width = steps.shape[1]
    steps = cv2.resize(steps, (width, min(PARTS, len(steps))), interpolation=cv2.INTER_AREA)
    around = (13 * cv2.blur(steps, (13, 1)) - 5 * cv2.blur(steps, (5, 1))) / 8  # 3 to 6 columns away
    outdone = np.sort(steps / (around + 4), axis=0)[: max(1, len(steps) // 2)].mean(axis=0)
    return float(outdone[round(width * MARGIN) : round(width * (1 - MARGIN))].max(initial=0))
