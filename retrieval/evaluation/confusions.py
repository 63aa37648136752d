"""Which landmarks a method takes for each other, by the vectors of photos alone."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

BLOCK = 256  # photos compared with all others at once

Pair = tuple[int, int]  # two landmarks, the lower id first


@dataclass(frozen=True)
class Confusion:
    """How far the photos of two landmarks are taken for each other.

    confusions: how many of their `photos` have a photo of the other as nearest. nearest: the positions of the two
    photos, one of each landmark, that are most similar, and `similarity` theirs; None and 0 where there are none.
    """

    confusions: int
    photos: int
    similarity: float
    nearest: Pair | None


def measure(
    vectors: np.ndarray,
    landmarks: np.ndarray,
    groups: np.ndarray,
    *,
    overlaps: Collection[Pair] = (),
    also: Collection[Pair] = (),
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> dict[Pair, Confusion]:
    """What is confused, by pairs of landmarks: those that share one confusion or more, and those of `also`.

    vectors: (N, D) float32, L2-normalised rows. landmarks, groups: (N,) ints; photos of one group are
    near-duplicates, and never nearest to each other. A photo of a landmark without another group is not looked at:
    nothing of its own could be nearest. Landmarks that overlap are neither right nor wrong for each other.
    """
    order = np.argsort(landmarks, kind="stable")
    vectors, landmarks, groups = vectors[order], landmarks[order], groups[order]
    names, starts, sizes = np.unique(landmarks, return_index=True, return_counts=True)
    place = {name: number for number, name in enumerate(names.tolist())}
    owner = np.repeat(np.arange(len(names)), sizes)
    overlap = np.zeros((len(names), len(names)), bool)
    for one, other in overlaps:
        if one in place and other in place:
            overlap[place[one], place[other]] = overlap[place[other], place[one]] = True

    taken = np.zeros((len(names), len(names)), np.int64)  # photos of a row's landmark for the column's
    for start in range(0, len(vectors), BLOCK):
        rows = slice(start, start + BLOCK)
        similarities = vectors[rows] @ vectors.T
        similarities[groups[rows, None] == groups] = -np.inf
        best = np.maximum.reduceat(similarities, starts, axis=1)  # a column per landmark
        own = owner[rows]
        best[overlap[own]] = -np.inf
        of_own = best[np.arange(len(own)), own]
        nearest = best.argmax(axis=1)
        nearest = np.where(best.max(axis=1) > of_own, nearest, own)  # of two as near, its own
        seen = of_own > -np.inf
        np.add.at(taken, (own[seen], nearest[seen]), 1)
        progress("comparing the photos", start + len(own), len(vectors))

    looked_at = taken.sum(axis=1)
    np.fill_diagonal(taken, 0)
    both_ways = taken + taken.T
    found = {(int(names[one]), int(names[other])) for one, other in np.argwhere(np.triu(both_ways))}
    measured = {}
    for pair in sorted(found | set(also)):
        if not all(name in place for name in pair):
            measured[pair] = Confusion(confusions=0, photos=0, similarity=0.0, nearest=None)
            continue
        one, other = (place[name] for name in pair)
        ours, theirs = (slice(starts[side], starts[side] + sizes[side]) for side in (one, other))
        similarities = vectors[ours] @ vectors[theirs].T
        similarities[groups[ours, None] == groups[theirs]] = -np.inf
        row, column = np.unravel_index(similarities.argmax(), similarities.shape)
        similarity = float(similarities[row, column])
        # Otherwise all of both are near-duplicates of each other.
        there_is = similarity > -np.inf
        measured[pair] = Confusion(
            confusions=int(both_ways[one, other]),
            photos=int(looked_at[one] + looked_at[other]),
            similarity=similarity if there_is else 0.0,
            nearest=(int(order[ours][row]), int(order[theirs][column])) if there_is else None,
        )
    return measured
