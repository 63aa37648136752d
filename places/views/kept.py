"""What is the same for all who are not logged in, made once for each state of the catalogue and kept in memory."""

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from django.contrib.messages import get_messages
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.utils.translation import get_language

from places import changes

# Seconds. What the journal of changes does not tell of (facts, renditions) is shown so late at most.
KEPT = 60
ASKED_OFTEN = {
    "page"
}  # in an address; else nobody asks for the same soon, and what others ask for would make place
_token = re.compile(rb'(name="csrfmiddlewaretoken" value=")[^"]*')

Told = TypeVar("Told", bytes, HttpResponse)


def told_once(name: str, tell: Callable[[], Told]) -> Told:
    """What `tell` says, or said since the catalogue changed last. name: what tells it from all else that is kept."""
    version = changes.version()
    if version is None:  # changes are just being written
        return tell()
    key = hashlib.sha256(f"{name} {get_language()} {version.name}".encode()).hexdigest()
    return caches["pages"].get_or_set(key, tell, KEPT)


def same_for_strangers(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Keep a page; the tokens of its forms alone are each reader's own. For who is logged in it is made anew."""

    @wraps(view)
    def answer(request: HttpRequest, *args, **named) -> HttpResponse:
        def tell() -> HttpResponse:
            page = view(request, *args, **named)
            page.content = _token.sub(rb"\1", page.content)  # one reader's token is not for another
            return page

        if _is_for_one_reader(request):
            return view(request, *args, **named)
        page = told_once(request.build_absolute_uri(), tell)
        page.content = _token.sub(lambda before: before[1] + get_token(request).encode(), page.content)
        return page

    return answer


def _is_for_one_reader(request: HttpRequest) -> bool:
    """Whether a page tells this reader something of their own, or hardly anybody else asks for it."""
    return bool(
        request.user.is_authenticated
        or "HX-Request" in request.headers
        or request.method != "GET"
        or set(request.GET) - ASKED_OFTEN
        or get_messages(request)
    )
