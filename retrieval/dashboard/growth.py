"""How the catalogue grows: published photos, and places that have one, at the end of each week."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, DateTimeField, Min
from django.db.models.functions import TruncWeek
from django.utils import timezone
from django.utils.translation import gettext as _

from places.models import LandmarkImageQuerySet

from .columns import Columns, Series, piled, weeks_until

RECENT = 4  # weeks


@dataclass(frozen=True)
class OfAPlace:
    """How many photos a place has, and since when it has one."""

    photos: int
    first: datetime


def by_place(published: LandmarkImageQuerySet) -> dict[int, OfAPlace]:
    """By the ids of those places that have a photo. One query, which looks at every photo once."""
    rows = published.order_by().values("landmark").annotate(number=Count("pk"), first=Min("added_at"))
    return {row["landmark"]: OfAPlace(row["number"], row["first"]) for row in rows}


@dataclass(frozen=True)
class Growth:
    photos: Columns
    places: Columns

    @property
    def has_any(self) -> bool:
        return self.photos.top > 0


def of(published: LandmarkImageQuerySet, *, by_place: Iterable[OfAPlace], today: date, weeks: int) -> Growth:
    """By when the photos that are published now were added. One query."""
    mondays = weeks_until(today, number=weeks)
    by_week = published.order_by().values(week=TruncWeek("added_at", output_field=DateTimeField()))
    photos = Counter({_day(row["week"]): row["number"] for row in by_week.annotate(number=Count("pk"))})
    places = Counter(weeks_until(_day(place.first), number=1)[0] for place in by_place)
    return Growth(
        piled(mondays, [Series("photos", _("Photos"), _sums(photos, mondays))]),
        piled(mondays, [Series("places", _("Places with a photo"), _sums(places, mondays))]),
    )


def gained(columns: Columns, *, weeks: int = RECENT) -> int:
    """How many more there are than so many weeks ago."""
    totals = [column.total for column in columns.columns]
    return totals[-1] - totals[-1 - weeks] if len(totals) > weeks else 0


def _sums(counts: Counter[date], mondays: Sequence[date]) -> tuple[int, ...]:
    """How many there were at the end of each week, those from before the first of them included."""
    return tuple(sum(count for week, count in counts.items() if week <= monday) for monday in mondays)


def _day(moment) -> date:
    return timezone.localtime(moment).date()
