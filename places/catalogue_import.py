"""A table of the catalogue that comes back from a spreadsheet: first what it would change, then, if so wished, the change.

A row is found by its slug. A column that the table lacks is left as it is, and so is a landmark that it does not
name; nothing is ever deleted but a fact whose texts were emptied.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from . import catalogue, catalogue_table, tables
from .catalogue_table import COLUMNS, FACTS, Change
from .models import Fact, FormerProvince, Landmark, Province
from .search import plain

LARGEST = 10 * 1024 * 1024  # bytes of a table
FIRST_ROW = 2  # as a spreadsheet counts, below the names of the columns


class Stale(Exception):
    """The catalogue was changed since the preview was made."""


@dataclass(frozen=True)
class Row:
    """What a row of the table would do: make a landmark (`is_new`) or change one. `told` is what it says."""

    number: int  # as the spreadsheet counts
    told: Mapping[str, str]
    landmark: Landmark  # as it is; a new one is not stored yet
    is_new: bool
    changes: tuple[Change, ...]
    values: Mapping[str, object]
    facts: Mapping[str, Mapping[str, object]]  # by kind, those parts that the table tells
    beside: frozenset[str] | None  # slugs of what overlaps; None where the table does not tell

    @property
    def slug(self) -> str:
        return self.told["slug"]


@dataclass
class Preview:
    """What a table would change. `stamp` names the catalogue it was compared with."""

    stamp: str = ""
    rows: list[Row] = field(default_factory=list)  # that change something
    unchanged: int = 0
    unnamed: int = 0  # landmarks that the table does not name
    errors: list[tuple[int, str]] = field(default_factory=list)  # by the number of the row; 0 is the table
    warnings: list[tuple[int, str, Landmark | None]] = field(default_factory=list)
    unknown_columns: list[str] = field(default_factory=list)

    @property
    def added(self) -> list[Row]:
        return [row for row in self.rows if row.is_new]

    @property
    def changed(self) -> list[Row]:
        return [row for row in self.rows if not row.is_new]

    @property
    def can_be_applied(self) -> bool:
        return bool(self.rows) and not self.errors

    @property
    def table(self) -> str:
        """The rows that change something, as a table that has the same preview."""
        columns = [name for name in COLUMNS if any(name in row.told for row in self.rows)]
        return catalogue_table.written((row.told for row in self.rows), columns=columns)


def preview(data: bytes) -> Preview:
    """Compare a table with the catalogue, and write nothing; what is wrong with it is in the errors."""
    if len(data) > LARGEST:
        return Preview(errors=[(0, _("The table is too large."))])
    try:
        rows = list(tables.rows(data, needs=("slug",)))
    except tables.BadTable as error:
        return Preview(errors=[(0, str(error))])
    return _Comparison().of(rows)


@transaction.atomic
def apply(data: bytes, *, stamp: str, actor: models.Model) -> Preview:
    """Do what the preview of a table said, all or nothing, with a line of history for each landmark.

    Raises Stale where the catalogue is no longer that of the stamp.
    """
    list(Landmark.objects.select_for_update().order_by("pk").values_list("pk"))  # nobody edits meanwhile
    found = preview(data)
    if found.stamp != stamp:
        raise Stale
    if not found.can_be_applied:
        return found
    for row in found.rows:
        for name, value in row.values.items():
            setattr(row.landmark, name, value)
        row.landmark.save()
        _put_facts(row)
        catalogue_table.log(row.landmark, row.changes, actor=actor, is_new=row.is_new)
    _put_overlaps(found.rows)
    return found


class _Comparison:
    """One table beside the catalogue as it is now."""

    def __init__(self) -> None:
        standing = list(catalogue_table.whole())
        self.preview = Preview(stamp=catalogue_table.fingerprint(standing))
        self.standing = {landmark.slug: landmark for landmark in standing}
        self.provinces = {province.slug: province for province in Province.objects.all()}
        self.former = {province.name_vi: province for province in FormerProvince.objects.all()}
        self.leads_to: dict[str, Landmark] = {}  # by a slug that is no landmark's any more
        for landmark in Landmark.objects.select_related("merged_into"):
            slugs = (
                landmark.former_slugs
                if landmark.merged_into is None
                else [*landmark.former_slugs, landmark.slug]
            )
            self.leads_to |= dict.fromkeys(slugs, landmark.merged_into or landmark)
        self.items = {each.wikidata_id: each.slug for each in standing if each.wikidata_id}

    def of(self, rows: Iterable[tables.Row]) -> Preview:
        listed = list(rows)
        found = self.preview
        told = listed[0].fields if listed else {}
        found.unknown_columns = [name for name in told if name and name not in COLUMNS]
        self.slugs = {row.fields["slug"] for row in listed} | self.standing.keys()
        seen: dict[str, int] = {}
        for each in listed:
            number, slug = each.number + FIRST_ROW - 1, each.fields["slug"]
            if not any(each.fields.values()):
                continue
            if slug in seen:
                message = _("%(slug)s comes twice: in row %(row)d too.")
                found.errors.append((number, message % {"slug": slug, "row": seen[slug]}))
                continue
            seen[slug] = number
            try:
                row = self._row(number, {name: each.fields[name] for name in COLUMNS if name in each.fields})
            except ValidationError as error:
                found.errors += [(number, message) for message in _sentences(error)]
                continue
            if row.changes:
                found.rows.append(row)
            else:
                found.unchanged += 1
        found.unnamed = len(self.standing.keys() - seen.keys())
        self._look_for_namesakes()
        return found

    def _row(self, number: int, told: dict[str, str]) -> Row:
        """Raises ValidationError."""
        slug = told["slug"]
        if not slug:
            raise ValidationError(_("The row has no slug."))
        if slug not in self.standing and slug in self.leads_to:
            message = _("%(slug)s is now called %(now)s: write that in its place.")
            raise ValidationError(message % {"slug": slug, "now": self.leads_to[slug].slug})
        stored = self.standing.get(slug)
        before = catalogue_table.row_of(stored) if stored else dict.fromkeys(COLUMNS, "")
        told = {
            name: text.replace("\r\n", "\n") for name, text in told.items()
        }  # as forms send what was looked at
        own = {name: text for name, text in told.items() if name not in (*FACTS, "overlaps_with", "slug")}
        try:
            values = catalogue.values_of(own, provinces=self.provinces, former=self.former)
        except catalogue.BadValue as error:
            message = _("%(column)s: “%(text)s” is not known, or no number.")
            raise ValidationError(message % {"column": _label(error.column), "text": error.text}) from error
        if stored is None and not values.get("kind"):
            values["kind"] = Landmark.Kind.COMPLEX
        landmark = Landmark(slug=slug) if stored is None else stored
        facts = _facts(before, told)
        beside = self._beside(slug, told)
        after = (
            dict(before)
            | {name: catalogue_table.as_text(value) for name, value in values.items()}
            | {"slug": slug}
        )
        for kind, parts in facts.items():
            gone = not (parts.get("text_vi") or parts.get("text_en"))
            for column, (of_kind, part) in FACTS.items():
                if of_kind == kind:
                    after[column] = "" if gone else catalogue_table.as_text(parts.get(part))
        if beside is not None:
            after["overlaps_with"] = catalogue_table.as_text(set(beside))
        changes = tuple(catalogue_table.differences(before, after))
        if changes:
            self._check(landmark, values)
        return Row(number, told, landmark, stored is None, changes, values, facts, beside)

    def _check(self, landmark: Landmark, values: Mapping[str, object]) -> None:
        """Whether a landmark can be so. Raises ValidationError."""
        same = {name: getattr(landmark, name) for name in ("slug", *catalogue.LANDMARK_FIELDS)}
        trial = Landmark(pk=landmark.pk, **same | dict(values))
        trial.clean_fields(exclude={"overlaps_with"})
        trial.validate_constraints(exclude={"wikidata_id"})
        item = trial.wikidata_id
        if item and self.items.setdefault(item, landmark.slug) != landmark.slug:
            message = _("The Wikidata item %(item)s is %(slug)s already.")
            raise ValidationError(message % {"item": item, "slug": self.items[item]})

    def _beside(self, slug: str, told: Mapping[str, str]) -> frozenset[str] | None:
        if "overlaps_with" not in told:
            return None
        beside = frozenset(told["overlaps_with"].split())
        if unknown := sorted(beside - self.slugs):
            message = _("%(column)s: there is no landmark %(slugs)s.")
            raise ValidationError(message % {"column": _label("overlaps_with"), "slugs": ", ".join(unknown)})
        if slug in beside:
            raise ValidationError(_("%(column)s: it names itself.") % {"column": _label("overlaps_with")})
        return beside

    def _look_for_namesakes(self) -> None:
        """Warn of places that will go by one name: two of the table, or one of it and one that stands."""
        will_be = {
            slug: (landmark.name_vi, landmark.name_en, landmark) for slug, landmark in self.standing.items()
        }
        for row in self.preview.rows:
            names = (row.values.get(name, getattr(row.landmark, name)) for name in ("name_vi", "name_en"))
            will_be[row.slug] = (*names, None if row.is_new else row.landmark)
        called: dict[str, set[str]] = defaultdict(set)
        for slug, (name_vi, name_en, _landmark) in will_be.items():
            for name in {plain(name_vi), plain(name_en)}:
                called[name].add(slug)
        for row in self.preview.rows:
            if not {change.column for change in row.changes} & {"name_vi", "name_en"}:
                continue
            name_vi, name_en, _landmark = will_be[row.slug]
            others = (called[plain(name_vi)] | called[plain(name_en)]) - {row.slug}
            for other in sorted(others):
                message = _("%(slug)s and %(other)s go by the same name.") % {
                    "slug": row.slug,
                    "other": other,
                }
                self.preview.warnings.append((row.number, message, will_be[other][2]))


def _facts(before: Mapping[str, str], told: Mapping[str, str]) -> dict[str, dict[str, object]]:
    """The facts that a table tells, whole: what it leaves out is as before. Raises ValidationError."""
    facts: dict[str, dict[str, object]] = defaultdict(dict)
    for kind in {kind for column, (kind, _part) in FACTS.items() if column in told}:
        for column, (of_kind, part) in FACTS.items():
            if of_kind == kind:
                facts[kind][part] = told.get(column, before[column])
        day = str(facts[kind]["checked_on"])
        try:
            facts[kind]["checked_on"] = date.fromisoformat(day) if day else None
        except ValueError as error:
            message = _("%(column)s: “%(text)s” is no day such as 2026-03-31.")
            raise ValidationError(message % {"column": _label(f"{kind}_checked_on"), "text": day}) from error
        if bool(facts[kind]["text_vi"]) != bool(facts[kind]["text_en"]):
            message = _("%(subject)s: it is told in one language only.")
            raise ValidationError(message % {"subject": Fact.Kind(kind).label})
        if facts[kind]["text_vi"]:
            Fact(kind=kind, **facts[kind]).clean_fields(exclude={"landmark"})
    return dict(facts)


def _put_facts(row: Row) -> None:
    for kind, parts in row.facts.items():
        if parts["text_vi"]:
            Fact.objects.update_or_create(landmark=row.landmark, kind=kind, defaults=dict(parts))
        else:
            row.landmark.facts.filter(kind=kind).delete()


def _put_overlaps(rows: Iterable[Row]) -> None:
    """What a row adds or leaves out is so for both sides, whether or not the other's row says it too."""
    for row in rows:
        change = next((one for one in row.changes if one.column == "overlaps_with"), None)
        if change is None:
            continue
        before, after = set(change.before.split()), set(change.after.split())
        row.landmark.overlaps_with.add(*Landmark.objects.filter(slug__in=after - before))
        row.landmark.overlaps_with.remove(*Landmark.objects.filter(slug__in=before - after))


def _label(column: str) -> str:
    return Change(column, "", "").label


def _sentences(error: ValidationError) -> list[str]:
    if not hasattr(error, "error_dict"):
        return list(error.messages)
    return [
        message if name == "__all__" else f"{_label(name) if name in COLUMNS else name}: {message}"
        for name, messages in error.message_dict.items()
        for message in messages
    ]
