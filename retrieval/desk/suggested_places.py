"""Photos that wait, each with the place that the index would give it."""

from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from places import curation
from places.models import Landmark, LandmarkImage
from retrieval import guessing, serving
from retrieval.models import PlaceGuess, PlaceGuessQuerySet, WorkerPulse

from .frame import again, drawn, kept, mark_versions, page_of, page_of_the_desk, seen_of, told

A_PAGE = 10
ONLY = {
    "": gettext_lazy("All"),
    "unlabelled": gettext_lazy("Without a place"),
    "elsewhere": gettext_lazy("Said to show another place"),
}


@page_of_the_desk
def page(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        _decide(request)
        return again(request)
    only = request.GET.get("only", "")
    guesses = _chosen(PlaceGuess.objects.suggesting(), only=only)
    found = page_of(request, guesses.with_evidence(), number=A_PAGE)
    mark_versions(guess.image for guess in found)
    return drawn(
        request,
        "suggested_places.html",
        title=_("Where does it belong?"),
        page=found,
        kept=kept(request),
        tabs=[(key, label, key == only) for key, label in ONLY.items()],
        to_look_at=guessing.to_look_at(method=serving.find(guessing.METHOD)).waiting().count(),
        worker_alive=WorkerPulse.any_alive(queue="default"),
    )


def _chosen(guesses: PlaceGuessQuerySet, *, only: str) -> PlaceGuessQuerySet:
    if only == "unlabelled":
        return guesses.filter(image__landmark=None)
    if only == "elsewhere":
        return guesses.exclude(image__landmark=None).exclude(image__landmark=F("landmark"))
    return guesses


def _decide(request: HttpRequest) -> None:
    image = get_object_or_404(LandmarkImage.objects.waiting(), place_guess=request.POST["guess"])
    landmark = get_object_or_404(Landmark.objects.standing(), pk=request.POST["landmark"])
    moved = curation.move([image], landmark=landmark, actor=request.user, seen=seen_of(request))
    if not told(request, moved) and moved.refused:
        return
    if request.POST["act"] == "publish":
        if told(request, curation.publish([image], actor=request.user)):
            messages.success(request, _("The photo is published at %(place)s.") % {"place": landmark})
    else:
        messages.success(request, _("The photo is at %(place)s now.") % {"place": landmark})
