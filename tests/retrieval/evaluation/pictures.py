"""Datasets drawn by code, and methods that need no weights."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from retrieval.answering import approaches
from retrieval.answering.approaches import CloseLook, Loaded
from retrieval.methods.base import Box, Checkpoint, Description, LocalFeatures, Method
from retrieval.ranking.verification import AFFINE, Verifier

RED, GREEN, BLUE = (200, 30, 30), (30, 200, 30), (30, 30, 200)


def draw(path: Path, colour: tuple[int, int, int], *, seed: int) -> Path:
    """A picture of one colour under coarse noise that the seed decides, written as PNG."""
    noise = np.random.default_rng(seed).integers(0, 56, (8, 8, 1))
    pixels = np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    large = cv2.resize(pixels, (96, 64), interpolation=cv2.INTER_NEAREST)
    path.write_bytes(cv2.imencode(".png", large[..., ::-1])[1].tobytes())
    return path


class Colours(Method):
    """Knows a picture by its mean colour."""

    name = "colours"
    label = "Colours"
    summary = "Compares mean colours."
    paper = "none"
    checkpoint = Checkpoint("mean-colour", "none", 3, "none", "MIT", "none")

    def __init__(self) -> None:
        self.described: list[Box | None] = []

    def describe(self, image: np.ndarray, *, box: Box | None = None) -> Description:
        self.described.append(box)
        if box is not None:
            box = box.clip(width=image.shape[1], height=image.shape[0])
            image = image[box.top : box.bottom, box.left : box.right]
        mean = image.reshape(-1, 3).mean(axis=0)
        return Description((mean / np.linalg.norm(mean)).astype(np.float32))


class Corners(Colours):
    """Sees every picture alike, and tells the green ones by their details."""

    name = "corners"

    def describe(self, image: np.ndarray, *, box: Box | None = None) -> Description:
        colour = super().describe(image, box=box).vector
        random = np.random.default_rng(1 if colour.argmax() == 1 else int(colour[0] * 1e6))
        descriptors = random.standard_normal((50, 16)).astype(np.float32)
        descriptors /= np.linalg.norm(descriptors, axis=1, keepdims=True)
        ones = np.ones(50, np.float32)
        keypoints = random.uniform(0, 64, (50, 2)).astype(np.float32)
        local = LocalFeatures(keypoints, ones, ones, descriptors, (image.shape[1], image.shape[0]))
        return Description(np.array([1, 0, 0], np.float32), local)


def alone(method: Method, *, verifier: Verifier | None = None, depth: int = 100) -> Loaded:
    """An approach of this very instance, whose rankings a verifier of its local features compares closely."""
    approach = approaches.alone(type(method))
    if verifier:
        look = CloseLook(
            verifier.name, verifier.name, method.name, depth=depth, adaptive=False, load=lambda: verifier
        )
        approach = replace(approach, close_look=look, features=type(method))
    return Loaded(approach, {method.name: method}, verifier)


BY_CORNERS = replace(AFFINE, name="corners", features="corners")
