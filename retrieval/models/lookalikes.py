"""Pairs of landmarks that the index confuses, and what tells them apart."""

from collections.abc import Collection

from django.db import models
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from places.models import Landmark, LandmarkImage


class LookAlikeQuerySet(models.QuerySet["LookAlike"]):
    def between(self, landmark_ids: Collection[int]) -> "LookAlikeQuerySet":
        """The pairs within these landmarks whose telling detail a curator has written, with their photos.

        Most who ask find none: to write the join of five tables would cost them more than the question.
        """
        told = self.filter(first__in=landmark_ids, second__in=landmark_ids).told()
        return told.with_photos() if told.exists() else self.none()

    def told_of(self, landmark: Landmark) -> "LookAlikeQuerySet":
        """The pairs of this landmark whose telling detail a curator has written, with their photos, in one query."""
        return self.filter(models.Q(first=landmark) | models.Q(second=landmark)).told().with_photos()

    def told(self) -> "LookAlikeQuerySet":
        """What visitors are told: pairs of standing landmarks, described and not dismissed."""
        standing = self.filter(dismissed=False, first__merged_into=None, second__merged_into=None)
        return standing.exclude(detail_vi="", detail_en="")

    def with_photos(self) -> "LookAlikeQuerySet":
        """Each with its landmarks and its example photos, and all that a page or the API shows of them."""
        return self.select_related("first", "second", "first_image__landmark", "second_image__landmark")

    def said_of(self) -> "LookAlikeQuerySet":
        """Those that a curator described or dismissed."""
        return self.exclude(detail_vi="", detail_en="", dismissed=False)

    def said_nothing_of(self) -> "LookAlikeQuerySet":
        return self.filter(detail_vi="", detail_en="", dismissed=False)


class LookAlike(models.Model):
    """Two landmarks that one may take for each other: what the index shows of that, and what curators say of it.

    What is measured is that of the last look; what curators write outlives it.
    """

    first = models.ForeignKey(Landmark, models.CASCADE, related_name="+", verbose_name=_("landmark"))
    second = models.ForeignKey(Landmark, models.CASCADE, related_name="+", verbose_name=_("other landmark"))
    confusions = models.PositiveIntegerField(
        _("photos confused"), help_text=_("Those of either to which a photo of the other is the nearest.")
    )
    photos = models.PositiveIntegerField(
        _("photos looked at"), help_text=_("Of both landmarks, near-duplicates counted once.")
    )
    similarity = models.FloatField(
        _("highest similarity"), help_text=_("Of a photo of one to a photo of the other, as cosine.")
    )
    method = models.CharField(_("method"), max_length=40)
    version = models.CharField(_("checkpoint"), max_length=100)
    first_image = models.ForeignKey(
        LandmarkImage, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("photo")
    )
    second_image = models.ForeignKey(
        LandmarkImage, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("photo of the other"),
    )  # fmt: skip
    detail_vi = models.TextField(
        _("what tells them apart, in Vietnamese"), blank=True,
        help_text=_("What a visitor can see on the spot: a sentence or two that name both places."),
    )  # fmt: skip
    detail_en = models.TextField(_("what tells them apart, in English"), blank=True)
    dismissed = models.BooleanField(
        _("not alike"), default=False, help_text=_("Visitors are told nothing of the pair.")
    )
    found_at = models.DateTimeField(_("last looked at"), default=timezone.now)

    objects = LookAlikeQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("pair of look-alikes"), _("look-alikes")
        ordering = ["-confusions", "-similarity", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="a_pair_of_lookalikes_is_one_row"),
            models.CheckConstraint(
                name="of_two_lookalikes_the_older_landmark_stands_first",
                condition=models.Q(first__lt=models.F("second")),
            ),
            models.CheckConstraint(
                name="no_more_photos_are_confused_than_were_looked_at",
                condition=models.Q(confusions__lte=models.F("photos")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first} – {self.second}"

    @property
    def detail(self) -> str:
        """What tells them apart, in the reader's language, or in the other where that is missing."""
        first, second = self.detail_vi, self.detail_en
        return (second or first) if get_language() == "en" else (first or second)

    @property
    def detail_language(self) -> str:
        """The language that `detail` is in: "vi" or "en"."""
        return "en" if self.detail == self.detail_en else "vi"

    @property
    def sides(self) -> list[tuple[Landmark, LandmarkImage | None]]:
        """Each landmark with its example photo; None where that was withdrawn, or moved to another landmark."""
        pairs = ((self.first, self.first_image), (self.second, self.second_image))
        return [(landmark, image if _shows(image, landmark) else None) for landmark, image in pairs]


def _shows(image: LandmarkImage | None, landmark: Landmark) -> bool:
    return (
        image is not None
        and image.landmark_id == landmark.pk
        and image.state == LandmarkImage.State.PUBLISHED
    )
