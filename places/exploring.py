"""What the page of all places shows: what was asked for, how many places each filter leaves, and ways to browse."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from django import forms
from django.db.models import Count, F, Q
from django.db.models.lookups import IsNull
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from .models import Landmark, LandmarkImage, LandmarkQuerySet, Province
from .search import LONGEST, search

FILTERS = {
    "region": "province__region",
    "province": "province__slug",
    "category": "category",
    "unesco": "unesco",
}
HERITAGE_SHOWN = 5


class Sort:
    RELEVANCE, NAME = "relevance", "name"


class ExploreForm(forms.Form):
    """Which places to list. What is not understood is left out, never an error: addresses grow old."""

    q = forms.CharField(label=_("Name, place or province"), required=False, max_length=LONGEST)
    province = forms.ChoiceField(label=_("Province or city"), required=False)
    region = forms.ChoiceField(label=_("Region"), required=False)
    category = forms.ChoiceField(label=_("Kind of place"), required=False)
    unesco = forms.ChoiceField(label=_("UNESCO title"), required=False)
    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=[(Sort.RELEVANCE, _("Best match")), (Sort.NAME, _("Name"))],
    )

    EVERYTHING = {
        "province": _("All of Vietnam"),
        "region": _("All regions"),
        "category": _("All kinds"),
        "unesco": _("With or without"),
    }
    LABELS = {
        "region": dict(Province.Region.choices),
        "category": dict(Landmark.Category.choices),
        "unesco": dict(Landmark.Unesco.choices),
    }

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        provinces = {province.slug: province.name for province in Province.objects.order_by("slug")}
        self.labels = {**self.LABELS, "province": provinces}
        for name in FILTERS:
            self.fields[name].choices = [("", self.EVERYTHING[name]), *self.labels[name].items()]
        self.is_valid()

    @property
    def text(self) -> str:
        return self.cleaned_data.get("q", "")

    @cached_property
    def chosen(self) -> dict[str, str]:
        """The filters that are set, by name."""
        return {name: value for name in FILTERS if (value := self.cleaned_data.get(name))}

    @property
    def asks(self) -> bool:
        """Whether anything is asked for, be it the whole list in order."""
        return bool(self.text or self.chosen or self.data.get("sort") or self.data.get("page"))

    @property
    def by_name(self) -> bool:
        return not self.text or self.cleaned_data.get("sort") == Sort.NAME

    def places(self) -> LandmarkQuerySet:
        """What is asked for, in the order asked for."""
        places = self._meant.filter(**{FILTERS[name]: value for name, value in self.chosen.items()})
        # A slug sorts as Vietnamese reads; the database's own order puts every accent last.
        return places.order_by(IsNull(F("cover_thumbnail"), True), "slug") if self.by_name else places

    def count_choices(self) -> None:
        """Let each choice of a filter say how many places it has under the other filters; one without any goes."""
        rows = list(self._meant.order_by().values(*FILTERS.values()))
        for name, column in FILTERS.items():
            others = {FILTERS[other]: value for other, value in self.chosen.items() if other != name}
            passing = [row for row in rows if all(row[other] == value for other, value in others.items())]
            counts = Counter(row[column] for row in passing)
            self.fields[name].choices = [
                ("", f"{self.EVERYTHING[name]} ({len(passing)})"),
                *(
                    (value, f"{label} ({counts[value]})")
                    for value, label in self.labels[name].items()
                    if counts[value] or value == self.chosen.get(name)
                ),
            ]

    def removable(self) -> Iterator[tuple[str, str]]:
        """What is set, in words, each with the address's query without it."""
        if self.text:
            yield f"“{self.text}”", self.without("q")
        for name, value in self.chosen.items():
            yield self.labels[name][value], self.without(name)

    def without(self, *names: str) -> str:
        """The query of the page's address without some of it; a filter's page numbers mean nothing to another."""
        kept = self.data.copy()
        for name in (*names, "page"):
            kept.pop(name, None)
        for name in [name for name in kept if not kept[name]]:
            del kept[name]
        return kept.urlencode()

    @property
    def without_filters(self) -> str:
        return self.without(*FILTERS)

    @cached_property
    def _meant(self) -> LandmarkQuerySet:
        """What the words mean, before any filter."""
        among = Landmark.objects.standing().with_places().with_cover()
        return search(self.text, among=among) if self.text else among


@dataclass
class Group:
    """Places that share something, to be browsed together: how many, and the photo of one that stands for all."""

    label: str
    query: str  # of the page's address that lists them
    category: str = ""  # whose scene stands for them where there is no photo
    count: int = 0
    cover_thumbnail: str | None = None
    within: list[Group] = field(default_factory=list)


@dataclass(frozen=True)
class Browse:
    """Ways into the catalogue for who asks for nothing yet."""

    total: int
    heritage: list[Landmark]  # with photos
    titles: list[Group]
    regions: list[Group]
    categories: list[Group]


def browse() -> Browse:
    places = list(
        Landmark.objects.standing()
        .with_cover()
        .select_related("province")
        .defer("description_vi", "description_en", "about", "words")
        .order_by("slug")
    )
    heritage = [
        place for place in places if place.unesco == Landmark.Unesco.WORLD_HERITAGE and place.cover_thumbnail
    ]
    heritage = heritage[:HERITAGE_SHOWN]
    taken = {place.cover_thumbnail for place in heritage}  # no photo stands for two things
    regions = _groups(
        ((place.province.region, place) for place in places if place.province),
        Province.Region.choices,
        "region",
        taken,
    )
    for region, group in regions.items():
        of_region = [place for place in places if place.province and place.province.region == region]
        names = sorted({(place.province.slug, place.province.name) for place in of_region})
        within = _groups(((place.province.slug, place) for place in of_region), names, "province", None)
        group.within = list(within.values())
    categories = _groups(
        ((place.category, place) for place in places), Landmark.Category.choices, "category", taken
    )
    for category, group in categories.items():
        group.category = category
    titles = _groups(((place.unesco, place) for place in places), Landmark.Unesco.choices, "unesco", None)
    by_size = sorted(categories.values(), key=lambda group: -group.count)
    return Browse(len(places), heritage, list(titles.values()), list(regions.values()), by_size)


@dataclass(frozen=True)
class Category:
    """A category of landmarks, and how much of it the catalogue has."""

    category: str
    name_vi: str
    name_en: str
    landmark_count: int
    photo_count: int

    @property
    def name(self) -> str:
        """In the reader's language."""
        return self.name_en if get_language() == "en" else self.name_vi


def categories() -> list[Category]:
    """All categories, also those that nothing is of yet; one query."""
    shown = Count("images", filter=Q(images__state=LandmarkImage.State.PUBLISHED))
    rows = Landmark.objects.standing().order_by().values("category")
    rows = rows.annotate(landmarks=Count("pk", distinct=True), photos=shown)
    counts = {row["category"]: (row["landmarks"], row["photos"]) for row in rows}
    return [
        Category(each.value, *_in_both_languages(each.label), *counts.get(each.value, (0, 0)))
        for each in Landmark.Category
    ]


def _in_both_languages(label: Promise) -> tuple[str, str]:
    said = []
    for language in ("vi", "en"):
        with override(language):
            said.append(str(label))
    return said[0], said[1]


def _groups(
    keyed: Iterable[tuple[str, Landmark]], choices: Iterable[tuple[str, str]], name: str, taken: set | None
) -> dict[str, Group]:
    """The groups that have places, in the order of the choices. taken: covers that stand for something already."""
    members: dict[str, list[Landmark]] = defaultdict(list)
    for key, place in keyed:
        members[key].append(place)
    groups = {}
    for key, label in choices:
        if not members[key]:
            continue
        covers = [place.cover_thumbnail for place in members[key] if place.cover_thumbnail]
        cover = None
        if taken is not None:
            cover = next((cover for cover in covers if cover not in taken), None)
            taken.add(cover)
        groups[key] = Group(str(label), f"{name}={key}", count=len(members[key]), cover_thumbnail=cover)
    return groups
