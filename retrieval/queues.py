"""What waits for curators: each queue's rows, since when they wait, where they are handled and by whom.

The desk's navigation and its first page count them together, in one query.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.core.cache import cache
from django.db import models
from django.db.models import Count, Min, Value
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from places import near_duplicates
from places.models import LandmarkImage, TakedownRequest

from .coverage import WANTED
from .models import Correction, Offer, PlaceCoverage, PlaceGuess

KEPT = 20  # seconds: a page more or less old, and the table of photos is not counted for each


@dataclass(frozen=True)
class Queue:
    """One kind of work. since: the column that tells from when a row waits; empty where nothing does."""

    name: str
    label: str
    icon: str
    rows: Callable[[], models.QuerySet]
    since: str
    page: str
    permission: str
    asked: str = ""

    @property
    def address(self) -> str:
        return reverse(f"admin:{self.page}") + self.asked


@dataclass(frozen=True)
class Waiting:
    """How much waits in a queue, and since when."""

    queue: Queue
    count: int
    oldest: datetime | None


def _short_of_photos() -> models.QuerySet:
    return PlaceCoverage.objects.of_standing().filter(published__lt=WANTED.photos)


QUEUES = (
    Queue(
        "photos", _("Photos to review"), "photo_library",
        lambda: LandmarkImage.objects.waiting(), "added_at",
        "places_desk", "places.view_landmarkimage", "?state=candidate",
    ),
    Queue(
        "contributions", _("Contributions of visitors"), "volunteer_activism",
        lambda: LandmarkImage.objects.waiting().filter(contribution__isnull=False), "added_at",
        "places_desk", "places.view_landmarkimage", "?state=candidate&only=visitors",
    ),
    Queue(
        "takedowns", _("Takedown requests"), "gavel",
        lambda: TakedownRequest.objects.open(), "at",
        "places_takedownrequest_changelist", "places.view_takedownrequest", "?state__exact=open",
    ),
    Queue(
        "corrections", _("Corrected answers"), "rule",
        lambda: Correction.objects.filter(handled_at=None), "at",
        "retrieval_correction_changelist", "retrieval.view_correction", "?handled=no",
    ),
    Queue(
        "missed", _("Failed and narrow searches"), "search_off",
        lambda: Offer.objects.waiting().that_missed(), "at",
        "retrieval_offer_changelist", "retrieval.view_offer", "?handled=no&why=missed",
    ),
    Queue(
        "offers", _("Photos of corrected searches"), "add_photo_alternate",
        lambda: Offer.objects.waiting().that_tell(), "at",
        "retrieval_offer_changelist", "retrieval.view_offer", "?handled=no&why=tells",
    ),
    Queue(
        "suggested", _("Suggested places"), "pin_drop",
        lambda: PlaceGuess.objects.suggesting(), "image__added_at",
        "retrieval_suggested_places", "places.view_landmarkimage",
    ),
    Queue(
        "wrong_labels", _("Wrong place?"), "wrong_location",
        lambda: PlaceGuess.objects.doubting(), "found_at",
        "retrieval_wrong_labels", "places.view_landmarkimage",
    ),
    Queue(
        "near_duplicates", _("Near-duplicates"), "content_copy",
        near_duplicates.leads, "added_at",
        "retrieval_near_duplicates", "places.view_landmarkimage",
    ),
    Queue(
        "short_of_photos", _("Places that need photos"), "add_location_alt",
        _short_of_photos, "",
        "retrieval_place_coverage", "places.view_landmarkimage",
    ),
)  # fmt: skip


def waiting_for(user: AbstractUser) -> list[Waiting]:
    """The queues that somebody may see, each with what waits in it."""
    counts = cache.get_or_set("queues", count, KEPT)
    return [
        Waiting(queue, *counts.get(queue.name, (0, None)))
        for queue in QUEUES
        if user.has_perm(queue.permission)
    ]


def count() -> dict[str, tuple[int, datetime | None]]:
    """Of each queue that is not empty: how many rows wait, and since when the oldest does. One query."""
    first, *others = map(_counted, QUEUES)
    return {row["queue"]: (row["number"], row["oldest"]) for row in first.union(*others, all=True)}


def _counted(queue: Queue) -> models.QuerySet:
    rows = queue.rows()
    rows = rows.model._default_manager.filter(pk__in=rows.order_by().values("pk")).order_by()
    oldest = Min(queue.since) if queue.since else Value(None, models.DateTimeField())
    return rows.values(queue=Value(queue.name)).annotate(number=Count("pk"), oldest=oldest)
