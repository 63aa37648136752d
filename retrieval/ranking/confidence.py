"""How likely is each place, and how likely none of the catalogue? Learned from answers whose truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

IS, ONE_OF, UNKNOWN = VERDICTS = ("is", "one_of", "unknown")
STRENGTH = 10.0  # of the L2 penalty on the weights of standardised signals
STEPS = 50  # Newton's; it has settled long before


@dataclass(frozen=True)
class Case:
    """One answer of known truth: the signals of its places, and which of them is the right one."""

    signals: np.ndarray  # (P, S) float64, a row per place; P may be 0
    right: (
        int | None
    )  # the row of the place shown; None where no row is: the catalogue lacks it, or it was missed


@dataclass(frozen=True)
class Curve:
    """Signals -> probabilities: a conditional logit over the places of an answer and "none of them".

    A place's utility is a weighted sum of its standardised signals, that of "none" is 0; each choice has the share
    of its exponential in the sum of all (McFadden 1974). So the probabilities of the places add up to 1 less that
    of none, whatever their number.
    """

    names: tuple[str, ...]  # of the signals
    mean: np.ndarray  # (S,)
    scale: np.ndarray  # (S,)
    weights: np.ndarray  # (S + 1,), the last that of a constant 1
    accept: float = 0.5  # the least sum of the places' probabilities at which one of them is answered
    certain: float = 0.8  # the least probability at which a place is answered alone

    def utilities(self, signals: np.ndarray) -> np.ndarray:
        """(P, S) -> (P,)."""
        standard = (signals - self.mean) / self.scale
        return standard @ self.weights[:-1] + self.weights[-1]

    def probabilities(self, signals: np.ndarray) -> np.ndarray:
        """(P, S) -> (P,), which add up to 1 less the probability of none."""
        return shares(self.utilities(signals)) if len(signals) else np.zeros(0)

    def verdict(self, *, best: float, known: float) -> str:
        """What probabilities amount to: this is it, one of these, or none that the catalogue holds.

        best: that of the likeliest place, with those that a photo may show together with it. known: of all.
        """
        if known < self.accept:
            return UNKNOWN
        return IS if best >= self.certain else ONE_OF

    def as_json(self) -> dict[str, Any]:
        return {
            "names": list(self.names),
            **{name: getattr(self, name).tolist() for name in ("mean", "scale", "weights")},
            "accept": self.accept,
            "certain": self.certain,
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Curve:
        """What as_json wrote; KeyError for anything else."""
        arrays = {name: np.array(kept[name], np.float64) for name in ("mean", "scale", "weights")}
        return cls(tuple(kept["names"]), **arrays, accept=kept["accept"], certain=kept["certain"])


def shares(utilities: np.ndarray) -> np.ndarray:
    """Each choice's probability beside "none", whose utility is 0: (P,) -> (P,)."""
    highest = max(float(utilities.max(initial=0.0)), 0.0)
    raised = np.exp(utilities - highest)
    return raised / (raised.sum() + np.exp(-highest))


def learn(cases: Sequence[Case], *, names: Sequence[str], strength: float = STRENGTH) -> Curve:
    """The curve under which the truths of the cases are likeliest, by Newton's method; thresholds are left alone.

    strength: of the penalty that keeps weights small where few cases speak. ValueError without cases of both
    kinds, with a right place and with none.
    """
    kinds = {case.right is None for case in cases}
    if kinds != {True, False}:
        raise ValueError(
            "a confidence is learned from photos of known places and from photos of unknown ones"
        )
    rows = np.concatenate([case.signals for case in cases])
    mean, scale = rows.mean(axis=0), rows.std(axis=0)
    scale[scale < 1e-9] = 1.0
    tables = [np.hstack([(c.signals - mean) / scale, np.ones((len(c.signals), 1))]) for c in cases]
    penalty = np.full(len(mean) + 1, strength)
    penalty[-1] = 1e-6  # the constant says how common strangers are: nothing to be doubted
    weights = np.zeros(len(mean) + 1)
    for _ in range(STEPS):
        gradient, curvature = -penalty * weights, np.diag(penalty)
        for table, case in zip(tables, cases, strict=True):
            chances = shares(table @ weights)
            wanted = np.zeros(len(table))
            if case.right is not None:
                wanted[case.right] = 1
            gradient = gradient + table.T @ (wanted - chances)
            curvature = curvature + table.T @ (np.diag(chances) - np.outer(chances, chances)) @ table
        step = np.linalg.solve(curvature, gradient)
        weights = weights + step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-8:
            break
    return Curve(tuple(names), mean, scale, weights)
