"""What a photo gets when there is time: the copies that pages show on small and large screens, and how good it is."""

from dataclasses import asdict

from django.db import transaction

from . import detecting, photo, quality, storage
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


def measure_quality(image: LandmarkImage) -> None:
    """Measure how good a photo is, also by what takes longer than adding it may. Raises OSError, PhotoRefused."""
    picture = photo.upright(storage.original_bytes(image), longest_side=detecting.SIDE)
    figures = asdict(quality.measure(picture)) | asdict(detecting.look(picture))
    LandmarkImage.objects.filter(pk=image.pk).update(**figures)
