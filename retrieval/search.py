"""One search from photo to places: the only file that orders the stages."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.utils import timezone

from places.models import LandmarkImage
from retrieval.methods.base import Box
from retrieval.methods.preprocessing import UnreadableImage, decode
from retrieval.ranking import Candidate, Ranked, credible_inliers, rerank
from retrieval.ranking.alignment import pack
from retrieval.ranking.voting import PlaceVote, vote

from . import index, serving
from .models import Hit, Query, RankedPlace

PLACES_KEPT = 20


def answer(query: Query) -> None:
    """Find what a query asks for and store it: its ranked places, its hits, the seconds each stage took.

    May run twice; the second answer takes the place of the first.
    """
    seconds: dict[str, float] = {}
    try:
        with _stage(query, Query.Stage.DESCRIBING, seconds):
            with query.photo.open() as file:
                pixels = decode(file.read())
            method = serving.load(query.method)
            description = method.describe(pixels, box=box_of(query))
    except (UnreadableImage, FileNotFoundError):
        fail(query, reason=Query.Reason.UNREADABLE)
        return

    with _stage(query, Query.Stage.SEARCHING, seconds):
        neighbours = index.nearest(
            description.vector,
            method=method,
            k=max(method.shortlist, query.k),
            province=query.province,
            category=query.category,
        )
    if not neighbours and not index.described_by(method).exists():
        fail(query, reason=Query.Reason.NOTHING_DESCRIBED)
        return

    with _stage(query, Query.Stage.VERIFYING, seconds):
        shortlist = [n.image_id for n in neighbours[: method.shortlist]] if method.verifies else []
        local = index.local_features(shortlist, method=method)
        ranked = rerank(
            description,
            [Candidate(n.image_id, n.similarity, local.get(n.image_id)) for n in neighbours],
            verify=method.verifies,
        )
        images = LandmarkImage.objects.published().in_bulk([r.id for r in ranked])
        ranked = [r for r in ranked if r.id in images]  # one may have been withdrawn in the meantime
        places = vote(
            ranked,
            landmark_of={pk: image.landmark_id for pk, image in images.items()},
            duplicate_group_of={pk: image.group for pk, image in images.items()},
        )

    _store(query, version=method.checkpoint.name, ranked=ranked, places=places, seconds=seconds)


def box_of(query: Query) -> Box | None:
    """The query's box, in pixels of its stored photo."""
    return Box(query.left, query.top, query.right, query.bottom) if query.has_box else None


def fail(query: Query, *, reason: str) -> None:
    """End a search without an answer, and say why."""
    query.state, query.reason, query.answered_at = Query.State.FAILED, reason, timezone.now()
    query.save(update_fields=["state", "reason", "answered_at"])


@contextmanager
def _stage(query: Query, stage: str, seconds: dict[str, float]) -> Iterator[None]:
    # Seen by the visitor at once, so not inside the transaction that stores the answer.
    Query.objects.filter(pk=query.pk).update(stage=stage)
    start = time.perf_counter()
    yield
    seconds[stage] = round(time.perf_counter() - start, 3)


@transaction.atomic
def _store(
    query: Query, *, version: str, ranked: list[Ranked], places: list[PlaceVote], seconds: dict
) -> None:
    query = Query.objects.select_for_update().get(pk=query.pk)
    query.hits.all().delete()
    query.places.all().delete()
    Hit.objects.bulk_create(
        Hit(
            query=query,
            image_id=r.id,
            rank=rank,
            similarity=r.similarity,
            inliers=r.inliers,
            matches=pack(r.verification) if r.verification and credible_inliers(r) else b"",
        )
        for rank, r in enumerate(ranked[: query.k])
    )
    RankedPlace.objects.bulk_create(
        RankedPlace(
            query=query,
            landmark_id=place.landmark,
            rank=rank,
            share=place.score,
            votes=place.votes,
            best_similarity=place.best_similarity,
            best_inliers=place.best_inliers,
        )
        for rank, place in enumerate(places[:PLACES_KEPT])
    )
    query.version, query.seconds = version, seconds
    query.state, query.stage, query.answered_at = Query.State.ANSWERED, "", timezone.now()
    query.save(update_fields=["version", "seconds", "state", "stage", "answered_at"])
