"""The desk's first page: what waits, how the catalogue grows, and how well it answers, in pictures."""

from django.http import HttpRequest
from django.utils import timezone

from places.models import Landmark, LandmarkImage
from retrieval import queues
from retrieval.dashboard import growth, provinces, searches, waiting
from retrieval.models import PlaceCoverage, Query

from .frame import MAY_LOOK

WEEKS = 26


def filled(request: HttpRequest, context: dict) -> dict:
    """What unfold gives the page, with the figures, for those who may see photos."""
    if not request.user.has_perm(MAY_LOOK):
        return context
    today, weeks = timezone.localdate(), {"weeks": WEEKS}
    grown = growth.of(LandmarkImage.objects.published(), today=today, **weeks)
    return context | {
        "may_look": True,
        "ages": waiting.ages(queues.waiting_for(request.user), now=timezone.now()),
        "growth": grown,
        "recent": growth.RECENT,
        "new_photos": growth.gained(grown.photos),
        "new_places": growth.gained(grown.places),
        "coverage": provinces.coverage(Landmark.objects.standing()),
        "accuracy": provinces.accuracy(PlaceCoverage.objects.all()),
        "searches": searches.of(Query.objects.all(), today=today, **weeks),
    }
