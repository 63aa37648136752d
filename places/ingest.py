"""Bytes -> LandmarkImage: the one door for new photos of the catalogue."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass

import numpy as np
from django.core.files.base import ContentFile
from django.db import IntegrityError, models, transaction
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from PIL import Image

from . import photo, quality
from .models import Landmark, LandmarkImage

# Bits, of 64, in which copies of one picture may differ. On 636 photos of 32 landmarks the ten pairs known
# to be copies differ in 4 at most, one that turned out to be a cropped copy in 6, no other in fewer than 12.
NEAR = 8

# The rows of a 32-point discrete cosine transform that the hash keeps: frequencies 1 to 8, the mean left out.
_COSINES = np.cos(np.pi / 32 * np.outer(np.arange(1, 9), np.arange(32) + 0.5))


class Duplicate(Exception):
    """The catalogue has this very file already: `existing`."""

    def __init__(self, existing: LandmarkImage) -> None:
        super().__init__(existing)
        self.existing = existing

    def __str__(self) -> str:
        return _("This photo is in the catalogue already: %(photo)s.") % {"photo": self.existing}


@dataclass(frozen=True)
class Examined:
    """A photo that may be added."""

    facts: photo.PhotoFacts
    sha256: str
    perceptual_hash: int
    quality: quality.Quality


def examine(data: bytes) -> Examined:
    """Look at a photo without keeping it. Raises PhotoRefused, Duplicate."""
    facts = photo.inspect(data)
    sha256 = hashlib.sha256(data).hexdigest()
    if existing := _by_content(sha256):
        raise Duplicate(existing)
    picture = photo.upright(data, longest_side=quality.SIDE)
    return Examined(facts, sha256, perceptual_hash(picture), quality.measure(picture))


def add(
    data: bytes,
    *,
    landmark: Landmark | None,
    author: str = "",
    licence: str = "",
    licence_url: str = "",
    source_url: str = "",
    contributed_by: models.Model | None = None,
    near_duplicate_of: LandmarkImage | None = None,
    is_rendered: bool = False,
) -> LandmarkImage:
    """Keep a photo as a candidate. What it is a near-duplicate of is found where it is not told.

    landmark: None where it is not known what the photo shows.

    Raises PhotoRefused, Duplicate, and ValidationError for an author, licence or address that cannot be kept.
    """
    examined = examine(data)
    alike = near_duplicate_of or nearest(examined.perceptual_hash)
    image = LandmarkImage(
        landmark=landmark,
        author=author,
        licence=licence,
        licence_url=licence_url,
        source_url=source_url,
        contributed_by=contributed_by,
        is_rendered=is_rendered,
        near_duplicate_of_id=alike.group if alike else None,
        sha256=examined.sha256,
        perceptual_hash=examined.perceptual_hash,
        width=examined.facts.width,
        height=examined.facts.height,
        taken_at=examined.facts.taken_at,
        taken_latitude=examined.facts.latitude,
        taken_longitude=examined.facts.longitude,
        **asdict(examined.quality),
    )
    image.clean_fields(exclude={"original", "landmark", "contributed_by", "near_duplicate_of"})
    image.clean()
    image.original.save(f"photo.{photo.EXTENSIONS[examined.facts.format]}", ContentFile(data), save=False)
    try:
        with transaction.atomic():
            image.save()
    except Exception as error:
        if not LandmarkImage.objects.filter(original=image.original.name).exists():
            image.original.storage.delete(image.original.name)
        if isinstance(error, IntegrityError) and (existing := _by_content(image.sha256)):
            raise Duplicate(existing) from error  # somebody added it since we looked
        raise
    return image


def nearest(perceptual_hash: int) -> LandmarkImage | None:
    """The photo whose picture is most like this one, if it is a near-duplicate at all."""
    difference = models.Func(
        models.F("perceptual_hash"),
        Cast(models.Value(perceptual_hash), models.BigIntegerField()),
        template="bit_count((%(expressions)s)::bit(64))",
        arg_joiner=" # ",
        output_field=models.BigIntegerField(),
    )
    photos = LandmarkImage.objects.annotate(difference=difference).filter(difference__lte=NEAR)
    return photos.order_by("difference", "pk").first()


def perceptual_hash(picture: Image.Image) -> int:
    """64 bits, as a signed integer: copies of one picture share almost all, other pictures about half.

    The 8x8 lowest frequencies of the 32x32 grey picture, each against their median.
    """
    grey = picture.convert("L").resize((32, 32))
    frequencies = _COSINES @ np.asarray(grey, np.float64) @ _COSINES.T
    bits = np.packbits(frequencies > np.median(frequencies))
    return int.from_bytes(bits.tobytes(), "big", signed=True)


def _by_content(sha256: str) -> LandmarkImage | None:
    return LandmarkImage.objects.select_related("landmark").filter(sha256=sha256).first()
