"""Bytes to upright pixels, and pixels to the size that a network wants."""

from functools import cache
from io import BytesIO

import numpy as np
from PIL import Image, ImageOps

from retrieval.methods.base import Box

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF", "GIF")
ENOUGH = 1024  # pixels of a whole picture's longest side: no method looks at more
MAX_PIXELS = 80_000_000
TOO_LARGE = "more than 80 megapixels"


class UnreadableImage(ValueError):
    """These bytes give no picture; `reason` is one English phrase."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


def decode(data: bytes, *, least: int | None = None) -> np.ndarray:
    """The picture in `data` as it is meant to be seen: (H, W, 3) uint8 RGB, upright, transparency on white.

    JPEG, PNG, WebP, AVIF, HEIC or GIF, of which an animation gives its first frame. Raises UnreadableImage.
    least: pixels of its longest side that are enough. A JPEG is then decoded at one of its own scales, in a third of
    the time or less, and may come larger than asked for; what is of another format, or smaller, comes as it is.
    """
    _register_heif()
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:  # from the header, before a pixel is decoded
                raise UnreadableImage(TOO_LARGE)
            picture: Image.Image = image
            if (
                least
                and image.format in ("JPEG", "MPO")
                and image.mode in ("RGB", "L")
                and least < max(image.size)
            ):
                picture = _reduced(data, image, least=least)
            return np.asarray(_to_rgb(ImageOps.exif_transpose(picture)))
    except UnreadableImage:
        raise
    except (
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:  # Pillow's own limits, higher
        raise UnreadableImage(TOO_LARGE) from error
    except Image.UnidentifiedImageError as error:
        raise UnreadableImage("not an image of a known format") from error
    except Exception as error:  # decoders of foreign bytes raise anything, from struct.error to SyntaxError
        raise UnreadableImage(f"damaged or incomplete ({error})") from error


def _reduced(data: bytes, image: Image.Image, *, least: int) -> Image.Image:
    """The JPEG at the smallest of its own scales whose longest side has so many pixels; its EXIF stays."""
    import simplejpeg  # Pillow's draft knows halves, quarters and eighths alone

    width, height = (-(-side * least // max(image.size)) for side in image.size)
    smaller = Image.fromarray(
        simplejpeg.decode_jpeg(data, colorspace="RGB", min_width=width, min_height=height)
    )
    smaller.getexif().update(image.getexif())
    return smaller


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":  # 16 bits a sample: convert() would clip, not scale
        samples = np.asarray(image, dtype=np.float32)
        image = Image.fromarray((samples / 257).round().clip(0, 255).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image.convert("RGB")


@cache
def _register_heif() -> None:
    from pillow_heif import register_heif_opener

    register_heif_opener()


def crop(image: np.ndarray, box: Box | None) -> tuple[np.ndarray, Box]:
    """What `box` shows of the image (a view), and the box clipped to it; None is the whole.

    Raises ValueError where nothing is left.
    """
    height, width = image.shape[:2]
    box = (box or Box(0, 0, width, height)).clip(width=width, height=height)
    return image[box.top : box.bottom, box.left : box.right], box


def fit(image: np.ndarray, *, longest: float, multiple: int, enlarge: bool = False) -> np.ndarray:
    """The image with its longest side at about `longest` pixels; a smaller one grows only with `enlarge`.

    Both sides are then rounded to the nearest multiple (to one at least), so that a network meets few sizes:
    a side changes by half a multiple at most, 2.5 % of 640 pixels for a multiple of 32.
    """
    height, width = image.shape[:2]
    scale = longest / max(height, width)
    if scale > 1 and not enlarge:
        scale = 1.0
    rounded = (max(1, round(side * scale / multiple)) * multiple for side in (width, height))
    return resize(image, width=next(rounded), height=next(rounded))


def resize(image: np.ndarray, *, width: int, height: int) -> np.ndarray:
    """The image at exactly this size: averaged over areas on the way down, bilinear on the way up."""
    if image.shape[:2] == (height, width):
        return image
    import cv2  # where it is used: a process that only decodes or lists methods does not load it

    down = width <= image.shape[1] and height <= image.shape[0]
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if down else cv2.INTER_LINEAR)
