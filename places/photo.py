"""A photo's bytes: whether they are a photo at all, what they tell, and what may be served of them.

No byte that a stranger sent is parsed in this process: `places.limited` has the design, `places.decoding` the decoders.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.conf import settings
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from PIL import Image

from . import decoding
from .limited import Bounds, Children, Crashed, Done, OutOfBounds, Refused

Format = Literal["JPEG", "WEBP", "AVIF"]
EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "AVIF": "avif", "HEIF": "heic", "GIF": "gif"}

_REASONS = {
    "not_an_image": _("This file is not a photo that we can read. Use JPEG, PNG, WebP, AVIF or HEIC."),
    "truncated": _("The photo is damaged or cut short. Please send the whole file."),
    "animated": _("This is an animation. Please send a still photo, or one frame of it."),
    "too_many_bytes": _("The photo is larger than %(megabytes)d MB."),
    "too_many_pixels": _("The photo has more than %(megapixels)d megapixels."),
    "too_small": _("The photo is too small: each side must have at least %(pixels)d pixels."),
    "too_costly": _(
        "This photo takes too much time or memory to open. Please save it anew as an ordinary JPEG, or send a smaller one."
    ),
    "breaks_decoder": _(
        "This photo could not be opened: something in the file breaks the program that reads it. Please save it anew as an ordinary JPEG."
    ),
}

# Decoders of this process, started when the first photo comes.
children = Children()


class PhotoRefused(Exception):
    """These bytes cannot be used as a photo. `code` says why to programs, `str()` to the reader."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    def __str__(self) -> str:
        return str(_REASONS[self.code]) % {
            "megabytes": settings.PHOTO_MAX_BYTES // 2**20,
            "megapixels": settings.PHOTO_MAX_PIXELS // 10**6,
            "pixels": settings.PHOTO_MIN_SIDE,
        }


@dataclass(frozen=True)
class PhotoFacts:
    """What the header tells: sizes in pixels of the upright photo, the position in degrees."""

    format: str
    width: int
    height: int
    taken_at: datetime | None
    latitude: float | None
    longitude: float | None


@dataclass(frozen=True)
class ServedCopy:
    """An encoded copy without metadata, and its size in pixels."""

    data: bytes
    width: int
    height: int


def inspect(data: bytes) -> PhotoFacts:
    """The facts of a photo, from its header alone: nothing is decoded, so a file cut short may pass here.

    Raises PhotoRefused.
    """
    told = _decoded("inspect", data).told
    latitude, longitude = _degrees(told["position"]) or (None, None)
    return PhotoFacts(
        told["format"], told["width"], told["height"], _taken_at(told["times"]), latitude, longitude
    )


def tells_where(data: bytes) -> bool:
    """Whether a photo's metadata speaks of the position where it was taken, in EXIF or XMP, be it readable or not."""
    return _decoded("tells_where", data).told["where"]


def upright(
    data: bytes, *, longest_side: int, resampling: Image.Resampling = Image.Resampling.LANCZOS
) -> Image.Image:
    """The photo as it is meant to be seen: upright, sRGB, transparency on white, no metadata, never enlarged.

    resampling: a simpler one is several times as fast, for what is only measured. Raises PhotoRefused.
    """
    done = _decoded("upright", data, longest_side=longest_side, resampling=int(resampling))
    return Image.frombytes("RGB", (done.told["width"], done.told["height"]), done.parts[0])


def copies(data: bytes, *, longest_side: int, wanted: Sequence[tuple[int, Format]]) -> list[ServedCopy]:
    """What may be shown of a photo: `upright` of the longest side, encoded anew in each size and format wanted.

    Raises PhotoRefused.
    """
    done = _decoded("copies", data, longest_side=longest_side, wanted=wanted)
    return [
        ServedCopy(part, width, height)
        for part, (width, height) in zip(done.parts, done.told["sizes"], strict=True)
    ]


def served_copy(data: bytes, *, longest_side: int, format: Literal["JPEG", "WEBP"]) -> ServedCopy:
    """One such copy. Raises PhotoRefused."""
    [copy] = copies(data, longest_side=longest_side, wanted=[(longest_side, format)])
    return copy


def encode(picture: Image.Image, *, format: Format) -> bytes:
    return decoding.encode(picture, format)


def _decoded(work: str, data: bytes, **options) -> Done:
    """What a decoder in a process of its own makes of a photo. Raises PhotoRefused."""
    if len(data) > settings.PHOTO_MAX_BYTES:
        raise PhotoRefused("too_many_bytes")
    limits = {
        "bytes": settings.PHOTO_MAX_BYTES,
        "pixels": settings.PHOTO_MAX_PIXELS,
        "side": settings.PHOTO_MIN_SIDE,
    }
    try:
        return children.run(f"{decoding.__name__}:{work}", data, bounds=bounds(), limits=limits, **options)
    except Refused as refusal:
        raise PhotoRefused(refusal.code) from refusal
    except OutOfBounds as error:
        raise PhotoRefused("too_costly") from error
    except Crashed as error:
        raise PhotoRefused("breaks_decoder") from error


def bounds() -> Bounds:
    """What one photo may take."""
    return Bounds(seconds=settings.PHOTO_MAX_SECONDS, megabytes=settings.PHOTO_MAX_MEGABYTES)


def _taken_at(times: Sequence[tuple[str, str]]) -> datetime | None:
    """When the shutter opened; a time without an offset is taken to be of the platform's time zone."""
    for text, zone in times:
        date, _space, time = text.partition(" ")
        for candidate in (f"{date.replace(':', '-')}T{time}{zone}", f"{date.replace(':', '-')}T{time}"):
            try:
                moment = parse_datetime(candidate)
                if moment is None:
                    continue
                if moment.tzinfo is None:
                    moment = moment.replace(tzinfo=timezone.get_default_timezone())
                # A camera's unset clock tells nothing.
                if moment.year >= 1839 and moment <= timezone.now():
                    return moment
            except (ValueError, OverflowError):
                continue
    return None


def _degrees(position: Sequence[tuple[float, float, float, str]] | None) -> tuple[float, float] | None:
    """Where it was taken: degrees north and east."""
    if position is None:
        return None
    try:
        latitude, longitude = (
            math.copysign(degrees + minutes / 60 + seconds / 3600, sign[letter.upper()])
            for (degrees, minutes, seconds, letter), sign in zip(
                position, ({"N": 1, "S": -1}, {"E": 1, "W": -1}), strict=True
            )
        )
    except KeyError:
        return None
    if not (abs(latitude) <= 90 and abs(longitude) <= 180) or latitude == longitude == 0:
        return None  # not on earth, not a number, or the zeros of a camera without a fix
    return latitude, longitude
