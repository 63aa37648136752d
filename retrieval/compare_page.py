"""What the page of all methods shows: each one's answer to the same photo, and how far they agree."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from places.models import Landmark

from . import answer_page
from .forms import offered_methods
from .models import Hit, Query, RankedPlace

PLACES_SHOWN = 4


@dataclass(frozen=True)
class Column:
    """One method's answer to the photo, or how far it has come."""

    query: Query
    label: str
    sentence: str
    best: RankedPlace | None
    hit: Hit | None  # the photo found that stands highest
    further: list[RankedPlace]
    seconds: float


@dataclass(frozen=True)
class Compared:
    columns: list[Column]
    agreement: str
    missing: int  # methods that were not asked
    is_running: bool
    token: str  # another once anything on the page has changed


def compared(root: Query) -> Compared:
    """The answers of the searches that stand beside one, in the order of the picker."""
    order = [method.name for method in offered_methods()]
    queries = sorted(
        Query.objects.filter(Q(pk=root.pk) | Q(beside=root)).with_answer(),
        key=lambda query: order.index(query.method) if query.method in order else len(order),
    )
    columns = [_column(query) for query in queries]
    return Compared(
        columns,
        agreement=_agreement(columns),
        missing=len(set(order) - {query.method for query in queries}),
        is_running=any(not query.is_done for query in queries),
        token="-".join(f"{query.state}{query.stage}" for query in queries),
    )


def _column(query: Query) -> Column:
    places = query.weighed_places()
    if query.state == Query.State.ANSWERED:
        sentence = answer_page.sentence(query, places)
    elif query.state == Query.State.FAILED:
        sentence = query.get_reason_display()
    else:
        sentence = query.get_stage_display() or query.get_state_display()
    best = places[0] if places else None
    for place in places:
        place.words = answer_page.likelihood(place.probability) if place.probability is not None else ""
    return Column(
        query,
        answer_page.label_of(query.method),
        sentence,
        best,
        hit=best.hit if best else None,
        further=places[1:PLACES_SHOWN],
        seconds=query.seconds_at_work,
    )


def _agreement(columns: list[Column]) -> str:
    """How many methods say the same, in a sentence; empty while fewer than two have answered."""
    answered = [column for column in columns if column.query.state == Query.State.ANSWERED]
    if len(answered) < 2:
        return ""
    said = Counter(_said(column) for column in answered)
    (landmark, number), *others = said.most_common()
    if number == 1 or (others and others[0][1] == number):
        return _("The methods do not agree.")
    place = landmark.name if landmark else ""
    if number == len(answered):
        if not landmark:
            return _("All {total} methods say: not in our catalogue.").format(total=number)
        return _("All {total} methods say {place}.").format(total=number, place=place)
    facts = {"number": number, "total": len(answered), "place": place}
    if not landmark:
        return _("{number} of {total} methods say: not in our catalogue.").format(**facts)
    return _("{number} of {total} methods say {place}.").format(**facts)


def _said(column: Column) -> Landmark | None:
    """The place that a method names first; None where it says that the catalogue lacks it."""
    if column.best is None or column.query.verdict == Query.Verdict.UNKNOWN:
        return None
    return column.best.landmark
