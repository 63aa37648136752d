"""A search's own photo, for those who may see it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from places.photo import served_copy
from places.showing import private_photo
from retrieval.models import Query

from .answers import readable

THUMBNAIL_SIDE = 640


@require_GET
def query_photo(request: HttpRequest, pk) -> HttpResponse:
    query = readable(request, pk)
    return private_photo(_photo_file(query), suffix="jpg", seconds=_kept(query, seconds=3600))


@require_GET
def query_thumbnail(request: HttpRequest, pk) -> HttpResponse:
    query = readable(request, pk)
    with _photo_file(query) as file:
        small = served_copy(file.read(), longest_side=THUMBNAIL_SIDE, format="WEBP")
    return private_photo(small.data, suffix="webp", seconds=_kept(query, seconds=86400))


def _kept(query: Query, *, seconds: int) -> int | None:
    return None if query.private else seconds


def _photo_file(query: Query):
    try:
        return query.photo.open()
    except FileNotFoundError as error:
        raise Http404 from error
