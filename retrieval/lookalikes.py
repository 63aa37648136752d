"""Look-alikes: which landmarks the index confuses, measured anew at each look; what curators say of them stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from django.db import transaction

from places.models import Landmark, LandmarkImage
from retrieval.evaluation import confusions
from retrieval.evaluation.confusions import Confusion
from retrieval.methods.base import Method

from . import index
from .models import LookAlike, LookAlikeQuerySet

LOCK = "finding look-alikes"
ENOUGH = 2  # photos confused
ENOUGH_SHARE = 0.05  # of the photos looked at, where one is confused
MEASURED = [
    "confusions", "photos", "similarity", "method", "version", "first_image", "second_image", "found_at",
]  # fmt: skip

Progress = Callable[[str, int, int], None]


class NothingDescribed(Exception):
    """The method has described no published photo."""


@dataclass(frozen=True)
class Kept:
    """How many pairs were added, measured anew, and removed."""

    added: int
    again: int
    removed: int


def find(*, method: type[Method], progress: Progress = lambda stage, done, total: None) -> list[LookAlike]:
    """The pairs of landmarks that a method confuses, the most confused first; nothing is stored.

    Pairs that a curator described or dismissed are among them, however little is confused today. Published photos
    are compared by their vectors alone, one of each group of near-duplicates; landmarks that overlap are the same
    ground, not look-alikes. Raises NothingDescribed.
    """
    image_ids, vectors = index.vectors_of(method)
    rows = _one_of_each_group(image_ids)
    if not rows:
        raise NothingDescribed
    positions, landmarks, groups = (np.array(column) for column in zip(*rows, strict=True))
    said = {(row.first_id, row.second_id): row for row in LookAlike.objects.said_of()}
    measured = confusions.measure(
        vectors[positions],
        landmarks,
        groups,
        overlaps=Landmark.overlaps_with.through.objects.values_list("from_landmark", "to_landmark"),
        also=said,
        progress=progress,
    )
    measured = {pair: found for pair, found in measured.items() if pair in said or _is_enough(found)}
    named = Landmark.objects.in_bulk({landmark for pair in measured for landmark in pair})
    ids = image_ids[positions].tolist()
    found = [
        LookAlike(
            first=named[first],
            second=named[second],
            confusions=confusion.confusions,
            photos=confusion.photos,
            similarity=confusion.similarity,
            method=method.name,
            version=method.checkpoint.name,
            first_image_id=confusion.nearest and ids[confusion.nearest[0]],
            second_image_id=confusion.nearest and ids[confusion.nearest[1]],
            **_words(said.get((first, second))),
        )
        for (first, second), confusion in measured.items()
    ]
    return sorted(found, key=lambda row: (-row.confusions, -row.similarity))


@transaction.atomic
def keep(found: Sequence[LookAlike]) -> Kept:
    """Store what was found in place of what was before; no word of a curator is changed, and none is lost."""
    before = set(LookAlike.objects.values_list("pk", flat=True))
    kept = {
        row.pk
        for row in LookAlike.objects.bulk_create(
            found, update_conflicts=True, unique_fields=["first", "second"], update_fields=MEASURED
        )
    }
    # In one statement with its conditions: a curator may have written of a pair since it was found.
    removed, _by_model = LookAlike.objects.exclude(pk__in=kept).said_nothing_of().delete()
    return Kept(added=len(kept - before), again=len(kept & before), removed=removed)


def dismiss(pairs: LookAlikeQuerySet) -> int:
    """Say that landmarks are not alike, so that no answer speaks of them; returns of how many pairs."""
    return pairs.update(dismissed=True)


def _one_of_each_group(image_ids: np.ndarray) -> list[tuple[int, int, int]]:
    """The position, landmark and group of the first photo of each group that is published, landmark by landmark."""
    published = {
        pk: (landmark, first or pk)
        for pk, landmark, first in LandmarkImage.objects.published().values_list(
            "pk", "landmark", "near_duplicate_of"
        )
    }
    rows = {}
    for position, pk in enumerate(image_ids.tolist()):
        if pk in published:
            rows.setdefault(published[pk], (position, *published[pk]))
    return list(rows.values())


def _is_enough(confusion: Confusion) -> bool:
    count = confusion.confusions
    return count >= ENOUGH or (count > 0 and count >= ENOUGH_SHARE * confusion.photos)


def _words(said: LookAlike | None) -> dict[str, object]:
    if said is None:
        return {}
    return {name: getattr(said, name) for name in ("detail_vi", "detail_en", "dismissed")}
