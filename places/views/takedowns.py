"""The form by which anyone asks that something be taken down or put right."""

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from places import takedowns
from places.forms import TakedownForm
from places.models import LandmarkImage

MOST_AN_HOUR = 10  # from one network address


@never_cache
def takedown(request: HttpRequest) -> HttpResponse:
    asked = takedowns.find(request.GET.get("photo") or request.GET.get("about") or "")
    form = TakedownForm(request.POST or None, initial=_known(request, asked))
    if request.method == "POST" and form.is_valid():
        if form.is_from_a_machine:
            return redirect("places:takedown-sent")  # told nothing, it learns nothing
        try:
            _count(request)
            takedowns.receive(form.request())
            return redirect("places:takedown-sent")
        except takedowns.TooMany:
            form.add_error(
                None,
                _(
                    "So many requests have come from you that we take no more for now. Please try again later."
                ),
            )
    about = takedowns.find(form["about"].value() or "")
    image = about if isinstance(about, LandmarkImage) else None
    context = {"form": form, "image": image}
    return render(request, "places/takedown.html", context, status=400 if form.errors else 200)


@require_GET
def takedown_sent(request: HttpRequest) -> HttpResponse:
    return render(request, "places/takedown_sent.html")


def _known(request: HttpRequest, asked) -> dict:
    """What the form need not ask: what it is about, and who is logged in."""
    known = {"about": request.build_absolute_uri(asked.get_absolute_url()) if asked else ""}
    if request.user.is_authenticated:
        known |= {"name": request.user.get_short_name(), "email": request.user.email}
    return known


def _count(request: HttpRequest) -> None:
    """Count a request of this network address. Raises TooMany."""
    key = f"takedowns:{get_adapter().get_client_ip(request)}"
    number = cache.get(key, 0) + 1
    cache.set(key, number, timeout=3600)
    if number > MOST_AN_HOUR:
        raise takedowns.TooMany
