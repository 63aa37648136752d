"""The places that one may take for a place, for its page: what is measured and described of them is retrieval's."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from places.models import Landmark
from retrieval.models import LookAlike


@require_safe
@vary_on_headers("HX-Request")
def lookalikes_of(request: HttpRequest, slug: str) -> HttpResponse:
    """As a page of its own, or for htmx as a part of the place's page."""
    landmark = Landmark.objects.standing().filter(slug=slug).first()
    if landmark is None:
        landmark = get_object_or_404(Landmark.objects.known_as(slug))
        return redirect("retrieval:lookalikes-of", landmark.slug, permanent=True)
    template = "_lookalikes.html" if "HX-Request" in request.headers else "lookalikes.html"
    context = {
        "landmark": landmark,
        "lookalikes": LookAlike.objects.told_of(landmark),
        "title": _("Do not mistake it for another place"),
    }
    return render(request, f"retrieval/{template}", context)
