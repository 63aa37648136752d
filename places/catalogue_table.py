"""The catalogue as one table: a row per landmark with its practical facts, as curators take it to a spreadsheet.

What a row says is text. Two rows of a landmark, of before and after, tell what was changed: so the preview of an
import and the history of a landmark speak of changes in the same words.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.db import models
from django.utils import translation
from django.utils.text import capfirst

from .catalogue import LANDMARK_COLUMNS
from .models import Fact, Landmark, LandmarkQuerySet

FACT_PARTS = ("text_vi", "text_en", "checked_on", "source_url")
FACTS = {
    f"{kind}_{part.removeprefix('text_')}": (kind, part) for kind in Fact.Kind.values for part in FACT_PARTS
}
COLUMNS = (*LANDMARK_COLUMNS, "wikidata_id", *FACTS)
BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes UTF-8 for the letters of its country


@dataclass(frozen=True)
class Change:
    """What one field of a landmark said, and says."""

    column: str
    before: str
    after: str

    @property
    def subject(self) -> str:
        """What readers call the field, or the fact that it is a part of."""
        if self.column in FACTS:
            return str(Fact.Kind(FACTS[self.column][0]).label)
        return str(Landmark._meta.get_field(self.column).verbose_name)

    @property
    def label(self) -> str:
        """What readers call the field, with its part if it is one of a fact's."""
        if self.column not in FACTS:
            return capfirst(self.subject)
        part = Fact._meta.get_field(FACTS[self.column][1]).verbose_name
        return f"{capfirst(self.subject)}, {part}"


def whole(landmarks: LandmarkQuerySet | None = None) -> LandmarkQuerySet:
    """Landmarks (all that stand) with all that a row tells, in a fixed number of queries."""
    landmarks = Landmark.objects.standing() if landmarks is None else landmarks
    return landmarks.with_places().prefetch_related("facts", "overlaps_with").order_by("slug")


def row_of(landmark: Landmark) -> dict[str, str]:
    """What a table says of a landmark that is stored."""
    facts = {fact.kind: fact for fact in landmark.facts.all()}
    told = {column: getattr(facts[kind], part) for column, (kind, part) in FACTS.items() if kind in facts}
    told |= {
        name: getattr(landmark, name)
        for name in (*LANDMARK_COLUMNS, "wikidata_id")
        if name != "overlaps_with"
    }
    told["overlaps_with"] = {other.slug for other in landmark.overlaps_with.all()}
    return {column: as_text(told.get(column)) for column in COLUMNS}


def as_text(value: object) -> str:
    """A value as it stands in the table."""
    match value:
        case None:
            return ""
        case models.Model():
            return value.slug if hasattr(value, "slug") else value.name_vi  # former provinces have no slug
        case list():
            return "|".join(value)
        case set():
            return " ".join(sorted(value))
    return str(value).replace("\r\n", "\n").strip()


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    return [Change(name, before[name], after[name]) for name in COLUMNS if before[name] != after[name]]


def written(rows: Iterable[Mapping[str, str]], *, columns: Iterable[str] = COLUMNS) -> str:
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, tuple(columns), lineterminator="\r\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def export() -> bytes:
    """All landmarks that stand, as a file that spreadsheets open with the right letters."""
    return (BYTE_ORDER_MARK + written(map(row_of, whole()))).encode()


def fingerprint(landmarks: Iterable[Landmark]) -> str:
    """Of what a table says of them: another one where anything was changed."""
    return hashlib.sha256(written(map(row_of, landmarks)).encode()).hexdigest()


def log(
    landmark: Landmark,
    changes: Iterable[Change],
    *,
    actor: models.Model,
    is_new: bool = False,
    note: str = "",
) -> None:
    """Note in the landmark's history who changed what, or the note where that says it."""
    LogEntry.objects.log_actions(
        actor.pk,
        [landmark],
        ADDITION if is_new else CHANGE,
        change_message=[{"added": {}}] if is_new else [noted(changes, note=note)],
        single_object=True,
    )


def noted(changes: Iterable[Change], *, note: str = "") -> dict:
    """Changes as one part of a history line: Django tells the fields' names, our page also what they said."""
    listed = list(changes)
    with translation.override(None):  # Django translates them for each reader
        fields = list(dict.fromkeys(change.subject for change in listed))
    told = [[change.column, change.before, change.after] for change in listed]
    return {"changed": {"fields": fields, "differences": told, "note": note}}


def told_by(line: LogEntry) -> tuple[str, list[Change]]:
    """What a line of a landmark's history says: a note, and what each field said before and says since."""
    try:
        parts = json.loads(line.change_message)
        changed = [part["changed"] for part in parts if "changed" in part]
        changes = [Change(*one) for part in changed for one in part.get("differences", ())]
        return " ".join(part.get("note", "") for part in changed).strip(), changes
    except (ValueError, TypeError, KeyError):
        return "", []  # plain words, which Django shows
