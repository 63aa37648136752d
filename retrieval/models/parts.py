"""Where the vectors lie, once they are spread over several PostgreSQL servers."""

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from pgvector.django import VectorField

from places.models import LandmarkImage


class Part(models.Model):
    """Another server that keeps the vectors of some photos: those whose id, modulo SLOTS, lies in its slots."""

    SLOTS = 100

    name = models.CharField(max_length=30, unique=True)
    first_slot = models.PositiveSmallIntegerField()
    end_slot = models.PositiveSmallIntegerField(help_text="The first that is not its own.")
    retired = models.BooleanField(default=False)  # being emptied
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        ordering = ["first_slot"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(first_slot__lt=models.F("end_slot"), end_slot__lte=100),
                name="a_part_has_slots_of_the_hundred",
            ),
            models.CheckConstraint(
                condition=models.Q(name__regex=r"^[a-z][a-z0-9_]*$"), name="a_parts_name_names_tables"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def share(self) -> int:
        """Of a hundred photos, how many."""
        return self.end_slot - self.first_slot


class MovedVector(models.Model):
    """The vector of a Descriptor that is kept in a part: a table partitioned by part, each partition a table of that
    part's server. Its key is the Descriptor's. What has no Descriptor any more is passed over, and removed in time.
    """

    id = models.BigIntegerField(primary_key=True)
    part = models.TextField()
    image = models.ForeignKey(LandmarkImage, models.DO_NOTHING, db_constraint=False, related_name="+")
    method = models.TextField()
    version = models.TextField()
    vector = VectorField()

    class Meta:
        managed = False  # partitioned, which a migration says in SQL
        db_table = "retrieval_movedvector"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.id} in {self.part}"


class StrayVector(models.Model):
    """A vector that a part keeps and nobody needs: written by a trigger, whoever removes a Descriptor or describes
    its photo anew; gone once it is removed there, which may be later, when that server answers."""

    part = models.TextField()
    descriptor = models.BigIntegerField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["part", "at"], name="stray_vectors_by_part")]

    def __str__(self) -> str:
        return f"{self.descriptor} in {self.part}"
