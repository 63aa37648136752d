"""What visitors say of their answers."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from places.models import Landmark

from .queries import Query


class CorrectionQuerySet(models.QuerySet["Correction"]):
    def of_owner(self, query: Query) -> "CorrectionQuerySet":
        """What the one who asked says of the answer: one row, or none."""
        return self.filter(
            query=query, user=query.user_id, session_key="" if query.user_id else query.session_key
        )

    def usable_as_truth(self) -> "CorrectionQuerySet":
        """Those that a curator found true and that name a place which still stands in the catalogue."""
        return self.filter(is_true=True, landmark__isnull=False)


class Correction(models.Model):
    """What a visitor says of an answer, and what a curator made of that.

    It feeds the curators' queue and the evaluation, never the training by itself.
    """

    class Said(models.TextChoices):
        RIGHT = "right", _("It is right")
        WRONG = "wrong", _("It is wrong")
        IN_FACT = "in_fact", _("It is in fact another place")

    query = models.ForeignKey(Query, models.CASCADE, related_name="corrections", verbose_name=_("search"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+",
        verbose_name=_("user"),
    )  # fmt: skip
    session_key = models.CharField(max_length=40, blank=True, editable=False)
    said = models.CharField(_("what the visitor says"), max_length=10, choices=Said)
    landmark = models.ForeignKey(
        Landmark, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("landmark"),
        help_text=_("What the photo shows, as the visitor says: the place answered where that is right."),
    )  # fmt: skip
    note = models.CharField(_("note"), max_length=500, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)
    is_true = models.BooleanField(_("found true"), null=True, blank=True)
    handled_at = models.DateTimeField(_("handled"), null=True, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("handled by"),
    )  # fmt: skip

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("correction"), _("corrections")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["query", "user", "session_key"],
                nulls_distinct=False,
                name="a_visitor_corrects_an_answer_once",
            ),
            models.CheckConstraint(
                name="a_correction_is_an_accounts_or_a_sessions",
                condition=models.Q(user__isnull=False, session_key="")
                | models.Q(user=None) & ~models.Q(session_key=""),
            ),
            # Where a landmark is named it may be deleted later, so none is asked for here.
            models.CheckConstraint(
                name="what_is_only_wrong_names_no_landmark",
                condition=~models.Q(said="wrong") | models.Q(landmark=None),
            ),
            models.CheckConstraint(
                name="a_handled_correction_is_found_true_or_not",
                condition=models.Q(handled_at=None, handled_by=None, is_true=None)
                | models.Q(handled_at__isnull=False, is_true__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["-at"], name="corrections_to_be_handled", condition=models.Q(handled_at=None)
            )
        ]

    def __str__(self) -> str:
        """The visitor's words in one line."""
        if self.said == self.Said.IN_FACT and self.landmark:
            return gettext("It is in fact %(place)s") % {"place": self.landmark}
        return self.get_said_display()
