"""The queue: Redis or another broker where CELERY_BROKER_URL names one, else PostgreSQL itself."""

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

app = Celery("vietnam_tourism")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

if settings.CELERY_BROKER_URL.startswith("sqla+"):
    from kombu.transport.sqlalchemy import Transport
    from sqlalchemy import text

    # The default of one second would be most of a search's time; the transport option of this name crashes it.
    Transport.polling_interval = 0.1

    def establish_connection(transport: Transport, *, unasked=Transport.establish_connection):
        """Ask the database for an answer: unasked, a worker takes a dead one for alive and reconnects without pause."""
        connection = unasked(transport)
        session = transport._avail_channels[-1].session
        session.execute(text("SELECT 1"))
        session.rollback()
        return connection

    Transport.establish_connection = establish_connection
