"""What the untrained part of the trunk makes of photos, kept on disk: fine-tuning begins there, on two cores too."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np

from retrieval.evaluation.datasets import file_hash, read_photo
from retrieval.methods import engine, gem, weights
from retrieval.methods.backbones import efficientnet_lite2
from retrieval.methods.preprocessing import fit

VIEWS = 3  # the photo itself, and two that another camera, hand or website might have made of it
SMALL = (220, 400)  # pixels: the longest side of a picture saved from the web
QUALITY = (55, 90)  # JPEG's


class Maps:
    """The maps of photos at the method's three scales, each (120, h, w) float16, computed once.

    folder: where they are kept, some 0.6 MB a view; None of it is ever wrong: names hold the photo's SHA-256.
    """

    def __init__(self, folder: Path, *, seed: int = 0) -> None:
        path = weights.find("efficientnet-lite2")

        def network():
            trunk = efficientnet_lite2(path)
            return trunk.entrance(), trunk.before_tail()

        digest = weights.file_of("efficientnet-lite2").sha256
        self._network = engine.build(network, identity=f"before tail {digest}")
        self._folder, self._seed = folder / digest[:8], seed

    def of(self, photo: Path, *, view: int = 0) -> list[np.ndarray]:
        """A photo's maps, the largest scale first. view: 0 as it is, above that altered, always alike.

        DatasetError where it cannot be read.
        """
        name = file_hash(photo)
        kept = self._folder / f"{name}-{f'{self._seed}-{view}' if view else 0}.npz"
        if not kept.exists():
            pixels = read_photo(photo)
            if view:
                pixels = altered(pixels, rng=np.random.default_rng([self._seed, view, int(name[:8], 16)]))
            maps = [self._network(size).astype(np.float16) for size in gem.sizes(pixels)]
            kept.parent.mkdir(parents=True, exist_ok=True)
            unfinished = kept.with_suffix(f".{os.getpid()}.npz")
            np.savez(unfinished, *maps)
            unfinished.replace(kept)
        with np.load(kept) as arrays:
            return [arrays[scale] for scale in arrays.files]


def altered(image: np.ndarray, *, rng: np.random.Generator) -> np.ndarray:
    """The picture (H, W, 3) uint8 as another might show it: a part, other light and colours, often small.

    It remains a picture of the same place: hardly more than half is cut off, nothing is turned.
    """
    height, width = image.shape[:2]
    side, stretch = np.sqrt(rng.uniform(0.45, 1)), np.exp(rng.uniform(-0.15, 0.15))
    h, w = (
        max(1, round(height * min(side * stretch, 1))),
        max(1, round(width * min(side / stretch, 1))),
    )
    top, left = rng.integers(0, height - h + 1), rng.integers(0, width - w + 1)
    light = (image[top : top + h, left : left + w] / np.float32(255)) ** np.float32(
        np.exp(rng.uniform(-0.4, 0.4))
    )
    grey = light.mean(axis=2, keepdims=True)
    light = grey + (light - grey) * np.float32(rng.uniform(0.6, 1.4))
    light = (light - 0.5) * np.float32(rng.uniform(0.75, 1.25)) + np.float32(0.5 + rng.uniform(-0.08, 0.08))
    light *= rng.uniform(0.93, 1.07, size=3).astype(np.float32)
    picture = (light.clip(0, 1) * 255).astype(np.uint8)
    if rng.random() < 0.8:
        picture = fit(picture, longest=rng.uniform(*SMALL), multiple=1)
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.uniform(*QUALITY))]
        picture = cv2.imdecode(cv2.imencode(".jpg", picture, quality)[1], cv2.IMREAD_COLOR)
    return picture
