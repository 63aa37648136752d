"""What photos did to the accuracy of their place."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from places.models import Landmark, LandmarkImage


class Effect(models.Model):
    """The accuracy of a place without and with photos that a curator accepted, measured once they were described.

    Accuracy is how many of the place's photos find it first, each asked as if it were not there itself.
    """

    landmark = models.ForeignKey(Landmark, models.CASCADE, related_name="+", verbose_name=_("landmark"))
    images = models.ManyToManyField(LandmarkImage, related_name="effects", verbose_name=_("photos"))
    method = models.CharField(_("method"), max_length=40)
    version = models.CharField(_("checkpoint"), max_length=100)
    asked_before = models.PositiveIntegerField(_("photos asked before"))
    right_before = models.PositiveIntegerField(_("right before"))
    asked_after = models.PositiveIntegerField(_("photos asked after"))
    right_after = models.PositiveIntegerField(_("right after"))
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("effect of accepted photos"), _("effects of accepted photos")
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="no_more_photos_are_right_than_were_asked",
                condition=models.Q(right_before__lte=models.F("asked_before"))
                & models.Q(right_after__lte=models.F("asked_after")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.landmark}: {self.before or '–'} → {self.after or '–'}"

    @property
    def before(self) -> str:
        """Right of asked; empty where no photo of the place could find another."""
        return f"{self.right_before}/{self.asked_before}" if self.asked_before else ""

    @property
    def difference(self) -> float | None:
        """How many percentage points more of the place's photos find it; None where none could before or after."""
        if not self.asked_before or not self.asked_after:
            return None
        return 100 * (self.right_after / self.asked_after - self.right_before / self.asked_before)

    @property
    def after(self) -> str:
        return f"{self.right_after}/{self.asked_after}" if self.asked_after else ""
