"""A photo's bytes: whether they are a photo at all, what they tell, and what may be served of them."""

from __future__ import annotations

import io
import math
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import pillow_heif
from django.conf import settings
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from PIL import ExifTags, Image, ImageCms

pillow_heif.register_heif_opener()

EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "AVIF": "avif", "HEIF": "heic", "GIF": "gif"}
# AVIF's quality is the one at which it resembles the original as WebP at 80 does (SSIM); at speed 8 it takes twice
# WebP's time for a fifth less to send, at speed 6 six times for no more than that.
ENCODING = {
    "JPEG": {"quality": 90, "optimize": True},
    "WEBP": {"quality": 80, "method": 2},
    "AVIF": {"quality": 65, "speed": 8},
}

# What an EXIF orientation asks to be done; 1, missing and nonsense ask for nothing.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_BEGINNING = re.compile(rb"\xff\xd8\xff|\x89PNG|GIF8|RIFF....WEBP|....ftyp(avif|heic|heix|mif1)", re.DOTALL)
_SRGB = ImageCms.createProfile("sRGB")

_REASONS = {
    "not_an_image": _("This file is not a photo that we can read. Use JPEG, PNG, WebP, AVIF or HEIC."),
    "truncated": _("The photo is damaged or cut short. Please send the whole file."),
    "animated": _("This is an animation. Please send a still photo, or one frame of it."),
    "too_many_bytes": _("The photo is larger than %(megabytes)d MB."),
    "too_many_pixels": _("The photo has more than %(megapixels)d megapixels."),
    "too_small": _("The photo is too small: each side must have at least %(pixels)d pixels."),
}


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
    with _open(data) as image:
        exif = _exif(image)
        width, height = image.size
        if exif.get(ExifTags.Base.Orientation) in (5, 6, 7, 8):
            width, height = height, width
        latitude, longitude = _position(exif) or (None, None)
        return PhotoFacts(_format(image), width, height, _taken_at(exif), latitude, longitude)


def tells_where(data: bytes) -> bool:
    """Whether a photo's metadata speaks of the position where it was taken, in EXIF or XMP, be it readable or not."""
    return b"GPSL" in data or ExifTags.Base.GPSInfo in _exif(_open(data))


def upright(
    data: bytes, *, longest_side: int, resampling: Image.Resampling = Image.Resampling.LANCZOS
) -> Image.Image:
    """The photo as it is meant to be seen: upright, sRGB, transparency on white, no metadata, never enlarged.

    resampling: a simpler one is several times as fast, for what is only measured. A JPEG is decoded at the smallest of
    its own scales that suffices, which spares time and memory. Raises PhotoRefused.
    """
    with _open(data) as image:
        turn = _TURNS.get(_exif(image).get(ExifTags.Base.Orientation))
        profile = image.info.get("icc_profile")
        scale = min(1, longest_side / max(image.size))
        size = tuple(max(1, round(side * scale)) for side in image.size)
        try:
            image.draft(None, size)
            image.load()
        except Exception as error:  # each decoder has exceptions of its own
            raise PhotoRefused("truncated") from error
        picture = _smooth(image)
        if picture.size != size:
            picture = picture.resize(size, resampling, reducing_gap=3.0)
        picture = _srgb(picture, profile)
        if turn is not None:
            picture = picture.transpose(turn)
        picture.info.clear()
        return picture


def served_copy(data: bytes, *, longest_side: int, format: Literal["JPEG", "WEBP"]) -> ServedCopy:
    """What may be shown of a photo: `upright`, encoded anew. Raises PhotoRefused."""
    picture = upright(data, longest_side=longest_side)
    return ServedCopy(encode(picture, format=format), picture.width, picture.height)


def encode(picture: Image.Image, *, format: Literal["JPEG", "WEBP", "AVIF"]) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format, **ENCODING[format])
    return buffer.getvalue()


def _open(data: bytes) -> Image.Image:
    """The photo, its header read and found within the limits, nothing decoded yet."""
    if len(data) > settings.PHOTO_MAX_BYTES:
        raise PhotoRefused("too_many_bytes")
    try:
        image = Image.open(io.BytesIO(data), formats=list(EXTENSIONS))
        # Of several pictures in a JPEG or HEIC (bursts, gain maps) one is the photo; in an animation, none.
        animated = _format(image) not in ("JPEG", "HEIF") and getattr(image, "is_animated", False)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoRefused("too_many_pixels") from error
    except Exception as error:  # each decoder has exceptions of its own
        raise PhotoRefused("truncated" if _BEGINNING.match(data) else "not_an_image") from error
    if image.width * image.height > settings.PHOTO_MAX_PIXELS:
        raise PhotoRefused("too_many_pixels")
    if min(image.size) < settings.PHOTO_MIN_SIDE:
        raise PhotoRefused("too_small")
    if animated:
        raise PhotoRefused("animated")
    return image


def _format(image: Image.Image) -> str:
    return "JPEG" if image.format == "MPO" else image.format or ""


def _smooth(image: Image.Image) -> Image.Image:
    """The picture in a mode that can be scaled without loss: 8 bits a channel, no palette."""
    if image.mode.startswith("I"):  # 16-bit grey; a plain conversion would clip it to white
        return image.point(lambda value: value * (255 / 65535)).convert("L")
    if image.mode == "1":
        return image.convert("L")
    if image.mode == "P" or "transparency" in image.info:
        return image.convert("RGBA")
    return image


def _srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture in sRGB, on white where it is transparent."""
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture).convert("RGB")
    if profile and picture.mode in ("RGB", "CMYK", "L"):
        try:
            return ImageCms.profileToProfile(  # type: ignore[return-value]
                picture, ImageCms.ImageCmsProfile(io.BytesIO(profile)), _SRGB, outputMode="RGB"
            )
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a broken profile, or one for other channels: shown as if it had none
    return picture.convert("RGB")


def _exif(image: Image.Image) -> Image.Exif:
    try:
        return image.getexif()
    except Exception:  # metadata is a courtesy: whatever is wrong with it, the photo stands
        return Image.Exif()


def _taken_at(exif: Image.Exif) -> datetime | None:
    """When the shutter opened; a time without an offset is taken to be of the platform's time zone."""
    try:
        tags = exif.get_ifd(ExifTags.IFD.Exif)
        for when, offset in (
            (ExifTags.Base.DateTimeOriginal, ExifTags.Base.OffsetTimeOriginal),
            (ExifTags.Base.DateTimeDigitized, ExifTags.Base.OffsetTimeDigitized),
        ):
            text = str(tags.get(when, "")).strip("\0 ")
            date, _space, time = text.partition(" ")
            zone = str(tags.get(offset, "")).strip("\0 ")
            for candidate in (f"{date.replace(':', '-')}T{time}{zone}", f"{date.replace(':', '-')}T{time}"):
                try:
                    moment = parse_datetime(candidate)
                except ValueError:
                    continue
                if moment is None:
                    continue
                if moment.tzinfo is None:
                    moment = moment.replace(tzinfo=timezone.get_default_timezone())
                if moment.year >= 1839 and moment <= timezone.now():  # a camera's unset clock tells nothing
                    return moment
    except Exception:  # metadata is a courtesy: whatever is wrong with it, the photo stands
        pass
    return None


def _position(exif: Image.Exif) -> tuple[float, float] | None:
    """Where it was taken: degrees north and east."""
    try:
        tags = exif.get_ifd(ExifTags.IFD.GPSInfo)
        latitude = _degrees(tags[ExifTags.GPS.GPSLatitude], tags[ExifTags.GPS.GPSLatitudeRef], "NS")
        longitude = _degrees(tags[ExifTags.GPS.GPSLongitude], tags[ExifTags.GPS.GPSLongitudeRef], "EW")
    except Exception:  # metadata is a courtesy: whatever is wrong with it, the photo stands
        return None
    if not (abs(latitude) <= 90 and abs(longitude) <= 180) or latitude == longitude == 0:
        return None  # not on earth, not a number, or the zeros of a camera without a fix
    return latitude, longitude


def _degrees(parts: tuple, reference: str, letters: str) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    sign = {letters[0]: 1, letters[1]: -1}[reference.strip("\0 ").upper()]
    return math.copysign(degrees + minutes / 60 + seconds / 3600, sign)
