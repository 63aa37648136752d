"""Where a photo's files lie: named by the content of the original, so that the same picture has one place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, default_storage, storages
from django.db.models import Q
from PIL import Image

from . import photo

if TYPE_CHECKING:
    from .models import LandmarkImage

PHOTO_SIDE = 1600  # pixels, longest
THUMBNAIL_SIDE = 480


@dataclass(frozen=True)
class Rendition:
    """A copy of a published photo for pages, in one size and one format; its name follows from the photo's."""

    side: int  # pixels, longest
    format: Literal["AVIF", "WEBP"]
    above: int  # only a photo with a longer side has it: else it would be the picture of a smaller one

    def name(self, photo_name: str) -> str:
        _photos, *shelf, file = PurePosixPath(photo_name).parts
        stem = PurePosixPath(file).stem
        return str(PurePosixPath("renditions", str(self.side), *shelf, f"{stem}.{self.format.lower()}"))


# Besides the photo (a JPEG, which everything shows) and its thumbnail (the WebP of 480).
RENDITIONS = (
    Rendition(480, "AVIF", above=0),
    Rendition(960, "AVIF", above=480),
    Rendition(1600, "AVIF", above=960),
    Rendition(960, "WEBP", above=480),
    Rendition(1600, "WEBP", above=960),
)


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


def renditions(image: LandmarkImage) -> list[Rendition]:
    """Those that a photo of this size has once they are written."""
    longest = max(image.width, image.height)
    return [rendition for rendition in RENDITIONS if longest > rendition.above]


def write_served(image: LandmarkImage) -> None:
    """Make the files that anyone may fetch, and name them in the row, which is not saved.

    Raises OSError, PhotoRefused; what was written by then is named in the row all the same.
    """
    picture = photo.upright(original_bytes(image), longest_side=PHOTO_SIDE)
    image.photo.save("photo", ContentFile(photo.encode(picture, format="JPEG")), save=False)
    small = ContentFile(photo.encode(_scaled(picture, THUMBNAIL_SIDE), format="WEBP"))
    image.thumbnail.save("thumbnail", small, save=False)
    _write_renditions(image, picture)


def write_renditions(image: LandmarkImage) -> None:
    """Make the renditions of a published photo, and tell so in the row, which is not saved.

    Raises OSError, PhotoRefused.
    """
    _write_renditions(image, photo.upright(original_bytes(image), longest_side=PHOTO_SIDE))


def _write_renditions(image: LandmarkImage, picture: Image.Image) -> None:
    for rendition in renditions(image):
        name = rendition.name(image.photo.name)
        default_storage.delete(name)  # of a run that was stopped; a store would rather rename than replace
        data = photo.encode(_scaled(picture, rendition.side), format=rendition.format)
        default_storage.save(name, ContentFile(data))
    image.has_renditions = True


def _scaled(picture: Image.Image, side: int) -> Image.Image:
    small = picture.copy()
    small.thumbnail((side, side))
    return small


def unwrite_served(image: LandmarkImage) -> None:
    """Take back what `write_served` has written, however much that was."""
    for name in filter(None, (image.photo.name, image.thumbnail.name)):
        _delete(name)
    image.photo, image.thumbnail, image.has_renditions = "", "", False


def delete_served(names: Iterable[str]) -> None:
    """Remove public files and their renditions, but for those that a photo has been given again meanwhile."""
    from .models import LandmarkImage

    for name in filter(None, names):
        if not LandmarkImage.objects.filter(Q(photo=name) | Q(thumbnail=name)).exists():
            _delete(name)


def _delete(name: str) -> None:
    """A public file, and the renditions if it is a photo."""
    made = RENDITIONS if name.startswith("photos/") else ()
    for file in (name, *(rendition.name(name) for rendition in made)):
        default_storage.delete(file)


def _sharded(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"
