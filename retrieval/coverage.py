"""What the photos of each place show of it, and which places need photos most. It is measured, and kept to be read.

A place is measured anew when its photos change, by the worker; `measure_coverage` measures all.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from places import quality
from places.models import CurationEvent, Landmark, LandmarkImage, Province
from retrieval.methods.base import Method

from . import index, place_accuracy, serving
from .models import Correction, Descriptor, PlaceCoverage, Query, RankedPlace
from .place_accuracy import PlaceAccuracy

LOCK = "measuring coverage"
METHOD = "cnn_irwnha"  # the best by itself of those that rank
# Of 636 photos of 32 places, those less similar to each other showed the back, the inside, the place from the air,
# by night or long ago; those more similar, the same side from nearer, farther or in other weather.
SAME_VIEW = 0.5
RAINY = {
    **dict.fromkeys(
        (Province.Region.NORTHERN_MIDLANDS_MOUNTAINS, Province.Region.RED_RIVER_DELTA), range(5, 11)
    ),
    **dict.fromkeys((Province.Region.NORTH_CENTRAL, Province.Region.SOUTH_CENTRAL_COAST), range(9, 13)),
    **dict.fromkeys(
        (Province.Region.CENTRAL_HIGHLANDS, Province.Region.SOUTHEAST, Province.Region.MEKONG_DELTA),
        range(5, 12),
    ),
}  # months with most of the rain
DAY = range(6, 18)  # hours: between the tropics the sun sets about six all the year

State = LandmarkImage.State
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Wanted:
    """What a place has when it needs nothing more, and how many of 100 points it costs to have none of it."""

    photos: int = 20
    points_for_photos: int = 40
    viewpoints: int = 5
    points_for_viewpoints: int = 20
    points_for_accuracy: int = 20  # an accuracy that cannot be measured is none
    failed_searches: int = 10  # from which on all the points are lost
    points_for_failed_searches: int = 20

    def need(self, *, photos: int, viewpoints: int, accuracy: float | None, failed_searches: int) -> float:
        """How much a place needs photos, from 0 to 100."""
        return (
            self.points_for_photos * (1 - min(photos / self.photos, 1))
            + self.points_for_viewpoints * (1 - min(viewpoints / self.viewpoints, 1))
            + self.points_for_accuracy * (1 - (accuracy or 0))
            + self.points_for_failed_searches * min(failed_searches / self.failed_searches, 1)
        )


WANTED = Wanted()


@dataclass
class _Taken:
    """When the photos of a place were taken, as far as they tell."""

    months: set[int] = field(default_factory=set)
    dry: int = 0
    rainy: int = 0
    nights: int = 0


def measure(
    landmarks: Collection[int] | None = None,
    *,
    method: type[Method],
    progress: Progress = lambda stage, done, total: None,
) -> list[PlaceCoverage]:
    """The coverage of places, by the ids of their landmarks; None for all that stand. Nothing is stored."""
    standing = Landmark.objects.standing().select_related("province")
    places = standing.in_bulk(landmarks) if landmarks is not None else standing.in_bulk()
    images = LandmarkImage.objects.filter(landmark__in=places)
    counts = (
        images.order_by()
        .values("landmark")
        .annotate(
            published=Count("pk", filter=Q(state=State.PUBLISHED)),
            waiting=Count("pk", filter=Q(state=State.CANDIDATE)),
        )
    )
    counted = {row["landmark"]: row for row in counts}
    accuracies = place_accuracy.of_places(list(places), method=method, progress=progress)
    missing = _missing(images)
    taken = _taken(images, places)
    failed = _failed_searches()
    now = timezone.now()
    measured = []
    for done, (pk, landmark) in enumerate(places.items()):
        row = counted.get(pk, {"published": 0, "waiting": 0})
        measured.append(
            _coverage(
                landmark,
                accuracies[pk],
                published=row["published"],
                waiting=row["waiting"],
                viewpoints=viewpoints(_vectors(landmark, method=method)) if row["published"] else 0,
                taken=taken[pk],
                missing=missing[pk],
                failed_searches=failed[pk],
                at=now,
            )
        )
        progress("counting viewpoints", done + 1, len(places))
    return measured


def keep(measured: Iterable[PlaceCoverage]) -> None:
    """Store what was measured in place of what was before."""
    columns = [each.name for each in PlaceCoverage._meta.fields if each.name not in ("id", "landmark")]
    PlaceCoverage.objects.bulk_create(
        measured, update_conflicts=True, unique_fields=["landmark"], update_fields=columns, batch_size=500
    )


def measure_what_changed(*, most: int) -> int:
    """Measure anew some of the places whose photos changed since; returns how many."""
    changed = set(changed_places()[:most])
    if changed:
        keep(measure(changed | _left(changed), method=serving.find(METHOD)))
    return len(changed)


def changed_places() -> QuerySet[Landmark, int]:
    """The ids of places that were never measured, or have photos that came, went or were described since."""
    own = Q(image__landmark=OuterRef("pk"))
    since = {"at__gt": OuterRef("coverage__measured_at")}
    never = Q(coverage=None)
    acted_on = Exists(CurationEvent.objects.filter(own, **since))
    described = Exists(Descriptor.objects.filter(own, **since))
    arrived = Exists(
        LandmarkImage.objects.filter(landmark=OuterRef("pk"), added_at__gt=OuterRef("coverage__measured_at"))
    )
    changed = Landmark.objects.standing().filter(never | acted_on | described | arrived)
    return changed.order_by(F("coverage__measured_at").asc(nulls_first=True), "pk").values_list(
        "pk", flat=True
    )


def _left(places: Collection[int]) -> set[int]:
    """Where photos of these places stood before they were moved here, as far as that is not measured yet."""
    moved = CurationEvent.objects.filter(
        image__landmark__in=places,
        before__has_key="landmark_id",
        at__gt=F("image__landmark__coverage__measured_at"),
    )
    left = set(moved.order_by().values_list("before__landmark_id", flat=True)) - {None}
    return set(Landmark.objects.standing().filter(pk__in=left).values_list("pk", flat=True))


def viewpoints(vectors: np.ndarray) -> int:
    """From how many sides the photos show a place: each that is less than SAME_VIEW similar to all sides before
    it is another side.

    vectors: (N, D) float32, L2-normalised rows, in the order of the photos' ids.
    """
    first_of: list[np.ndarray] = []
    for vector in vectors:
        if not first_of or (np.stack(first_of) @ vector).max() < SAME_VIEW:
            first_of.append(vector)
    return len(first_of)


def is_rainy(month: int, *, region: str) -> bool:
    """Whether most of a region's rain falls around this month."""
    return month in RAINY[Province.Region(region)]


def is_night(taken_at: datetime) -> bool:
    """Whether the sun was down when a photo was taken."""
    return timezone.localtime(taken_at).hour not in DAY


def _coverage(
    landmark: Landmark,
    accuracy: PlaceAccuracy,
    *,
    published: int,
    waiting: int,
    viewpoints: int,
    taken: _Taken,
    missing: dict[str, int],
    failed_searches: int,
    at: datetime,
) -> PlaceCoverage:
    share = accuracy.share
    return PlaceCoverage(
        landmark=landmark,
        published=published,
        waiting=waiting,
        viewpoints=viewpoints,
        months=sorted(taken.months),
        dry=taken.dry,
        rainy=taken.rainy,
        nights=taken.nights,
        missing=missing,
        method=accuracy.method,
        version=accuracy.version,
        asked=accuracy.asked,
        right=accuracy.right,
        accuracy_low=share.low if share else None,
        accuracy_high=share.high if share else None,
        failed_searches=failed_searches,
        need=WANTED.need(
            photos=published,
            viewpoints=viewpoints,
            accuracy=share.value if share else None,
            failed_searches=failed_searches,
        ),
        measured_at=at,
    )


def _vectors(landmark: Landmark, *, method: type[Method]) -> np.ndarray:
    images = LandmarkImage.objects.published().filter(landmark=landmark).order_by()
    return index.vectors_of(method, images=list(images.values_list("pk", flat=True)))[1]


def _missing(images: QuerySet[LandmarkImage]) -> dict[int, dict[str, int]]:
    """How many published photos of each landmark each method has yet to describe, where there are any."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for name, method in serving.available().items():
        undone = index.missing(method).filter(pk__in=images.order_by().values("pk")).order_by()
        for landmark, count in undone.values_list("landmark").annotate(Count("pk")):
            found[landmark][name] = count
    return found


def _taken(images: QuerySet[LandmarkImage], places: dict[int, Landmark]) -> dict[int, _Taken]:
    found: dict[int, _Taken] = defaultdict(_Taken)
    rows = images.published().order_by().values_list("landmark", "taken_at", "sky_light")
    for landmark, taken_at, sky_light in rows.iterator():
        taken = found[landmark]
        if sky_light is not None and places[landmark].category != Landmark.Category.CAVE:
            taken.nights += sky_light < quality.NIGHT  # a clock may be set to another zone
        elif taken_at:
            taken.nights += is_night(taken_at)
        if not taken_at:
            continue
        month = timezone.localtime(taken_at).month
        taken.months.add(month)
        if province := places[landmark].province:
            rainy = is_rainy(month, region=province.region)
            taken.rainy += rainy
            taken.dry += not rainy
    return found


def _failed_searches() -> Counter[int]:
    """How many searches for each landmark missed it: those of which the visitor said that it is in fact this place,
    and those that named it as only one of several."""
    corrected = Correction.objects.filter(said=Correction.Said.IN_FACT, landmark__isnull=False).exclude(
        is_true=False
    )
    narrow = RankedPlace.objects.filter(rank=0, query__verdict=Query.Verdict.ONE_OF, query__part_of=None)
    narrow = narrow.exclude(query__corrections__said=Correction.Said.IN_FACT)
    return Counter(
        dict(corrected.order_by().values_list("landmark").annotate(Count("query", distinct=True)))
    ) + Counter(dict(narrow.order_by().values_list("landmark").annotate(Count("query", distinct=True))))
