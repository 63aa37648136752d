"""The queue: Redis or another broker where CELERY_BROKER_URL names one, else PostgreSQL itself."""

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

app = Celery("vietnam_tourism")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

if settings.CELERY_BROKER_URL.startswith("sqla+"):
    from kombu.transport import TRANSPORT_ALIASES
    from kombu.transport.sqlalchemy import Transport
    from sqlalchemy import text

    class DatabaseTransport(Transport):
        """Kombu's queue in a database, quick and patient."""

        # The default of one second would be most of a search's time; the transport option of this name crashes.
        polling_interval = 0.1

        def establish_connection(self):
            """Ask the database for an answer: unasked, a dead one passes for alive and is tried without pause."""
            connection = super().establish_connection()
            session = self._avail_channels[-1].session
            session.execute(text("SELECT 1"))
            session.rollback()
            return connection

    TRANSPORT_ALIASES["sqla"] = f"{__name__}:{DatabaseTransport.__name__}"
