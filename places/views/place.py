"""The page of one place."""

from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from places import mapping, structured_data
from places.models import Landmark

from .kept import same_for_strangers

PHOTOS_A_PAGE = 12
NEARBY = 8  # places shown below it


@require_safe
@vary_on_headers("HX-Request")
@same_for_strangers
def landmark(request: HttpRequest, slug: str) -> HttpResponse:
    """A place, or where it is to be found now. htmx asks for further photos alone."""
    around = Landmark.objects.standing().with_places().with_cover()
    place = (
        Landmark.objects.standing()
        .with_places()
        .select_related("split_from")
        .prefetch_related(
            "facts",
            Prefetch("overlaps_with", around, to_attr="overlapping"),
            Prefetch("split_off", Landmark.objects.standing(), to_attr="parts"),
        )
        .filter(slug=slug)
        .first()
    )
    if place is None:
        return redirect(get_object_or_404(Landmark.objects.known_as(slug)), permanent=True)
    published = place.images.published().order_by("pk")
    hero = published.first()
    gallery = Paginator(published.exclude(pk=hero and hero.pk), PHOTOS_A_PAGE)
    context = {"landmark": place, "hero": hero, "photos": gallery.get_page(request.GET.get("page"))}
    if "HX-Request" in request.headers:
        return render(request, "places/_gallery.html", context | {"is_fragment": True})
    context["nearby"] = place.nearby().with_places().with_cover()[:NEARBY]
    if place.latitude is not None:
        context["map"] = mapping.whole_country(
            [place], province=place.province.slug if place.province else ""
        )
    context["attraction"] = structured_data.attraction(
        place, images=[hero, *context["photos"]] if hero else [], absolute=request.build_absolute_uri
    )
    return render(request, "places/landmark.html", context)
