"""Published photos that most of their neighbours place elsewhere, for curators to move or to leave."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from places import curation
from places.models import Landmark
from retrieval import guessing
from retrieval.models import PlaceGuess

from .frame import again, drawn, mark_versions, page_of, page_of_the_desk, seen_of, told

A_PAGE = 10


@page_of_the_desk
def page(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        _decide(request)
        return again(request)
    found = page_of(request, PlaceGuess.objects.doubting().with_evidence(), number=A_PAGE)
    mark_versions(guess.image for guess in found)
    return drawn(request, "wrong_labels.html", title=_("Wrong place?"), page=found)


def _decide(request: HttpRequest) -> None:
    guess = get_object_or_404(PlaceGuess.objects.select_related("image__landmark"), pk=request.POST["guess"])
    if request.POST["act"] == "right":
        guessing.find_right(guess.image)
        messages.success(request, _("%(photo)s stays where it is.") % {"photo": guess.image})
        return
    landmark = get_object_or_404(Landmark.objects.standing(), pk=request.POST["landmark"])
    moved = curation.move([guess.image], landmark=landmark, actor=request.user, seen=seen_of(request))
    if told(request, moved):
        messages.success(request, _("The photo is at %(place)s now.") % {"place": landmark})
