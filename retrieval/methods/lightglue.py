"""LightGlue: which keypoints of two pictures are the same thing, decided jointly (Lindenberger et al., ICCV 2023)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from retrieval.methods import engine, weights
from retrieval.methods.base import LocalFeatures

if TYPE_CHECKING:
    from retrieval.methods.engine import Chain, Graph

LAYERS = 9
LEAST_CONFIDENCE = 0.1  # of a match
SETTLED = 0.95  # the share of keypoints that must be sure of their match before a layer is the last
HOPELESS = 0.01  # a matchability at which a sure keypoint leaves
# Fewer keypoints fix no geometry. Nor may the engine see one alone: OpenVINO 2026.4.1 whose first picture has a single
# row gives nothing but wrong states from then on.
FEWEST = 4
STEP = 64  # keypoints leave in multiples of it, so that the engine meets few sizes


@dataclass(frozen=True)
class Matches:
    """M matches of two pictures' keypoints, in the order of the first's."""

    pairs: np.ndarray  # (M, 2) int64, rows of both
    confidence: np.ndarray  # (M,) float32 in 0..1
    layers: int = 0  # how many were run

    def __len__(self) -> int:
        return len(self.pairs)


class LightGlue:
    """The matcher for the features of retrieval.methods.aliked."""

    def __init__(self, *, adaptive: bool = True) -> None:
        """adaptive: stop when nearly all keypoints are settled, drop those without a match on the way.

        Raises MissingWeights, UnusableWeights.
        """
        path = weights.find("aliked-lightglue")
        sha256 = weights.file_of("aliked-lightglue").sha256
        # Where keypoints lie does not bear rounding to bf16: that alone lost one match in two hundred.
        self._entrance, self._matcher = (
            engine.build_graphs(graphs, names=(name,), identity=f"lightglue {name} {sha256}", exact=exact)[
                name
            ]
            for name, graphs, exact in (
                ("entrance", lambda: _entrance(path), True),
                ("matcher", lambda: _matcher(path), False),
            )
        )
        self._unsettled = 1 - SETTLED if adaptive else 0.0
        self._hopeless = HOPELESS if adaptive else -1.0

    def match(self, query: LocalFeatures, image: LocalFeatures) -> Matches:
        """The keypoints of two pictures that are one thing; none where either has fewer than FEWEST."""
        if min(len(query), len(image)) < FEWEST:
            return Matches(np.zeros((0, 2), np.int64), np.zeros(0, np.float32))
        both = (query, image)
        places = np.concatenate([normalised(each.keypoints, size=each.size) for each in both])
        descriptors = np.concatenate([each.descriptors for each in both])
        entered = self._entrance(places[None], descriptors[None])
        every = [np.arange(len(each), dtype=np.int32) for each in both]
        limits = np.array([self._unsettled * len(places), self._hopeless], np.float32)
        scores, query_rows, image_rows, layers = self._matcher(*entered, *every, *every, limits)
        rows, columns, confidence = mutual(scores)
        pairs = np.stack([query_rows[rows], image_rows[columns]], axis=1).astype(np.int64)
        return Matches(pairs, confidence, layers=int(layers[0]))


def normalised(keypoints: np.ndarray, *, size: tuple[int, int]) -> np.ndarray:
    """Pixels -> the centre at 0 and the longer side from -1 to 1: (N, 2) float32. size: (width, height)."""
    width_height = np.array(size, np.float32)
    return ((keypoints - width_height / 2) / (width_height.max() / 2)).astype(np.float32)


def mutual(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log probabilities (M, N) -> rows, columns and probabilities of each other's best above LEAST_CONFIDENCE."""
    best = scores.argmax(axis=1)
    highest = scores[np.arange(len(scores)), best]
    rows = np.flatnonzero((highest > np.log(LEAST_CONFIDENCE)) & (highest == scores.max(axis=0)[best]))
    columns, first = np.unique(best[rows], return_index=True)  # equal scores: the first alone
    order = np.argsort(rows[first])
    rows, columns = rows[first][order], columns[order]
    return rows, columns, np.exp(highest[rows]).astype(np.float32)


def _sure(layer: int) -> float:
    """The confidence at which a keypoint counts as settled after this layer, 0-based (equation 14)."""
    return 0.8 + 0.1 * float(np.exp(-4 * layer / LAYERS))


def _entrance(path: Path) -> dict[str, Graph]:
    import torch

    from retrieval.methods.engine import Graph
    from retrieval.methods.lightglue_network import INPUTS, lightglue

    examples = (torch.rand(1, 7, 2), torch.rand(1, 7, INPUTS))
    return {"entrance": Graph(lightglue(path).entrance, examples, ((1, -1, 2), (1, -1, INPUTS)))}


def _matcher(path: Path) -> dict[str, Chain]:
    import torch

    from retrieval.methods.engine import Chain, Graph
    from retrieval.methods.lightglue_network import HEAD, WIDTH, End, Step, lightglue

    parts = lightglue(path)
    angles = torch.rand(1, 1, 12, HEAD // 2)
    here, there = (torch.arange(count, dtype=torch.int32) for count in (7, 5))
    state = (torch.rand(1, 12, WIDTH), angles.cos(), angles.sin(), here, there, here, there, torch.rand(2))
    turning, rows = (1, 1, -1, HEAD // 2), (-1,)
    shapes = ((1, -1, WIDTH), turning, turning, rows, rows, rows, rows, (2,))
    return {
        "matcher": Chain(
            [
                Graph(Step(layer, sure=_sure(index), multiple=STEP), state, shapes)
                for index, layer in enumerate(parts.layers)
            ],
            [
                Graph(End(each, layers=index + 1), state, shapes)
                for index, each in enumerate(parts.assignments)
            ],
        )
    }
