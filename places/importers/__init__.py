"""Photos from elsewhere: each file here reads one format into a Dataset, and `run` adds what it holds.

A format is a module with `read(path) -> Dataset`, which raises OSError where there is nothing to read; its
documentation is its help.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from types import ModuleType
from typing import Literal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from places import curation, ingest
from places.models import FormerProvince, Landmark, LandmarkImage, Province

A_HANDFUL = 64  # photos taken together
MOST_BYTES = 64 * 2**20  # of them, or fewer are taken


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


@dataclass(frozen=True)
class Fate:
    """What became of one photo of a dataset.

    reason: why it was refused or skipped; of one that was taken, why it waits.
    """

    name: str
    became: Literal["added", "present", "skipped", "failed"]
    reason: str = ""
    photo: int | None = None
    near_duplicate_of: int | None = None


@dataclass
class Report:
    """What became of a dataset: names of photos, slugs of new landmarks."""

    added: list[str] = field(default_factory=list)
    present: list[str] = field(default_factory=list)  # in the catalogue from the start, as the same landmark
    skipped: list[Failure] = field(default_factory=list)  # the same file as another photo
    failed: list[Failure] = field(default_factory=list)
    waiting: list[Failure] = field(default_factory=list)  # added but not published
    landmarks: list[str] = field(default_factory=list)

    def take(self, fate: Fate) -> None:
        if fate.became in ("added", "present"):
            getattr(self, fate.became).append(fate.name)
            if fate.reason:
                self.waiting.append(Failure(fate.name, fate.reason))
        else:
            getattr(self, fate.became).append(Failure(fate.name, fate.reason))


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
    tell: Callable[[Fate], None] = lambda fate: None,
) -> Report:
    """Add a dataset's photos, publish those that may be, and report; what is there already is left as it is.

    hold: publish none, and keep them for measurements on this machine alone. tell: is called for each photo once it
    is certain what became of it.

    Nothing in the dataset stops it, and a run cut short is gone on with by another: photos are taken by the handful,
    and of a handful the rows are written together. `dry_run` writes nothing.
    """
    report = Report(failed=list(dataset.failures))
    landmarks = _landmarks(dataset, report, dry_run=dry_run)
    taking = _Looking() if dry_run else _Taking(landmarks, defaults=defaults, hold=hold)
    for handful in _handfuls(progress(dataset.records), landmarks):
        for fate in taking.fates(handful):
            report.take(fate)
            tell(fate)
    return report


@dataclass(frozen=True)
class _Read:
    """A record with its bytes, or why there are none; neither where it need not be read."""

    record: Record
    data: bytes | None = None
    error: Exception | None = None


def _handfuls(records: Iterable[Record], landmarks: Mapping[str, Landmark]) -> Iterator[list[_Read]]:
    handful: list[_Read] = []
    size = 0
    for record in records:
        handful.append(_read(record, landmarks))
        size += len(handful[-1].data or b"")
        if len(handful) >= A_HANDFUL or size >= MOST_BYTES:
            yield handful
            handful, size = [], 0
    if handful:
        yield handful


def _read(record: Record, landmarks: Mapping[str, Landmark]) -> _Read:
    if record.is_remote and _there(record):
        return _Read(record)
    try:
        data = record.read()
    except OSError as error:
        return _Read(record, error=error)
    if record.landmark and record.landmark not in landmarks:
        message = _("There is no landmark %(slug)s.") % {"slug": record.landmark}
        return _Read(record, error=ValidationError(message))
    return _Read(record, data)


class _Taking:
    """Adds photos by the handful, and remembers of those before what the next ones must know."""

    def __init__(self, landmarks: Mapping[str, Landmark], *, defaults: Attribution, hold: bool) -> None:
        self.landmarks, self.defaults, self.hold = landmarks, defaults, hold
        self.first_of: dict[str, LandmarkImage] = {}  # by group
        self.added: set[int] = set()

    def fates(self, handful: list[_Read]) -> list[Fate]:
        found = iter(ingest.add_all([self._draft(read) for read in handful if read.data is not None]))
        outcomes = [(read.record, next(found) if read.data is not None else read.error) for read in handful]
        taken = [(record, outcome, self._image_of(record, outcome)) for record, outcome in outcomes]
        waiting = self._settle(image for _record, _outcome, image in taken if image)
        return [self._fate(record, outcome, waiting) for record, outcome, _image in taken]

    def _draft(self, read: _Read) -> ingest.Draft:
        record = read.record
        return ingest.Draft(
            read.data,
            landmark=self.landmarks.get(record.landmark),
            near_duplicate_of=self.first_of.get(record.group),
            group=record.group,
            is_rendered=record.is_rendered,
            **asdict(record.attribution.or_else(self.defaults)),
        )

    def _image_of(self, record: Record, outcome: LandmarkImage | Exception | None) -> LandmarkImage | None:
        """The photo of the catalogue that the record is, by now."""
        if isinstance(outcome, LandmarkImage):
            self.added.add(outcome.pk)
        image = outcome.existing if isinstance(outcome, ingest.Duplicate) else outcome
        if not isinstance(image, LandmarkImage):
            return None
        if record.group:
            self.first_of.setdefault(record.group, image)
        return image

    def _settle(self, images: Iterable[LandmarkImage]) -> dict[int, str]:
        """Publish or hold those that nobody has decided on; why some wait, by their ids."""
        settle = curation.hold if self.hold else curation.publish
        undecided = {image.pk: image for image in images if image.state == LandmarkImage.State.CANDIDATE}
        return {image.pk: str(refusal) for image, refusal in settle(undecided.values()).refused}

    def _fate(
        self, record: Record, outcome: LandmarkImage | Exception | None, waiting: Mapping[int, str]
    ) -> Fate:
        match outcome:
            case None:
                return Fate(record.name, "present")
            case LandmarkImage():
                return Fate(
                    record.name,
                    "added",
                    waiting.get(outcome.pk, ""),
                    outcome.pk,
                    outcome.near_duplicate_of_id,
                )
            case ingest.Duplicate(existing=image):
                is_same_place = image.landmark == self.landmarks.get(record.landmark)
                if image.pk in self.added or not is_same_place:
                    return Fate(record.name, "skipped", str(outcome), image.pk)
                return Fate(record.name, "present", waiting.get(image.pk, ""), image.pk)
        return _failed(record, outcome)


class _Looking:
    """Looks at photos by the handful, and adds none."""

    def __init__(self) -> None:
        self.seen: dict[str, str] = {}  # names by content

    def fates(self, handful: list[_Read]) -> list[Fate]:
        found = iter(ingest.examine_all([read.data for read in handful if read.data is not None]))
        return [self._fate(read, next(found) if read.data is not None else read.error) for read in handful]

    def _fate(self, read: _Read, outcome: ingest.Examined | Exception | None) -> Fate:
        name = read.record.name
        match outcome:
            case None:
                return Fate(name, "present")
            case ingest.Examined():
                first = self.seen.setdefault(ingest.digest_of(read.data), name)
                if first == name:
                    return Fate(name, "added")
                return Fate(name, "skipped", _("The same file as %(name)s.") % {"name": first})
            case ingest.Duplicate(existing=image):
                is_same_place = (image.landmark.slug if image.landmark else "") == read.record.landmark
                return (
                    Fate(name, "present", photo=image.pk)
                    if is_same_place
                    else Fate(name, "skipped", str(outcome), image.pk)
                )
        return _failed(read.record, outcome)


def _failed(record: Record, error: Exception) -> Fate:
    said = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
    return Fate(record.name, "failed", said)


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
