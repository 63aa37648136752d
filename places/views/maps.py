"""The map of all places, and what lies near to somewhere."""

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import conditional_page, require_safe

from places import mapping
from places.exploring import ExploreForm
from places.models import Landmark, Province
from places.positions import Position, PositionField
from places.templatetags.covers import cover_url

from .kept import told_once

NEAREST = 20  # places shown
KEPT = 300  # seconds, by browsers


def _chosen(form: ExploreForm) -> QuerySet[Landmark]:
    return form.places().on_the_map()


@require_safe
def show_map(request: HttpRequest) -> HttpResponse:
    form = ExploreForm(request.GET)
    landmarks = _chosen(form).order_by("province__slug", "slug")
    context = {
        "form": form,
        "kept": form.without("sort"),
        "landmarks": landmarks,
        "map": mapping.whole_country(landmarks, province=form.chosen.get("province", "")),
        "tiles": settings.MAP_TILES_URL,
        "tiles_attribution": settings.MAP_TILES_ATTRIBUTION,
    }
    return render(request, "places/map.html", context)


@require_safe
@conditional_page
@cache_control(public=True, max_age=KEPT)
def map_places(request: HttpRequest) -> HttpResponse:
    """What the map's script draws: the same places, in the language of the address.

    All of them are told once for each state of the catalogue, and kept.
    """

    def told() -> bytes:
        landmarks = _chosen(ExploreForm(request.GET)).order_by("slug")
        return JsonResponse({"places": [_told(landmark) for landmark in landmarks]}).content

    body = told() if request.GET else told_once("map", told)
    return HttpResponse(body, content_type="application/json")


def _told(landmark: Landmark) -> dict:
    return {
        "name": landmark.name,
        "province": landmark.province.name if landmark.province else "",
        "category": landmark.get_category_display() if landmark.category else "",
        "latitude": landmark.latitude,
        "longitude": landmark.longitude,
        "url": landmark.get_absolute_url(),
        "photo": cover_url(landmark.cover_thumbnail) if landmark.cover_thumbnail else "",
    }


class NearForm(forms.Form):
    """Where to look from: a position, else a place, else a province."""

    place = forms.ModelChoiceField(
        Landmark.objects.standing().on_the_map().order_by("slug"), label=_("Place"), required=False, to_field_name="slug",
        empty_label=_("Choose a place"),
    )  # fmt: skip
    province = forms.ModelChoiceField(
        Province.objects.all(), label=_("Province or city"), required=False, to_field_name="slug",
        empty_label=_("Choose a province"),
    )  # fmt: skip
    position = PositionField(
        label=_("Coordinates"), required=False, help_text=_("Latitude, longitude: 21.028, 105.854")
    )
    within_km = forms.TypedChoiceField(
        label=_("How far"), coerce=int, initial=25, required=False, empty_value=25,
        choices=[(km, f"{km} km") for km in (2, 5, 10, 25, 50, 100, 200)],
    )  # fmt: skip

    def clean(self) -> dict:
        """With `start`, the place or province whose position it is, or None."""
        told = super().clean() or {}
        if self.errors or told.get("position"):
            return told | {"start": None}
        start = told.get("place") or told.get("province")
        match start:
            case Landmark():
                centre = (start.latitude, start.longitude)
            case Province():
                centre = Landmark.objects.standing().filter(province=start).centre()
            case _:
                raise forms.ValidationError(_("Say where to look from: a place, a province or coordinates."))
        if centre is None:
            raise forms.ValidationError(_("We know of no place in this province yet."))
        return told | {"start": start, "position": Position(*centre)}


@never_cache
def near(request: HttpRequest) -> HttpResponse:
    """A visitor's position comes by POST alone, so that no log and no history has it; it is not kept."""
    named = {name: request.GET[name] for name in ("place", "province", "within_km") if name in request.GET}
    form = NearForm(request.POST if request.method == "POST" else named or None)
    if not form.is_valid():
        return render(request, "places/near.html", {"form": form})
    here, start = form.cleaned_data["position"], form.cleaned_data["start"]
    around = Landmark.objects.standing().near(
        here.latitude, here.longitude, within_km=form.cleaned_data["within_km"]
    )
    if isinstance(start, Landmark):
        around = around.exclude(pk=start.pk)
    found = list(around.with_places().with_cover()[:NEAREST])
    drawing = mapping.surroundings(found, here=(here.latitude, here.longitude))
    context = {"form": form, "start": start, "found": found, "map": drawing, "most": NEAREST}
    return render(request, "places/near.html", context)
