"""What the desk's page of photos shows: which were asked for, a page of them, and one of them with all that is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Count, Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .models import CurationEvent, Landmark, LandmarkImage, LandmarkImageQuerySet, OpenPhoto, Province
from .search import LONGEST, SAME, search

A_PAGE = 60
MOST_AT_ONCE = 1000  # photos of one press: as many as a curator can answer for
SOURCES_SHOWN = 30
PLACES_MEANT = 8
IN_A_GROUP = 12
State = LandmarkImage.State


def _in_groups(photos: LandmarkImageQuerySet) -> LandmarkImageQuerySet:
    leads = LandmarkImage.objects.filter(near_duplicate_of__isnull=False).values("near_duplicate_of")
    return photos.filter(Q(near_duplicate_of__isnull=False) | Q(pk__in=leads))


# Other rooms add what they know of photos, once, as the site starts.
ONLY: dict[str, tuple[str, Callable[[LandmarkImageQuerySet], LandmarkImageQuerySet]]] = {
    "visitors": (_("Given by visitors"), lambda photos: photos.filter(contribution__isnull=False)),
    "unattributed": (_("Author, licence or source missing"), lambda photos: photos.unattributed()),
    "alike": (_("Near-duplicates"), _in_groups),
    "faulty": (_("Low quality"), lambda photos: photos.low_quality()),
    "unplaced": (_("Without a place"), lambda photos: photos.filter(landmark__isnull=True)),
    "samples": (_("Offered as samples"), lambda photos: photos.filter(is_sample=True)),
}


@dataclass(frozen=True)
class Chip:
    """A filter that is set: what it says, and the address without it."""

    label: str
    without: str


@dataclass(frozen=True)
class Tab:
    """A state, how many photos it has under the other filters, and its address."""

    label: str
    count: int
    address: str
    is_current: bool


@dataclass(frozen=True)
class Page:
    """Photos, the latest first, and the addresses of the pages before and after."""

    photos: list[LandmarkImage]
    newer: str | None
    older: str | None


class DeskForm(forms.Form):
    """Which photos to show. What is not understood is left out, never an error: addresses grow old."""

    q = forms.CharField(label=_("Place, author or number"), required=False, max_length=LONGEST)
    state = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("All")), *State.choices])
    place = forms.CharField(label=_("Place"), required=False, max_length=LONGEST)
    province = forms.ChoiceField(label=_("Province or city"), required=False)
    source = forms.CharField(label=_("Source"), required=False, max_length=255)
    by = forms.IntegerField(label=_("Contributed by"), required=False)
    only = forms.MultipleChoiceField(
        label=_("Only"),
        required=False,
        choices=lambda: [(name, label) for name, (label, _narrow) in ONLY.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    before = forms.IntegerField(required=False)
    after = forms.IntegerField(required=False)

    def __init__(self, data: QueryDict, *, among: LandmarkImageQuerySet) -> None:
        super().__init__(data)
        self.among = among
        self.provinces = {province.slug: province.name for province in Province.objects.order_by("slug")}
        self.fields["province"].choices = [("", _("All of Vietnam")), *self.provinces.items()]
        self.is_valid()

    @cached_property
    def landmark(self) -> Landmark | None:
        """The place asked for, by its slug or by words."""
        text = self.cleaned_data.get("place", "")
        return (Landmark.objects.filter(slug=text).first() or search(text).first()) if text else None

    @cached_property
    def contributor(self):
        number = self.cleaned_data.get("by")
        return get_user_model().objects.filter(pk=number).first() if number else None

    @cached_property
    def photos(self) -> LandmarkImageQuerySet:
        """All that is asked for, the latest first."""
        state = self.cleaned_data.get("state")
        return self._in_any_state.filter(state=state) if state else self._in_any_state

    @cached_property
    def _in_any_state(self) -> LandmarkImageQuerySet:
        asked, photos = self.cleaned_data, self.among.order_by("-pk")
        if text := asked.get("q", "").strip():
            photos = photos.filter(_said(text))
        if self.landmark:
            photos = photos.filter(landmark=self.landmark)
        if province := asked.get("province"):
            photos = photos.filter(landmark__province__slug=province)
        if source := asked.get("source"):
            photos = photos.filter(source_host=source)
        if self.contributor:
            photos = photos.filter(contributed_by=self.contributor)
        for name in asked.get("only", []):
            photos = ONLY[name][1](photos)
        return photos

    @cached_property
    def tabs(self) -> list[Tab]:
        rows = self._in_any_state.order_by().values_list("state").annotate(photos=Count("pk"))
        counts = dict(rows)
        counts[""] = sum(counts.values())
        current = self.cleaned_data.get("state", "")
        return [
            Tab(str(label), counts.get(value, 0), self.address(state=value), value == current)
            for value, label in self.fields["state"].choices
        ]

    @property
    def count(self) -> int:
        return next(tab.count for tab in self.tabs if tab.is_current)

    def page(self) -> Page:
        """By the ids of its neighbours: a page far down is read as quickly as the first."""
        before, after = self.cleaned_data.get("before"), self.cleaned_data.get("after")
        photos = self.photos.select_related("landmark").with_last_act()
        if after:
            rows = list(photos.filter(pk__gt=after).order_by("pk")[: A_PAGE + 1])
            beyond, rows = len(rows) > A_PAGE, rows[:A_PAGE][::-1]
            newer, older = beyond, True
        else:
            rows = list((photos.filter(pk__lt=before) if before else photos)[: A_PAGE + 1])
            newer, older = bool(before), len(rows) > A_PAGE
            rows = rows[:A_PAGE]
        return Page(
            rows,
            newer=self.address(after=rows[0].pk) if rows and newer else None,
            older=self.address(before=rows[-1].pk) if rows and older else None,
        )

    def sources(self) -> list[str]:
        """The hosts that most photos come from."""
        hosts = LandmarkImage.objects.exclude(source_host="").order_by().values("source_host")
        most = hosts.annotate(photos=Count("pk")).order_by("-photos", "source_host")
        return [row["source_host"] for row in most[:SOURCES_SHOWN]]

    @property
    def chips(self) -> list[Chip]:
        asked = self.cleaned_data
        said = {
            "q": asked.get("q") and f"“{asked['q']}”",
            "place": self.landmark and self.landmark.name,
            "province": self.provinces.get(asked.get("province", "")),
            "source": asked.get("source"),
            "by": self.contributor and named(self.contributor),
        }
        chips = [Chip(label, self.address(**{name: ""})) for name, label in said.items() if label]
        only = asked.get("only", [])
        for name in only:
            rest = [each for each in only if each != name]
            chips.append(Chip(str(ONLY[name][0]), self.address(only=rest)))
        return chips

    def address(self, **changed) -> str:
        """The query that asks for the same, but for what is changed; of the whole, not of a page of it."""
        query = QueryDict(mutable=True)
        for name in self.fields:
            value = changed.get(name, "" if name in ("before", "after") else self.cleaned_data.get(name))
            if isinstance(value, list):
                query.setlist(name, value)
            elif value not in ("", None):
                query[name] = str(value)
        return f"?{query.urlencode()}"


def named(user) -> str:
    return user.get_full_name() or str(user)


def _said(text: str) -> Q:
    """Photos of a number, of the places that words mean, or of an author."""
    if (number := text.removeprefix("#")).isdecimal():
        return Q(pk=min(int(number), 2**63 - 1))
    places = list(search(text).order_by().values_list("pk", flat=True))
    return Q(landmark__in=places) | Q(author__icontains=text)


def places_meant(text: str) -> list[Landmark]:
    """The places that a curator may mean: the very one by its slug, else those found, the likeliest first."""
    standing = Landmark.objects.standing().with_places()
    return list(standing.filter(slug=text)) or list(search(text, among=standing)[:PLACES_MEANT])


def the_place_meant(places: list[Landmark]) -> Landmark | None:
    """The one among `places_meant` that is meant without a doubt."""
    if len(places) == 1:
        return places[0]
    same = [place for place in places if getattr(place, "relevance", 0) >= SAME]
    return same[0] if len(same) == 1 else None


@dataclass(frozen=True)
class Look:
    """One photo before a curator, with its near-duplicates, its history, and the colleagues who look at it too."""

    image: LandmarkImage
    alike: list[LandmarkImage]
    events: list[CurationEvent]
    beside: list[OpenPhoto]


def look(image: LandmarkImage, *, curator) -> Look:
    """The photo with what stands beside it; from now on colleagues are told that this curator looks at it."""
    OpenPhoto.objects.update_or_create(curator=curator, defaults={"image": image, "at": timezone.now()})
    group = LandmarkImage.objects.filter(Q(pk=image.group) | Q(near_duplicate_of=image.group))
    alike = group.exclude(pk=image.pk).select_related("landmark").with_last_act().order_by("pk")
    return Look(
        image=image,
        alike=list(alike[:IN_A_GROUP]),
        events=list(image.events.select_related("actor")[:5]),
        beside=list(OpenPhoto.objects.by_others(image, than=curator)),
    )


def seen_of(values: Iterable[str]) -> dict[int, int]:
    """Which photos a form names, each with the version that its page showed: from "12:345", photo and latest act."""
    seen = {}
    for value in values:
        photo, _colon, act = value.partition(":")
        if photo.isdecimal() and act.isdecimal() and len(value) < 40:
            seen[int(photo)] = int(act)
    return dict(list(seen.items())[:MOST_AT_ONCE])
