"""How well each place is covered by photos, as it was last measured."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from places.models import Landmark


class PlaceCoverageQuerySet(models.QuerySet["PlaceCoverage"]):
    def of_standing(self) -> PlaceCoverageQuerySet:
        """Those of places that were not merged into another."""
        return self.filter(landmark__merged_into=None)

    def neediest_first(self) -> PlaceCoverageQuerySet:
        return self.order_by("-need", "landmark__slug")

    def with_places(self) -> PlaceCoverageQuerySet:
        return self.select_related("landmark__province")


class PlaceCoverage(models.Model):
    """What the photos of one place show of it, and how well they find it. `retrieval.coverage` says by which measures."""

    landmark = models.OneToOneField(
        Landmark, models.CASCADE, related_name="coverage", verbose_name=_("landmark")
    )
    published = models.PositiveIntegerField(_("published photos"), default=0)
    waiting = models.PositiveIntegerField(_("waiting photos"), default=0)
    viewpoints = models.PositiveIntegerField(_("viewpoints"), default=0)
    months = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name=_("months"), default=list, blank=True,
        help_text=_("In which photos were taken, from 1 to 12."),
    )  # fmt: skip
    dry = models.PositiveIntegerField(_("taken in the dry season"), default=0)
    rainy = models.PositiveIntegerField(_("taken in the rainy season"), default=0)
    nights = models.PositiveIntegerField(_("taken at night"), default=0)
    missing = models.JSONField(
        _("descriptors missing"),
        default=dict,
        blank=True,
        help_text=_("Photos yet to be described, by method."),
    )
    method = models.CharField(_("method"), max_length=40)
    version = models.CharField(_("checkpoint"), max_length=100)
    asked = models.PositiveIntegerField(
        _("photos asked"), default=0, help_text=_("Those that have another of the place to find.")
    )
    right = models.PositiveIntegerField(_("photos that find the place"), default=0)
    accuracy_low = models.FloatField(null=True, blank=True)
    accuracy_high = models.FloatField(null=True, blank=True)
    failed_searches = models.PositiveIntegerField(_("searches that missed it"), default=0)
    need = models.FloatField(_("need of photos"), help_text=_("From 0 to 100."))
    measured_at = models.DateTimeField(_("measured"))

    objects = PlaceCoverageQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("coverage of a place"), _("coverage of places")
        ordering = ["-need", "pk"]
        constraints = [
            models.CheckConstraint(
                name="no_more_photos_find_a_place_than_were_asked", condition=Q(right__lte=F("asked"))
            ),
            models.CheckConstraint(
                name="the_need_of_photos_is_a_percentage", condition=Q(need__gte=0, need__lte=100)
            ),
        ]
        indexes = [models.Index(fields=["-need"], name="places_that_need_photos")]

    def __str__(self) -> str:
        return str(self.landmark)

    @property
    def accuracy(self) -> float | None:
        """The share of the photos asked that find the place; None where none could be asked."""
        return self.right / self.asked if self.asked else None
