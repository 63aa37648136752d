"""What is sent is bounded before it is kept: a whole request by what it announces, each file while it arrives."""

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from . import problems
from .middleware import API


class BodyLimitMiddleware:
    """A request that announces more than any question needs is answered at once; not a byte of it is read."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _announced(request) <= settings.REQUEST_MAX_BYTES:
            return self.get_response(request)
        if request.path_info.startswith(API):
            return problems.response(request, "too_large", detail=words())
        # Without the request: nothing may read on in it.
        return HttpResponse(render_to_string("413.html", {"reason": words()}), status=413)


def words() -> str:
    return _("What was sent is too large: a photo may have {megabytes} MB at most.").format(
        megabytes=settings.PHOTO_MAX_BYTES // 2**20
    )


def _announced(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0  # as Django reads it: nothing


class TooLargeIsCutShort(FileUploadHandler):
    """Keeps no more of a file than tells that it is too large; the rest of it is read and dropped."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return raw_data if start <= settings.PHOTO_MAX_BYTES else None

    def file_complete(self, file_size: int) -> None:
        """The handlers behind this one hold the file."""
