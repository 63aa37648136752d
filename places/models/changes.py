"""What has changed of all that everyone may see of the catalogue: one line per change, written by the database itself.

Triggers write the lines (migrations 0014), so no door can forget to. A line has no position until its transaction is
committed: `number` gives positions afterwards, one caller at a time, so that they are in the order in which lines came
to be seen. Whoever has read up to a position has missed nothing before it, however many write at once.
"""

from __future__ import annotations

from django.db import connections, models, router, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

LOCK = 4_871_226  # any number of our own


class ChangeQuerySet(models.QuerySet["Change"]):
    def after(self, position: int) -> ChangeQuerySet:
        """Those that have a later position, in order."""
        return self.filter(position__gt=position).order_by("position")

    def latest(self) -> Change | None:
        """One that has no position yet if there is any, else the one with the last; None where nothing ever changed."""
        return self.order_by(F("position").desc(nulls_first=True)).first()

    def of(self, kind: Change.Kind) -> ChangeQuerySet:
        return self.filter(kind=kind)


class ChangeManager(models.Manager.from_queryset(ChangeQuerySet)):
    def number(self) -> None:
        """Give positions to the lines that were committed since this was done last."""
        alias = router.db_for_write(Change)
        with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
            # A statement of its own: the next one has to see what the one before held the lock for.
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            cursor.execute(
                """
                UPDATE places_change
                SET position = line.position, numbered_at = line.moment
                FROM (
                    SELECT id, (SELECT coalesce(max(position), 0) FROM places_change)
                        + row_number() OVER (ORDER BY id) AS position,
                        (SELECT clock_timestamp()) AS moment
                    FROM places_change WHERE position IS NULL
                ) AS line
                WHERE places_change.id = line.id
                """
            )


class Change(models.Model):
    """That a province, a landmark or a photo came, is different, or is gone.

    key: a slug, or a photo's id. leads_to: the slug of what it was merged into, or is called now. at: when it was
    changed, which may be a while before it was committed; numbered_at: when it was given its position, never before.
    """

    class Kind(models.TextChoices):
        PROVINCE = "province", _("Province")
        LANDMARK = "landmark", _("Landmark")
        IMAGE = "image", _("Photo")

    class What(models.TextChoices):
        ADDED = "added", _("added")
        CHANGED = "changed", _("changed")
        WITHDRAWN = "withdrawn", _("withdrawn")
        MERGED = "merged", _("merged")
        RENAMED = "renamed", _("renamed")

    kind = models.CharField(max_length=10, choices=Kind)
    key = models.CharField(max_length=100)
    what = models.CharField(max_length=10, choices=What)
    leads_to = models.CharField(max_length=100, db_default="")
    at = models.DateTimeField(db_default=Now())
    position = models.BigIntegerField(null=True, unique=True)
    numbered_at = models.DateTimeField(null=True)

    objects = ChangeManager()

    class Meta:
        verbose_name, verbose_name_plural = _("change of the catalogue"), _("changes of the catalogue")
        constraints = [
            models.CheckConstraint(
                name="a_position_is_given_at_a_moment",
                condition=Q(position=None, numbered_at=None) | Q(position__gte=1, numbered_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="changes_without_a_position", condition=Q(position=None)),
            models.Index(fields=["kind", "key", "-at"], name="changes_of_one_thing"),
            models.Index(fields=["-numbered_at"], name="changes_by_moment"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} {self.what}"
