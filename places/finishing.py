"""What a published photo gets when there is time: the copies that pages show on small and large screens."""

from django.db import transaction

from . import storage
from .models import LandmarkImage


def make_renditions(image: LandmarkImage) -> None:
    """Write the renditions of a photo that is published and lacks them. Raises OSError, PhotoRefused.

    Under the photo's lock, so that one that is withdrawn meanwhile leaves no file behind.
    """
    with transaction.atomic():
        locked = LandmarkImage.objects.without_renditions().select_for_update().filter(pk=image.pk).first()
        if locked is not None:
            storage.write_renditions(locked)
            locked.save(update_fields=["has_renditions"])
