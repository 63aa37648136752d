"""How the platform does at the moment, worked out from the rows: for a page of visitors, and for who watches it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import quantiles

from django.db.models import Aggregate, Count, F, FloatField, Min, Q
from django.db.models.functions import Extract, TruncHour
from django.utils import timezone

from places.models import Landmark, LandmarkImage

from . import indexing
from .models import Query, QueryQuerySet, WorkerPulse
from .models.workers import ANSWERING, REST

LATELY = timedelta(minutes=15)
SEEN_AT_MOST = 5_000  # searches of that time that are looked at, the latest
SLOW = timedelta(seconds=60)  # a search that waits longer than this waits long
HOURS = 24
QUANTILES = {"0.5": 49, "0.95": 94, "0.99": 98}  # of hundredths


class Median(Aggregate):
    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


# From asking to answering, as a visitor waits.
WAITED = Extract(F("answered_at") - F("asked_at"), "epoch", output_field=FloatField())


@dataclass(frozen=True)
class Hour:
    """One hour's searches. median: seconds; None where none was answered."""

    at: datetime
    answered: int
    failed: int
    median: float | None


@dataclass(frozen=True)
class Times:
    """How many searches were answered, and half of them within how many seconds; None where none was."""

    answered: int
    median: float | None


@dataclass(frozen=True)
class Service:
    """Something that workers do. since: when the last of them was seen, where none lives; None where nobody knows."""

    works: bool
    since: datetime | None


@dataclass(frozen=True)
class State:
    """What visitors are told."""

    at: datetime
    searching: Service
    upkeep: Service
    waiting: int
    oldest: datetime | None
    hour: Times
    day: Times
    hours: tuple[Hour, ...]  # the oldest first, without gaps
    landmarks: int
    photos: int
    to_describe: int

    @property
    def is_slow(self) -> bool:
        return self.oldest is not None and self.at - self.oldest > SLOW


@dataclass(frozen=True)
class Figures:
    """What is measured. seconds: by method, stage and quantile; outcomes: by method and what came of it."""

    waiting: int
    oldest_seconds: float
    outcomes: dict[tuple[str, str], int]
    seconds: dict[tuple[str, str, str], float]
    missing: dict[str, int]
    workers: dict[str, int]
    landmarks: int
    photos: int


def state() -> State:
    """How the platform does, for everybody. A handful of queries."""
    now = timezone.now()
    waiting, oldest = _unanswered()
    landmarks, photos = _catalogue()
    return State(
        at=now,
        searching=_service(ANSWERING),
        upkeep=_service(REST),
        waiting=waiting,
        oldest=oldest,
        hour=_times(since=now - timedelta(hours=1)),
        day=_times(since=now - timedelta(days=1)),
        hours=_hours(now),
        landmarks=landmarks,
        photos=photos,
        to_describe=indexing.missing_by_any().count(),
    )


def figures() -> Figures:
    """What Prometheus is told of the rows."""
    waiting, oldest = _unanswered()
    landmarks, photos = _catalogue()
    outcomes: Counter[tuple[str, str]] = Counter()
    taken: dict[tuple[str, str], list[float]] = {}
    lately = _asked_since(timezone.now() - LATELY).order_by("-asked_at")
    for query in lately.only("method", "state", "verdict", "seconds", "asked_at", "answered_at")[
        :SEEN_AT_MOST
    ]:
        outcomes[query.method, query.verdict or query.state] += 1
        if query.state == Query.State.ANSWERED and query.answered_at:
            total = (query.answered_at - query.asked_at).total_seconds()
            for stage, seconds in {**query.seconds, "total": total}.items():
                taken.setdefault((query.method, stage), []).append(seconds)
    return Figures(
        waiting=waiting,
        oldest_seconds=max((timezone.now() - oldest).total_seconds(), 0.0) if oldest else 0.0,
        outcomes=dict(outcomes),
        seconds={
            (method, stage, name): value
            for (method, stage), seconds in taken.items()
            for name, value in _quantiles(seconds).items()
        },
        missing={each.method.name: each.missing for each in indexing.coverage()},
        workers={queue: WorkerPulse.alive(queue=queue).count() for queue in (ANSWERING, REST)},
        landmarks=landmarks,
        photos=photos,
    )


def _quantiles(seconds: list[float]) -> dict[str, float]:
    hundredths = quantiles(seconds, n=100, method="inclusive") if len(seconds) > 1 else seconds * 99
    return {name: hundredths[at] for name, at in QUANTILES.items()}


def _asked_since(moment: datetime) -> QueryQuerySet:
    """The searches of visitors, each as often as an answer was waited for; a batch's stand behind those."""
    return Query.objects.filter(part_of=None, batch_photo=None, asked_at__gte=moment)


def _unanswered() -> tuple[int, datetime | None]:
    """How many searches wait or are being answered, and since when the first does."""
    searches = Query.objects.unanswered().filter(part_of=None, batch_photo=None)
    found = searches.aggregate(count=Count("pk"), oldest=Min("asked_at"))
    return found["count"], found["oldest"]


def _times(*, since: datetime) -> Times:
    answered = _asked_since(since).filter(state=Query.State.ANSWERED)
    found = answered.aggregate(count=Count("pk"), median=Median(WAITED))
    return Times(found["count"], found["median"])


def _hours(now: datetime) -> tuple[Hour, ...]:
    this = timezone.localtime(now).replace(minute=0, second=0, microsecond=0)
    moments = [this - timedelta(hours=back) for back in range(HOURS - 1, -1, -1)]
    ended = Q(state=Query.State.ANSWERED)
    rows = (
        _asked_since(moments[0])
        .order_by()
        .values(hour=TruncHour("asked_at"))
        .annotate(
            answered=Count("pk", filter=ended),
            failed=Count("pk", filter=Q(state=Query.State.FAILED)),
            median=Median(WAITED, filter=ended),
        )
    )
    found = {row["hour"]: row for row in rows}
    nothing = {"answered": 0, "failed": 0, "median": None}
    return tuple(
        Hour(moment, row["answered"], row["failed"], row["median"])
        for moment in moments
        for row in [found.get(moment, nothing)]
    )


def _service(queue: str) -> Service:
    works = WorkerPulse.any_alive(queue=queue)
    return Service(works, None if works else WorkerPulse.last_seen(queue=queue))


def _catalogue() -> tuple[int, int]:
    published = LandmarkImage.objects.published()
    return Landmark.objects.standing().filter(pk__in=published.values("landmark")).count(), published.count()
