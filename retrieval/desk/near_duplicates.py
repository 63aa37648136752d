"""Pictures that the catalogue has more than once, side by side: one is kept, the others are rejected."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from places import curation, near_duplicates
from places.models import LandmarkImage

from .frame import again, drawn, mark_versions, page_of, page_of_the_desk, seen_of, told

A_PAGE = 10
PUBLISHED = LandmarkImage.State.PUBLISHED


@page_of_the_desk
def page(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        _decide(request)
        return again(request)
    found = page_of(request, near_duplicates.groups_of(near_duplicates.leads()), number=A_PAGE)
    groups = [near_duplicates.group(lead) for lead in found]
    mark_versions(image for group in groups for image in group.images)
    return drawn(request, "near_duplicates.html", title=_("Near-duplicates"), page=found, groups=groups)


def _decide(request: HttpRequest) -> None:
    seen = seen_of(request)
    shown = LandmarkImage.objects.select_related("landmark").in_bulk(seen)
    try:
        if "apart" in request.POST:
            image = get_object_or_404(LandmarkImage, pk=request.POST["apart"])
            done = told(request, curation.set_apart(image, actor=request.user, seen=seen))
            message = _("%(photo)s stands by itself now.") % {"photo": image}
        else:
            kept = get_object_or_404(LandmarkImage, pk=request.POST["keep"])
            done, message = _keep(request, kept, [image for image in shown.values() if image != kept])
    except curation.Refused as refusal:
        messages.warning(request, str(refusal))
        return
    if done:
        messages.success(request, message)


def _keep(request: HttpRequest, kept: LandmarkImage, others: list[LandmarkImage]) -> tuple[bool, str]:
    """Where one of the others is shown, the one that is kept is shown in its place."""
    seen = seen_of(request)
    if kept.state != PUBLISHED and any(image.state == PUBLISHED for image in others):
        shown = curation.publish([kept], actor=request.user, seen=seen)
        if not told(request, shown):
            return False, ""
        seen = {photo: act for photo, act in seen.items() if photo != kept.pk}
    outcome = curation.keep_only(kept, of=others, actor=request.user, seen=seen)
    told(request, outcome)
    rejected = sum(image.state == LandmarkImage.State.REJECTED for image in outcome.done)
    message = ngettext(
        "%(photo)s is kept, %(count)d near-duplicate of it is rejected.",
        "%(photo)s is kept, %(count)d near-duplicates of it are rejected.",
        rejected,
    )
    return rejected > 0, message % {"photo": kept, "count": rejected}
