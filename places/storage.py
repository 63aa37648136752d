"""Where a photo's files lie: named by the content of the original, so that the same picture has one place."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, default_storage, storages
from django.db.models import Q

from . import photo

if TYPE_CHECKING:
    from .models import LandmarkImage

PHOTO_SIDE = 1600  # pixels, longest
THUMBNAIL_SIDE = 480
SHELVES = ("photos", "thumbnails", "renditions")  # the folders of the public store
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
READY = "ready"  # the folder, in the private store, of what publishing will serve


@dataclass(frozen=True)
class Served:
    """What anyone may fetch of a photo once it is published: encoded, upright, without metadata."""

    photo: bytes
    thumbnail: bytes


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


def is_full(error: BaseException | None) -> bool:
    """Whether a store has no room for what was to be written."""
    return isinstance(error, OSError) and error.errno in NO_ROOM


def is_away(error: BaseException | None) -> bool:
    """Whether a store does not answer, or says that it cannot for now. That it lacks a name is no such thing."""
    s3, transfers = (sys.modules.get(name) for name in ("botocore.exceptions", "s3transfer.exceptions"))
    if s3 is None:  # nothing is kept there
        return False
    if isinstance(error, s3.ClientError):
        return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500
    gone = (s3.HTTPClientError, s3.ConnectionError, s3.ResponseStreamingError)
    return isinstance(error, (*gone, transfers.RetriesExceededError) if transfers else gone)


def original_path(image: LandmarkImage, filename: str) -> str:
    return f"originals/{_sharded(image.sha256)}.{filename.rsplit('.', 1)[-1].lower()}"


def photo_path(image: LandmarkImage, filename: str) -> str:
    return f"photos/{_sharded(image.sha256)}.jpg"


def thumbnail_path(image: LandmarkImage, filename: str) -> str:
    return f"thumbnails/{_sharded(image.sha256)}.webp"


def write_original(image: LandmarkImage, data: bytes) -> None:
    """Write the untouched file where its row says; what a stopped run left there whole may stay."""
    name = image.original.name
    if not (private().exists(name) and private().size(name) == len(data)):
        _put_by(name, data)


def original_bytes(image: LandmarkImage) -> bytes:
    """Raises OSError where the file is gone or out of reach."""
    with image.original.open("rb") as file:
        return file.read()


def renditions(image: LandmarkImage) -> list[Rendition]:
    """Those that a photo of this size has once they are written."""
    longest = max(image.width, image.height)
    return [rendition for rendition in RENDITIONS if longest > rendition.above]


def keep_ready(image: LandmarkImage, copies: Served) -> None:
    """Put by, out of the public's reach, what will be served, so that publishing a photo need not decode it."""
    for name, data in zip(_ready(image), (copies.photo, copies.thumbnail), strict=True):
        _put_by(name, data)


def prepare(image: LandmarkImage) -> Served:
    """What will be served of a photo, as it was put by, or else made and put by. Raises OSError, PhotoRefused."""
    copies = _put_by_of(image)
    if copies is None:
        copies = _encode(image)
        keep_ready(image, copies)
    return copies


def copy_of(image: LandmarkImage, *, large: bool) -> bytes:
    """A copy of a photo in any state, to be shown to those who may see it. Raises OSError, PhotoRefused."""
    if file := image.photo if large else image.thumbnail:
        return _read(default_storage, file.name)
    copies = prepare(image)
    return copies.photo if large else copies.thumbnail


def forget(image: LandmarkImage) -> None:
    """Remove what is kept of a photo that is not published."""
    private().delete(image.original.name)
    forget_ready(image)


def forget_ready(image: LandmarkImage) -> None:
    for name in _ready(image):
        private().delete(name)


def write_served(image: LandmarkImage) -> None:
    """Make the files that anyone may fetch, and name them in the row, which is not saved.

    Its renditions are made when there is time. Raises OSError, PhotoRefused; what was written by then is named in
    the row all the same.
    """
    if not image.original.storage.exists(image.original.name):
        raise FileNotFoundError(image.original.name)
    copies = _put_by_of(image) or _encode(image)
    image.photo.save("photo", ContentFile(copies.photo), save=False)
    image.thumbnail.save("thumbnail", ContentFile(copies.thumbnail), save=False)
    image.has_renditions = False
    forget_ready(image)


def write_renditions(image: LandmarkImage) -> None:
    """Make the renditions of a published photo, and tell so in the row, which is not saved.

    Raises OSError, PhotoRefused.
    """
    made = renditions(image)
    wanted = [(rendition.side, rendition.format) for rendition in made]
    copies = photo.copies(original_bytes(image), longest_side=PHOTO_SIDE, wanted=wanted)
    for rendition, copy in zip(made, copies, strict=True):
        name = rendition.name(image.photo.name)
        default_storage.delete(name)  # of a run that was stopped; a store would rather rename than replace
        default_storage.save(name, ContentFile(copy.data))
    image.has_renditions = True


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
            _put_by(str(PurePosixPath(READY, *PurePosixPath(name).parts[1:])), _read(default_storage, name))
        _delete(name)


def _unused(names: Iterable[str]) -> set[str]:
    from .models import LandmarkImage

    names = set(filter(None, names))
    used = LandmarkImage.objects.filter(Q(photo__in=names) | Q(thumbnail__in=names))
    return names - {name for pair in used.values_list("photo", "thumbnail") for name in pair}


def _encode(image: LandmarkImage) -> Served:
    large, small = photo.copies(
        original_bytes(image),
        longest_side=PHOTO_SIDE,
        wanted=[(PHOTO_SIDE, "JPEG"), (THUMBNAIL_SIDE, "WEBP")],
    )
    return Served(large.data, small.data)


def _ready(image: LandmarkImage) -> tuple[str, str]:
    return f"{READY}/{_sharded(image.sha256)}.jpg", f"{READY}/{_sharded(image.sha256)}.webp"


def _put_by(name: str, data: bytes) -> None:
    private().delete(name)
    kept = private().save(name, ContentFile(data))
    if kept != name:  # another has written the same in that moment
        private().delete(kept)


def _put_by_of(image: LandmarkImage) -> Served | None:
    """What was put by of a photo; None where nothing was, or where its writer was stopped half-way."""
    try:
        copies = Served(*(_read(private(), name) for name in _ready(image)))
    except FileNotFoundError:
        return None
    is_whole = (
        copies.photo.endswith(b"\xff\xd9")  # as a JPEG ends
        and int.from_bytes(copies.thumbnail[4:8], "little") + 8 == len(copies.thumbnail)  # as a WebP begins
    )
    return copies if is_whole else None


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
