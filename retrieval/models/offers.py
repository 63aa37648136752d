"""What visitors let curators have of their searches."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from places.models import LandmarkImage

from .corrections import Correction
from .queries import Query


class OfferQuerySet(models.QuerySet["Offer"]):
    def waiting(self) -> "OfferQuerySet":
        """Those that no curator has looked at, the oldest first."""
        return self.filter(handled_at=None).order_by("at", "pk")

    def that_missed(self) -> "OfferQuerySet":
        """Those of searches that failed, knew no answer, or could not choose one."""
        return self.with_why().filter(why__in=Offer.MISSED)

    def that_tell(self) -> "OfferQuerySet":
        """Those whose visitor knows better than the answer, or has only a photo to give."""
        return self.with_why().exclude(why__in=Offer.MISSED)

    def with_why(self) -> "OfferQuerySet":
        """Each with `why`: what makes its search worth a look."""
        Why = Offer.Why
        corrected = Correction.objects.filter(query=models.OuterRef("query")).exclude(
            said=Correction.Said.RIGHT
        )
        return self.annotate(
            why=models.Case(
                models.When(query__state=Query.State.FAILED, then=models.Value(Why.FAILED)),
                models.When(models.Exists(corrected), then=models.Value(Why.CORRECTED)),
                models.When(query__verdict=Query.Verdict.UNKNOWN, then=models.Value(Why.UNKNOWN)),
                models.When(query__verdict=Query.Verdict.ONE_OF, then=models.Value(Why.NARROW)),
                default=models.Value(Why.GIVEN),
                output_field=models.CharField(choices=Why),
            )
        )


class Offer(models.Model):
    """A visitor's consent: curators may look at a search, or take its photo into the catalogue too.

    Without one nobody but its visitor sees a search. With an author and a licence the photo itself is given.
    """

    class Why(models.TextChoices):
        FAILED = "failed", _("The search failed")
        CORRECTED = "corrected", _("The visitor says it is wrong")
        UNKNOWN = "unknown", _("Not in our catalogue")
        NARROW = "narrow", _("Several places came close")
        GIVEN = "given", _("A photo to add")

    MISSED = (Why.FAILED, Why.UNKNOWN, Why.NARROW)

    query = models.OneToOneField(Query, models.CASCADE, related_name="offer", verbose_name=_("search"))
    author = models.CharField(_("author"), max_length=300, blank=True)
    licence = models.CharField(_("licence"), max_length=100, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)
    image = models.OneToOneField(
        LandmarkImage, models.SET_NULL, null=True, blank=True, related_name="offer",
        verbose_name=_("photo it became"),
    )  # fmt: skip
    handled_at = models.DateTimeField(_("handled"), null=True, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("handled by"),
    )  # fmt: skip

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = (
            _("search offered by its visitor"),
            _("searches offered by visitors"),
        )
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="a_photo_is_given_with_author_and_licence",
                condition=models.Q(author="", licence="") | ~models.Q(author="") & ~models.Q(licence=""),
            ),
            models.CheckConstraint(
                name="only_a_given_photo_enters_the_catalogue",
                condition=models.Q(image=None) | ~models.Q(licence="") & models.Q(handled_at__isnull=False),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["at"], name="offers_to_be_handled", condition=models.Q(handled_at=None))
        ]

    def __str__(self) -> str:
        return str(self.query_id)

    @property
    def gives_photo(self) -> bool:
        return bool(self.licence)
