"""What was done to the catalogue, and by whom; and who looks at what just now."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .images import LandmarkImage

STILL_LOOKING = timedelta(minutes=2)


class CurationEventQuerySet(models.QuerySet["CurationEvent"]):
    def last_of(self, images: Collection[int]) -> dict[int, CurationEvent]:
        """The latest act on each of these photos that has any, by the photo's id."""
        latest = self.filter(image__in=images).order_by("image_id", "-pk").distinct("image_id")
        return {event.image_id: event for event in latest.select_related("actor")}

    def standing(self) -> CurationEventQuerySet:
        """Acts that can be taken back, as far as nobody acted since: no undoing, none that is undone."""
        return self.filter(undone_by=None).exclude(verb=CurationEvent.Verb.UNDO).exclude(before={})


class CurationEvent(models.Model):
    """What was done to a photo, by whom: one line per photo and act.

    `before` and `after` hold what the act changed of the photo, by the names of its columns. Lines of one press
    share their `batch`.
    """

    class Verb(models.TextChoices):
        PUBLISH = "publish", _("published")
        REJECT = "reject", _("rejected")
        MOVE = "move", _("moved")
        HOLD = "hold", _("kept on this machine only")
        GROUP = "group", _("put with its near-duplicates")
        UNGROUP = "ungroup", _("said to be no near-duplicate")
        CREDIT = "credit", _("changed what is said of its author and licence")
        SAMPLE = "sample", _("offered as a sample")
        UNSAMPLE = "unsample", _("no longer offered as a sample")
        UNDO = "undo", _("undone")

    image = models.ForeignKey(LandmarkImage, models.CASCADE, related_name="events")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    verb = models.CharField(_("act"), max_length=10, choices=Verb)
    detail = models.CharField(_("detail"), max_length=300, blank=True)
    before = models.JSONField(default=dict, editable=False)
    after = models.JSONField(default=dict, editable=False)
    batch = models.UUIDField(db_default=RandomUUID(), editable=False)
    undoes = models.OneToOneField(
        "self", models.SET_NULL, null=True, editable=False, related_name="undone_by"
    )
    at = models.DateTimeField(_("at"), auto_now_add=True)

    objects = CurationEventQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("act of curation"), _("acts of curation")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["batch"], name="acts_of_one_press")]

    def __str__(self) -> str:
        return f"{self.get_verb_display()} {self.image_id}"


class OpenPhotoQuerySet(models.QuerySet["OpenPhoto"]):
    def by_others(self, image: LandmarkImage, *, than: models.Model) -> OpenPhotoQuerySet:
        """The colleagues who have this photo before them now, or had a moment ago."""
        recent = Q(image=image, at__gt=timezone.now() - STILL_LOOKING)
        return self.filter(recent).exclude(curator=than).select_related("curator")


class OpenPhoto(models.Model):
    """The photo that a curator opened last, so that a colleague who opens it too is told."""

    curator = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+"
    )
    image = models.ForeignKey(LandmarkImage, models.CASCADE, related_name="opened")
    at = models.DateTimeField()

    objects = OpenPhotoQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("open photo"), _("open photos")

    def __str__(self) -> str:
        return f"{self.curator} {self.image_id}"
