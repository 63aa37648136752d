"""One search, from a photo to the rows of its answer; retrieval.answering says in which stages."""

from __future__ import annotations

import time

from django.db import transaction
from django.utils import timezone

from retrieval import answering
from retrieval.answering import Answer
from retrieval.methods.base import Box
from retrieval.methods.preprocessing import UnreadableImage, decode
from retrieval.ranking.alignment import pack

from . import index, serving
from .models import Hit, Query, RankedPlace

PLACES_KEPT = 20


def answer(query: Query) -> None:
    """Find what a query asks for and store it: its ranked places, its hits, the seconds each stage took.

    May run twice; the second answer takes the place of the first.
    """
    approach = serving.approach(query.method, verifier=query.verifier)
    clock = _Clock(query)
    clock.starts(Query.Stage.DESCRIBING)
    try:
        with query.photo.open() as file:
            pixels = decode(file.read())
        loaded = approach.load()
        descriptions = loaded.describe(pixels, box=box_of(query))
    except (UnreadableImage, FileNotFoundError):
        fail(query, reason=Query.Reason.UNREADABLE)
        return
    calibrated = serving.calibrated(approach)
    found = answering.answer(
        descriptions,
        approach=loaded,
        catalogue=index.Published(
            {describer.name: describer for describer in approach.describers},
            province=query.province,
            category=query.category,
        ),
        curve=calibrated.curve if calibrated else None,
        k=query.k,
        box=query.box_share,
        tell=clock.starts,
    )
    if not found.ranked and not any(index.described_by(method).exists() for method in approach.methods):
        fail(query, reason=Query.Reason.NOTHING_DESCRIBED)
        return
    _store(query, found, version=approach.checkpoint.name, seconds=clock.stops())


def box_of(query: Query) -> Box | None:
    """The query's box, in pixels of its stored photo."""
    return Box(query.left, query.top, query.right, query.bottom) if query.has_box else None


def fail(query: Query, *, reason: str) -> None:
    """End a search without an answer, and say why."""
    query.state, query.reason, query.answered_at = Query.State.FAILED, reason, timezone.now()
    query.save(update_fields=["state", "reason", "answered_at"])


class _Clock:
    """How far a search is, for its visitor to see, and how long each stage took."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._stage, self._since = "", 0.0
        self._seconds: dict[str, float] = {}

    def starts(self, stage: str) -> None:
        self.stops()
        self._stage, self._since = str(stage), time.perf_counter()
        # Seen by the visitor at once, so not inside the transaction that stores the answer.
        Query.objects.filter(pk=self._query.pk).update(stage=stage)

    def stops(self) -> dict[str, float]:
        if self._stage:
            self._seconds[self._stage] = round(time.perf_counter() - self._since, 3)
        return self._seconds


@transaction.atomic
def _store(query: Query, found: Answer, *, version: str, seconds: dict[str, float]) -> None:
    query = Query.objects.select_for_update().get(pk=query.pk)
    query.hits.all().delete()
    query.places.all().delete()
    Hit.objects.bulk_create(
        Hit(
            query=query,
            image_id=image.id,
            rank=rank,
            similarity=image.similarity,
            inliers=image.inliers,
            matches=pack(image.verification) if image.verification and image.credible_inliers else b"",
        )
        for rank, image in enumerate(found.ranked[: query.k])
    )
    RankedPlace.objects.bulk_create(
        RankedPlace(
            query=query,
            landmark_id=place.landmark,
            rank=rank,
            share=place.score,
            probability=place.probability,
            named_by=list(place.named_by),
            votes=place.votes,
            best_similarity=place.best_similarity,
            best_inliers=place.best_inliers,
        )
        for rank, place in enumerate(found.places[:PLACES_KEPT])
    )
    query.version, query.seconds = version, seconds
    query.verdict, query.known = found.verdict, found.known
    query.state, query.stage, query.answered_at = Query.State.ANSWERED, "", timezone.now()
    query.save(update_fields=["version", "seconds", "verdict", "known", "state", "stage", "answered_at"])
