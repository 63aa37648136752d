"""What the platform knows of each photo by each method."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from pgvector.django import VectorField

from places.models import LandmarkImage


class Described(models.Model):
    """One photo under one version of one method."""

    image = models.ForeignKey(
        LandmarkImage, models.CASCADE, related_name="%(class)ss", verbose_name=_("photo")
    )
    method = models.CharField(_("method"), max_length=40)
    version = models.CharField(_("checkpoint"), max_length=100)
    at = models.DateTimeField(_("at"), auto_now=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.image_id} {self.method} {self.version}"


class Descriptor(Described):
    """A photo's vector. A photo without a row is still to be described: there is no other state.

    The vector lies in the row, or in the part that the row names (`parts.MovedVector`).
    """

    vector = VectorField(null=True)  # no dimension: each method and version has its own
    part = models.CharField(max_length=30, blank=True, default="", db_default="", editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("descriptor"), _("descriptors")
        constraints = [
            models.UniqueConstraint(
                fields=["image", "method", "version"], name="one_descriptor_per_image_method_and_version"
            ),
            models.CheckConstraint(
                condition=models.Q(part="", vector__isnull=False)
                | (~models.Q(part="") & models.Q(vector=None)),
                name="a_vector_lies_in_its_row_or_in_a_part",
            ),
        ]
        indexes = [models.Index(fields=["method", "version"], name="descriptors_by_method")]


class LocalFeatureSet(Described):
    """A photo's local features, packed by LocalFeatures.to_bytes."""

    features = models.BinaryField()
    count = models.PositiveIntegerField()

    class Meta:
        verbose_name = verbose_name_plural = _("local features")
        constraints = [
            models.UniqueConstraint(
                fields=["image", "method", "version"], name="one_feature_set_per_image_method_and_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.count} of {super().__str__()}"


class DescribeFailure(Described):
    """Why a photo could not be described, for curators; gone once it can."""

    reason = models.CharField(_("reason"), max_length=500)

    class Meta:
        verbose_name, verbose_name_plural = _("failed description"), _("failed descriptions")
        constraints = [
            models.UniqueConstraint(
                fields=["image", "method", "version"], name="one_failure_per_image_method_and_version"
            )
        ]
