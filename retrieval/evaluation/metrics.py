"""Average precision and its kin under the revisited protocol (Radenovic et al., CVPR 2018), as in revisitop.

Junk leaves the ranking before ranks are counted; ranks count from 0; a query without positives has no score.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

PRECISION_AT = (1, 5, 10)
RECALL_LEVELS = tuple(step / 20 for step in range(21))  # where a curve is drawn


@dataclass(frozen=True)
class Truth:
    """What is known of one query: disjoint sets of database indices. All others are negatives."""

    ok: frozenset[int] = frozenset()  # positives of a dataset that does not grade them
    easy: frozenset[int] = frozenset()
    hard: frozenset[int] = frozenset()
    junk: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Setup:
    """A reading of the truth: which of its sets are hits, and which are as if not in the database."""

    name: str
    hits: tuple[str, ...]
    ignored: tuple[str, ...]

    def positives(self, truth: Truth) -> frozenset[int]:
        return frozenset().union(*(getattr(truth, part) for part in self.hits))

    def junk(self, truth: Truth) -> frozenset[int]:
        return frozenset().union(*(getattr(truth, part) for part in self.ignored))


CLASSIC = (Setup("all", ("ok",), ("junk",)),)
REVISITED = (
    Setup("easy", ("easy",), ("junk", "hard")),
    Setup("medium", ("easy", "hard"), ("junk",)),
    Setup("hard", ("hard",), ("junk", "easy")),
)


@dataclass(frozen=True)
class Score:
    """One query's figures, 0..1."""

    average_precision: float
    precision: tuple[float, ...]  # at each of PRECISION_AT
    curve: tuple[float, ...]  # precision at each of RECALL_LEVELS


@dataclass(frozen=True)
class Interval:
    """A mean over queries with its bootstrap 95 % confidence interval."""

    value: float
    low: float
    high: float


def positive_ranks(ranking: Sequence[int], *, positives: Collection[int], junk: Collection[int]) -> list[int]:
    """Ranks from 0 at which positives stand once junk has left the ranking."""
    kept = (image for image in ranking if image not in junk)
    return [rank for rank, image in enumerate(kept) if image in positives]


def average_precision(ranks: Sequence[int], *, positives: int) -> float:
    """The area under the precision-recall curve by trapezoids.

    ranks: where the positives found stand, ascending from 0. positives: how many there are, found or not.
    """
    area = 0.0
    for found, rank in enumerate(ranks):
        before = found / rank if rank else 1.0
        area += (before + (found + 1) / (rank + 1)) / 2
    return area / positives


def precision_at(ranks: Sequence[int], *, k: int) -> float:
    """The share of positives among the first min(k, rank of the last positive) images; 0 if none is found."""
    if not ranks:
        return 0.0
    seen = min(ranks[-1] + 1, k)
    return sum(rank < seen for rank in ranks) / seen


def precision_recall(ranks: Sequence[int], *, positives: int) -> tuple[float, ...]:
    """Interpolated precision at RECALL_LEVELS: the best that stands at this recall or beyond; 0 past the last."""
    precision = [(found + 1) / (rank + 1) for found, rank in enumerate(ranks)]
    for i in range(len(precision) - 2, -1, -1):
        precision[i] = max(precision[i], precision[i + 1])
    # The least number of positives that reaches a level; level 0 is read at the first of them.
    needed = (max(int(np.ceil(level * positives - 1e-9)), 1) for level in RECALL_LEVELS)
    return tuple(precision[count - 1] if count <= len(precision) else 0.0 for count in needed)


def score(ranking: Sequence[int], truth: Truth, *, setup: Setup) -> Score | None:
    """One query's figures under a setup; None when the setup leaves it without positives."""
    positives = setup.positives(truth)
    if not positives:
        return None
    ranks = positive_ranks(ranking, positives=positives, junk=setup.junk(truth))
    return Score(
        average_precision(ranks, positives=len(positives)),
        tuple(precision_at(ranks, k=k) for k in PRECISION_AT),
        precision_recall(ranks, positives=len(positives)),
    )


def mean_interval(values: Sequence[float], *, resamples: int = 2000, seed: int = 0) -> Interval:
    """The mean over queries and its percentile bootstrap interval, queries drawn with replacement."""
    data = np.asarray(values, dtype=np.float64)
    if not len(data):
        raise ValueError("no query has a score")
    draws = np.random.default_rng(seed).integers(len(data), size=(resamples, len(data)))
    low, high = np.percentile(data[draws].mean(axis=1), [2.5, 97.5])
    return Interval(float(data.mean()), float(low), float(high))
