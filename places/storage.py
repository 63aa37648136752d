"""Where a photo's files lie: named by the content of the original, so that the same picture has one place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, default_storage, storages
from django.db.models import Q

from . import photo

if TYPE_CHECKING:
    from .models import LandmarkImage

PHOTO_SIDE = 1600  # pixels, longest
THUMBNAIL_SIDE = 480


def private() -> Storage:
    """The store that only owners and curators reach: originals with their metadata, visitors' photos."""
    return storages["private"]


def original_path(image: LandmarkImage, filename: str) -> str:
    return f"originals/{_sharded(image.sha256)}.{filename.rsplit('.', 1)[-1].lower()}"


def photo_path(image: LandmarkImage, filename: str) -> str:
    return f"photos/{_sharded(image.sha256)}.jpg"


def thumbnail_path(image: LandmarkImage, filename: str) -> str:
    return f"thumbnails/{_sharded(image.sha256)}.webp"


def original_bytes(image: LandmarkImage) -> bytes:
    """Raises OSError where the file is gone or out of reach."""
    with image.original.open("rb") as file:
        return file.read()


def write_served(image: LandmarkImage) -> None:
    """Make the files that anyone may fetch, and name them in the row, which is not saved.

    Raises OSError, PhotoRefused; what was written by then is named in the row all the same.
    """
    picture = photo.upright(original_bytes(image), longest_side=PHOTO_SIDE)
    image.photo.save("photo", ContentFile(photo.encode(picture, format="JPEG")), save=False)
    picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    image.thumbnail.save("thumbnail", ContentFile(photo.encode(picture, format="WEBP")), save=False)


def delete_served(names: Iterable[str]) -> None:
    """Remove public files, but for those that a photo has been given again meanwhile."""
    from .models import LandmarkImage

    for name in filter(None, names):
        if not LandmarkImage.objects.filter(Q(photo=name) | Q(thumbnail=name)).exists():
            default_storage.delete(name)


def _sharded(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"
