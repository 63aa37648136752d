"""What a visitor asked, as a file of their own: JSON, written while it is read."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Prefetch
from django.utils import timezone

from .models import Query, QueryQuerySet, RankedPlace

CHUNK = 200  # searches read at a time

_encode = DjangoJSONEncoder(ensure_ascii=False, indent=2).encode


def as_json(searches: QueryQuerySet) -> Iterator[str]:
    """A JSON document of the searches, in parts. No position is in it: neither a photo's nor a place's."""
    places = Prefetch("places", RankedPlace.objects.select_related("landmark"))
    rows = searches.select_related("province").prefetch_related(places)
    yield f'{{"exported_at": {_encode(timezone.now())}, "searches": ['
    for number, search in enumerate(rows.iterator(chunk_size=CHUNK)):
        yield (",\n" if number else "\n") + _encode(_record(search))
    yield "\n]}\n"


def _record(search: Query) -> dict:
    return {
        "id": search.pk,
        "further_view_of": search.part_of_id,
        "same_photo_as": search.beside_id,
        "title": search.title,
        "starred": search.starred,
        "shared": search.shared,
        "asked_at": search.asked_at,
        "answered_at": search.answered_at,
        "photo_size": [search.width, search.height],
        "box": [search.left, search.top, search.right, search.bottom] if search.has_box else None,
        "method": search.method,
        "verifier": search.verifier,
        "checkpoint": search.version,
        "province": search.province.slug if search.province else None,
        "category": search.category,
        "state": search.state,
        "reason": search.reason,
        "verdict": search.verdict,
        "known": search.known,
        "places": [
            {
                "landmark": place.landmark.slug,
                "name_vi": place.landmark.name_vi,
                "name_en": place.landmark.name_en,
                "probability": place.probability,
                "share": place.share,
            }
            for place in search.places.all()
        ],
    }
