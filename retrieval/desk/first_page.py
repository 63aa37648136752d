"""The desk's first page: what waits, how the catalogue grows, and how well it answers, in pictures."""

from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language

from places.models import Landmark, LandmarkImage
from retrieval import queues
from retrieval.dashboard import growth, provinces, searches, waiting
from retrieval.models import PlaceCoverage, Query

from .frame import MAY_LOOK

WEEKS = 26
KEPT = 10 * 60  # seconds: every photo is looked at to count them, and the page is opened often


def filled(request: HttpRequest, context: dict) -> dict:
    """What unfold gives the page, with the figures, for those who may see photos."""
    if not request.user.has_perm(MAY_LOOK):
        return context
    figures = cache.get_or_set(f"dashboard-{get_language()}", counted, KEPT)
    ages = waiting.ages(queues.waiting_for(request.user), now=timezone.now())
    return context | {"may_look": True, "ages": ages, "recent": growth.RECENT} | figures


def counted() -> dict:
    """The figures of everything but what waits, in the reader's language."""
    today, published = timezone.localdate(), LandmarkImage.objects.published()
    by_place = growth.by_place(published)
    grown = growth.of(published, by_place=by_place.values(), today=today, weeks=WEEKS)
    photos = {place: of_it.photos for place, of_it in by_place.items()}
    return {
        "counted_at": timezone.now(),
        "growth": grown,
        "new_photos": growth.gained(grown.photos),
        "new_places": growth.gained(grown.places),
        "coverage": provinces.coverage(Landmark.objects.standing(), photos=photos),
        "accuracy": provinces.accuracy(PlaceCoverage.objects.all()),
        "searches": searches.of(Query.objects.all(), today=today, weeks=WEEKS),
    }
