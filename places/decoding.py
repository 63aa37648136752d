"""A photo's bytes to facts and pixels: what runs in a child of `places.limited`, and knows nothing of the site.

Each function takes the bytes and `limits`, a dictionary of what the header may claim (`bytes`, `pixels`, `side`), and
returns what `limited.Children.run` hands on: a dictionary, and bytes. All raise `limited.Refused` with a code that
`places.photo` has words for.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import pillow_heif
from PIL import ExifTags, Image, ImageCms

from places.limited import Refused

pillow_heif.register_heif_opener()

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF", "GIF")
# AVIF's quality is the one at which it resembles the original as WebP at 80 does (SSIM); at speed 8 it takes twice
# WebP's time for a fifth less to send, at speed 6 six times for no more than that. JPEG's own Huffman tables ("optimize")
# would save 3 to 8 % and double the time.
ENCODING = {
    "JPEG": {"quality": 90},
    "WEBP": {"quality": 80, "method": 2},
    "AVIF": {"quality": 65, "speed": 8},
}
LONGEST_TEXT = 64  # characters of a time in EXIF; a true one has nineteen

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


def inspect(data: bytes, *, limits: dict) -> tuple[dict, list]:
    """What the header tells; nothing is decoded, so a file cut short may pass here.

    {"format", "width", "height" of the upright photo, "times": pairs of a time and its zone as the camera wrote them,
    the likeliest first, "position": degrees north and east as three numbers and a letter each, or None}.
    """
    with _open(data, limits) as image:
        exif = _exif(image)
        width, height = image.size
        if exif.get(ExifTags.Base.Orientation) in (5, 6, 7, 8):
            width, height = height, width
        told = {"format": _format(image), "width": width, "height": height}
        return told | {"times": _times(exif), "position": _position(exif)}, []


def tells_where(data: bytes, *, limits: dict) -> tuple[dict, list]:
    """{"where": whether the metadata speaks of a position, in EXIF or XMP, be it readable or not}."""
    return {"where": b"GPSL" in data or ExifTags.Base.GPSInfo in _exif(_open(data, limits))}, []


def upright(data: bytes, *, limits: dict, longest_side: int, resampling: int) -> tuple[dict, list]:
    """{"width", "height"}, and its pixels as bytes, RGB."""
    picture = _upright(data, limits, longest_side=longest_side, resampling=Image.Resampling(resampling))
    return {"width": picture.width, "height": picture.height}, [picture.tobytes()]


def copies(
    data: bytes, *, limits: dict, longest_side: int, wanted: Sequence[tuple[int, str]]
) -> tuple[dict, list]:
    """Encoded copies without metadata: {"sizes"}, and their bytes.

    wanted: of each its longest side and format; those smaller than longest_side are scaled from the copy that has it.
    """
    picture = _upright(data, limits, longest_side=longest_side, resampling=Image.Resampling.LANCZOS)
    made = [(scaled(picture, side), format) for side, format in wanted]
    return {"sizes": [each.size for each, _format in made]}, [encode(each, format) for each, format in made]


def scaled(picture: Image.Image, side: int) -> Image.Image:
    """The picture with its longest side so long, never enlarged."""
    scale = side / max(picture.size)
    if scale >= 1:
        return picture
    size = tuple(max(1, round(length * scale)) for length in picture.size)
    # Hardly softer than the default, in two thirds of its time.
    return picture.resize(size, Image.Resampling.HAMMING)


def encode(picture: Image.Image, format: str) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format, **ENCODING[format])
    return buffer.getvalue()


def _upright(data: bytes, limits: dict, *, longest_side: int, resampling: Image.Resampling) -> Image.Image:
    """The photo as it is meant to be seen: upright, sRGB, transparency on white, no metadata, never enlarged.

    A JPEG is decoded at the smallest of its own scales that suffices, which spares time and memory.
    """
    with _open(data, limits) as image:
        turn = _TURNS.get(_exif(image).get(ExifTags.Base.Orientation))
        profile = image.info.get("icc_profile")
        scale = min(1, longest_side / max(image.size))
        size = tuple(max(1, round(side * scale)) for side in image.size)
        try:
            image.draft(None, size)
            image.load()
        except MemoryError:
            raise
        except Exception as error:  # each decoder has exceptions of its own
            raise Refused("truncated") from error
        picture = _smooth(image)
        if picture.size != size:
            picture = picture.resize(size, resampling, reducing_gap=3.0)
        picture = _srgb(picture, profile)
        if turn is not None:
            picture = picture.transpose(turn)
        picture.info.clear()
        return picture


def _open(data: bytes, limits: dict) -> Image.Image:
    """The photo, its header read and found within the limits, nothing decoded yet."""
    if len(data) > limits["bytes"]:
        raise Refused("too_many_bytes")
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        # Of several pictures in a JPEG or HEIC (bursts, gain maps) one is the photo; in an animation, none.
        animated = _format(image) not in ("JPEG", "HEIF") and getattr(image, "is_animated", False)
    except MemoryError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused("too_many_pixels") from error
    except Exception as error:  # each decoder has exceptions of its own
        raise Refused("truncated" if _BEGINNING.match(data) else "not_an_image") from error
    if image.width * image.height > limits["pixels"]:
        raise Refused("too_many_pixels")
    if min(image.size) < limits["side"]:
        raise Refused("too_small")
    if animated:
        raise Refused("animated")
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


def _times(exif: Image.Exif) -> list[tuple[str, str]]:
    try:
        tags = exif.get_ifd(ExifTags.IFD.Exif)
        return [
            (_text(tags.get(when)), _text(tags.get(zone)))
            for when, zone in (
                (ExifTags.Base.DateTimeOriginal, ExifTags.Base.OffsetTimeOriginal),
                (ExifTags.Base.DateTimeDigitized, ExifTags.Base.OffsetTimeDigitized),
            )
        ]
    except Exception:  # metadata is a courtesy: whatever is wrong with it, the photo stands
        return []


def _text(value: object) -> str:
    return value[:LONGEST_TEXT].strip("\0 ") if isinstance(value, str) else ""


def _position(exif: Image.Exif) -> list | None:
    try:
        tags = exif.get_ifd(ExifTags.IFD.GPSInfo)
        parts = []
        for number, letter in (
            (ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLatitudeRef),
            (ExifTags.GPS.GPSLongitude, ExifTags.GPS.GPSLongitudeRef),
        ):
            degrees, minutes, seconds = (float(part) for part in tags[number])
            parts.append([degrees, minutes, seconds, _text(tags[letter])])
        return parts
    except Exception:  # metadata is a courtesy: whatever is wrong with it, the photo stands
        return None
