"""A trunk with few weights and photos that nobody took, so that a training takes a moment."""

from __future__ import annotations

import zlib
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import nn

from retrieval.training.photos import Photos

SIZES = ((8, 12), (6, 8), (4, 6))  # cells of a map, (h, w), a scale each
OUTPUTS = 16  # channels of the last map


class SmallTrunk(nn.Module):
    """What a tail and an attention take of EfficientNet-Lite2: 120 channels in, 720 between, OUTPUTS out."""

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(7)
            self.expand = nn.Sequential(nn.Conv2d(120, 720, 1), nn.ReLU())
            self.last = nn.Sequential(nn.Conv2d(720, OUTPUTS, 1, stride=2), nn.ReLU())
        self.requires_grad_(False)

    def expand_stride_16(self) -> nn.Module:
        return self.expand

    def from_stride_16(self) -> nn.Module:
        return self.last


class DrawnMaps:
    """Maps drawn from a photo's path, its view and scale: photos of one folder resemble each other a little."""

    def of(self, photo: Path, *, view: int = 0) -> list[np.ndarray]:
        return _drawn(photo, view)


@cache
def _drawn(photo: Path, view: int) -> list[np.ndarray]:
    place = np.random.default_rng(zlib.crc32(photo.parent.name.encode())).normal(size=(120, 1, 1))
    own = np.random.default_rng([zlib.crc32(str(photo).encode()), view])
    whole = place + 2 * own.normal(size=(120, 1, 1))
    return [(whole + 0.5 * own.normal(size=(120, *size))).astype(np.float16) for size in SIZES]


def photos_of(*landmarks: str, each: int = 3) -> Photos:
    """Some photos of each landmark, no two of them near-duplicates."""
    paths = tuple(Path(landmark) / f"{number}.jpg" for landmark in landmarks for number in range(each))
    return Photos(paths, tuple(path.parent.name for path in paths), tuple(range(len(paths))))


class Stopped(Exception):
    """The training was stopped from outside."""


def stop_at(stage: str):
    """A progress that stops the training when this stage begins."""

    def progress(now: str, done: int, total: int) -> None:
        if now == stage and done == 1:
            raise Stopped

    return progress


def same_weights(first: nn.Module, second: nn.Module) -> bool:
    one, other = first.state_dict(), second.state_dict()
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)
