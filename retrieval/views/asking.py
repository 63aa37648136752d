"""The first page: a photo in."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from places.models import Landmark
from places.photo import PhotoRefused
from retrieval import tasks
from retrieval.forms import SearchForm
from retrieval.models import Query
from retrieval.visitors import lasting_visitor_of

STATUS_OF_REFUSAL = {"not_an_image": 415, "too_many_bytes": 413}
COVERS_ON_HOME = 6


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    return _home(request, SearchForm())


def _home(request: HttpRequest, form: SearchForm, *, status: int = 200) -> HttpResponse:
    covers = (
        Landmark.objects.with_cover().filter(cover_thumbnail__isnull=False).order_by("?")[:COVERS_ON_HOME]
    )
    context = {"form": form, "covers": covers, "landmark_count": Landmark.objects.standing().count()}
    return render(request, "retrieval/home.html", context, status=status)


def ask(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":  # the page's address after a refusal, opened again
        return redirect("retrieval:home")
    form = SearchForm(request.POST, request.FILES)
    status = 400
    if form.is_valid():
        try:
            return redirect(_ask(form, **lasting_visitor_of(request)))
        except PhotoRefused as refusal:
            form.add_error("photo", _refusal(refusal, form.cleaned_data["photos"]))
            status = STATUS_OF_REFUSAL.get(refusal.code, 400)
        except tasks.BadBox:
            form.add_error(None, bad_box())
    return _home(request, form, status=status)


def _ask(form: SearchForm, **visitor) -> Query:
    uploads = form.cleaned_data["photos"]
    for number, upload in enumerate(uploads):
        if upload.size > settings.PHOTO_MAX_BYTES:  # seen before it is read into memory
            raise tasks.OneOfSeveralRefused("too_many_bytes", number=number)
    photo, *more = (upload.read() for upload in uploads)
    return tasks.ask(photo, more=more, **form.question(), **visitor)


def _refusal(refusal: PhotoRefused, uploads: list) -> str:
    """Why a photo was refused; of several also which."""
    if len(uploads) == 1 or not isinstance(refusal, tasks.OneOfSeveralRefused):
        return str(refusal)
    return _("{name}: {reason}").format(name=uploads[refusal.number].name, reason=refusal)


def bad_box() -> str:
    return _("The box lies outside the photo or has no area.")
