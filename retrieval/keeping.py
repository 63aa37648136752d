"""A question becomes rows: its photos checked and copied, its box drawn, all of it kept or none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from django.core.files.base import ContentFile

from places.photo import PhotoRefused, ServedCopy, served_copy

from .models import Batch, Query

PHOTO_SIDE = 2048  # pixels; no method looks at more
MOST_PHOTOS = 5  # of one place in one search

Fractions = tuple[float, float, float, float]
Asked = TypeVar("Asked", Query, Batch)


class BadBox(ValueError):
    """A box that lies outside the photo or has no area."""


class TooManyPhotos(ValueError):
    """More photos than one search takes."""


class KeyReused(ValueError):
    """What marks a question as the same was sent with another before."""


class OneOfSeveralRefused(PhotoRefused):
    """The photo `number`, from 0, of several that were sent together cannot be used; none was kept."""

    def __init__(self, code: str, *, number: int) -> None:
        super().__init__(code)
        self.number = number


def copy_of(photo: bytes) -> ServedCopy:
    """What is kept of a photo: upright, of modest size, without metadata; raises PhotoRefused."""
    return served_copy(photo, longest_side=PHOTO_SIDE, format="JPEG")


def copies_of(photos: Sequence[bytes]) -> list[ServedCopy]:
    """The same of several of one place; raises PhotoRefused, of several OneOfSeveralRefused."""
    copies = []
    for number, photo in enumerate(photos):
        try:
            copies.append(copy_of(photo))
        except PhotoRefused as refusal:
            if len(photos) == 1:
                raise
            raise OneOfSeveralRefused(refusal.code, number=number) from refusal
    return copies


def draw(query: Query, box: Fractions | None) -> None:
    """Put a box on a query's photo; raises BadBox."""
    if box is None:
        return
    left, top, right, bottom = box
    # A hair's breadth outside is rounding, not a mistake. Written so that NaN fails.
    if not (-0.01 <= left < right <= 1.01 and -0.01 <= top < bottom <= 1.01):
        raise BadBox(box)
    query.left, query.right = (round(min(max(x, 0), 1) * query.width) for x in (left, right))
    query.top, query.bottom = (round(min(max(y, 0), 1) * query.height) for y in (top, bottom))
    if query.left == query.right or query.top == query.bottom:
        raise BadBox(box)


def keep(query: Query, copy: ServedCopy) -> None:
    """Store a query and its photo."""
    query.photo = ContentFile(copy.data, name=f"{query.pk}.jpg")
    query.save()


def store(query: Query, copy: ServedCopy) -> None:
    """Store a query's photo, and the query not yet."""
    query.photo.save(f"{query.pk}.jpg", ContentFile(copy.data), save=False)


def same(before: Asked, fingerprint: str) -> Asked:
    """What was asked before under the same key, as long as it is what is asked now; raises KeyReused."""
    if before.fingerprint != fingerprint:
        raise KeyReused(before.pk)
    return before
