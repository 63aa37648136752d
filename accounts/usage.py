"""What keys are used for: a row for each day and kind of request, none for each request."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import DatabaseError, InterfaceError, connections, router
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from .models import ApiKey, KeyUsage

DAYS = 30
REFUSALS = {401, 403, 429}  # statuses
OTHER = "other"
NOTED_EVERY = timedelta(minutes=1)  # how exactly it is known when a key was used last

KEEP = """
INSERT INTO accounts_keyusage AS kept (key_id, day, kind, requests, refusals) VALUES (%s, %s, %s, 1, %s)
ON CONFLICT (key_id, day, kind) DO UPDATE
SET requests = kept.requests + 1, refusals = kept.refusals + excluded.refusals
"""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Series:
    """One kind of request and how many there were on each day."""

    kind: str
    label: str
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Usage:
    """The last days, the present one last."""

    days: tuple[date, ...]
    series: tuple[Series, ...]
    requests: int
    refusals: int


def keep(key: ApiKey, *, kind: str, refused: bool) -> None:
    """Count a request of a key's. One that cannot be counted is no reason to keep back its answer."""
    now = timezone.now()
    try:
        with connections[router.db_for_write(KeyUsage)].cursor() as cursor:
            cursor.execute(KEEP, [key.pk, timezone.localdate(now), kind or OTHER, int(refused)])
        if key.last_used_at is None or key.last_used_at < now - NOTED_EVERY:
            ApiKey.objects.filter(pk=key.pk).filter(
                Q(last_used_at=None) | Q(last_used_at__lt=now - NOTED_EVERY)
            ).update(last_used_at=now)
    except (DatabaseError, InterfaceError) as error:
        logger.warning("the use of key %s was not counted: %s", key.pk, error)


def of(keys: Iterable[ApiKey], *, today: date | None = None) -> dict[int, Usage]:
    """The use of each key in the last days, by its id. One query."""
    today = today or timezone.localdate()
    days = tuple(today - timedelta(days=back) for back in range(DAYS - 1, -1, -1))
    pks = [key.pk for key in keys]
    counts: dict[int, dict[tuple[date, str], tuple[int, int]]] = {pk: {} for pk in pks}
    rows = KeyUsage.objects.filter(key__in=pks, day__gte=days[0])
    for pk, day, kind, requests, refusals in rows.values_list("key", "day", "kind", "requests", "refusals"):
        counts[pk][day, kind] = (requests, refusals)
    return {pk: _usage(days, counted) for pk, counted in counts.items()}


def of_all(*, today: date | None = None) -> Usage:
    """The use of all keys together in the last days. One query."""
    today = today or timezone.localdate()
    days = tuple(today - timedelta(days=back) for back in range(DAYS - 1, -1, -1))
    rows = (
        KeyUsage.objects.filter(day__gte=days[0])
        .order_by()
        .values("day", "kind")
        .annotate(asked=Sum("requests"), refused=Sum("refusals"))
    )
    return _usage(days, {(row["day"], row["kind"]): (row["asked"], row["refused"]) for row in rows})


def _usage(days: tuple[date, ...], counts: dict[tuple[date, str], tuple[int, int]]) -> Usage:
    """A refusal is drawn as one, whatever was asked for; a kind that nobody asked for is left out."""
    nothing = (0, 0)
    kinds = {
        ApiKey.Scope.SEARCH.value: _("Searches"),
        ApiKey.Scope.CATALOGUE.value: _("Catalogue"),
        ApiKey.Scope.CONTRIBUTE.value: _("Offered photos"),
        ApiKey.Scope.EXPORT.value: _("Downloads"),
        OTHER: _("Other"),
    }
    answered = {
        kind: tuple(asked - refused for day in days for asked, refused in [counts.get((day, kind), nothing)])
        for kind in kinds
    }
    refused = tuple(sum(counts.get((day, kind), nothing)[1] for kind in kinds) for day in days)
    series = [Series(kind, label, answered[kind]) for kind, label in kinds.items() if any(answered[kind])]
    if any(refused):
        series.append(Series("refused", _("Refused"), refused))
    return Usage(
        days, tuple(series), requests=sum(sum(each.counts) for each in series), refusals=sum(refused)
    )


def forget(*, before: date) -> int:
    """Delete what is older; returns how many rows."""
    return KeyUsage.objects.filter(day__lt=before).delete()[0]
