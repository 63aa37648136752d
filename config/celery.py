"""The queues: in Redis or another broker where CELERY_BROKER_URL names one, else in PostgreSQL itself.

A message carries the id of the request that sent it and the moment at which it was sent, so that the worker's
log lines can be found by the first, and a queue's age by the second.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass

from celery import Celery
from celery.signals import after_task_publish, before_task_publish, setup_logging, task_postrun, task_prerun
from django.conf import settings
from django.db import close_old_connections
from kombu import Queue
from kombu.transport import TRANSPORT_ALIASES

from config import logs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

QUEUES = ("describe", "default")  # answering and describing by networks; the rest
PATIENCE = 2  # seconds to wait for a broker that is asked how long its queues are

TRANSPORT_ALIASES["sqla"] = "config.database_queue:DatabaseTransport"
app = Celery("vietnam_tourism")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_queues = [Queue(name) for name in QUEUES]
app.autodiscover_tasks()


@dataclass(frozen=True)
class Length:
    """How many messages wait in a queue, and for how many seconds the first of them; None where nobody can tell."""

    messages: int
    age: float | None


def lengths() -> dict[str, Length]:
    """Of each queue; raises what the broker's client raises where it does not answer."""
    with app.connection_for_read(connect_timeout=PATIENCE) as broker:
        broker.ensure_connection(max_retries=1, timeout=PATIENCE)
        channel = broker.default_channel
        return {name: Length(_size(channel, name), _age(_first(channel, name))) for name in QUEUES}


def _size(channel, name: str) -> int:
    if hasattr(channel, "_size"):  # Redis, the database
        return channel._size(name)
    return channel.queue_declare(name, passive=True).message_count


def _first(channel, name: str) -> str | bytes | None:
    """The message that is next, as the broker keeps it; it stays where it is."""
    if hasattr(channel, "client") and hasattr(channel.client, "lindex"):  # Redis: pushed left, taken right
        return channel.client.lindex(name, -1)
    if settings.CELERY_BROKER_URL.startswith("sqla+"):
        return (
            channel._query_all(name)
            .filter(channel.message_cls.visible)
            .order_by(channel.message_cls.id)
            .with_entities(channel.message_cls.payload)
            .limit(1)
            .scalar()
        )
    return None


def _age(message: str | bytes | None) -> float | None:
    sent = json.loads(message).get("headers", {}).get("sent_at") if message else None
    return max(time.time() - sent, 0.0) if sent else None


@setup_logging.connect
def _leave_logging_alone(**_kwargs) -> None:
    """Django's LOGGING holds for workers too; where somebody listens here, Celery sets up none of its own."""


@before_task_publish.connect
def _mark(headers: dict, **_kwargs) -> None:
    headers |= {"sent_at": time.time(), "request_id": logs.request_id.get()}


@task_prerun.connect
def _look_after_connections(task, **_kwargs) -> None:
    """As at the beginning of a web request: one that is broken or too old makes place for another."""
    if not task.request.is_eager:
        close_old_connections()


@task_prerun.connect
def _follow(task, task_id: str, **_kwargs) -> None:
    logs.request_id.set(task.request.get("request_id") or "")
    logs.task_id.set(task_id)


@task_postrun.connect
def _follow_no_longer(**_kwargs) -> None:
    logs.task_id.set("")


@after_task_publish.connect
def _show_life(**_kwargs) -> None:
    """Beat lives as long as it sends; a worker that sends lives too."""
    if settings.PULSE_FILE:
        settings.PULSE_FILE.touch()


@app.task
def forget_taken_messages() -> None:
    """Delete the messages that were taken from a queue in the database, which only hides them."""
    if settings.CELERY_BROKER_URL.startswith("sqla+"):
        with app.connection_for_write() as broker:
            channel = broker.default_channel
            taken = channel.session.query(channel.message_cls).filter(~channel.message_cls.visible)
            taken.delete(synchronize_session=False)
            channel.session.commit()
