"""What is kept of every request: an id that its answer and all its log lines carry, one line, and its time."""

from __future__ import annotations

import logging
import re
import time
from uuid import uuid4

from django.conf import settings
from django.core.signals import request_finished
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils.functional import LazyObject, empty

from config import logs, metrics

HEADER = "X-Request-ID"
FIT = re.compile(r"[A-Za-z0-9._-]{8,64}")  # what somebody else may call a request

logger = logging.getLogger("config.requests")


class WatchMiddleware:
    """The outermost: what any other answers is named, timed and logged here.

    The log names the view and not the address, for an address may be a key: that of a shared collection, or of a
    new password.
    """

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        name = given if FIT.fullmatch(given) else uuid4().hex
        logs.request_id.set(name)
        logs.user_id.set("")
        since = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - since
        response[HEADER] = name
        view = request.resolver_match.view_name if request.resolver_match else ""
        logs.user_id.set(_user(request))
        metrics.count_request(request.method or "", view=view, status=response.status_code, seconds=seconds)
        quiet = not view and request.path_info.startswith(settings.STATIC_URL)
        logger.log(
            logging.DEBUG if quiet else logging.INFO,
            "%s %s %s in %.3f s",
            request.method,
            view or "nowhere",
            response.status_code,
            seconds,
            extra={
                "method": request.method,
                "view": view,
                "status": response.status_code,
                "seconds": round(seconds, 4),
            },
        )
        return response


def _user(request: HttpRequest) -> str:
    """Who asks, where that is known already: nobody's session is read for the log."""
    user = request.__dict__.get("user")
    if user is None or (isinstance(user, LazyObject) and user._wrapped is empty):
        return ""
    return str(user.pk or "")


@receiver(request_finished)
def _forget_it(**_kwargs) -> None:
    """After the last line that Django itself may write of it."""
    logs.request_id.set("")
    logs.user_id.set("")
