"""What the desk's pages share: who may see them, the frame that they are drawn in, and how an act is answered."""

from collections.abc import Callable, Iterable
from functools import wraps

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from places.curation import Outcome, Seen
from places.models import CurationEvent, LandmarkImage

MAY_LOOK, MAY_ACT = "places.view_landmarkimage", "places.change_landmarkimage"


def page_of_the_desk(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For those who may see photos; to act there, by a form, one must be allowed to change them."""

    @wraps(view)
    def opened(request: HttpRequest, **named) -> HttpResponse:
        may_look = request.user.has_perm(MAY_LOOK) or request.user.has_perm(MAY_ACT)
        if not (request.user.has_perm(MAY_ACT) if request.method == "POST" else may_look):
            raise PermissionDenied
        return view(request, **named)

    return opened


def drawn(request: HttpRequest, template: str, *, title: str, **context) -> TemplateResponse:
    """A page of the desk."""
    may_act = request.user.has_perm(MAY_ACT)
    whole = admin.site.each_context(request) | {"title": title, "may_act": may_act} | context
    return TemplateResponse(request, f"retrieval/desk/{template}", whole)


def page_of(request: HttpRequest, rows: QuerySet, *, number: int):
    """The rows of the page asked for, `number` at most."""
    return Paginator(rows, number).get_page(request.GET.get("page"))


def kept(request: HttpRequest) -> str:
    """What the address asks for besides the page: the next one asks for the same."""
    asked = request.GET.copy()
    asked.pop("page", None)
    return asked.urlencode()


def mark_versions(images: Iterable[LandmarkImage]) -> None:
    """Give each photo as `seen` the id of the latest act on it, 0 for none, so that nobody's act is overwritten."""
    images = list(images)
    latest = CurationEvent.objects.last_of([image.pk for image in images])
    for image in images:
        image.seen = latest[image.pk].pk if image.pk in latest else 0


def seen_of(request: HttpRequest) -> Seen:
    """Which version of each photo the page showed, from its fields `seen`: "photo:act"."""
    pairs = (value.split(":") for value in request.POST.getlist("seen"))
    return {int(photo): int(act) for photo, act in pairs}


def told(request: HttpRequest, outcome: Outcome) -> bool:
    """Tell the curator what was refused and why; whether anything was done."""
    for image, refusal in outcome.refused:
        messages.warning(request, f"{image}: {refusal}")
    return bool(outcome.done)


def again(request: HttpRequest) -> HttpResponse:
    """The same page once more, after an act."""
    return redirect(request.get_full_path())
