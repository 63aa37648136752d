"""A worker's sign of life, beside whatever it is at."""

from __future__ import annotations

import logging
import threading

from celery.signals import worker_ready, worker_shutting_down
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from .models import WorkerPulse

logger = logging.getLogger(__name__)

SECONDS = 5


@worker_ready.connect
def _keep_pulse(sender, **_kwargs) -> None:
    """Show that this worker lives, and which queues it serves, until it stops."""
    stopped = threading.Event()
    worker_shutting_down.connect(lambda **_: stopped.set(), weak=False)
    queues = sorted(sender.app.amqp.queues.consume_from)

    def beat() -> None:
        while True:
            if settings.PULSE_FILE:
                settings.PULSE_FILE.touch()
            try:
                WorkerPulse.show(sender.hostname, queues=queues)
            except (OperationalError, InterfaceError) as error:
                logger.warning("the database does not answer: %s", error)
            finally:
                connection.close()  # held across a fork it would be shared with the new process
            if stopped.wait(SECONDS):
                break
        WorkerPulse.stop(sender.hostname)
        connection.close()

    threading.Thread(target=beat, name="pulse", daemon=True).start()
