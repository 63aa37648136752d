"""The contract between a method and everything that uses one: an image in, a description out."""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import cache
from typing import Self, TypeVar

import numpy as np


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels of the upright original, right and bottom exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @classmethod
    def from_fractions(
        cls, left: float, top: float, right: float, bottom: float, *, width: int, height: int
    ) -> Box:
        """The box of four fractions, 0..1, of an image of this size, to the nearest pixel."""
        return cls(round(left * width), round(top * height), round(right * width), round(bottom * height))

    def clip(self, *, width: int, height: int) -> Box:
        """The part of the box inside an image of this size; raises ValueError where there is none."""
        clipped = Box(max(self.left, 0), max(self.top, 0), min(self.right, width), min(self.bottom, height))
        if clipped.width <= 0 or clipped.height <= 0:
            raise ValueError(f"{self} shows nothing of an image of {width} x {height} pixels")
        return clipped


@dataclass(frozen=True)
class LocalFeatures:
    """N local features of one image, best score first."""

    keypoints: np.ndarray  # (N, 2) float32, (x, y) in pixels of the upright original
    scales: np.ndarray  # (N,) float32, the image scale at which each was found; 1 = the largest input size
    scores: np.ndarray  # (N,) float32, attention
    descriptors: np.ndarray  # (N, D) float32, L2-normalised
    size: tuple[int, int]  # width, height of the upright original

    def __len__(self) -> int:
        return len(self.keypoints)

    def at_size(self, width: int, height: int) -> LocalFeatures:
        """The same in pixels of the upright original, where they were found in a smaller copy of it."""
        ratio = np.array([width / self.size[0], height / self.size[1]], np.float32)
        places = (self.keypoints + np.float32(0.5)) * ratio - np.float32(0.5)
        return replace(self, keypoints=places, size=(width, height))

    def to_bytes(self) -> bytes:
        """One compact binary value: 8 + D bytes a feature (48 kB for 1000 of 40-d) after a header of 24.

        What is lost: a keypoint moves by 1/131070 of the largest coordinate at most (0.03 px in 12
        megapixels), a component of a descriptor by 1/254 of the largest one at most, before it is
        normalised again (a cosine by some 1e-4), scores and scales by one part in 2048.
        """
        pixel = float(self.keypoints.max(initial=0)) / 65535 or 1.0
        unit = float(np.abs(self.descriptors).max(initial=0)) / 127 or 1.0
        return b"".join(
            (
                _HEADER.pack(_MAGIC, _VERSION, self.descriptors.shape[1], len(self), *self.size, pixel, unit),
                (self.keypoints / pixel).round().clip(0, 65535).astype("<u2").tobytes(),
                self.scales.astype("<f2").tobytes(),
                self.scores.clip(-_LARGEST_HALF, _LARGEST_HALF).astype("<f2").tobytes(),
                (self.descriptors / unit).round().clip(-127, 127).astype("i1").tobytes(),
            )
        )

    @classmethod
    def from_bytes(cls, data: bytes | memoryview) -> LocalFeatures:
        """The features that to_bytes wrote, descriptors at unit length again; raises ValueError otherwise."""
        try:
            magic, version, dimensions, count, *size, pixel, unit = _HEADER.unpack_from(data)
        except struct.error as error:
            raise ValueError("not packed local features: too short") from error
        if (magic, version) != (_MAGIC, _VERSION) or len(data) != _HEADER.size + count * (8 + dimensions):
            raise ValueError(f"not packed local features of version {_VERSION}")
        starts = _HEADER.size + count * np.array([0, 4, 6, 8])
        keypoints = (
            np.frombuffer(data, "<u2", 2 * count, starts[0]).reshape(count, 2).astype(np.float32) * pixel
        )
        scales = np.frombuffer(data, "<f2", count, starts[1]).astype(np.float32)
        scores = np.frombuffer(data, "<f2", count, starts[2]).astype(np.float32)
        stored = np.frombuffer(data, "i1", count * dimensions, starts[3]).reshape(count, dimensions)
        descriptors = stored.astype(np.float32) * np.float32(unit)
        lengths = np.linalg.norm(descriptors, axis=1, keepdims=True)
        width, height = size
        return cls(keypoints, scales, scores, descriptors / np.maximum(lengths, 1e-12), (width, height))


# magic, version, D, N, width, height, pixels a step of a keypoint, a descriptor's step
_HEADER = struct.Struct("<2sBBIIIff")
_MAGIC, _VERSION = b"LF", 2
_LARGEST_HALF = 65504


@dataclass(frozen=True)
class Description:
    """What a method knows of one image."""

    vector: np.ndarray  # (D,) float32, L2-normalised; (0,) of a method that ranks nothing
    local: LocalFeatures | None = None

    def at_size(self, width: int, height: int) -> Description:
        """The same of the upright original, where a smaller copy of it was described."""
        return replace(self, local=self.local and self.local.at_size(width, height))


@dataclass(frozen=True)
class Pooling:
    """How the cells of a map become one vector; retrieval.methods.pooling builds it."""

    kind: str  # mac, spoc, gem, rmac, netvlad, fc
    p: float = 3.0  # gem: the exponent
    levels: int = 3  # rmac: how many sizes of regions
    clusters: int = 64  # netvlad
    whitening: bool = False  # a whitening layer inside the network, learned with it


@dataclass(frozen=True)
class Checkpoint:
    """The facts of one set of weights. `name` is the descriptor's version: another name, another index."""

    name: str
    architecture: str
    dimensions: int
    training_set: str
    licence: str
    paper: str
    local_dimensions: int = 0
    files: tuple[str, ...] = ()  # names in weights.FILES
    input: str = ""  # how a picture is brought to size
    mean: tuple[float, ...] = ()  # per channel, of values 0..1; empty where the network begins with it
    std: tuple[float, ...] = ()
    pooling: Pooling | None = None


class Method(ABC):
    """One published way to describe an image. A subclass per file of this folder; the registry finds it.

    Class attributes cost nothing to read, so the web process lists methods without loading a network;
    building an instance loads the weights of its class's `checkpoint`.
    """

    do_not_call_in_templates = True  # Django would build a class that it meets in a template

    name: str  # "cnn_irwnha": in URLs, forms and rows
    label: str  # "CNN-IRwNHA": what people read
    summary: str  # one English sentence for the picker
    paper: str
    checkpoint: Checkpoint  # the bundled one
    official: tuple[Checkpoint, ...] = ()  # its authors', run when their files have been fetched
    ranks: bool = True  # whether its vectors make a ranking; else its local features only verify another's
    verifier: str = ""  # what verifies its ranking unless another is chosen: a name in answering.approaches

    @classmethod
    def running(cls, checkpoint: Checkpoint) -> type[Self]:
        """The same method with other weights: a class whose instances load `checkpoint`."""
        return cls if checkpoint == cls.checkpoint else _running(cls, checkpoint)

    @classmethod
    def with_learned(cls, name: str) -> Checkpoint:
        """The bundled checkpoint with weights that were learned here; raises MissingWeights, TypeError.

        name: of a file in WEIGHTS_DIR, without .npz, as the command that learned them printed it.
        """
        raise TypeError(f"{cls.label} has nothing to learn")

    @abstractmethod
    def describe(self, image: np.ndarray, *, box: Box | None = None) -> Description:
        """Describe an upright image, or what its box shows.

        image: (H, W, 3) uint8 RGB. box: None for the whole image. Keypoints are in pixels of `image`
        whether or not a box is given.
        """


_M = TypeVar("_M", bound=Method)


@cache
def _running(method: type[_M], checkpoint: Checkpoint) -> type[_M]:
    return type(method.__name__, (method,), {"checkpoint": checkpoint, "__module__": method.__module__})
