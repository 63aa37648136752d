"""Which weights may serve, and whether they are learned anew at night."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ServableCheckpoint(models.Model):
    """A checkpoint other than a method's bundled one, which may serve in its place."""

    method = models.CharField(_("method"), max_length=40)
    name = models.CharField(_("checkpoint"), max_length=100)
    facts = models.JSONField(_("facts"), help_text=_("The fields of methods.base.Checkpoint."))
    serving = models.BooleanField(_("serving"), default=False)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("checkpoint"), _("checkpoints")
        ordering = ["method", "-at"]
        constraints = [
            models.UniqueConstraint(fields=["method", "name"], name="one_row_per_method_and_checkpoint"),
            models.UniqueConstraint(
                fields=["method"],
                condition=models.Q(serving=True),
                name="one_checkpoint_of_a_method_serves_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class NightlyTuning(models.Model):
    """The one row that says whether the platform learns from its catalogue at night, and when it last did."""

    on = models.BooleanField(_("tune every night"), default=False)
    hour = models.PositiveSmallIntegerField(_("at what hour"), default=2, help_text=_("0 to 23, local time."))
    started_at = models.DateTimeField(_("last started"), null=True, editable=False)
    outcome = models.TextField(_("what came of it"), blank=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = _("nightly tuning")
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="nightly_tuning_is_one_row"),
            models.CheckConstraint(condition=models.Q(hour__lte=23), name="a_day_has_24_hours"),
        ]

    def __str__(self) -> str:
        return str(_("nightly tuning"))
