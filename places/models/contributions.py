"""What visitors say of the photos they offer."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .images import LandmarkImage

WAITING = LandmarkImage.State.CANDIDATE


class ContributionQuerySet(models.QuerySet["Contribution"]):
    def of(self, contributor: models.Model) -> ContributionQuerySet:
        """This account's, the latest first, with photo and place."""
        mine = self.filter(image__contributed_by=contributor)
        return mine.select_related("image__landmark").order_by("-pk")

    def decided_unseen(self) -> ContributionQuerySet:
        """Those that a curator has decided on since their contributor last looked."""
        return self.filter(decision_seen=False).exclude(image__state=WAITING)


class Contribution(models.Model):
    """A visitor's offer of a photo. The photo tells who, and whether it waits, is published or turned down."""

    image = models.OneToOneField(LandmarkImage, models.CASCADE, related_name="contribution")
    note = models.CharField(
        _("note"), max_length=300, blank=True, help_text=_("When and from where it was taken.")
    )
    may_license = models.BooleanField(_("says that the photo is theirs to license"))
    decision_seen = models.BooleanField(default=False, editable=False)
    offered_at = models.DateTimeField(_("offered"), auto_now_add=True)

    objects = ContributionQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("contribution"), _("contributions")
        constraints = [
            models.CheckConstraint(
                name="who_offers_a_photo_says_that_they_may", condition=Q(may_license=True)
            ),
        ]

    def __str__(self) -> str:
        return str(self.image)
