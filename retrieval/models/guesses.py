"""Where a photo's neighbours say that it belongs."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pgvector.django import VectorField

from places.models import Landmark, LandmarkImage

from .described import Described


class WaitingDescriptor(Described):
    """The vector of a photo that waits for a curator: it asks the index, and no search looks here."""

    vector = VectorField()

    class Meta:
        verbose_name, verbose_name_plural = (
            _("descriptor of a waiting photo"),
            _("descriptors of waiting photos"),
        )
        constraints = [
            models.UniqueConstraint(
                fields=["image", "method", "version"],
                name="one_waiting_descriptor_per_image_method_and_version",
            )
        ]


class PlaceGuessQuerySet(models.QuerySet["PlaceGuess"]):
    def by(self, method) -> PlaceGuessQuerySet:
        """Those made by the present checkpoint of a method."""
        return self.filter(method=method.name, version=method.checkpoint.name)

    def doubting(self) -> PlaceGuessQuerySet:
        """Of published photos that most neighbours place elsewhere, unless a curator said that they stand right."""
        return (
            self.filter(image__state=LandmarkImage.State.PUBLISHED, landmark__merged_into=None)
            .exclude(landmark=None)
            .exclude(landmark=F("image__landmark"))
            .exclude(right_label=F("image__landmark"))
        )

    def outlying(self) -> PlaceGuessQuerySet:
        """Of published photos most of whose neighbours show other places, whether or not they agree on one."""
        return (
            self.filter(image__state=LandmarkImage.State.PUBLISHED, asked__gt=0)
            .filter(Q(landmark=None) | ~Q(landmark=F("image__landmark")))
            .exclude(right_label=F("image__landmark"))
        )

    def suggesting(self) -> PlaceGuessQuerySet:
        """Of photos that wait, where most neighbours agree on a place."""
        return self.filter(image__state=LandmarkImage.State.CANDIDATE, landmark__merged_into=None).exclude(
            landmark=None
        )

    def with_evidence(self) -> PlaceGuessQuerySet:
        """Each with its photo, both places, and its neighbours that are still shown."""
        shown = Neighbour.objects.filter(image__state=LandmarkImage.State.PUBLISHED)
        return self.select_related("image__landmark__province", "landmark__province").prefetch_related(
            models.Prefetch(
                "neighbours", shown.select_related("image__landmark").order_by("rank"), to_attr="shown"
            )
        )


class PlaceGuess(models.Model):
    """The place that most of a photo's neighbours show: one row for each photo that was looked at.

    A photo without a row is still to be looked at. What a curator said of the label outlives the next look.
    """

    image = models.OneToOneField(
        LandmarkImage, models.CASCADE, related_name="place_guess", verbose_name=_("photo")
    )
    landmark = models.ForeignKey(
        Landmark, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("place of the neighbours"),
        help_text=_("Empty where no place has most of them."),
    )  # fmt: skip
    agreeing = models.PositiveSmallIntegerField(_("neighbours that agree"), default=0)
    asked = models.PositiveSmallIntegerField(
        _("neighbours asked"), default=0,
        help_text=_("No near-duplicates of the photo or of each other, and none of a place on the same ground."),
    )  # fmt: skip
    similarity = models.FloatField(
        _("highest similarity"), null=True, blank=True, help_text=_("Of a neighbour that agrees, as cosine.")
    )
    method = models.CharField(_("method"), max_length=40)
    version = models.CharField(_("checkpoint"), max_length=100)
    found_at = models.DateTimeField(_("last looked at"), default=timezone.now)
    right_label = models.ForeignKey(
        Landmark, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("right all the same"),
        help_text=_("The place of which a curator said that the photo does show it."),
    )  # fmt: skip

    objects = PlaceGuessQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("guess of a photo's place"), _("guesses of photos' places")
        ordering = ["-agreeing", "-similarity", "pk"]
        constraints = [
            models.CheckConstraint(
                name="no_more_neighbours_agree_than_were_asked", condition=Q(agreeing__lte=F("asked"))
            ),
            models.CheckConstraint(
                name="a_guessed_place_has_most_of_the_neighbours",
                condition=Q(landmark=None) | Q(asked__lt=2 * F("agreeing")),
            ),
        ]
        indexes = [models.Index(fields=["-agreeing", "-similarity", "id"], name="surest_guesses_first")]

    def __str__(self) -> str:
        return f"{self.image_id}: {self.landmark}"


class Neighbour(models.Model):
    """One of the published photos that a guess rests on."""

    guess = models.ForeignKey(PlaceGuess, models.CASCADE, related_name="neighbours")
    image = models.ForeignKey(LandmarkImage, models.CASCADE, related_name="+")
    rank = models.PositiveSmallIntegerField(_("rank"))
    similarity = models.FloatField(_("similarity"))
    inliers = models.PositiveIntegerField(
        _("inliers"), null=True, blank=True, help_text=_("Empty where the two were not compared closely.")
    )

    class Meta:
        verbose_name, verbose_name_plural = _("neighbour of a guess"), _("neighbours of guesses")
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["guess", "rank"], name="a_guess_has_one_neighbour_in_each_rank")
        ]

    def __str__(self) -> str:
        return f"{self.guess_id} #{self.rank}"
