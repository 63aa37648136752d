"""What Prometheus reads at /metrics.

Requests are counted as they come, by every process of the web server in files that they share
(PROMETHEUS_MULTIPROC_DIR, which config.gunicorn sets). All else is worked out from the rows when it is asked for:
it is then right whoever died meanwhile, and the same from every process.
"""

from __future__ import annotations

import hmac
import logging
import os
from collections.abc import Iterator

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector

KEPT = 10  # seconds: two who ask at once are told the same
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10, 30)

logger = logging.getLogger(__name__)

REQUESTS = Counter("tourism_requests", "Requests answered.", ["method", "view", "status"])
REQUEST_SECONDS = Histogram(
    "tourism_request_seconds", "Seconds from a request to its answer.", ["view"], buckets=SECONDS
)


def count_request(method: str, *, view: str, status: int, seconds: float) -> None:
    """One more request. view: its name, empty where no view was meant; names are few, addresses are not."""
    view = view or "none"
    REQUESTS.labels(method if method in METHODS else "other", view, str(status)).inc()
    REQUEST_SECONDS.labels(view).observe(seconds)


def page(request: HttpRequest) -> HttpResponse:
    """All metrics, for who has the token; where none is set, for this machine alone. Others find nothing here."""
    if not _may_read(request):
        return HttpResponse(status=404)
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)
    else:
        registry.register(_Here())
    registry.register(Platform())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    # A proxy on this machine asks from here too, for somebody else.
    return (
        request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1") and "X-Forwarded-For" not in request.headers
    )


class _Here(Collector):
    """What this process has counted."""

    def collect(self) -> Iterator[Metric]:
        yield from REGISTRY.collect()


class Platform(Collector):
    """What the rows and the broker say."""

    def collect(self) -> Iterator[Metric]:
        for gather in (_from_rows, _from_broker):
            try:
                yield from gather()
            except Exception as error:  # each client raises its own; the rest is worth telling
                logger.warning("%s: %s: %s", gather.__name__, type(error).__name__, error)
                yield _gauge(
                    "tourism_unreadable", "What could not be asked.", {(gather.__name__[6:],): 1}, ["source"]
                )


def _from_rows() -> Iterator[Metric]:
    from retrieval import running

    now = cache.get_or_set("metrics", running.figures, KEPT)
    yield _gauge("tourism_searches_waiting", "Searches without an answer.", {(): now.waiting})
    yield _gauge(
        "tourism_searches_oldest_seconds", "How long the first of them waits.", {(): now.oldest_seconds}
    )
    yield _gauge(
        "tourism_searches_recent", "Searches of the last quarter of an hour by what they came to.",
        now.outcomes, ["method", "outcome"],
    )  # fmt: skip
    yield _gauge(
        "tourism_search_seconds",
        "Seconds of the searches of the last quarter of an hour; stage total is from asking to answering.",
        now.seconds, ["method", "stage", "quantile"],
    )  # fmt: skip
    yield _gauge(
        "tourism_descriptors_missing", "Published photos that a method has yet to describe.",
        {(name,): count for name, count in now.missing.items()}, ["method"],
    )  # fmt: skip
    yield _gauge(
        "tourism_workers_alive", "Workers that showed life just now.",
        {(name,): count for name, count in now.workers.items()}, ["queue"],
    )  # fmt: skip
    yield _gauge(
        "tourism_catalogue_size", "What is published.",
        {("landmarks",): now.landmarks, ("photos",): now.photos}, ["what"],
    )  # fmt: skip


def _from_broker() -> Iterator[Metric]:
    from config.celery import lengths

    found = lengths()
    yield _gauge(
        "tourism_queue_messages", "Messages that wait in a queue.",
        {(name,): length.messages for name, length in found.items()}, ["queue"],
    )  # fmt: skip
    yield _gauge(
        "tourism_queue_age_seconds", "How long the first message of a queue waits.",
        {(name,): length.age or 0 for name, length in found.items()}, ["queue"],
    )  # fmt: skip


def _gauge(name: str, meaning: str, values: dict[tuple, float], labels: list[str] | None = None) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=labels or [])
    for label_values, value in values.items():
        family.add_metric([str(each) for each in label_values], value)
    return family
