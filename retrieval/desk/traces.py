"""What is left of withdrawn photos: the latest of them, and of each the proof, looked for when the page is asked for."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from places.models import CurationEvent, LandmarkImage
from retrieval import traces

from .frame import drawn, page_of, page_of_the_desk

A_PAGE = 50


@dataclass(frozen=True)
class Place:
    """Where a photo could have left something: in which rows, by the reader's words and ours, and how many do."""

    rows: str
    column: str
    count: int


@page_of_the_desk
def page(request: HttpRequest) -> HttpResponse:
    withdrawn = CurationEvent.objects.filter(
        verb=CurationEvent.Verb.REJECT, image__state=LandmarkImage.State.REJECTED
    )
    found = page_of(request, withdrawn.select_related("image__landmark", "actor"), number=A_PAGE)
    return drawn(request, "traces.html", title=_("Traces of withdrawn photos"), page=found)


@page_of_the_desk
def proof(request: HttpRequest, pk: int) -> HttpResponse:
    image = get_object_or_404(LandmarkImage.objects.select_related("landmark"), pk=pk)
    found = traces.of(image)
    names = {f"{field.model.__name__}.{field.name}": field for field in traces.links()}
    places = [
        Place(str(names[name].model._meta.verbose_name_plural), name, count)
        for name, count in found.rows.items()
    ]
    return drawn(
        request,
        "trace.html",
        title=_("Traces of photo #%(number)d") % {"number": image.pk},
        image=image,
        found=found,
        places=sorted(places, key=lambda place: -place.count),
        withdrawn=image.state == LandmarkImage.State.REJECTED,
    )
