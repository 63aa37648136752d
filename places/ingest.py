"""Bytes -> LandmarkImage: the one door for new photos of the catalogue, one by one or many at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from typing import TypeVar

import numpy as np
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, connection, models, transaction
from django.utils.translation import gettext as _
from PIL import Image

from . import photo, quality, storage
from .models import Bands, Landmark, LandmarkImage

THREADS = 4
T, R = TypeVar("T"), TypeVar("R")

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
class Draft:
    """A photo to be added, and what is told of it.

    landmark: None where it is not known what the photo shows. near_duplicate_of: found where it is not told. group:
    among photos added together, those that share one are copies of one picture.
    """

    data: bytes
    landmark: Landmark | None = None
    author: str = ""
    licence: str = ""
    licence_url: str = ""
    source_url: str = ""
    contributed_by: models.Model | None = None
    is_rendered: bool = False
    near_duplicate_of: LandmarkImage | None = None
    group: str = ""


@dataclass(frozen=True)
class Examined:
    """A photo that may be added."""

    facts: photo.PhotoFacts
    perceptual_hash: int
    quality: quality.Quality


COPIED = ("landmark", "author", "licence", "licence_url", "source_url", "contributed_by", "is_rendered")
Refusal = photo.PhotoRefused | Duplicate | ValidationError | DataError


def examine(data: bytes) -> Examined:
    """Look at a photo without keeping it. Raises PhotoRefused, Duplicate."""
    [outcome] = examine_all([data])
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def examine_all(photos: Sequence[bytes]) -> list[Examined | photo.PhotoRefused | Duplicate]:
    """Look at photos without keeping them; in their order, of those that may not be added why."""
    digests = [digest_of(data) for data in photos]
    there = _there(digests)
    found = iter(
        _look_at_all([data for data, digest in zip(photos, digests, strict=True) if digest not in there])
    )
    return [Duplicate(there[digest]) if digest in there else next(found) for digest in digests]


def add(data: bytes, **told) -> LandmarkImage:
    """Keep a photo as a candidate; `told` is what else a Draft has.

    Raises PhotoRefused, Duplicate, and ValidationError or DataError for what is told and cannot be kept.
    """
    [outcome] = add_all([Draft(data, **told)])
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def add_all(drafts: Sequence[Draft]) -> list[LandmarkImage | Refusal]:
    """Keep photos as candidates, as if one were added after the other; in their order, of those that cannot be why."""
    digests = [digest_of(draft.data) for draft in drafts]
    there = _there(digests)
    first_of: dict[str, LandmarkImage] = {}  # by group
    outcomes: dict[int, LandmarkImage | Refusal] = {}
    while waiting := [place for place in range(len(drafts)) if place not in outcomes]:
        for place in waiting:
            if existing := there.get(digests[place]):
                outcomes[place] = Duplicate(existing)
                if drafts[place].group:
                    first_of.setdefault(drafts[place].group, existing)
        # Of those with the same content the first; once that is refused, the next.
        firsts: dict[str, int] = {}
        for place in waiting:
            if place not in outcomes:
                firsts.setdefault(digests[place], place)
        added = _add_different([_led(drafts[place], first_of) for place in firsts.values()])
        for (digest, place), outcome in zip(firsts.items(), added, strict=True):
            outcomes[place] = outcome
            if isinstance(outcome, LandmarkImage):
                there[digest] = outcome
    return [outcomes[place] for place in range(len(drafts))]


def _led(draft: Draft, first_of: Mapping[str, LandmarkImage]) -> Draft:
    return replace(draft, near_duplicate_of=draft.near_duplicate_of or first_of.get(draft.group))


def _add_different(drafts: Sequence[Draft]) -> list[LandmarkImage | Refusal]:
    """`add_all` for photos of which each has another content, and none that of a photo of the catalogue."""
    examined = _look_at_all([draft.data for draft in drafts])
    outcomes = [_row(draft, each) for draft, each in zip(drafts, examined, strict=True)]
    new = [
        (row, draft) for row, draft in zip(outcomes, drafts, strict=True) if isinstance(row, LandmarkImage)
    ]
    rows = [row for row, _draft in new]
    try:
        _side_by_side(lambda pair: storage.write_original(pair[0], pair[1].data), new)
        saved = iter(_save(rows, _leads(new)))
    finally:
        names = {row.original.name for row in rows}
        kept = LandmarkImage.objects.filter(original__in=names).values_list("original", flat=True)
        for name in names.difference(kept):
            storage.private().delete(name)
    return [next(saved) if isinstance(outcome, LandmarkImage) else outcome for outcome in outcomes]


def _row(
    draft: Draft, examined: Examined | photo.PhotoRefused
) -> LandmarkImage | photo.PhotoRefused | ValidationError:
    if isinstance(examined, photo.PhotoRefused):
        return examined
    image = LandmarkImage(
        **{name: getattr(draft, name) for name in COPIED},
        sha256=digest_of(draft.data),
        perceptual_hash=examined.perceptual_hash,
        width=examined.facts.width,
        height=examined.facts.height,
        taken_at=examined.facts.taken_at,
        taken_latitude=examined.facts.latitude,
        taken_longitude=examined.facts.longitude,
        **asdict(examined.quality),
    )
    image.original.name = storage.original_path(image, f"photo.{photo.EXTENSIONS[examined.facts.format]}")
    try:
        image.clean_fields(exclude={"original", "landmark", "contributed_by", "near_duplicate_of"})
        image.clean()
    except ValidationError as error:
        return error
    return image


def _save(
    rows: Sequence[LandmarkImage], leads: Sequence[LandmarkImage | None]
) -> list[LandmarkImage | Refusal]:
    """Write rows and their groups together; where one of them cannot be written, each by itself."""
    try:
        with transaction.atomic():
            LandmarkImage.objects.bulk_create(rows)
            led = [(row, lead) for row, lead in zip(rows, leads, strict=True) if lead is not None]
            for row, lead in led:
                row.near_duplicate_of_id = lead.group
            LandmarkImage.objects.bulk_update([row for row, _lead in led], ["near_duplicate_of"])
    except (IntegrityError, DataError) as error:
        if len(rows) > 1:
            return [
                outcome
                for row, lead in zip(rows, leads, strict=True)
                for outcome in _save([row], [lead if lead and lead.pk else None])
            ]
        if existing := _there([rows[0].sha256]):
            return [Duplicate(*existing.values())]  # somebody added it since we looked
        if isinstance(error, DataError):
            return [error]
        raise
    return list(rows)


def _leads(new: Sequence[tuple[LandmarkImage, Draft]]) -> list[LandmarkImage | None]:
    """For each photo one whose group it joins, of the catalogue or of those before it, which have no row yet."""
    rows = [row for row, _draft in new]
    hashes = np.array([row.perceptual_hash for row in rows], np.int64)
    stored = nearest_of(hashes.tolist())
    leads: list[LandmarkImage | None] = []
    first_of: dict[str, LandmarkImage] = {}
    for place, (row, draft) in enumerate(new):
        lead = draft.near_duplicate_of or first_of.get(draft.group)
        if lead is None:
            near = stored[place]
            differences = np.bitwise_count((hashes[:place] ^ hashes[place]).view(np.uint64))
            lead = near.image if near else None
            if place and differences.min() < (near.difference if near else NEAR + 1):
                before = int(differences.argmin())
                lead = leads[before] or rows[before]
        leads.append(lead)
        if draft.group:
            first_of.setdefault(draft.group, lead or row)
    return leads


@dataclass(frozen=True)
class Near:
    """A photo of the catalogue, and in how many bits its hash differs from the one asked for."""

    image: LandmarkImage
    difference: int


def nearest_of(hashes: Sequence[int]) -> list[Near | None]:
    """Per hash the photo whose picture is most like it, if it is a near-duplicate at all.

    Of hashes that differ in few bits one band differs in one bit at most, so that an index finds those to compare.
    """
    query = f"""
        SELECT asked.place, found.id, found.difference
        FROM unnest(%s::bigint[]) WITH ORDINALITY AS asked (hash, place)
        CROSS JOIN LATERAL (
            SELECT array_agg(band # flipped) AS bands
            FROM unnest({Bands.of("asked.hash")}) AS band, unnest(%s::int[]) AS flipped
        ) AS near
        CROSS JOIN LATERAL (
            SELECT photo.id, bit_count((photo.perceptual_hash # asked.hash)::bit(64)) AS difference
            FROM {LandmarkImage._meta.db_table} AS photo
            WHERE {Bands.of("photo.perceptual_hash")} && near.bands
            ORDER BY difference, photo.id
            LIMIT 1
        ) AS found
        WHERE found.difference <= %s
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [list(hashes), [0, *(1 << bit for bit in range(Bands.BITS))], NEAR])
        rows = {place: (pk, difference) for place, pk, difference in cursor.fetchall()}
    images = LandmarkImage.objects.in_bulk({pk for pk, _difference in rows.values()})
    return [
        Near(images[rows[place][0]], rows[place][1]) if place in rows else None
        for place in range(1, len(hashes) + 1)
    ]


def digest_of(data: bytes) -> str:
    """The name of a file's content: its SHA-256."""
    return hashlib.sha256(data).hexdigest()


def as_measured(data: bytes) -> Image.Image:
    """The picture that is hashed and measured. Raises PhotoRefused."""
    return photo.upright(data, longest_side=quality.SIDE, resampling=Image.Resampling.HAMMING)


def _look_at_all(photos: Sequence[bytes]) -> list[Examined | photo.PhotoRefused]:
    def look(data: bytes) -> Examined | photo.PhotoRefused:
        try:
            facts = photo.inspect(data)
            picture = as_measured(data)
        except photo.PhotoRefused as refusal:
            return refusal
        return Examined(facts, perceptual_hash(picture), quality.measure(picture))

    return _side_by_side(look, photos)


def _side_by_side(do: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """Decoders, encoders and stores let each other run."""
    if len(items) < 2:
        return [do(item) for item in items]
    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(do, items))


def perceptual_hash(picture: Image.Image) -> int:
    """64 bits, as a signed integer: copies of one picture share almost all, other pictures about half.

    The 8x8 lowest frequencies of the 32x32 grey picture, each against their median.
    """
    grey = picture.convert("L").resize((32, 32))
    frequencies = _COSINES @ np.asarray(grey, np.float64) @ _COSINES.T
    bits = np.packbits(frequencies > np.median(frequencies))
    return int.from_bytes(bits.tobytes(), "big", signed=True)


def _there(digests: Sequence[str]) -> dict[str, LandmarkImage]:
    """By content, those of these photos that the catalogue has."""
    found = LandmarkImage.objects.select_related("landmark").filter(sha256__in=set(digests))
    return {image.sha256: image for image in found}
