"""Hears what the catalogue announces, and keeps the descriptors in step with it."""

from django.dispatch import receiver

from places.curation import image_published, image_withdrawn

from . import indexing, tasks


@receiver(image_published)
def describe_what_was_published(**_kwargs) -> None:
    tasks.describe_missing_soon()


@receiver(image_withdrawn)
def forget_what_was_withdrawn(image_id: int, **_kwargs) -> None:
    indexing.forget(image_id)
