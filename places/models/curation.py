"""What was done to the catalogue, and by whom."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .images import LandmarkImage


class CurationEvent(models.Model):
    """What was done to a photo, by whom: one line per act."""

    class Verb(models.TextChoices):
        PUBLISH = "publish", _("published")
        REJECT = "reject", _("rejected")
        MOVE = "move", _("moved")
        HOLD = "hold", _("kept on this machine only")

    image = models.ForeignKey(LandmarkImage, models.CASCADE, related_name="events")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    verb = models.CharField(_("act"), max_length=10, choices=Verb)
    detail = models.CharField(_("detail"), max_length=300, blank=True)
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = _("act of curation"), _("acts of curation")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.get_verb_display()} {self.image_id}"
