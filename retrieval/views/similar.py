"""A photo of the catalogue as the question: what is like it, and a search with it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from places.models import LandmarkImage
from retrieval import asking, keeping
from retrieval.forms import AgainForm
from retrieval.similar_photos import similar_photos
from retrieval.visitors import asks, asks_privately, lasting_visitor_of, take_up

from .asking import bad_box

SHOWN = 24
SHOWN_BESIDE = 8  # within the page of a place


@asks
@require_http_methods(["GET", "HEAD", "POST"])
def similar(request: HttpRequest, image_id: int) -> HttpResponse:
    """A published photo, a box to draw on it, and those most like it; sent, a search with it."""
    image = get_object_or_404(LandmarkImage.objects.select_related("landmark__province"), pk=image_id)
    if image.state != LandmarkImage.State.PUBLISHED:
        return _not_shown(request, image)
    form, status = AgainForm(request.POST or None), 200
    if request.method == "POST":
        if form.is_valid():
            try:
                visitor = lasting_visitor_of(request)
                question = form.question() | {"once": form.once(image.pk), "private": asks_privately(request)}
                query = asking.ask_about(image, **question, **visitor)
                take_up(query, **visitor)
                return redirect(query)
            except keeping.BadBox:
                form.add_error(None, bad_box())
            except FileNotFoundError:
                form.add_error(None, _("This photo cannot be read at the moment. Please try another one."))
        status = 400
    context = {"image": image, "form": form, "similar": similar_photos(image, number=SHOWN)}
    return render(request, "retrieval/similar.html", context, status=status)


def _not_shown(request: HttpRequest, image: LandmarkImage) -> HttpResponse:
    """What waits for a curator is not spoken of; what one turned down was perhaps shown before."""
    if image.state == LandmarkImage.State.REJECTED:
        return render(request, "retrieval/photo_withdrawn.html", status=410)
    raise Http404


@require_GET
def photos_like(request: HttpRequest, image_id: int) -> HttpResponse:
    """The photos alone, for a page that shows them beside other things."""
    if "HX-Request" not in request.headers:
        return redirect("retrieval:similar", image_id)
    image = get_object_or_404(LandmarkImage.objects.published(), pk=image_id)
    context = {"image": image, "similar": similar_photos(image, number=SHOWN_BESIDE)}
    return render(request, "retrieval/_similar_photos.html", context)
