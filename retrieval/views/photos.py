"""A search's own photo, for those who may see it."""

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from places.photo import served_copy
from retrieval.models import Query

from .answers import readable

THUMBNAIL_SIDE = 640


@require_GET
@cache_control(private=True, max_age=3600)
def query_photo(request: HttpRequest, pk) -> FileResponse:
    return FileResponse(_photo_file(readable(request, pk)), content_type="image/jpeg")


@require_GET
@cache_control(private=True, max_age=86400)
def query_thumbnail(request: HttpRequest, pk) -> HttpResponse:
    with _photo_file(readable(request, pk)) as file:
        small = served_copy(file.read(), longest_side=THUMBNAIL_SIDE, format="WEBP")
    return HttpResponse(small.data, content_type="image/webp")


def _photo_file(query: Query):
    try:
        return query.photo.open()
    except FileNotFoundError as error:
        raise Http404 from error
