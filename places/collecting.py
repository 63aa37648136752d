"""What visitors do with their collections: save, remove, name, share."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.utils.translation import gettext as _

from .models import Collection, CollectionItem, Landmark, LandmarkImage

MOST_COLLECTIONS = 100
MOST_SAVED = 1000  # in all collections of an account


class LimitReached(Exception):
    """An account keeps no more than this; the message says so to its owner."""


def create(owner: models.Model, *, name: str) -> Collection:
    """A new, empty collection. Raises LimitReached."""
    with _alone(owner):
        if owner.collections.count() >= MOST_COLLECTIONS:
            raise LimitReached(_("You can have %(number)d collections.") % {"number": MOST_COLLECTIONS})
        return owner.collections.create(name=name)


def default_of(owner: models.Model) -> Collection:
    """The collection for what is saved without saying where, made on first use; its owner may rename it."""
    collection, _is_new = Collection.objects.get_or_create(
        owner=owner, is_default=True, defaults={"name": _("Saved")}
    )
    return collection


def save(collection: Collection, *, thing: Landmark | LandmarkImage) -> CollectionItem:
    """Put a place or a photo into a collection; one that is there already stays as it is. Raises LimitReached."""
    with _alone(collection.owner):
        if item := collection.items.of(thing).first():
            return item
        if CollectionItem.objects.filter(collection__owner=collection.owner).count() >= MOST_SAVED:
            raise LimitReached(_("You can save %(number)d places and photos.") % {"number": MOST_SAVED})
        return collection.items.create(**{"landmark" if isinstance(thing, Landmark) else "image": thing})


@transaction.atomic
def keep_in(
    collections: Iterable[Collection], *, owner: models.Model, thing: Landmark | LandmarkImage
) -> None:
    """Have a place or photo in just these of the owner's collections. Raises LimitReached."""
    wanted = list(collections)
    CollectionItem.objects.filter(collection__owner=owner).of(thing).exclude(collection__in=wanted).delete()
    for collection in wanted:
        save(collection, thing=thing)


def share(collection: Collection) -> None:
    """Give a collection an address that nobody can guess; the one it has stays."""
    Collection.objects.filter(pk=collection.pk, share_key=None).update(share_key=uuid.uuid4())


def end_sharing(collection: Collection) -> None:
    """The address leads nowhere from now on; sharing again gives another."""
    Collection.objects.filter(pk=collection.pk).update(share_key=None)


@transaction.atomic
def follow_merge(landmark: Landmark, *, into: Landmark) -> None:
    """Collections that hold a place hold what it was merged into instead, once."""
    doubled = CollectionItem.objects.filter(landmark=into).values("collection")
    items = CollectionItem.objects.filter(landmark=landmark)
    items.filter(collection__in=doubled).delete()
    items.update(landmark=into)


@contextmanager
def _alone(owner: models.Model) -> Iterator[None]:
    """A transaction in which nobody else changes how much an account keeps."""
    with transaction.atomic():
        get_user_model().objects.select_for_update().get(pk=owner.pk)
        yield
