"""What visitors' searches came to, week by week."""

from __future__ import annotations

from datetime import date, datetime, time

from django.db.models import Case, CharField, Count, DateTimeField, Value, When
from django.db.models.functions import TruncWeek
from django.utils import timezone
from django.utils.translation import gettext as _

from retrieval.models import Query, QueryQuerySet

from .columns import Columns, Series, piled, weeks_until


def of(searches: QueryQuerySet, *, today: date, weeks: int) -> Columns:
    """Each photo that was asked about counts once, in the week in which it was. One query.

    A search whose method is not calibrated has an answer without a verdict.
    """
    mondays = weeks_until(today, number=weeks)
    since = timezone.make_aware(datetime.combine(mondays[0], time()))
    rows = (
        searches.filter(asked_at__gte=since, part_of=None, beside=None, private=False)
        .order_by()
        .values(
            week=TruncWeek("asked_at", output_field=DateTimeField()),
            came_to=Case(
                When(state=Query.State.FAILED, then=Value("failed")),
                When(state=Query.State.ANSWERED, verdict="", then=Value("answered")),
                When(state=Query.State.ANSWERED, then="verdict"),
                default=Value("unfinished"),
                output_field=CharField(),
            ),
        )
        .annotate(number=Count("pk"))
    )
    counts = {(timezone.localtime(row["week"]).date(), row["came_to"]): row["number"] for row in rows}
    kinds = {
        Query.Verdict.IS: _("One place"),
        Query.Verdict.ONE_OF: _("One of several"),
        Query.Verdict.UNKNOWN: _("Not in our catalogue"),
        "answered": _("Answered, not judged"),
        "failed": _("Failed"),
        "unfinished": _("Not finished"),
    }
    series = [
        Series(str(kind), label, tuple(counts.get((monday, kind), 0) for monday in mondays))
        for kind, label in kinds.items()
    ]
    return piled(mondays, series)
