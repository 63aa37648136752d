"""What is no fault but a pause: the database, the cache or a store is away, or has no room. 503, and when to come back."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views import defaults

from places import storage

from . import problems
from .middleware import API

RETRY_AFTER = 10  # seconds

logger = logging.getLogger(__name__)


class PausesMiddleware:
    """Answers what a view could not for want of another server."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return _told(request, exception)


def broken(request: HttpRequest) -> HttpResponse:
    """The answer to an error that no view raised but what stands around them; Django calls it while it handles that."""
    return _told(request, sys.exc_info()[1]) or defaults.server_error(request)


def _told(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """What a visitor is told of an error; None where it is a fault of ours."""
    words = _words(error)
    if words is None:
        return None
    logger.error("%s: a pause: %s: %s", request.path, type(error).__name__, error)
    if request.path_info.startswith(API):
        response = problems.response(request, "unavailable", detail=words)
    else:
        # Without the request: who is logged in would be read from the database.
        response = HttpResponse(render_to_string("503.html", {"reason": words}), status=503)
    response["Retry-After"] = str(RETRY_AFTER)
    return response


def _words(error: BaseException | None) -> str | None:
    if isinstance(error, OperationalError | InterfaceError) or _is_of_redis(error):
        return _("The platform is being restarted. Please try again in a moment.")
    if storage.is_full(error):
        return _(
            "There is no room for more photos at the moment. What you just sent was not kept. "
            "Please try again in a few minutes."
        )
    if storage.is_away(error):
        return _(
            "Our store of photos does not answer at the moment. What you just sent was not kept. "
            "Please try again in a few minutes."
        )
    return None


def _is_of_redis(error: BaseException | None) -> bool:
    redis = sys.modules.get("redis.exceptions")  # not loaded where nothing is kept there
    return redis is not None and isinstance(error, redis.ConnectionError | redis.TimeoutError)
