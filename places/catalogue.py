"""The catalogue that comes with the platform: provinces, landmarks and facts, from the tables in places/data."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models, transaction

from .models import Fact, FormerProvince, Landmark, Province

DATA = Path(__file__).parent / "data"
PROVINCE_COLUMNS = (
    "slug", "name_vi", "name_en", "kind", "region", "former_vi", "former_en", "former_others",
)  # fmt: skip
LANDMARK_COLUMNS = (
    "slug", "name_vi", "name_en", "other_names", "province", "former_province", "category", "kind",
    "latitude", "longitude", "description_vi", "description_en", "unesco", "unesco_year", "overlaps_with",
)  # fmt: skip
LANDMARK_FIELDS = (*(name for name in LANDMARK_COLUMNS[1:] if name != "overlaps_with"), "wikidata_id")
FACT_COLUMNS = ("landmark", "kind", "text_vi", "text_en", "checked_on", "source_url")

Row = TypeVar("Row", bound=models.Model)


class CatalogueError(Exception):
    """The tables cannot be loaded; the message has a line for each row that is wrong, with its number."""


class BadValue(ValueError):
    """A field of a row cannot be read: the column, and the text that stands there."""

    def __init__(self, column: str, text: str, reason: str) -> None:
        super().__init__(f"{column}: {reason}")
        self.column, self.text = column, text


@dataclass
class Tally:
    """What became of the rows of one table."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    kept: int = 0

    def __str__(self) -> str:
        kept = f", {self.kept} kept as curators have edited them" if self.kept else ""
        return f"{self.added} added, {self.changed} changed, {self.unchanged} unchanged{kept}"


def load(folder: Path = DATA) -> dict[str, Tally]:
    """Bring provinces, landmarks and facts to what the tables say, and tell what was done for each kind of row.

    What the tables lack stays, and so does a landmark that a curator has edited or merged, with its facts if it
    has any. Raises CatalogueError, and then nothing is changed.
    """
    with transaction.atomic():
        loading = _Loading()
        for name, columns, put in (
            ("provinces.csv", PROVINCE_COLUMNS, loading.put_province),
            ("landmarks.csv", LANDMARK_COLUMNS, loading.put_landmark),
            ("facts.csv", FACT_COLUMNS, loading.put_fact),
        ):
            errors = []
            for line, row in _rows(folder / name, columns):
                try:
                    put(row)
                except (ValueError, ValidationError) as error:
                    errors += [f"{name}, line {line}: {problem}" for problem in _problems(error)]
            if errors:
                raise CatalogueError("\n".join(errors))
        loading.put_overlaps()
    return loading.tallies


def values_of(
    told: Mapping[str, str], *, provinces: Mapping[str, Province], former: Mapping[str, FormerProvince]
) -> dict[str, object]:
    """What a row says of a landmark, by the names of its fields. Raises BadValue.

    provinces: by slug. former: by Vietnamese name.
    """
    read: dict[str, Callable[[str], object]] = {
        "other_names": _split,
        "province": lambda text: _find(provinces, text, "province"),
        "former_province": lambda text: _find(former, text, "former province"),
        "latitude": _number,
        "longitude": _number,
        "unesco_year": lambda text: int(text) if text else None,
    }
    values = {}
    for name, text in told.items():
        try:
            values[name] = read.get(name, str)(text)
        except ValueError as error:
            raise BadValue(name, text, str(error)) from error
    return values


class _Loading:
    """One load: what the database and the tables hold so far."""

    def __init__(self) -> None:
        self.tallies = {
            name: Tally() for name in ("provinces", "former provinces", "landmarks", "practical facts")
        }
        self.provinces = {province.slug: province for province in Province.objects.all()}
        self.former = {former.name_vi: former for former in FormerProvince.objects.all()}
        self.landmarks = {
            slug: landmark
            for landmark in Landmark.objects.prefetch_related("overlaps_with")
            for slug in (*landmark.former_slugs, landmark.slug)
        }
        self.standing = {landmark.pk: landmark for landmark in self.landmarks.values()}
        self.facts = {(fact.landmark_id, fact.kind): fact for fact in Fact.objects.all()}
        self.told = {landmark_id for landmark_id, _kind in self.facts}
        self.edited = set(
            LogEntry.objects.filter(
                content_type=ContentType.objects.get_for_model(Landmark), action_flag=CHANGE
            ).values_list("object_id", flat=True)
        )
        merged = [landmark for landmark in self.landmarks.values() if landmark.merged_into_id]
        self.edited |= {str(pk) for landmark in merged for pk in (landmark.pk, landmark.merged_into_id)}
        self.seen: set[tuple[type, str]] = set()
        self.overlaps: dict[str, set[str]] = defaultdict(set)  # both ways

    def put_province(self, row: dict[str, str]) -> None:
        former_vi, former_en = _split(row["former_vi"]), _split(row["former_en"])
        other_names = dict(_others(entry) for entry in _split(row["former_others"]))
        if row["kind"] not in ("city", "province"):
            raise ValueError(f"kind is city or province, not {row['kind']!r}")
        if len(former_vi) != len(former_en):
            raise ValueError("former_vi and former_en name different numbers of provinces")
        if strange := other_names.keys() - set(former_vi):
            raise ValueError(f"former_others: {', '.join(sorted(strange))} is not in former_vi")
        self._once(Province, row["slug"])
        province = self.provinces.setdefault(row["slug"], Province(slug=row["slug"]))
        values = {name: row[name] for name in ("name_vi", "name_en", "region")}
        self._put(province, self.tallies["provinces"], is_city=row["kind"] == "city", **values)
        for name_vi, name_en in zip(former_vi, former_en, strict=True):
            self._once(FormerProvince, name_vi)
            former = self.former.setdefault(name_vi, FormerProvince(name_vi=name_vi))
            self._put(
                former,
                self.tallies["former provinces"],
                name_en=name_en,
                other_names=other_names.get(name_vi, []),
                province=province,
            )

    def put_landmark(self, row: dict[str, str]) -> None:
        self._once(Landmark, row["slug"])
        for slug in row["overlaps_with"].split():
            self.overlaps[row["slug"]].add(slug)
            self.overlaps[slug].add(row["slug"])
        landmark = self.landmarks.setdefault(row["slug"], Landmark(slug=row["slug"]))
        if str(landmark.pk) in self.edited:
            self.tallies["landmarks"].kept += 1
            return
        told = {name: text for name, text in row.items() if name not in ("slug", "overlaps_with")}
        values = values_of(told, provinces=self.provinces, former=self.former)
        self._put(landmark, self.tallies["landmarks"], **values)

    def put_fact(self, row: dict[str, str]) -> None:
        landmark = _find(self.landmarks, row["landmark"], "landmark")
        if landmark is None:
            raise ValueError("landmark: names none")
        self._once(Fact, f"{row['landmark']} {row['kind']}")
        if landmark.merged_into_id or (str(landmark.pk) in self.edited and landmark.pk in self.told):
            self.tallies["practical facts"].kept += 1
            return
        fact = self.facts.get((landmark.pk, row["kind"])) or Fact(landmark=landmark, kind=row["kind"])
        self._put(
            fact,
            self.tallies["practical facts"],
            **{name: row[name] for name in ("text_vi", "text_en", "source_url")},
            checked_on=date.fromisoformat(row["checked_on"]) if row["checked_on"] else None,
        )

    def put_overlaps(self) -> None:
        """Make the overlaps among the table's landmarks those of the table; others stay."""
        if unknown := self.overlaps.keys() - self.landmarks.keys():
            raise CatalogueError(
                f"landmarks.csv: overlaps_with names no landmark: {', '.join(sorted(unknown))}"
            )
        wanted: dict[Landmark, set[Landmark]] = defaultdict(set)
        for slug, others in self.overlaps.items():
            wanted[self._standing(slug)] |= {self._standing(other) for other in others}
        listed = {self._standing(slug) for model, slug in self.seen if model is Landmark}
        for landmark in listed:
            present = set(landmark.overlaps_with.all())
            for other in wanted[landmark] - present - {landmark}:
                landmark.overlaps_with.add(other)
            for other in (present & listed) - wanted[landmark]:
                landmark.overlaps_with.remove(other)

    def _standing(self, slug: str) -> Landmark:
        """The landmark of a slug, or that which it was merged into."""
        landmark = self.landmarks[slug]
        return self.standing.get(landmark.merged_into_id, landmark)

    def _once(self, model: type, name: str) -> None:
        if (model, name) in self.seen:
            raise ValueError(f"{name} comes twice")
        self.seen.add((model, name))

    def _put(self, row: Row, tally: Tally, **values) -> None:
        """Give a row its values, and save it where that changes it. Raises ValidationError."""
        is_new = row._state.adding
        if not is_new and all(getattr(row, name) == value for name, value in values.items()):
            tally.unchanged += 1
            return
        for name, value in values.items():
            setattr(row, name, value)
        row.full_clean(validate_unique=False)
        row.save()
        if is_new:
            tally.added += 1
        else:
            tally.changed += 1


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row of a table with the number of its line, its fields stripped. Raises CatalogueError."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            if missing := [column for column in columns if column not in (reader.fieldnames or [])]:
                raise CatalogueError(f"{path.name}: no column {', '.join(missing)}")
            for row in reader:
                if None in row or None in row.values():
                    raise CatalogueError(
                        f"{path.name}, line {reader.line_num}: not as many fields as columns"
                    )
                yield reader.line_num, {column: text.strip() for column, text in row.items()}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CatalogueError(f"{path.name}: {error}") from error


def _problems(error: ValueError | ValidationError) -> list[str]:
    if isinstance(error, ValidationError):
        return [f"{field}: {' '.join(messages)}" for field, messages in error.message_dict.items()]
    return [str(error)]


def _number(text: str) -> float | None:
    """With a decimal point, or the comma of a Vietnamese spreadsheet."""
    return float(text.replace(",", ".")) if text else None


def _find(known: Mapping[str, Row], name: str, what: str) -> Row | None:
    if name and name not in known:
        raise ValueError(f"no {what} {name!r}")
    return known[name] if name else None


def _others(entry: str) -> tuple[str, list[str]]:
    """A name and the other names for the same, from "name: other, other"."""
    name, _colon, others = entry.partition(":")
    return name.strip(), [other.strip() for other in others.split(",") if other.strip()]


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split("|") if part.strip()]
