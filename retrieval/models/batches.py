"""Many photos sent at once, a search for each."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.expressions import Combinable
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .queries import Query, RankedPlace


class BatchQuerySet(models.QuerySet["Batch"]):
    def unfinished(self) -> "BatchQuerySet":
        return self.filter(finished_at=None)

    def not_queued_since(self, at: Combinable | datetime) -> "BatchQuerySet":
        """Those of which the queue should have brought a search to a worker by now."""
        return self.filter(Q(queued_at=None) | Q(queued_at__lt=at))

    def empty(self) -> "BatchQuerySet":
        """Those whose searches are all deleted: they have no answer left to give."""
        kept = BatchPhoto.objects.filter(batch=OuterRef("pk"), query__isnull=False)
        return self.filter(~Exists(kept), finished_at__isnull=False)

    def with_progress(self) -> "BatchQuerySet":
        """Each with how many of its photos there are in each state: `waiting`, `running`, `answered`, `failed`,
        `refused`, and `total`."""
        states = {
            state: Count("photos", filter=Q(photos__query__state=state)) for state in Query.State.values
        }
        return self.annotate(
            total=Count("photos"), refused=Count("photos", filter=~Q(photos__refusal="")), **states
        )

    def with_answers(self) -> "BatchQuerySet":
        """Each with its photos, their searches and the places that those answer, in a handful of queries."""
        places = RankedPlace.objects.select_related("landmark__province")
        photos = BatchPhoto.objects.select_related("query").prefetch_related(
            models.Prefetch("query__places", places)
        )
        return self.select_related("webhook").prefetch_related(models.Prefetch("photos", photos))


class Batch(models.Model):
    """Many photos that an account sent at once. Each that could be used is a search of its own."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="batches", verbose_name=_("user")
    )
    once = models.UUIDField(null=True, unique=True, editable=False, help_text="As of a search.")
    fingerprint = models.CharField(max_length=64, blank=True, editable=False, help_text="As of a search.")
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    queued_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("batch of searches"), _("batches of searches")
        ordering = ["-asked_at"]
        indexes = [
            models.Index(fields=["queued_at"], name="unfinished_batches", condition=Q(finished_at=None))
        ]

    def __str__(self) -> str:
        return str(self.pk)


class BatchPhoto(models.Model):
    """One photo of a batch: its search, or why it could not be used. Neither, where the search was deleted since."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="photos")
    number = models.PositiveSmallIntegerField(help_text="From 0, in the order they were sent.")
    name = models.CharField(max_length=200, blank=True, help_text="What the sender calls the file.")
    refusal = models.CharField(max_length=30, blank=True, help_text="The code of places.photo.PhotoRefused.")
    query = models.OneToOneField(Query, models.SET_NULL, null=True, related_name="batch_photo")

    class Meta:
        verbose_name, verbose_name_plural = _("photo of a batch"), _("photos of a batch")
        ordering = ["batch", "number"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="a_number_in_a_batch_is_one_photo"),
            models.CheckConstraint(
                name="a_refused_photo_has_no_search", condition=Q(refusal="") | Q(query=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.number}"
