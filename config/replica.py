"""Reading the catalogue from a streaming replica, where DATABASE_REPLICA_URL names one.

Only what anybody is shown of the catalogue is read there: by GET, by whoever is not logged in and brings no key. All
writing, all transactions and all else go to the primary. Whoever has written something gets a cookie that says how
far the primary's log was then, and reads from the replica once it has come as far: so nobody misses what they did. A
replica that is away, or lags by more than REPLICA_MAX_LAG seconds, is not read from until it is well again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from contextvars import ContextVar

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connections, models
from django.http import HttpRequest, HttpResponse

PRIMARY, REPLICA = "default", "replica"
COOKIE = "written"
COOKIE_AGE = 120  # seconds; a replica that lags longer is not read from anyway
LOOKED_AT_EVERY = 1.0  # seconds
AWAY_FOR = 5.0  # seconds before a replica that did not answer is asked again
READ_THERE = {"places"}  # apps
API_OF_CATALOGUE = ("landmark-", "image-", "province-", "category-", "change-")
SAFE = {"GET", "HEAD"}

logger = logging.getLogger(__name__)
_reads_there: ContextVar[bool] = ContextVar("reads_there", default=False)


def is_given() -> bool:
    return REPLICA in connections.settings


class ReplicaRouter:
    """Django's question where a model is read and written."""

    def db_for_read(self, model: type[models.Model], **hints) -> str:
        is_catalogue = model._meta.app_label in READ_THERE
        if _reads_there.get() and is_catalogue and not connections[PRIMARY].in_atomic_block:
            return REPLICA
        return PRIMARY

    def db_for_write(self, model: type[models.Model], **hints) -> str:
        return PRIMARY

    def allow_relation(self, one: models.Model, other: models.Model, **hints) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints) -> bool:
        return db == PRIMARY


class Watch:
    """How far the replica is, as this process saw it last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next_look = 0.0
        self._primary: deque[tuple[float, int]] = deque(maxlen=600)  # when the primary's log was how long
        self._replayed = -1
        self._fresh_at = float("-inf")  # the latest moment of which the replica shows all

    def may_read(self, *, written: int) -> bool:
        """Whether the replica shows all but the last moments, and all up to where the log was at a write."""
        if self._lock.acquire(blocking=False):  # one thread looks; the others go by what was seen
            try:
                if time.monotonic() >= self._next_look:
                    self._look()
            finally:
                self._lock.release()
        is_fresh = time.monotonic() - self._fresh_at <= settings.REPLICA_MAX_LAG
        return is_fresh and self._replayed >= written

    def mark_away(self) -> None:
        self._replayed, self._fresh_at = -1, float("-inf")
        self._primary.clear()
        self._next_look = time.monotonic() + AWAY_FOR

    def _look(self) -> None:
        now = time.monotonic()
        self._next_look = now + LOOKED_AT_EVERY
        self._primary.append((now, log_position()))
        try:
            with connections[REPLICA].cursor() as cursor:
                cursor.execute("SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn() - '0/0'")
                is_replica, replayed = cursor.fetchone()
        except DatabaseError as error:
            logger.warning("the replica does not answer: %s", error)
            connections[REPLICA].close()
            self.mark_away()
            return
        if not is_replica or replayed is None:  # it became a primary of its own, or never was a replica
            logger.warning("what DATABASE_REPLICA_URL names is no replica")
            self.mark_away()
            return
        self._replayed = int(replayed)
        while self._primary and self._primary[0][1] <= self._replayed:
            self._fresh_at = self._primary.popleft()[0]


watch = Watch()


def log_position() -> int:
    """How long the primary's log is now, in bytes."""
    with connections[PRIMARY].cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_flush_lsn() - '0/0'")
        return int(cursor.fetchone()[0])


class ReplicaMiddleware:
    """Says for each request whether it may read from the replica, and marks who has written."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_given():
            return self.get_response(request)
        token = _reads_there.set(False)
        try:
            response = self.get_response(request)
        finally:
            _reads_there.reset(token)
        if request.method not in SAFE and response.status_code < 400:
            response.set_cookie(
                COOKIE,
                f"{log_position():x}",
                max_age=COOKIE_AGE,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response

    def process_view(self, request: HttpRequest, view, args, kwargs) -> None:
        if is_given() and _is_anybodys(request):
            _reads_there.set(watch.may_read(written=_written_by(request)))

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A replica that goes away while it is read from: the same is read from the primary."""
        if not (_reads_there.get() and isinstance(exception, OperationalError | InterfaceError)):
            return None
        logger.warning("%s: the replica does not answer: %s", request.path, exception)
        watch.mark_away()
        connections[REPLICA].close()
        _reads_there.set(False)
        found = request.resolver_match
        response = found.func(request, *found.args, **found.kwargs)
        return response.render() if hasattr(response, "render") else response


def _is_anybodys(request: HttpRequest) -> bool:
    """Whether it asks for what anybody is shown of the catalogue."""
    found = request.resolver_match
    is_catalogue = found.namespaces == ["places"] or (
        found.namespaces == ["api"] and (found.url_name or "").startswith(API_OF_CATALOGUE)
    )
    if not is_catalogue or request.method not in SAFE or "Authorization" in request.headers:
        return False
    return settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated


def _written_by(request: HttpRequest) -> int:
    """How long the log was when this browser last wrote; longer than it will ever be where the cookie is odd."""
    try:
        return int(request.COOKIES.get(COOKIE, "0"), 16)
    except ValueError:
        return 1 << 64
