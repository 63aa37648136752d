"""Which websites may use the API from their visitors' browsers (CORS): with a key those that it names, and for reading
without one all of them. Never with cookies.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.encoding import punycode
from django.utils.translation import gettext as _

from .limiting import API, key_of
from .models import ApiKey

PORTS = {"http": 80, "https": 443}
METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
SENT = "Accept-Language, Authorization, Content-Type, Idempotency-Key, If-None-Match, X-Request-ID"
SHOWN = "Content-Language, Deprecation, ETag, Link, Location, RateLimit, RateLimit-Policy, Retry-After, Sunset, WWW-Authenticate, X-Request-ID"
REMEMBERED = 600  # seconds that a browser need not ask again


def clean(text: str) -> str:
    """An origin as browsers send it: "https://example.org", with a port where it is not the usual one.

    Raises ValidationError.
    """
    refusal = ValidationError(
        _("“%(origin)s” is not the address of a website, such as https://example.org."),
        code="bad_origin",
        params={"origin": text},
    )
    try:
        parts = urlsplit(text.strip())
        host, port = punycode(parts.hostname or ""), parts.port
    except (ValueError, UnicodeError) as error:
        raise refusal from error
    if (
        parts.scheme not in PORTS
        or not host
        or parts.path not in ("", "/")
        or parts.query
        or parts.fragment
        or "@" in parts.netloc
        or not all(letter.isalnum() or letter in "-.:" for letter in host)
    ):
        raise refusal
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != PORTS[parts.scheme] else "")


def of(request: HttpRequest) -> str:
    """The website that a browser asks for, where it is not this one; else nothing."""
    origin = request.META.get("HTTP_ORIGIN", "")
    here = f"{request.scheme}://{request.get_host()}"
    return "" if origin == here else origin


def is_named(origin: str) -> bool:
    """Whether any key may be used from there."""
    return ApiKey.objects.usable().filter(allowed_origins__contains=[origin]).exists()


class OriginsMiddleware:
    """Answers a browser that asks whether a website may ask, and lets it read the answers that it may."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(API):
            return self.get_response(request)
        asks_first = request.method == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in request.META
        response = HttpResponse(status=204) if asks_first else self.get_response(request)
        patch_vary_headers(response, ["Origin"])
        origin = of(request)
        if not origin:
            return response
        if allowed := _beforehand(request, origin) if asks_first else _afterwards(request, origin):
            response["Access-Control-Allow-Origin"] = allowed
            response["Access-Control-Expose-Headers"] = SHOWN
            if asks_first:
                response["Access-Control-Allow-Methods"] = METHODS
                response["Access-Control-Allow-Headers"] = SENT
                response["Access-Control-Max-Age"] = str(REMEMBERED)
        return response


def _beforehand(request: HttpRequest, origin: str) -> str:
    """Before a request, its key is not known yet: reading without one is for all, the rest for those that some key names."""
    reads = request.META["HTTP_ACCESS_CONTROL_REQUEST_METHOD"] in ("GET", "HEAD")
    brings_key = "authorization" in request.META.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "").lower()
    if reads and not brings_key:
        return "*"
    return origin if is_named(origin) else ""


def _afterwards(request: HttpRequest, origin: str) -> str:
    """What may be read of an answer: with a good key by the websites that it names, a refusal by those that any names."""
    if key := key_of(request):
        return origin if origin in key.allowed_origins else ""
    if "HTTP_AUTHORIZATION" in request.META:
        return origin if is_named(origin) else ""
    return "*" if request.method in ("GET", "HEAD") else ""
