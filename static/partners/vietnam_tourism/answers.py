"""What the platform answers, as frozen dataclasses named as in its own description (/api/v1/schema/)."""

from __future__ import annotations

import functools
import types
import typing
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class ProvinceName:
    slug: str
    name: str  # in the client's language
    name_vi: str
    name_en: str


@dataclass(frozen=True)
class FormerProvince:
    name: str
    name_vi: str
    name_en: str


@dataclass(frozen=True)
class ProvinceRecord(ProvinceName):
    """A province or a city since July 2025, and those it was made of."""

    is_city: bool
    region: str
    former: list[FormerProvince]


@dataclass(frozen=True)
class Province(ProvinceRecord):
    landmark_count: int
    photo_count: int


@dataclass(frozen=True)
class Category:
    category: str
    name: str
    name_vi: str
    name_en: str
    landmark_count: int
    photo_count: int


@dataclass(frozen=True)
class LandmarkFacts:
    """What is told of a place wherever it is named; `url` is its page."""

    slug: str
    url: str
    name: str
    name_vi: str
    name_en: str
    other_names: list[str]
    province: ProvinceName | None
    category: str
    kind: str
    latitude: float | None
    longitude: float | None
    unesco: str
    unesco_year: int | None
    wikidata_id: str


@dataclass(frozen=True)
class Landmark(LandmarkFacts):
    """A place of the catalogue in brief; `distance_km` is there where `near` was asked for."""

    distance_km: float | None


@dataclass(frozen=True)
class LandmarkRecord(LandmarkFacts):
    """All that is known of a place; `photo_count` is not told in changes."""

    former_province: FormerProvince | None
    description_vi: str
    description_en: str
    overlaps_with: list[str]
    photo_count: int | None


@dataclass(frozen=True)
class Image:
    """A published photo. Its credit must stand beside it wherever it is shown."""

    id: int
    landmark: str
    photo: str | None
    thumbnail: str | None
    width: int
    height: int
    is_rendered: bool
    author: str
    licence: str
    licence_url: str
    source_url: str
    credit_vi: str
    credit_en: str


@dataclass(frozen=True)
class Attribution:
    """Whom to thank for a photo, ready to print, in the client's language."""

    text: str
    html: str


@dataclass(frozen=True)
class Times:
    """Milliseconds; None for what was not done."""

    waiting: float | None
    describing: float | None
    searching: float | None
    verifying: float | None
    voting: float | None


@dataclass(frozen=True)
class PlaceInBrief:
    """A place that a photo may show; `probability` is None where the method is not calibrated."""

    rank: int
    landmark: Landmark
    probability: float | None
    share: float
    votes: int
    named_by: list[str]
    best_similarity: float
    best_inliers: int | None


@dataclass(frozen=True)
class Place(PlaceInBrief):
    """The same, with what speaks against it and the rank of the hit that shows it best."""

    against: int
    best_hit: int | None


@dataclass(frozen=True)
class Hit:
    """A photo of the catalogue that resembles the one asked about. `matches` are there where they were asked for."""

    rank: int
    url: str
    image: Image
    attribution: Attribution
    similarity: float
    inliers: int | None
    query_width: int | None
    query_height: int | None
    matches: list[list[int]] | None
    image_onto_query: list[list[float]] | None


@dataclass(frozen=True)
class Hint:
    """What may help where the place was not found; `box` is one to search with instead."""

    code: str
    text: str
    box: list[float] | None


@dataclass(frozen=True)
class LookAlike:
    """Two places that are taken for each other, and what tells them apart."""

    landmarks: list[str]
    detail_vi: str
    detail_en: str
    images: list[Image | None]
    confusions: int
    photos: int


@dataclass(frozen=True)
class Webhook:
    """Whom the platform tells; `secret` stands in the answer to the call that asked, and in no other."""

    url: str
    state: str
    attempts: int
    status: int | None
    reason: str
    message: str
    delivered_at: datetime | None
    next_attempt_at: datetime | None
    secret: str | None


@dataclass(frozen=True)
class SearchFacts:
    """How far a search is, and what came out. `verdict`: is, one_of, unknown, or empty until it is answered."""

    id: str
    url: str
    state: str
    stage: str
    reason: str
    message: str
    method: str
    verifier: str
    checkpoint: str
    catalogue_version: str
    asked_at: datetime
    answered_at: datetime | None
    times_ms: Times
    verdict: str
    known: float | None

    @property
    def is_done(self) -> bool:
        return self.state in ("answered", "failed")


@dataclass(frozen=True)
class SearchInBrief(SearchFacts):
    """A search of a batch with its places."""

    places: list[PlaceInBrief]


@dataclass(frozen=True)
class Search(SearchFacts):
    """A search with all that was found."""

    places: list[Place]
    hits: list[Hit]
    hints: list[Hint]
    lookalikes: list[LookAlike]
    views: list[str]
    image: int | None
    box: list[float] | None
    k: int
    province: str | None
    category: str
    words: str
    bbox: list[float] | None
    near: str | None
    within_km: float | None
    private: bool
    webhook: Webhook | None

    def photo_of(self, place: Place) -> Hit | None:
        """The photo found that shows a place best."""
        return next((hit for hit in self.hits if hit.rank == place.best_hit), None)


@dataclass(frozen=True)
class Refusal:
    code: str
    detail: str


@dataclass(frozen=True)
class BatchPhoto:
    """One photo of a batch: its search, or why it was refused."""

    number: int
    name: str
    refusal: Refusal | None
    search: SearchInBrief | None


@dataclass(frozen=True)
class Batch:
    """How far many searches are."""

    id: str
    url: str
    is_finished: bool
    asked_at: datetime
    finished_at: datetime | None
    total: int
    waiting: int
    running: int
    answered: int
    failed: int
    refused: int
    photos: list[BatchPhoto]
    webhook: Webhook | None


@dataclass(frozen=True)
class FoundPlace:
    """A place that words may mean."""

    rank: int
    relevance: float
    landmark: Landmark
    image: Image | None
    attribution: Attribution | None


@dataclass(frozen=True)
class Found:
    """The places that words may mean; `alike` where there is none, those whose names are spelt most like it."""

    words: str
    places: list[FoundPlace]
    alike: list[Landmark]


@dataclass(frozen=True)
class Export:
    """The dataset as an archive; `state`: waiting, running, ready or failed."""

    id: str
    url: str
    state: str
    reason: str
    asked_at: datetime
    made_at: datetime | None
    photos: int | None
    landmarks: int | None
    bytes: int | None
    sha256: str
    download: str | None


@dataclass(frozen=True)
class Change:
    """What became of one thing of the catalogue; `record` is what it is now, as it came, or None if it is gone."""

    kind: str
    key: str
    what: str
    leads_to: str
    at: datetime
    record: dict[str, Any] | None

    def read(self) -> ProvinceRecord | LandmarkRecord | Image | None:
        """The record as what it is."""
        read: dict[str, type[ProvinceRecord] | type[LandmarkRecord] | type[Image]] = {
            "province": ProvinceRecord,
            "landmark": LandmarkRecord,
            "image": Image,
        }
        return None if self.record is None or self.kind not in read else built(read[self.kind], self.record)


@dataclass(frozen=True)
class Changes:
    """Some changes in order, and the cursor to go on from: keep it once these are in your copy."""

    next: str
    cursor: str
    has_more: bool
    results: list[Change]


_hints = functools.cache(typing.get_type_hints)


def built(kind: type[T], said: Any) -> T:
    """A dataclass from the JSON of an answer; what it does not know is passed over."""
    return typing.cast(T, _value(kind, said))


def _value(kind: Any, said: Any) -> Any:
    if said is None:
        return None
    if typing.get_origin(kind) is types.UnionType:  # something or None
        kind = next(each for each in typing.get_args(kind) if each is not type(None))
    if typing.get_origin(kind) is list:
        return [_value(typing.get_args(kind)[0], each) for each in said]
    if isinstance(kind, type) and is_dataclass(kind):
        hints = _hints(kind)
        return kind(**{each.name: _value(hints[each.name], said.get(each.name)) for each in fields(kind)})
    return datetime.fromisoformat(said) if kind is datetime else said
