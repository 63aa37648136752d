"""What a traveller has to know before going: hours, price, season, the way."""

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from .catalogue import Landmark


class Fact(models.Model):
    """One practical thing about a landmark, in both languages, and when it was last held against a source."""

    class Kind(models.TextChoices):
        HOURS = "hours", _("Opening hours")
        PRICE = "price", _("Ticket price")
        SEASON = "season", _("Best season")
        WAY = "way", _("How to get there")

    landmark = models.ForeignKey(Landmark, models.CASCADE, related_name="facts", verbose_name=_("landmark"))
    kind = models.CharField(_("subject"), max_length=10, choices=Kind)
    text_vi = models.CharField(_("in Vietnamese"), max_length=500)
    text_en = models.CharField(_("in English"), max_length=500)
    checked_on = models.DateField(
        _("last checked on"), null=True, blank=True,
        help_text=_("The day it was held against a source. Empty as long as nobody has."),
    )  # fmt: skip
    source_url = models.URLField(_("source"), max_length=1000, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("practical fact"), _("practical facts")
        ordering = ["kind"]  # which is as a traveller asks: is it open, what is it, when to go, how
        constraints = [
            models.UniqueConstraint(fields=["landmark", "kind"], name="a_landmark_has_one_fact_of_a_kind"),
            models.CheckConstraint(
                name="a_fact_is_told_in_both_languages",
                condition=~models.Q(text_vi="") & ~models.Q(text_en=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.landmark}: {self.get_kind_display()}"

    @property
    def text(self) -> str:
        """What it says, in the reader's language."""
        return self.text_en if get_language() == "en" else self.text_vi
