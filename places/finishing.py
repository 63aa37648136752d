"""What a photo gets when there is time: the copies that pages show on small and large screens, and how good it is."""

import logging
from collections.abc import Callable
from dataclasses import asdict

from django.db import models, transaction

from . import detecting, photo, quality, storage
from .models import LandmarkImage

logger = logging.getLogger(__name__)


def go_on(
    images: models.QuerySet,
    *,
    after: int,
    most: int,
    act: Callable[[LandmarkImage], object],
    enough: Callable[[], bool] = lambda: False,
) -> int | None:
    """Do an act to a few photos; returns the id of the last where there may be more, behind which to go on.

    after: the id of the photo before. enough: asked after each, whether the rest should wait for another time. One
    that fails is passed by, and tried again from the next beginning.
    """
    few = images.filter(pk__gt=after).order_by("pk")[:most]
    for count, image in enumerate(few, start=1):
        try:
            act(image)
        except (OSError, photo.PhotoRefused) as error:
            logger.warning("%s: photo %s is passed by: %s", act.__name__, image.pk, error)
        if count == most or enough():
            return image.pk
    return None


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
