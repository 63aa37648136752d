"""Hears what the catalogue announces, and keeps the descriptors in step with it."""

from collections.abc import Collection

from django.dispatch import receiver

from places.curation import image_published, image_withdrawn

from . import indexing, tasks


@receiver(image_published)
def describe_what_was_published(**_kwargs) -> None:
    tasks.describe_missing_soon()
    tasks.make_renditions_soon()


@receiver(image_withdrawn)
def forget_what_was_withdrawn(image_ids: Collection[int], **_kwargs) -> None:
    indexing.forget(image_ids)
