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

    # The default of one second would be most of a search's time; the transport option of this name crashes it.
    Transport.polling_interval = 0.1
