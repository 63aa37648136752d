"""Hears what the catalogue announces, and keeps the descriptors in step with it."""

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from places.curation import image_published, image_withdrawn

from . import indexing, tasks
from .models import Query


@receiver(image_published)
def describe_what_was_published(**_kwargs) -> None:
    tasks.describe_missing_soon()


@receiver(image_withdrawn)
def forget_what_was_withdrawn(image_id: int, **_kwargs) -> None:
    indexing.forget(image_id)


@receiver(post_delete, sender=Query)
def remove_the_photo_of_a_deleted_search(instance: Query, **_kwargs) -> None:
    transaction.on_commit(lambda: instance.photo.delete(save=False))
