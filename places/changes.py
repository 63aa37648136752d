"""What is new, other or gone in the catalogue since somebody read it last, so that a copy elsewhere can follow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import models
from django.db.models import Min

from .models import Change, Landmark, LandmarkImage, Province

START = "0"  # the cursor before everything
A_SECOND = timedelta(seconds=1)

Kind, What = Change.Kind, Change.What


class UnknownCursor(Exception):
    """No place in this catalogue's history: it was never given out, or a backup was put back since."""


@dataclass(frozen=True)
class Version:
    """What the catalogue is at a moment: the same `name` is the same catalogue.

    since: from when on it has been so; None while that is too fresh for clocks that count whole seconds.
    """

    name: str
    since: datetime | None


@dataclass(frozen=True)
class Told:
    """What became of one thing. record: the thing as it is now, None if it is gone."""

    kind: str
    key: str
    what: str
    leads_to: str
    at: datetime
    record: models.Model | None


@dataclass(frozen=True)
class Page:
    """Some changes in order, the cursor behind them, and whether there are more already."""

    changes: list[Told]
    cursor: str
    has_more: bool


def version() -> Version | None:
    """The catalogue's version, from one row; None while changes are being written that have no number yet."""
    latest = Change.objects.latest()
    if latest and latest.position is None:
        Change.objects.number()
        latest = Change.objects.latest()
        if latest.position is None:  # where it is read from lags behind where it was written
            return None
    if latest is None:
        return Version(START, None)
    is_settled = datetime.now(UTC) - latest.numbered_at > 2 * A_SECOND
    return Version(_cursor(latest), latest.numbered_at if is_settled else None)


def cursor_at(moment: datetime) -> str:
    """The cursor from which on all is told that was not yet to be seen at a moment."""
    Change.objects.number()
    unseen = Change.objects.filter(numbered_at__gte=moment).aggregate(first=Min("position"))["first"]
    seen = Change.objects.exclude(position=None)
    if unseen is not None:
        seen = seen.filter(position__lt=unseen)
    last = seen.order_by("-position").first()
    return _cursor(last) if last else START


def read(cursor: str, *, most: int, kinds: Iterable[str] = ()) -> Page:
    """The changes after a cursor, each thing once, as it is now. Raises UnknownCursor.

    A thing may be newer than its change; then a later change tells it again.
    """
    position = _position(cursor)
    Change.objects.number()
    rows = list(Change.objects.after(position)[: most + 1])
    page = rows[:most]
    told = [row for row in page if not kinds or row.kind in kinds]
    return Page(_told(told), _cursor(page[-1]) if page else cursor, len(rows) > most)


def _told(rows: list[Change]) -> list[Told]:
    last: dict[tuple[str, str], Change] = {}
    added = set()
    for row in rows:
        thing = (row.kind, row.key)
        last.pop(thing, None)  # it stands where its last change does
        last[thing] = row
        if row.what == What.ADDED:
            added.add(thing)
    records = {kind: _records(kind, [key for of, key in last if of == kind]) for kind in Kind}
    return [_one(row, records[Kind(row.kind)].get(row.key), thing in added) for thing, row in last.items()]


def _one(row: Change, record: models.Model | None, added: bool) -> Told:
    what = row.what
    if record is None and what in {What.ADDED, What.CHANGED}:
        what = What.WITHDRAWN  # since; a later line says how
    elif record is not None and (added or what not in {What.ADDED, What.CHANGED}):
        what = What.ADDED
    leads_to = row.leads_to if record is None else ""
    return Told(row.kind, row.key, what, leads_to, row.at, record)


def _records(kind: Kind, keys: list[str]) -> dict[str, models.Model]:
    """Those of the things that everyone may see now, by key; photos that nobody may pass on are not among them."""
    if not keys:
        return {}
    if kind == Kind.IMAGE:
        images = LandmarkImage.objects.to_pass_on().select_related("landmark").filter(pk__in=map(int, keys))
        return {str(image.pk): image for image in images}
    if kind == Kind.PROVINCE:
        found: models.QuerySet = Province.objects.prefetch_related("former")
    else:
        found = Landmark.objects.standing().with_places().prefetch_related("overlaps_with")
    return {record.slug: record for record in found.filter(slug__in=keys)}


def _cursor(change: Change) -> str:
    """A position with the moment it was given, by which one of another history is known."""
    return f"{change.position}-{_microseconds(change.numbered_at):x}"


def _position(cursor: str) -> int:
    if cursor == START:
        return 0
    position, _dash, moment = cursor.partition("-")
    if not (position.isascii() and position.isdecimal() and len(position) < 19):
        raise UnknownCursor(cursor)
    change = Change.objects.filter(position=int(position)).first()
    if change is None or f"{_microseconds(change.numbered_at):x}" != moment:
        raise UnknownCursor(cursor)
    return change.position


def _microseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
