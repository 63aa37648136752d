"""Parts of the API that are going to end: each is told of on a page, in the description, and on every answer.

The headers are those of RFC 9745 (Deprecation) and RFC 8594 (Sunset).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import http_date

API = "/api/"
NOTICE_MONTHS = 12  # from the day that it is told until the end, at least
KEPT_MONTHS = 24  # that a version lives on beside the next one, at least


@dataclass(frozen=True)
class Deprecated:
    """An operation that is going to end.

    path: as the description has it, "/api/v1/landmarks/{slug}/". since: the day it was told; ends: the first day without
    it. instead: what to use, in the reader's language.
    """

    method: str
    path: str
    since: date
    ends: date
    instead: str | Promise

    def is_asked_by(self, request: HttpRequest) -> bool:
        pattern = "[^/]+".join(re.escape(part) for part in re.split(r"\{\w+\}", self.path))
        return request.method == self.method and re.fullmatch(pattern, request.path_info) is not None


TABLE: tuple[Deprecated, ...] = ()


def is_deprecated(method: str, path: str) -> bool:
    """Whether the description says so of an operation."""
    return any((each.method, each.path) == (method, path) for each in TABLE)


def headers(deprecated: Deprecated, *, page: str) -> dict[str, str]:
    """page: the address where the end is explained."""
    return {
        "Deprecation": f"@{_midnight(deprecated.since)}",
        "Sunset": http_date(_midnight(deprecated.ends)),
        "Link": f'<{page}>; rel="deprecation"; type="text/html"',
    }


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())


class DeprecationMiddleware:
    """Tells on an answer of the API that what was asked is going to end."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not TABLE or not request.path_info.startswith(API):
            return response
        for deprecated in TABLE:
            if deprecated.is_asked_by(request):
                page = request.build_absolute_uri(reverse("partners:deprecation"))
                for name, value in headers(deprecated, page=page).items():
                    response[name] = value
        return response
