"""Where a photo's files lie: named by the content of the original, so that the same picture has one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.files.storage import Storage, storages

if TYPE_CHECKING:
    from .models import LandmarkImage


def private() -> Storage:
    """The store that only owners and curators reach: originals with their metadata, visitors' photos."""
    return storages["private"]


def original_path(image: LandmarkImage, filename: str) -> str:
    return f"originals/{_sharded(image.sha256)}.{filename.rsplit('.', 1)[-1].lower()}"


def photo_path(image: LandmarkImage, filename: str) -> str:
    return f"photos/{_sharded(image.sha256)}.jpg"


def thumbnail_path(image: LandmarkImage, filename: str) -> str:
    return f"thumbnails/{_sharded(image.sha256)}.webp"


def _sharded(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"
