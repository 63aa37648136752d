"""A search's own photo, for those who may see it."""

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_GET

from places.photo import served_copy
from retrieval.models import Query

from .answers import readable

THUMBNAIL_SIDE = 640


@require_GET
def query_photo(request: HttpRequest, pk) -> FileResponse:
    query = readable(request, pk)
    return _cached(FileResponse(_photo_file(query), content_type="image/jpeg"), query, seconds=3600)


@require_GET
def query_thumbnail(request: HttpRequest, pk) -> HttpResponse:
    query = readable(request, pk)
    with _photo_file(query) as file:
        small = served_copy(file.read(), longest_side=THUMBNAIL_SIDE, format="WEBP")
    return _cached(HttpResponse(small.data, content_type="image/webp"), query, seconds=86400)


def _cached(response, query: Query, *, seconds: int):
    """Kept by this reader's browser alone, and of a private search by nobody."""
    patch_cache_control(
        response, private=True, **({"no_store": True} if query.private else {"max_age": seconds})
    )
    return response


def _photo_file(query: Query):
    try:
        return query.photo.open()
    except FileNotFoundError as error:
        raise Http404 from error
