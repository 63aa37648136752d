"""Photos from elsewhere: each file here reads one format into a Dataset, and `run` adds what it holds.

A format is a module with `read(path) -> Dataset`, which raises OSError where there is nothing to read; its
documentation is its help.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, fields, replace
from types import ModuleType

from django.core.exceptions import ValidationError
from django.db import DataError, transaction
from django.utils.translation import gettext as _

from places import curation, ingest
from places.models import FormerProvince, Landmark, LandmarkImage, Province
from places.photo import PhotoRefused


@dataclass(frozen=True)
class Attribution:
    """Whom to thank for a photo; what is not known is empty."""

    author: str = ""
    licence: str = ""
    licence_url: str = ""
    source_url: str = ""

    def or_else(self, other: Attribution) -> Attribution:
        """Its own facts, and the other's for those that are empty."""
        return Attribution(*(getattr(self, f.name) or getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True)
class Record:
    """A photo of a dataset. Photos of the same `group` are copies of one picture."""

    name: str
    read: Callable[[], bytes]  # raises OSError
    landmark: str  # its slug; empty where it is not known what it shows
    attribution: Attribution = Attribution()
    group: str = ""
    is_rendered: bool = False  # drawn by a computer, not taken there
    is_remote: bool = False  # fetched from afar, so not once more where its source is in the catalogue


@dataclass(frozen=True)
class NewLandmark:
    """A landmark of a dataset, for when the catalogue lacks it. Provinces are Vietnamese names."""

    slug: str
    name_vi: str
    name_en: str
    province: str = ""
    former_province: str = ""
    kind: str = Landmark.Kind.COMPLEX
    latitude: float | None = None
    longitude: float | None = None
    overlaps_with: tuple[str, ...] = ()
    other_names: tuple[str, ...] = ()
    category: str = ""
    description_vi: str = ""
    description_en: str = ""
    unesco: str = ""
    unesco_year: int | None = None
    wikidata_id: str = ""


# The fields that a landmark has under the same name, and of the same kind.
COPIED = (
    "name_vi", "name_en", "kind", "latitude", "longitude", "category", "description_vi", "description_en", "unesco",
    "unesco_year", "wikidata_id",
)  # fmt: skip


@dataclass(frozen=True)
class Failure:
    """Something of a dataset that could not be taken, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Dataset:
    records: tuple[Record, ...]
    landmarks: tuple[NewLandmark, ...] = ()
    failures: tuple[Failure, ...] = ()

    def all_of(self, landmark: str) -> Dataset:
        """The same photos, all of one landmark, by its slug."""
        return Dataset(
            tuple(replace(record, landmark=landmark) for record in self.records), (), self.failures
        )


@dataclass
class Report:
    """What became of a dataset: names of photos, slugs of new landmarks."""

    added: list[str] = field(default_factory=list)
    present: list[str] = field(default_factory=list)  # in the catalogue from the start, as the same landmark
    skipped: list[Failure] = field(default_factory=list)  # the same file as another photo
    failed: list[Failure] = field(default_factory=list)
    waiting: list[Failure] = field(default_factory=list)  # added but not published
    landmarks: list[str] = field(default_factory=list)


def formats() -> dict[str, ModuleType]:
    """The formats that can be read, by the name of their file."""
    return {
        found.name: importlib.import_module(f"{__name__}.{found.name}")
        for found in sorted(pkgutil.iter_modules(__path__), key=lambda found: found.name)
    }


def run(
    dataset: Dataset,
    *,
    defaults: Attribution = Attribution(),
    hold: bool = False,
    dry_run: bool = False,
    progress: Callable[[Iterable[Record]], Iterable[Record]] = iter,
) -> Report:
    """Add a dataset's photos, publish those that may be, and report; what is there already is left as it is.

    hold: publish none, and keep them for measurements on this machine alone.

    Nothing in the dataset stops it, and a run cut short is gone on with by another. `dry_run` writes nothing.
    """
    report = Report(failed=list(dataset.failures))
    landmarks = _landmarks(dataset, report, dry_run=dry_run)
    first_of: dict[str, LandmarkImage] = {}  # by group
    added: set[int] = set()
    looked_at: dict[str, str] = {}  # names by content, in a dry run
    for record in progress(dataset.records):
        if record.is_remote and _there(record):
            report.present.append(record.name)
            continue
        try:
            data = record.read()
            if record.landmark and record.landmark not in landmarks:
                raise ValidationError(_("There is no landmark %(slug)s."), params={"slug": record.landmark})
            if dry_run:
                sha256 = ingest.examine(data).sha256
                if looked_at.setdefault(sha256, record.name) != record.name:
                    report.skipped.append(
                        Failure(record.name, _("The same file as %(name)s.") % {"name": looked_at[sha256]})
                    )
                else:
                    report.added.append(record.name)
                continue
            image = ingest.add(
                data,
                landmark=landmarks.get(record.landmark),
                near_duplicate_of=first_of.get(record.group),
                is_rendered=record.is_rendered,
                **asdict(record.attribution.or_else(defaults)),
            )
            added.add(image.pk)
            report.added.append(record.name)
        except ingest.Duplicate as duplicate:
            image = duplicate.existing
            if image.pk in added or image.landmark != landmarks.get(record.landmark):
                report.skipped.append(Failure(record.name, str(duplicate)))
            else:
                report.present.append(record.name)
        except (PhotoRefused, OSError, DataError) as error:
            report.failed.append(Failure(record.name, str(error)))
            continue
        except ValidationError as error:
            report.failed.append(Failure(record.name, " ".join(error.messages)))
            continue
        if record.group:
            first_of.setdefault(record.group, image)
        if image.state == LandmarkImage.State.CANDIDATE and not dry_run:
            settle = curation.hold if hold else curation.publish
            for _image, refusal in settle([image]).refused:
                report.waiting.append(Failure(record.name, str(refusal)))
    return report


def _there(record: Record) -> bool:
    source = record.attribution.source_url
    return bool(source) and LandmarkImage.objects.filter(source_url=source).exists()


def _landmarks(dataset: Dataset, report: Report, *, dry_run: bool) -> dict[str, Landmark]:
    """By slug, the landmarks of the dataset: those of the catalogue, and new ones for those that it lacks."""
    landmarks = Landmark.objects.in_bulk({record.landmark for record in dataset.records}, field_name="slug")
    provinces = {_bare(province.name_vi): province for province in Province.objects.all()}
    former = {_bare(province.name_vi): province for province in FormerProvince.objects.all()}
    made = []
    for new in dataset.landmarks:
        if new.slug in landmarks:
            continue
        landmark = Landmark(
            slug=new.slug,
            **{name: getattr(new, name) for name in COPIED},
            other_names=list(new.other_names),
            province=provinces.get(_bare(new.province)),
            former_province=former.get(_bare(new.former_province)),
        )
        try:
            landmark.full_clean()
        except ValidationError as error:
            report.failed.append(Failure(new.slug, " ".join(error.messages)))
            continue
        if new.province and landmark.province is None:
            reason = _("Made without its province: the catalogue has no %(name)s.") % {"name": new.province}
            report.failed.append(Failure(new.slug, reason))
        landmarks[new.slug] = landmark
        report.landmarks.append(new.slug)
        made.append(new)
    if not dry_run:
        with transaction.atomic():
            for new in made:
                landmarks[new.slug].save()
            for new in made:
                others = Landmark.objects.filter(slug__in=new.overlaps_with)
                landmarks[new.slug].overlaps_with.add(*others)
    return landmarks


def _bare(name: str) -> str:
    """A province's name without what kind of province it is."""
    return re.sub(r"^(tp\.?|thành phố|tỉnh)\s+", "", unicodedata.normalize("NFC", name).strip().casefold())
