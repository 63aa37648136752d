"""The first page: a photo in."""

import hashlib

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from places.models import Landmark, LandmarkImage
from places.photo import PhotoRefused
from retrieval import asking, keeping
from retrieval.forms import SearchForm
from retrieval.models import Query
from retrieval.visitors import asks, asks_privately, lasting_visitor_of, take_up

STATUS_OF_REFUSAL = {"not_an_image": 415, "too_many_bytes": 413}
COVERS_ON_HOME = 6
SAMPLES_ON_HOME = 4


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    return _home(request, SearchForm(privately=asks_privately(request)))


def _home(request: HttpRequest, form: SearchForm, *, status: int = 200) -> HttpResponse:
    covers = (
        Landmark.objects.standing()
        .with_cover()
        .filter(cover_thumbnail__isnull=False)
        .order_by("?")[:COVERS_ON_HOME]
    )
    context = {
        "form": form,
        "samples": LandmarkImage.objects.to_try(SAMPLES_ON_HOME),
        "covers": covers,
        "landmark_count": Landmark.objects.standing().count(),
    }
    return render(request, "retrieval/home.html", context, status=status)


@asks
def ask(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":  # the page's address after a refusal, opened again
        return redirect("retrieval:home")
    form = SearchForm(request.POST, request.FILES, privately=asks_privately(request))
    status = 400
    if form.is_valid():
        try:
            visitor = lasting_visitor_of(request)
            query = _ask(form, **visitor)
            take_up(query, **visitor)
            return redirect(query)
        except PhotoRefused as refusal:
            form.add_error("photo", _refusal(refusal, form.cleaned_data["photos"]))
            status = STATUS_OF_REFUSAL.get(refusal.code, 400)
        except keeping.BadBox:
            form.add_error(None, bad_box())
    return _home(request, form, status=status)


ask.cost_of = lambda request: len(request.FILES.getlist("photo"))


def _ask(form: SearchForm, **visitor) -> Query:
    uploads = form.cleaned_data["photos"]
    for number, upload in enumerate(uploads):
        if upload.size > settings.PHOTO_MAX_BYTES:  # seen before it is read into memory
            raise keeping.OneOfSeveralRefused("too_many_bytes", number=number)
    photo, *more = (upload.read() for upload in uploads)
    sent = [hashlib.sha256(each).hexdigest() for each in (photo, *more)]
    return asking.ask(photo, more=more, **form.question(), once=form.once(*sent), **visitor)


def _refusal(refusal: PhotoRefused, uploads: list) -> str:
    """Why a photo was refused; of several also which."""
    if len(uploads) == 1 or not isinstance(refusal, keeping.OneOfSeveralRefused):
        return str(refusal)
    return _("{name}: {reason}").format(name=uploads[refusal.number].name, reason=refusal)


def bad_box() -> str:
    return _("The box lies outside the photo or has no area.")
