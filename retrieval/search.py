"""One search, from a photo to the rows of its answer; retrieval.answering says in which stages."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from retrieval import answering
from retrieval.answering import Answer
from retrieval.answering.approaches import Approach, Loaded
from retrieval.methods.base import Box, Description
from retrieval.methods.preprocessing import UnreadableImage, decode
from retrieval.ranking.alignment import pack
from retrieval.ranking.confidence import IS, Curve
from retrieval.ranking.hints import Code, Hint, answer_hints, in_order, photo_hints
from retrieval.ranking.voting import PlaceVote, combine

from . import announcing, index, serving, webhooks
from .limits import landmarks_within
from .models import Hit, Query, RankedPlace

PLACES_KEPT = 20
WAITING = "waiting"  # beside the stages, in a query's seconds


def answer(query: Query) -> None:
    """Find what a query asks for and store it: its ranked places, its hits, the seconds each stage took.

    Further views are answered first, each by itself; then the places are those of all photos together.
    May run twice; the second answer takes the place of the first.
    """
    waited = max(0.0, (timezone.now() - query.asked_at).total_seconds())
    approach = serving.approach(query.method, verifier=query.verifier)
    calibrated = serving.calibrated(approach)
    further = list(query.views.unanswered())
    for view in further:
        Query.objects.filter(pk=query.pk).update(stage=Query.Stage.DESCRIBING)
        _answer_alone(view, approach=approach, curve=calibrated.curve if calibrated else None, waited=waited)
    _answer_alone(query, approach=approach, curve=calibrated.curve if calibrated else None, waited=waited)


def _answer_alone(query: Query, *, approach: Approach, curve: Curve | None, waited: float) -> None:
    """Answer one photo; where it has views that are answered, its places are those of all. waited: seconds."""
    clock = _Clock(query, waited=waited)
    clock.starts(Query.Stage.DESCRIBING)
    try:
        with query.photo.open() as file:
            pixels = decode(file.read())
        loaded = approach.load()
        descriptions = loaded.describe(pixels, box=box_of(query))
    except (UnreadableImage, FileNotFoundError):
        fail(query, reason=Query.Reason.UNREADABLE)
        return
    catalogue = index.Published(
        {describer.name: describer for describer in approach.describers},
        province=query.province,
        category=query.category,
        without=query.from_image.group if query.from_image else None,
        landmarks=_landmarks_of(query),
    )
    version = index.catalogue_version()  # before looking: what changes meanwhile is of the next one
    found = answering.answer(
        descriptions,
        approach=loaded,
        catalogue=catalogue,
        curve=curve,
        k=query.k,
        box=query.box_share,
        tell=clock.starts,
    )
    if not found.ranked and not any(index.described_by(method).exists() for method in approach.methods):
        fail(query, reason=Query.Reason.NOTHING_DESCRIBED)
        return
    found = _with_views(found, query, curve=curve, catalogue=catalogue, loaded=loaded)
    hints = [] if found.verdict == IS else hints_for(query, pixels, descriptions, found, approach=approach)
    _store(
        query,
        found,
        hints=hints,
        version=approach.checkpoint.name,
        catalogue=version,
        seconds=clock.stops(),
    )


def _landmarks_of(query: Query) -> frozenset[int] | None:
    """The landmarks that its words and where it looks limit it to; None where nothing does."""
    within = landmarks_within(words=query.words, bbox=query.bbox, near=query.near)
    return None if within is None else frozenset(within.values_list("pk", flat=True))


def hints_for(
    query: Query,
    pixels: np.ndarray,
    descriptions: Mapping[str, Description],
    found: Answer,
    *,
    approach: Approach,
) -> list[dict]:
    """What may be wrong with a photo, its box or the catalogue, as a row keeps it: {"code", "box" in fractions or None}."""
    height, width = pixels.shape[:2]
    box = box_of(query)
    local = descriptions["delf"].local if "delf" in descriptions else None
    evidence = [
        (label.landmark, image.verification)
        for image in found.ranked
        if image.verification and (label := found.labels.get(image.id)) and label.landmark is not None
    ]
    said = photo_hints(pixels, box=box, local=local)
    said += answer_hints(evidence, size=(width, height), box=box)
    if not index.is_whole(approach.methods):
        said.append(Hint(Code.CATALOGUE_INCOMPLETE))
    return [{"code": str(hint.code), "box": _fractions(hint.box, width, height)} for hint in in_order(said)]


def _fractions(box: Box | None, width: int, height: int) -> list[float] | None:
    if box is None:
        return None
    sides = zip((box.left, box.top, box.right, box.bottom), (width, height) * 2, strict=True)
    return [round(pixel / side, 5) for pixel, side in sides]


def _with_views(
    found: Answer, query: Query, *, curve: Curve | None, catalogue: index.Published, loaded: Loaded
) -> Answer:
    """The answer with the places of all the query's photos."""
    views = [
        [_vote_of(place) for place in view.weighed_places()]
        for view in query.views.filter(state=Query.State.ANSWERED).with_own_answer()
    ]
    if not views:
        return found
    places = combine([found.places, *views])
    if curve is None or any(place.probability is None for place in places):
        return replace(found, places=places, known=None, verdict="")
    known, verdict = answering.judge(places, curve=curve, catalogue=catalogue, verifier=loaded.verifier)
    return replace(found, places=places, known=known, verdict=verdict)


def _vote_of(place: RankedPlace) -> PlaceVote:
    return PlaceVote(
        landmark=place.landmark_id,
        score=place.share,
        votes=place.votes,
        best_similarity=place.best_similarity,
        best_inliers=place.best_inliers,
        best_image=place.hit.image_id if place.hit else -1,  # withdrawn since, or past the k kept
        named_by=tuple(place.named_by),
        probability=place.probability,
    )


def box_of(query: Query) -> Box | None:
    """The query's box, in pixels of its stored photo."""
    return Box(query.left, query.top, query.right, query.bottom) if query.has_box else None


@transaction.atomic
def fail(query: Query, *, reason: str) -> None:
    """End a search without an answer, and say why; its views that still wait end with it."""
    query.state, query.reason, query.answered_at = Query.State.FAILED, reason, timezone.now()
    ended = {"state": query.state, "reason": reason, "answered_at": query.answered_at}
    Query.objects.filter(pk=query.pk).update(**ended)  # no row where its visitor deleted it meanwhile
    query.views.unanswered().update(**ended)
    _tell_that_done(query)


def put_back(query: Query) -> None:
    """Let a search wait again that a store kept from being answered: no attempt is counted, and a sweep sends it soon."""
    Query.objects.unanswered().filter(pk=query.pk).update(
        state=Query.State.WAITING, stage="", attempts=F("attempts") - 1, queued_at=None
    )


def _tell_that_done(query: Query) -> None:
    """Let those know who wait for it, once it is committed."""
    webhooks.make_due(query=query)
    announcing.announce(query.announced_as)


class _Clock:
    """How far a search is, for its visitor to see, and how long each stage took."""

    def __init__(self, query: Query, *, waited: float) -> None:
        self._query = query
        self._stage, self._since = "", 0.0
        self._seconds: dict[str, float] = {WAITING: round(waited, 4)}

    def starts(self, stage: str) -> None:
        self.stops()
        self._stage, self._since = str(stage), time.perf_counter()
        # Seen by the visitor at once, so not inside the transaction that stores the answer.
        Query.objects.filter(pk=self._query.pk).update(stage=stage)

    def stops(self) -> dict[str, float]:
        if self._stage:
            self._seconds[self._stage] = round(time.perf_counter() - self._since, 4)
        return self._seconds


@transaction.atomic
def _store(
    query: Query,
    found: Answer,
    *,
    hints: list[dict],
    version: str,
    catalogue: str,
    seconds: dict[str, float],
) -> None:
    query = Query.objects.select_for_update().filter(pk=query.pk).first()
    if query is None:  # its visitor deleted it meanwhile
        return
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
    query.version, query.seconds, query.found = version, seconds, min(len(found.ranked), query.k)
    query.catalogue = catalogue
    query.verdict, query.known, query.hints = found.verdict, found.known, hints
    query.state, query.stage, query.answered_at = Query.State.ANSWERED, "", timezone.now()
    query.save(
        update_fields=[
            "version",
            "catalogue",
            "seconds",
            "found",
            "verdict",
            "known",
            "hints",
            "state",
            "stage",
            "answered_at",
        ]
    )
    _tell_that_done(query)
