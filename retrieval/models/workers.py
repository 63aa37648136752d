"""Signs of life."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

ANSWERING, REST = "describe", "default"  # the two queues


def both_queues() -> list[str]:
    return [ANSWERING, REST]


class WorkerPulse(models.Model):
    """When each worker last showed life, and the queues that it serves, so that a page can say that none runs.

    A row outlives its worker for a while, so that it can be said since when none runs.
    """

    STALE_AFTER = timedelta(seconds=15)
    KEPT = timedelta(days=7)

    name = models.CharField(max_length=200, primary_key=True)
    at = models.DateTimeField()
    queues = ArrayField(models.CharField(max_length=40), default=both_queues)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def show(cls, name: str, *, queues: Collection[str]) -> None:
        """This worker lives, and serves these queues."""
        cls.objects.update_or_create(name=name, defaults={"at": Now(), "queues": list(queues)})
        cls.objects.filter(at__lt=Now() - cls.KEPT).delete()

    @classmethod
    def stop(cls, name: str) -> None:
        """This worker has ended: from now on it does not count."""
        cls.objects.filter(name=name).update(at=Now() - cls.STALE_AFTER)

    @classmethod
    def alive(cls, *, queue: str = ANSWERING) -> models.QuerySet["WorkerPulse"]:
        """The workers that serve a queue."""
        return cls.objects.filter(at__gt=Now() - cls.STALE_AFTER, queues__contains=[queue])

    @classmethod
    def any_alive(cls, *, queue: str = ANSWERING) -> bool:
        return cls.alive(queue=queue).exists()

    @classmethod
    def last_seen(cls, *, queue: str = ANSWERING) -> datetime | None:
        """When a worker of this queue last showed life; None where none has within memory."""
        return cls.objects.filter(queues__contains=[queue]).aggregate(at=models.Max("at"))["at"]
