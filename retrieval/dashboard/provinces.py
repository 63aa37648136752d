"""Vietnam by its provinces: where the places are that have photos, and how well those find their place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Sum
from django.utils.translation import get_language

from places import mapping
from places.models import LandmarkQuerySet
from retrieval.models import PlaceCoverageQuerySet

STEPS = (("none", 0), ("few", 1), ("some", 5), ("many", 20))  # from how many photos on


@dataclass(frozen=True)
class Dot:
    """A place on the map: its name, how many photos it has, and which step that is."""

    name: str
    photos: int
    step: str
    x: str
    y: str
    radius: str


@dataclass(frozen=True)
class Province:
    name: str
    slug: str
    places: int
    empty: int  # places without a photo
    photos: int


@dataclass(frozen=True)
class Coverage:
    """dots: those with most photos last, so that they lie on top."""

    drawing: mapping.Drawing
    dots: tuple[Dot, ...]
    provinces: tuple[Province, ...]

    @property
    def places(self) -> int:
        return sum(province.places for province in self.provinces)

    @property
    def empty(self) -> int:
        return sum(province.empty for province in self.provinces)

    @property
    def steps(self) -> list[tuple[str, int, int]]:
        """Each step's name, from how many photos on it goes, and to how many; 0 where there is no end."""
        ends = [start - 1 for _name, start in STEPS[1:]]
        return [(name, start, end) for (name, start), end in zip(STEPS, [*ends, 0], strict=True)]


def coverage(places: LandmarkQuerySet, *, photos: Mapping[int, int]) -> Coverage:
    """Where there are photos. photos: how many each place has, by its id. One query."""
    named = "name_vi" if get_language() == "vi" else "name_en"
    rows = list(
        places.order_by("pk").values(
            "pk", named, "latitude", "longitude", f"province__{named}", "province__slug"
        )
    )
    for row in rows:
        row["photos"] = photos.get(row["pk"], 0)
    drawing = mapping.whole_country()
    dots = [_dot(row, named, unit=drawing.unit) for row in rows if row["latitude"] is not None]
    return Coverage(
        drawing,
        tuple(sorted(dots, key=lambda dot: dot.photos)),
        tuple(_by_province(rows, named)),
    )


def _dot(row: dict, named: str, *, unit: float) -> Dot:
    step = max(number for number, (_name, start) in enumerate(STEPS) if row["photos"] >= start)
    x, y = mapping.position(row["latitude"], row["longitude"])
    return Dot(
        row[named], row["photos"], STEPS[step][0], f"{x:.1f}", f"{y:.1f}", f"{(0.55 + 0.3 * step) * unit:.1f}"
    )


def _by_province(rows: Iterable[dict], named: str) -> list[Province]:
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in rows:
        if row["province__slug"]:
            found[row[f"province__{named}"], row["province__slug"]].append(row["photos"])
    provinces = [
        Province(name, slug, len(photos), photos.count(0), sum(photos))
        for (name, slug), photos in found.items()
    ]
    return sorted(provinces, key=lambda province: (-province.photos, province.name))


@dataclass(frozen=True)
class Accuracy:
    """Of the photos of a province that were asked, how many found their place."""

    name: str
    slug: str
    right: int
    asked: int

    @property
    def percent(self) -> int:
        return round(100 * self.right / self.asked)


def accuracy(rows: PlaceCoverageQuerySet) -> list[Accuracy]:
    """By leave-one-out, the worst first; provinces of which no photo could be asked are left out. One query."""
    named = "name_vi" if get_language() == "vi" else "name_en"
    by_province = (
        rows.of_standing()
        .filter(asked__gt=0, landmark__province__isnull=False)
        .order_by()
        .values(f"landmark__province__{named}", "landmark__province__slug")
        .annotate(all_right=Sum("right"), all_asked=Sum("asked"))
    )
    found = [
        Accuracy(
            row[f"landmark__province__{named}"],
            row["landmark__province__slug"],
            row["all_right"],
            row["all_asked"],
        )
        for row in by_province
    ]
    return sorted(found, key=lambda each: (each.right / each.asked, -each.asked, each.name))
