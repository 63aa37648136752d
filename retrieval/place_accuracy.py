"""How well places are found by their own photos: each photo asks for the others, as if it were not there itself."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import numpy as np

from places.models import Landmark, LandmarkImage
from retrieval.evaluation.leave_one_out import Overlaps, Photos, place_of, shortlists
from retrieval.evaluation.metrics import Interval, mean_interval
from retrieval.methods.base import Method

from . import index

ASKED_AT_ONCE = 5000  # while all the others are read once

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Failed:
    """A photo that does not find its place, and the landmark that it is taken for."""

    image: int
    taken_for: int | None  # None: no photo of any place is left to be found


@dataclass(frozen=True)
class PlaceAccuracy:
    """How many of a place's photos find it first, by a method's vectors and votes alone."""

    landmark: int
    method: str
    version: str
    asked: int  # photos that have another of their place to find, no near-duplicate of theirs
    right: int
    share: Interval | None  # right of asked, with its bootstrap 95 % interval; None where none was asked
    failed: tuple[Failed, ...]


def of_place(
    landmark: Landmark,
    *,
    method: type[Method],
    without: Collection[int] = (),
    also: Collection[int] = (),
) -> PlaceAccuracy:
    """The accuracy of one place among all that a method has described.

    without: ids of photos that are as if they were not published: what the place had before one was accepted.
    also: ids of photos that are as if they were published there, those that wait being known by what they were
    described as while they waited: what the place has once they are accepted, or moved to it.
    """
    return _Described(method, without=without, also=also, at=landmark).accuracy([landmark.pk])[landmark.pk]


def of_all(
    *, method: type[Method], progress: Progress = lambda stage, done, total: None
) -> dict[int, PlaceAccuracy]:
    """The same of every place that has a described photo, by the landmark's id."""
    described = _Described(method)
    return described.accuracy(np.unique(described.landmarks).tolist(), progress=progress)


class _Described:
    """The published photos that a method may have described: what is known of each but its vector."""

    def __init__(
        self,
        method: type[Method],
        *,
        without: Collection[int] = (),
        also: Collection[int] = (),
        at: Landmark | None = None,
    ) -> None:
        self.method, self.also = method, also
        rows = LandmarkImage.objects.published() | LandmarkImage.objects.filter(pk__in=also)
        rows = rows.exclude(pk__in=without).order_by("pk")
        rows = rows.values_list("pk", "landmark", "near_duplicate_of").iterator(chunk_size=10_000)
        facts = np.array([(pk, landmark or 0, first or pk) for pk, landmark, first in rows], np.int64)
        self.ids, self.landmarks, self.groups = facts.reshape(-1, 3).T
        if at:
            self.landmarks = np.where(np.isin(self.ids, list(also)), at.pk, self.landmarks)
        self.overlaps = Overlaps(
            Landmark.overlaps_with.through.objects.values_list("from_landmark", "to_landmark")
        )

    def accuracy(
        self, landmarks: Collection[int], *, progress: Progress = lambda stage, done, total: None
    ) -> dict[int, PlaceAccuracy]:
        places: dict[int, int | None] = {}
        own = np.flatnonzero(np.isin(self.landmarks, landmarks))
        for start in range(0, len(own), ASKED_AT_ONCE):
            places |= self._places(self.ids[own[start : start + ASKED_AT_ONCE]].tolist())
            progress("asking the photos", min(start + ASKED_AT_ONCE, len(own)), len(own))
        answers: dict[int, dict[int, int | None]] = {landmark: {} for landmark in landmarks}
        groups: dict[int, set[int]] = defaultdict(set)
        for row in own:
            image, landmark = int(self.ids[row]), int(self.landmarks[row])
            if image in places:
                answers[landmark][image] = places[image]
                groups[landmark].add(int(self.groups[row]))
        # With one group of near-duplicates a place has no photo that could find another.
        return {
            landmark: self._accuracy(landmark, found if len(groups[landmark]) > 1 else {})
            for landmark, found in answers.items()
        }

    def _accuracy(self, landmark: int, answers: dict[int, int | None]) -> PlaceAccuracy:
        failed = tuple(Failed(image, place) for image, place in answers.items() if place != landmark)
        right = len(answers) - len(failed)
        return PlaceAccuracy(
            landmark=landmark,
            method=self.method.name,
            version=self.method.checkpoint.name,
            asked=len(answers),
            right=right,
            share=mean_interval([1] * right + [0] * len(failed)) if answers else None,
            failed=failed,
        )

    def _places(self, image_ids: list[int]) -> dict[int, int | None]:
        """The landmark that each of these photos is taken for; one that is not described is left out."""
        described = index.vectors_of(self.method, images=image_ids)
        parts = [described, *self._waiting()]
        asked = self._photos(*(np.concatenate(column) for column in zip(*parts, strict=True)))
        found = shortlists(asked, self._batches(), overlaps=self.overlaps)
        return dict(zip(asked.ids.tolist(), map(place_of, found), strict=True))

    def _batches(self) -> Iterator[Photos]:
        for ids, vectors in itertools.chain(index.batches_of(self.method), self._waiting()):
            yield self._photos(ids, vectors)

    def _waiting(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        if self.also:
            yield index.vectors_of(self.method, images=self.also, waiting=True)

    def _photos(self, ids: np.ndarray, vectors: np.ndarray) -> Photos:
        """Those of them that are looked at, with their landmarks and groups."""
        known = np.isin(ids, self.ids)
        rows = np.searchsorted(self.ids, ids[known])
        return Photos(ids[known], vectors[known], self.landmarks[rows], self.groups[rows])
