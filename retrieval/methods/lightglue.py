"""LightGlue: which keypoints of two pictures are the same thing, decided jointly (Lindenberger et al., ICCV 2023)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from retrieval.methods import engine, weights
from retrieval.methods.base import LocalFeatures

if TYPE_CHECKING:
    from retrieval.methods.engine import Graph

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


@dataclass
class _Side:
    """What is left of one picture on the way through the layers."""

    rows: np.ndarray  # (N,) int64
    state: np.ndarray  # (1, N, 256) float32
    cosines: np.ndarray  # (1, 1, N, 32) float32
    sines: np.ndarray
    confidence: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))  # (N,)
    matchable: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))  # (N,)

    def drop(self, *, sure: float) -> None:
        """Leave out keypoints that are sure to have no match, the least matchable first."""
        stays = (self.matchable > HOPELESS) | (self.confidence <= sure)
        most = min(len(stays), -(-int(stays.sum()) // STEP) * STEP)
        if most == len(stays):
            return
        order = np.lexsort((-self.matchable, ~stays))
        kept = np.sort(order[:most])
        self.rows, self.state = self.rows[kept], self.state[:, kept]
        self.cosines, self.sines = self.cosines[:, :, kept], self.sines[:, :, kept]


class LightGlue:
    """The matcher for the features of retrieval.methods.aliked."""

    def __init__(self, *, adaptive: bool = True) -> None:
        """adaptive: stop when nearly all keypoints are settled, drop those without a match on the way.

        Raises MissingWeights, UnusableWeights.
        """
        path = weights.find("aliked-lightglue")
        self._adaptive = adaptive

        def graphs() -> dict[str, Graph]:
            return _graphs(path)

        numbers = range(LAYERS)
        self._parts = engine.build_graphs(
            graphs,
            names=("entrance", *(f"layer{i}" for i in numbers), *(f"assignment{i}" for i in numbers)),
            identity=f"lightglue {weights.file_of('aliked-lightglue').sha256}",
            exact=False,
        )

    def match(self, query: LocalFeatures, image: LocalFeatures) -> Matches:
        """The keypoints of two pictures that are one thing; none where either has fewer than FEWEST."""
        if min(len(query), len(image)) < FEWEST:
            return Matches(np.zeros((0, 2), np.int64), np.zeros(0, np.float32))
        x, y = self._enter(query), self._enter(image)
        for index in range(LAYERS):
            outputs = self._parts[f"layer{index}"](x.state, x.cosines, x.sines, y.state, y.cosines, y.sines)
            x.state, y.state, x.confidence, y.confidence, x.matchable, y.matchable = outputs
            if index == LAYERS - 1 or not self._adaptive:
                continue
            sure = _sure(index)
            unsettled = np.count_nonzero(x.confidence < sure) + np.count_nonzero(y.confidence < sure)
            if unsettled / (len(query) + len(image)) < 1 - SETTLED:
                break
            x.drop(sure=sure)
            y.drop(sure=sure)
            if not len(x.rows) or not len(y.rows):
                return Matches(np.zeros((0, 2), np.int64), np.zeros(0, np.float32), layers=index + 1)
        [scores] = self._parts[f"assignment{index}"](x.state, y.state)
        rows, columns, confidence = mutual(scores)
        return Matches(np.stack([x.rows[rows], y.rows[columns]], axis=1), confidence, layers=index + 1)

    def _enter(self, features: LocalFeatures) -> _Side:
        places = normalised(features.keypoints, size=features.size)
        entered = self._parts["entrance"](places[None], features.descriptors[None])
        return _Side(np.arange(len(features)), *entered)


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


def _graphs(path: Path) -> dict[str, Graph]:
    import torch

    from retrieval.methods.engine import Graph
    from retrieval.methods.lightglue_network import HEAD, INPUTS, WIDTH, lightglue

    parts = lightglue(path)

    def picture(count: int) -> tuple[torch.Tensor, ...]:
        angles = torch.rand(1, 1, count, HEAD // 2)
        return torch.rand(1, count, WIDTH), angles.cos(), angles.sin()

    x, y = picture(7), picture(5)
    state, turning = (1, -1, WIDTH), (1, 1, -1, HEAD // 2)
    both = (state, turning, turning) * 2
    entering = (torch.rand(1, 7, 2), torch.rand(1, 7, INPUTS))
    return {
        "entrance": Graph(parts.entrance, entering, ((1, -1, 2), (1, -1, INPUTS))),
        **{f"layer{index}": Graph(layer, (*x, *y), both) for index, layer in enumerate(parts.layers)},
        **{
            f"assignment{index}": Graph(each, (x[0], y[0]), (state, state))
            for index, each in enumerate(parts.assignments)
        },
    }
