"""Who asks, and what of theirs is counted; the middleware that limits pages and says on every answer what is left."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import ngettext

from . import limits, usage
from .addresses import network_of
from .limits import Act, Counted
from .models import ApiKey

API = "/api/"

logger = logging.getLogger(__name__)


class Refused(Exception):
    """It was too much."""

    def __init__(self, counted: Counted) -> None:
        super().__init__(counted)
        self.counted = counted

    @property
    def code(self) -> str:
        return "quota_exceeded" if self.counted.too_much_for == "day" else "rate_exceeded"

    @property
    def ends_at(self) -> str:
        return (timezone.now() + timedelta(seconds=self.counted.wait)).isoformat(timespec="seconds")

    def __str__(self) -> str:
        """Which limit it was, how large it is and when it ends, in the reader's language."""
        number, wait = self.counted.exceeded, in_words(self.counted.wait)
        if self.counted.limit.act is Act.SEARCH and self.counted.too_much_for == "day":
            words = ngettext(
                "You may search with {number} photo a day. The next day begins in {wait}.",
                "You may search with {number} photos a day. The next day begins in {wait}.",
                number,
            )
        elif self.counted.limit.act is Act.SEARCH:
            words = ngettext(
                "You may search with {number} photo a minute. Please try again in {wait}.",
                "You may search with {number} photos a minute. Please try again in {wait}.",
                number,
            )
        elif self.counted.too_much_for == "day":
            words = ngettext(
                "You may send {number} request a day. The next day begins in {wait}.",
                "You may send {number} requests a day. The next day begins in {wait}.",
                number,
            )
        else:
            words = ngettext(
                "You may send {number} request a minute. Please try again in {wait}.",
                "You may send {number} requests a minute. Please try again in {wait}.",
                number,
            )
        return words.format(number=number, wait=wait)


def in_words(seconds: int) -> str:
    """A time to wait, in the reader's language, rounded up."""
    if seconds <= 90:
        return ngettext("{number} second", "{number} seconds", seconds).format(number=seconds)
    minutes = -(-seconds // 60)
    if minutes <= 90:
        return ngettext("{number} minute", "{number} minutes", minutes).format(number=minutes)
    hours = -(-minutes // 60)
    return ngettext("{number} hour", "{number} hours", hours).format(number=hours)


def holder_of(request: HttpRequest) -> str:
    """Whose count it is: a key's, an account's, or a network address's, which is kept as nobody can read it."""
    if key := key_of(request):
        return holder_of_key(key)
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return f"account:{user.pk}"
    return f"address:{salted_hmac('accounts.limits', network_of(request) or '').hexdigest()[:40]}"


def holder_of_key(key: ApiKey) -> str:
    return f"key:{key.pk}"


def key_of(request: HttpRequest) -> ApiKey | None:
    """The key that a request of the API came with, once it is found good."""
    return getattr(request, "api_key", None)


def count(request: HttpRequest, act: Act, *, cost: int = 1) -> None:
    """Count what a request asks for, and remember what is left for its answer. Raises Refused.

    A database that cannot count lets everything through: what needs the database says so itself.
    """
    key = key_of(request)
    limit = limits.of_key(key, act) if key else limits.of_visitor(act)
    try:
        counted = limits.count(holder_of(request), limit, cost=cost)
    except (DatabaseError, InterfaceError) as error:
        logger.warning("%s: not counted: %s", request.path, error)
        return
    request.counted = counted  # type: ignore[attr-defined]
    if counted is not None and not counted.fits:
        raise Refused(counted)


def headers(counted: Counted) -> dict[str, str]:
    """What is left, as draft-ietf-httpapi-ratelimit-headers says it; and when to come back after a refusal."""
    limit, act = counted.limit, counted.limit.act.value
    policies, states = [], []
    if limit.per_minute is not None:
        policies.append(f'"{act}-minute";q={limit.per_minute};w={limits.MINUTE}')
        states.append(f'"{act}-minute";r={counted.minute_left};t={counted.minute_full_in}')
    if limit.per_day is not None:
        policies.append(f'"{act}-day";q={limit.per_day};w={limits.DAY}')
        states.append(f'"{act}-day";r={counted.day_left};t={counted.day_ends_in}')
    said = {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(states)}
    return said if counted.fits else said | {"Retry-After": str(counted.wait)}


class LimitsMiddleware:
    """Limits the pages that say so; tells on every answer of the API what is left; keeps what keys are used for.

    A page asks a search where its view has `asks = True`, with as many photos as its `cost_of(request)` says; only
    sending a form does. Pages of LIMITED_PAGES are counted as such. The API counts for itself, see `accounts.api`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path_info.startswith(API):
            self._finish(request, response)
        return response

    def process_view(self, request: HttpRequest, view: Callable, _args, _kwargs) -> HttpResponse | None:
        room = request.resolver_match.app_names[:1] if request.resolver_match else []
        if not set(room) & set(settings.LIMITED_PAGES):
            return None
        try:
            if request.method == "POST" and getattr(view, "asks", False):
                cost_of = getattr(view, "cost_of", None)
                count(request, Act.SEARCH, cost=max(cost_of(request), 1) if cost_of else 1)
            else:
                count(request, Act.PAGE)
        except Refused as refused:
            response = render(request, "429.html", {"reason": str(refused)}, status=429)
            response["Retry-After"] = str(refused.counted.wait)
            return response
        return None

    def _finish(self, request: HttpRequest, response: HttpResponse) -> None:
        if not hasattr(request, "counted"):  # refused before it was, or there is no such address
            try:
                count(request, Act.READ)
            except Refused:
                logger.info("%s: %s, and too much is asked", request.path, response.status_code)
        counted = getattr(request, "counted", None)
        for name, value in headers(counted).items() if counted else ():
            if name != "Retry-After" or response.status_code == 429:
                response[name] = value
        if key := key_of(request):
            usage.keep(
                key, kind=getattr(request, "api_kind", ""), refused=response.status_code in usage.REFUSALS
            )
