"""What visitors save: places and photos, in collections of their own."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Exists, F, OuterRef, Prefetch, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .catalogue import Landmark
from .images import LandmarkImage

COVERS = 3


class CollectionQuerySet(models.QuerySet["Collection"]):
    def of(self, owner: models.Model) -> CollectionQuerySet:
        """This account's, the one that is made by itself first, then the latest."""
        return self.filter(owner=owner).order_by("-is_default", "-pk")

    def with_covers(self) -> CollectionQuerySet:
        """Each with `size`, how many things it shows, and `covers`, the file names of the latest thumbnails."""
        items = CollectionItem.objects.shown().filter(collection=OuterRef("pk"))
        size = items.order_by().values("collection").annotate(size=models.Count("pk")).values("size")
        covers = items.with_cover().exclude(cover_thumbnail=None).values("cover_thumbnail")
        return self.annotate(size=Coalesce(models.Subquery(size), 0), covers=ArraySubquery(covers[:COVERS]))

    def holding(self, thing: Landmark | LandmarkImage) -> CollectionQuerySet:
        """Each with `holds`, whether the thing is in it."""
        items = CollectionItem.objects.filter(collection=OuterRef("pk")).of(thing)
        return self.annotate(holds=Exists(items))


class Collection(models.Model):
    """Places and photos that an account keeps together; whoever is given its secret address may look at it."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="collections")
    name = models.CharField(_("name"), max_length=100)
    is_default = models.BooleanField(default=False, editable=False)
    share_key = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CollectionQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("collection"), _("collections")
        constraints = [
            models.CheckConstraint(name="a_collection_has_a_name", condition=Q(name__regex=r"\S")),
            models.UniqueConstraint(
                name="an_account_has_one_default_collection", fields=["owner"], condition=Q(is_default=True)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("places:collection", args=[self.pk])

    @property
    def shared_url(self) -> str:
        """The address for others, empty while it is not shared."""
        return reverse("places:shared-collection", args=[self.share_key]) if self.share_key else ""


class CollectionItemQuerySet(models.QuerySet["CollectionItem"]):
    def of(self, thing: Landmark | LandmarkImage) -> CollectionItemQuerySet:
        return self.filter(**{"landmark" if isinstance(thing, Landmark) else "image": thing})

    def shown(self) -> CollectionItemQuerySet:
        """All but photos that have been withdrawn since."""
        return self.filter(Q(image=None) | Q(image__state=LandmarkImage.State.PUBLISHED))

    def withdrawn(self) -> CollectionItemQuerySet:
        return self.exclude(image=None).exclude(image__state=LandmarkImage.State.PUBLISHED)

    def with_cover(self) -> CollectionItemQuerySet:
        """Each with `cover_thumbnail`: the photo's own, or the place's first; None where it has none."""
        first = LandmarkImage.objects.published().filter(landmark=OuterRef("landmark")).order_by("pk")
        cover = Coalesce(F("image__thumbnail"), models.Subquery(first.values("thumbnail")[:1]))
        return self.annotate(cover_thumbnail=cover)

    def with_things(self) -> CollectionItemQuerySet:
        """Each with its place or photo as a page shows them."""
        return self.prefetch_related(
            Prefetch("landmark", Landmark.objects.with_places().with_cover()),
            Prefetch("image", LandmarkImage.objects.select_related("landmark")),
        )


class CollectionItem(models.Model):
    """A place or a photo in a collection, and what its owner notes of it."""

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="items")
    landmark = models.ForeignKey(Landmark, models.CASCADE, null=True, blank=True, related_name="+")
    image = models.ForeignKey(LandmarkImage, models.CASCADE, null=True, blank=True, related_name="+")
    note = models.CharField(_("note"), max_length=300, blank=True)
    added_at = models.DateTimeField(auto_now_add=True)

    objects = CollectionItemQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("saved thing"), _("saved things")
        ordering = ["-added_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="what_is_saved_is_a_place_or_a_photo",
                condition=Q(landmark__isnull=False, image=None) | Q(landmark=None, image__isnull=False),
            ),
            models.UniqueConstraint(
                name="a_place_is_once_in_a_collection", fields=["collection", "landmark"]
            ),
            models.UniqueConstraint(name="a_photo_is_once_in_a_collection", fields=["collection", "image"]),
        ]

    def __str__(self) -> str:
        return str(self.thing)

    @property
    def thing(self) -> Landmark | LandmarkImage:
        return self.landmark or self.image
