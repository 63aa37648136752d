"""The copies of published photos that pages show on small and large screens: made after publishing, a photo at a time."""

from django.db import transaction

from . import storage
from .models import LandmarkImage


def make(image_id: int) -> None:
    """Under the photo's lock, so that one that is withdrawn meanwhile leaves no file behind.

    Raises OSError, PhotoRefused.
    """
    with transaction.atomic():
        image = LandmarkImage.objects.without_renditions().select_for_update().filter(pk=image_id).first()
        if image is not None:
            storage.write_renditions(image)
            image.save(update_fields=["has_renditions"])
