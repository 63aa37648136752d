"""Whether this process lives, has started, and the platform is ready: for those who start it, watch it and route to it.

    /healthz     this process answers. Nothing else is asked.
    /startupz    the tables are there, as this code wants them.
    /readyz      everything that a search needs answers; what does not, is named.
    /metrics     config.metrics

Answered before anything else is looked at: no host is checked, nobody is sent to https, no session is read.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from config import metrics

OK = "ok"
KEPT = 5  # seconds: however many ask, the parts are asked this often
STORES = ("default", "private")
PROBE = "health/probe"

logger = logging.getLogger(__name__)


class HealthMiddleware:
    """Stands before all others, and answers what is not for visitors."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = ANSWERS.get(request.path_info)
        if answer is None:
            return self.get_response(request)
        response = answer(request)
        response["Cache-Control"] = "no-store"
        return response


def database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return OK


def migrations() -> str:
    """Once they are applied they stay so while this process runs."""
    if not migrations.__dict__.get("applied"):
        executor = MigrationExecutor(connection)
        migrations.__dict__["applied"] = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return OK if migrations.__dict__["applied"] else "behind"


def cached() -> str:
    cache.set(PROBE, OK, timeout=KEPT)
    return OK if cache.get(PROBE) == OK else "forgets"


def broker() -> str:
    from config.celery import lengths

    lengths()
    return OK


def storage() -> str:
    for name in STORES:
        store = storages[name]
        store.delete(store.save(PROBE, ContentFile(b"ok")))
    return OK


def workers() -> str:
    from config.celery import QUEUES
    from retrieval.models import WorkerPulse

    idle = [queue for queue in QUEUES if not WorkerPulse.any_alive(queue=queue)]
    return f"none for {', '.join(idle)}" if idle else OK


STARTED: dict[str, Callable[[], str]] = {"database": database, "migrations": migrations}
READY = STARTED | {"cache": cached, "broker": broker, "storage": storage, "workers": workers}

_lock = threading.Lock()
_told: dict[str, tuple[float, dict[str, str]]] = {}


def states(parts: dict[str, Callable[[], str]]) -> dict[str, str]:
    """How each part is: "ok", or what is wrong with it in words that tell nothing of where it is or how it is reached."""
    found = {}
    for name, ask in parts.items():
        try:
            found[name] = ask()
        except Exception as error:  # each client raises its own
            logger.warning("%s does not answer: %s", name, error)
            found[name] = "does not answer"
    return found


def _told_of(name: str, parts: dict[str, Callable[[], str]]) -> JsonResponse:
    with _lock:  # those who wait are told what the first found out
        at, found = _told.get(name, (float("-inf"), {}))
        if time.monotonic() - at > KEPT:
            found = states(parts)
            _told[name] = time.monotonic(), found
    ready = set(found.values()) == {OK}
    return JsonResponse({"ready": ready, "parts": found}, status=200 if ready else 503)


ANSWERS: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/healthz": lambda request: JsonResponse({"alive": True}),
    "/startupz": lambda request: _told_of("startup", STARTED),
    "/readyz": lambda request: _told_of("ready", READY),
    "/metrics": metrics.page,
}
