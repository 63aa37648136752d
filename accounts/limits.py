"""How much may be asked: counted in PostgreSQL, each time in one statement, so that all processes share one count.

The minute's limit is a generic cell rate (GCRA): what was used comes back bit by bit, so there is no edge at which
two minutes' worth go through at once. The day's is a count that begins anew at midnight in TIME_ZONE.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Literal

from django.conf import settings
from django.db import connections, models, router
from django.utils import timezone

from .models import Allowance, ApiKey

MINUTE = 60  # seconds
DAY = 24 * 3600
KEPT = timedelta(days=2)  # a row says nothing any more once its day is over


class Act(models.TextChoices):
    """What is limited, each by itself."""

    SEARCH = "search"  # dear: a network runs for each photo
    READ = "read"  # cheap: any other request of the API
    PAGE = "page"  # a page of the site


@dataclass(frozen=True)
class Limit:
    """How often one may do a thing; None is as often as one likes."""

    act: Act
    per_minute: int | None
    per_day: int | None

    @property
    def is_none(self) -> bool:
        return self.per_minute is None and self.per_day is None


@dataclass(frozen=True)
class Counted:
    """What came of asking: whether it fits, and what is left. Times are in seconds from now."""

    limit: Limit
    fits: bool
    minute_left: int
    minute_full_in: int  # until the whole minute's allowance is there again
    day_left: int
    day_ends_in: int
    too_much_for: Literal["", "minute", "day"]
    wait: int  # until the same would fit; 0 where it did

    @property
    def exceeded(self) -> int:
        """How much the limit that was exceeded allows."""
        allowed = {"": 0, "minute": self.limit.per_minute, "day": self.limit.per_day}
        return allowed[self.too_much_for] or 0


def of_key(key: ApiKey, act: Act) -> Limit:
    """What holds for a key: its own numbers, or those for all keys."""
    if act is Act.SEARCH:
        own, all_keys = (key.searches_per_minute, key.searches_per_day), settings.KEY_SEARCHES
    else:
        own, all_keys = (key.reads_per_minute, key.reads_per_day), settings.KEY_READS
    minute, day = (mine or everybodys or None for mine, everybodys in zip(own, all_keys, strict=True))
    return Limit(act, minute, day)


def of_visitor(act: Act) -> Limit:
    """What holds for one who comes without a key: by account, or by network address."""
    minute, day = {
        Act.SEARCH: settings.VISITOR_SEARCHES,
        Act.READ: settings.VISITOR_READS,
        Act.PAGE: settings.VISITOR_PAGES,
    }[act]
    return Limit(act, minute or None, day or None)


# `held` is the row as it was, `excluded` the one that would be new. What asks for more than a whole minute's
# allowance is let in when all of it is there, and all that follows waits for it. A cost of nothing only looks.
COUNT = """
INSERT INTO accounts_allowance AS held (holder, act, counted_at, free_at, day, used, fits)
SELECT %(holder)s, %(act)s, at, CASE WHEN %(first_fits)s THEN at + %(charge)s ELSE at END,
       (at AT TIME ZONE %(zone)s)::date, CASE WHEN %(first_fits)s THEN %(cost)s ELSE 0 END, %(first_fits)s
FROM (SELECT clock_timestamp() AS at) AS moment
ON CONFLICT (holder, act) DO UPDATE SET (counted_at, free_at, day, used, fits) = (
    SELECT excluded.counted_at,
           CASE WHEN within.limits THEN before.free_at + %(charge)s ELSE before.free_at END,
           before.day,
           CASE WHEN within.limits THEN before.used + %(cost)s ELSE before.used END,
           within.limits
    FROM (
        SELECT greatest(held.free_at, excluded.counted_at) AS free_at,
               greatest(held.day, excluded.day) AS day,
               CASE WHEN held.day >= excluded.day THEN held.used ELSE 0 END AS used
    ) AS before
    CROSS JOIN LATERAL (
        SELECT before.free_at + %(needed)s <= excluded.counted_at + %(minute)s
               AND (%(per_day)s::bigint IS NULL OR before.used + greatest(%(cost)s, 1) <= %(per_day)s::bigint) AS limits
    ) AS within
)
RETURNING counted_at, free_at, used, fits
"""


def count(holder: str, limit: Limit, *, cost: int = 1) -> Counted | None:
    """Take so much from what is left to one who asks, or nothing where it does not fit; None where there is no limit.

    A cost of 0 takes nothing and says whether 1 would fit.
    """
    if limit.is_none:
        return None
    # Rounded down: rounded up, the last one of a minute's would not fit.
    step = timedelta(microseconds=MINUTE * 10**6 // limit.per_minute) if limit.per_minute else timedelta()
    needed = step * min(max(cost, 1), limit.per_minute or 0)
    with connections[router.db_for_write(Allowance)].cursor() as cursor:
        cursor.execute(
            COUNT,
            {
                "holder": holder,
                "act": limit.act.value,
                "cost": cost,
                "charge": step * cost,
                "needed": needed,
                "minute": timedelta(seconds=MINUTE),
                "per_day": limit.per_day,
                "first_fits": limit.per_day is None or max(cost, 1) <= limit.per_day,
                "zone": settings.TIME_ZONE,
            },
        )
        counted_at, free_at, used, fits = cursor.fetchone()
    return _counted(
        limit, cost=cost, step=step, needed=needed, at=counted_at, free_at=free_at, used=used, fits=fits
    )


def _counted(
    limit: Limit,
    *,
    cost: int,
    step: timedelta,
    needed: timedelta,
    at: datetime,
    free_at: datetime,
    used: int,
    fits: bool,
) -> Counted:
    busy, minute = max(free_at - at, timedelta()), timedelta(seconds=MINUTE)
    minute_left = min(max((minute - busy) // step, 0), limit.per_minute or 0) if step else 0
    day_left = max((limit.per_day or 0) - used, 0)
    day_ends_in = ceil((_midnight_after(at) - at).total_seconds())
    too_much_for: Literal["", "minute", "day"] = ""
    wait = 0
    if not fits and limit.per_day is not None and day_left < max(cost, 1):
        too_much_for, wait = "day", day_ends_in
    elif not fits:
        too_much_for, wait = "minute", max(ceil((busy + needed - minute).total_seconds()), 1)
    full_in = ceil(busy.total_seconds())
    return Counted(limit, fits, minute_left, full_in, day_left, day_ends_in, too_much_for, wait)


def _midnight_after(moment: datetime) -> datetime:
    here = timezone.localtime(moment, timezone.get_default_timezone())
    return (here + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def used_today(holders: Iterable[str], act: Act) -> dict[str, int]:
    """How much of the day's limit each has used, by holder. One query, where it is counted: no replica has it."""
    rows = Allowance.objects.using(router.db_for_write(Allowance)).filter(
        holder__in=list(holders), act=act, day=timezone.localdate()
    )
    return dict(rows.values_list("holder", "used"))


def forget_old() -> int:
    """Delete the counts that say nothing any more; returns how many."""
    old = Allowance.objects.using(router.db_for_write(Allowance))
    return old.filter(counted_at__lt=timezone.now() - KEPT).delete()[0]
