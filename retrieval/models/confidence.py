"""How sure an answer may be, learned from answers whose truth was known."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Calibration(models.Model):
    """What turns the signals of one method and checkpoint into probabilities, and how well it does so."""

    method = models.CharField(_("method"), max_length=40)
    version = models.CharField(_("checkpoint"), max_length=300)
    curve = models.JSONField(_("curve"), help_text=_("As ranking.confidence.Curve writes itself."))
    figures = models.JSONField(_("figures"), help_text=_("On photos that it was not learned from."))
    learned_from = models.TextField(_("learned from"))
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("calibration"), _("calibrations")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["method", "version"], name="one_calibration_per_method_and_checkpoint"
            )
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.version}"
