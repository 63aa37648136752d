"""The dataset as an archive that was asked for, is made in the background, and lies in the private store for a while."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from places import storage

FOLDER = "exports"


class DatasetExportQuerySet(models.QuerySet["DatasetExport"]):
    def unfinished(self) -> DatasetExportQuerySet:
        """Those that somebody waits for."""
        return self.filter(state__in=[DatasetExport.State.WAITING, DatasetExport.State.RUNNING])

    def ready(self) -> DatasetExportQuerySet:
        return self.filter(state=DatasetExport.State.READY)


class DatasetExport(models.Model):
    """An archive of the dataset. catalogue: the version of the catalogue that it was begun at."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Being made")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    asked_at = models.DateTimeField(_("asked at"), auto_now_add=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    catalogue = models.CharField(max_length=60, blank=True)
    made_at = models.DateTimeField(_("made at"), null=True, blank=True)
    file = models.FileField(storage=storage.private, upload_to=FOLDER, max_length=200, blank=True)
    bytes = models.BigIntegerField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    photos = models.PositiveIntegerField(null=True, blank=True)
    landmarks = models.PositiveIntegerField(null=True, blank=True)

    objects = DatasetExportQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("export of the dataset"), _("exports of the dataset")
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="an_export_has_a_file_when_it_is_ready_and_only_then",
                condition=Q(state="ready") & ~Q(file="") | ~Q(state="ready") & Q(file=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d} {self.state}"
