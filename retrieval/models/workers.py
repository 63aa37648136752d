"""Signs of life."""

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now


class WorkerPulse(models.Model):
    """When each worker last showed life, so that a page can say that none runs."""

    STALE_AFTER = timedelta(seconds=15)

    name = models.CharField(max_length=200, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @classmethod
    def any_alive(cls) -> bool:
        return cls.objects.filter(at__gt=Now() - cls.STALE_AFTER).exists()
