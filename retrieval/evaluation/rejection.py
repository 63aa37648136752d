"""Does a confidence tell photos of the catalogue's places from photos of places that it lacks?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.evaluation.metrics import Interval

FALSE_ACCEPTS = 0.05  # the share of strangers that may be taken for a place
RESAMPLES = 2000


@dataclass(frozen=True)
class Rejection:
    """How well one signal rejects, over `inside` photos of known places and `outside` of unknown ones."""

    signal: str
    inside: int
    outside: int
    auroc: Interval
    true_accepts: Interval  # the share of `inside` accepted where FALSE_ACCEPTS of `outside` are


def measure(signal: str, inside: Sequence[float], outside: Sequence[float], *, seed: int = 0) -> Rejection:
    """The signal's AUROC and true-accept rate, with bootstrap 95 % intervals over photos of both kinds.

    inside, outside: the signal's value for each photo, high = sure. ValueError where either is empty.
    """
    known, unknown = np.asarray(inside, np.float64), np.asarray(outside, np.float64)
    if not len(known) or not len(unknown):
        raise ValueError("rejection needs photos of places inside and outside the catalogue")
    random = np.random.default_rng(seed)
    drawn = [
        (random.choice(known, len(known)), random.choice(unknown, len(unknown))) for _ in range(RESAMPLES)
    ]
    return Rejection(
        signal,
        len(known),
        len(unknown),
        *(
            _interval(figure(known, unknown), [figure(*pair) for pair in drawn])
            for figure in (auroc, true_accepts)
        ),
    )


def _interval(value: float, resampled: Sequence[float]) -> Interval:
    low, high = np.percentile(resampled, [2.5, 97.5])
    return Interval(value, float(low), float(high))


def auroc(inside: np.ndarray, outside: np.ndarray) -> float:
    """The chance that a photo from inside is surer than one from outside, an even pair counting half."""
    ordered = np.sort(outside)
    below = np.searchsorted(ordered, inside, side="left")
    up_to = np.searchsorted(ordered, inside, side="right")
    return float((below + up_to).mean() / (2 * len(outside)))


def true_accepts(inside: np.ndarray, outside: np.ndarray, *, false_accepts: float = FALSE_ACCEPTS) -> float:
    """The share of `inside` above the lowest threshold that at most `false_accepts` of `outside` exceed."""
    allowed = int(np.floor(false_accepts * len(outside) + 1e-9))
    threshold = np.sort(outside)[::-1][allowed] if allowed < len(outside) else -np.inf
    return float((inside > threshold).mean())
