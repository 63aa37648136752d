"""Each photo asked of all the others as if it were not among them, by vectors alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np

from retrieval.answering import SHORTLIST
from retrieval.ranking import Ranked
from retrieval.ranking.voting import vote


@dataclass(frozen=True)
class Photos:
    """N photos under one method; those of one group are near-duplicates."""

    ids: np.ndarray  # (N,) int64
    vectors: np.ndarray  # (N, D) float32, L2-normalised rows
    landmarks: np.ndarray  # (N,) int64
    groups: np.ndarray  # (N,) int64

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, rows: slice | np.ndarray) -> Photos:
        return Photos(self.ids[rows], self.vectors[rows], self.landmarks[rows], self.groups[rows])


@dataclass(frozen=True)
class Neighbour:
    """A photo that stands near to one that asks."""

    image: int
    landmark: int
    group: int
    similarity: float


class Overlaps:
    """Which landmarks are the same ground, so that a photo of one is neither right nor wrong for the other."""

    def __init__(self, pairs: Iterable[tuple[int, int]]) -> None:
        both_ways = {pair for one, other in pairs for pair in ((one, other), (other, one))}
        self._landmarks = np.array(sorted({one for one, _other in both_ways}), np.int64)
        places = np.searchsorted(self._landmarks, np.array(sorted(both_ways), np.int64).reshape(-1, 2))
        # One more row and column, without a pair, for all landmarks that overlap none.
        self._matrix = np.zeros((len(self._landmarks) + 1,) * 2, bool)
        self._matrix[places[:, 0], places[:, 1]] = True

    def between(self, ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
        """(A,) and (B,) landmarks -> (A, B) bool."""
        return self._matrix[np.ix_(self._rows(ours), self._rows(theirs))]

    def _rows(self, landmarks: np.ndarray) -> np.ndarray:
        if not len(self._landmarks):
            return np.zeros(len(landmarks), np.int64)
        rows = np.searchsorted(self._landmarks, landmarks).clip(max=len(self._landmarks) - 1)
        return np.where(self._landmarks[rows] == landmarks, rows, len(self._landmarks))


def shortlists(
    asked: Photos, batches: Iterable[Photos], *, overlaps: Overlaps, k: int = SHORTLIST
) -> list[list[Neighbour]]:
    """For each photo asked the k nearest of all batches, best first, equal ones in the order of their ids.

    As in the evaluation, the photo itself, its near-duplicates and photos of landmarks that overlap its own are as
    if they were not there. Whoever asks of more than fits into memory gives batches: of a batch of B photos
    A x B similarities are held at once.
    """
    best = [np.zeros((len(asked), 0), np.float32)] + [np.zeros((len(asked), 0), np.int64) for _ in range(3)]
    for batch in batches:
        similarities = asked.vectors @ batch.vectors.T
        similarities[asked.groups[:, None] == batch.groups] = -np.inf
        similarities[overlaps.between(asked.landmarks, batch.landmarks)] = -np.inf
        if similarities.shape[1] > k:
            columns = np.argpartition(-similarities, k - 1, axis=1)[:, :k]
            similarities = np.take_along_axis(similarities, columns, axis=1)
        else:
            columns = np.broadcast_to(np.arange(len(batch)), similarities.shape)
        found = (similarities, batch.ids[columns], batch.landmarks[columns], batch.groups[columns])
        both = [np.concatenate(pair, axis=1) for pair in zip(best, found, strict=True)]
        order = np.lexsort((both[1], -both[0]))[:, :k]
        best = [np.take_along_axis(column, order, axis=1) for column in both]
    return [
        [
            Neighbour(image, landmark, group, similarity)
            for similarity, image, landmark, group in zip(*rows, strict=True)
            if similarity > -np.inf
        ]
        for rows in zip(*(column.tolist() for column in best), strict=True)
    ]


def place_of(shortlist: Collection[Neighbour]) -> int | None:
    """The landmark that a shortlist's photos vote for first, as they do in a visitor's search; None of no photo."""
    places = vote(
        [Ranked(near.image, near.similarity) for near in shortlist],
        landmark_of={near.image: near.landmark for near in shortlist},
        duplicate_group_of={near.image: near.group for near in shortlist},
    )
    return places[0].landmark if places else None
