"""Where a photo's files lie: named by the content of the original, so that the same picture has one place."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
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
PREPARED = "prepared"  # the folder, in the private store, of what publishing will serve


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


def prepare(image: LandmarkImage) -> dict[str, bytes]:
    """The copies that publishing will serve, by their names, put by out of the public's reach until then.

    Raises OSError, PhotoRefused.
    """
    copies = _encode(image)
    for name, data in copies.items():
        _put_by(name, data)
    return copies


def thumbnail_bytes(image: LandmarkImage) -> bytes:
    """The small copy of a photo in any state, made at the first asking. Raises OSError, PhotoRefused."""
    name = thumbnail_path(image, "")
    return _prepared(name) or prepare(image)[name]


def photo_bytes(image: LandmarkImage) -> bytes:
    """The copy to look at closely, of a photo in any state. Raises OSError, PhotoRefused."""
    name = photo_path(image, "")
    return _prepared(name) or prepare(image)[name]


def write_served(image: LandmarkImage) -> None:
    """Make the files that anyone may fetch, and name them in the row, which is not saved.

    Renditions come later (`write_renditions`): pages do without. Raises OSError, PhotoRefused; what was written by
    then is named in the row all the same.
    """
    if not image.original.storage.exists(image.original.name):
        raise FileNotFoundError(image.original.name)
    names = photo_path(image, ""), thumbnail_path(image, "")
    copies = {name: _prepared(name) for name in names}
    if None in copies.values():
        copies = _encode(image)
    for field, name in zip((image.photo, image.thumbnail), names, strict=True):
        field.save(name, ContentFile(copies[name]), save=False)
    image.has_renditions = False


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
    for name in _unused(names):
        _delete(name)


def withdraw_served(names: Iterable[str]) -> None:
    """`delete_served`, but what was made is put by out of the public's reach, in case the photo is published again."""
    for name in _unused(names):
        with suppress(FileNotFoundError):
            _put_by(name, _read(default_storage, name))
        _delete(name)


def forget(image: LandmarkImage) -> None:
    """Remove the original of a photo that is no more, and what was prepared of it."""
    prepared = (f"{PREPARED}/{name}" for name in (photo_path(image, ""), thumbnail_path(image, "")))
    for name in (image.original.name, *prepared):
        private().delete(name)


def _unused(names: Iterable[str]) -> set[str]:
    from .models import LandmarkImage

    names = set(filter(None, names))
    used = LandmarkImage.objects.filter(Q(photo__in=names) | Q(thumbnail__in=names))
    return names - {name for pair in used.values_list("photo", "thumbnail") for name in pair}


def _encode(image: LandmarkImage) -> dict[str, bytes]:
    """The photo and its thumbnail as they are served, by their names."""
    picture = photo.upright(original_bytes(image), longest_side=PHOTO_SIDE)
    return {
        photo_path(image, ""): photo.encode(picture, format="JPEG"),
        thumbnail_path(image, ""): photo.encode(_scaled(picture, THUMBNAIL_SIDE), format="WEBP"),
    }


def _put_by(name: str, data: bytes) -> None:
    wanted = f"{PREPARED}/{name}"
    private().delete(wanted)
    kept = private().save(wanted, ContentFile(data))
    if kept != wanted:  # another has written the same in that moment
        private().delete(kept)


def _prepared(name: str) -> bytes | None:
    """What was prepared by this name; None where nothing was, or where its writer was stopped half-way."""
    try:
        data = _read(private(), f"{PREPARED}/{name}")
    except FileNotFoundError:
        return None
    is_whole = data.endswith(b"\xff\xd9") or int.from_bytes(data[4:8], "little") + 8 == len(
        data
    )  # JPEG, WebP
    return data if is_whole else None


def _read(store: Storage, name: str) -> bytes:
    with store.open(name) as file:
        return file.read()


def _delete(name: str) -> None:
    """A public file, and the renditions if it is a photo."""
    made = RENDITIONS if name.startswith("photos/") else ()
    for file in (name, *(rendition.name(name) for rendition in made)):
        default_storage.delete(file)


def _sharded(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"
