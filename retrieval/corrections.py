"""What visitors say of their answers, and what curators make of it."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from PIL import ImageDraw

from places.models import Landmark
from places.photo import PhotoRefused, encode, upright

from .models import Correction, CorrectionQuerySet, Query

Said = Correction.Said
PREVIEW_SIDE = 640  # pixels, longest
OPEN = {"is_true": None, "handled_at": None, "handled_by": None}


class NotAnswered(Exception):
    """The search still runs or has failed: there is nothing to correct."""


class NoPlaceAnswered(Exception):
    """The answer names no place, so none that could be right or wrong."""


class IsPrivate(Exception):
    """Nothing is kept of the search, so a curator could not look at it."""


def correct(query: Query, *, said: str, landmark: Landmark | None = None, note: str = "") -> Correction:
    """Keep what the one who asked says of the answer, in place of what they said before.

    landmark: what the photo shows in fact, with IN_FACT only. What is changed is for a curator to look at anew.
    Raises NotAnswered, NoPlaceAnswered, IsPrivate, ValueError (a landmark where none belongs, or none where one does).
    """
    if query.state != Query.State.ANSWERED:
        raise NotAnswered
    if query.private:
        raise IsPrivate
    if (landmark is not None) != (said == Said.IN_FACT):
        raise ValueError(f"{said} with {landmark}")
    best = None if query.verdict == Query.Verdict.UNKNOWN else query.places.first()
    if best is None and said != Said.IN_FACT:
        raise NoPlaceAnswered
    if best is not None and landmark is not None and landmark.pk == best.landmark_id:
        said = Said.RIGHT
    if said == Said.RIGHT:
        landmark = best.landmark
    correction, _is_new = Correction.objects.update_or_create(
        query=query,
        user=query.user,
        session_key="" if query.user_id else query.session_key,
        defaults={"said": said, "landmark": landmark, "note": note, "at": timezone.now()} | OPEN,
    )
    return correction


def take_back(query: Query) -> None:
    """Forget what the one who asked said of the answer, if anything."""
    Correction.objects.of_owner(query).delete()


def handle(corrections: CorrectionQuerySet, *, is_true: bool, actor: models.Model) -> int:
    """Note what a curator found; returns how many corrections it was noted for."""
    return corrections.update(is_true=is_true, handled_at=timezone.now(), handled_by=actor)


def reopen(corrections: CorrectionQuerySet) -> int:
    """Put corrections back into the queue; returns how many."""
    return corrections.update(**OPEN)


def photo_with_box(query: Query) -> bytes | None:
    """A small WebP of the photo asked about, a frame where its box is; None where the photo is gone."""
    try:
        with query.photo.open() as file:
            picture = upright(file.read(), longest_side=PREVIEW_SIDE)
    except (OSError, PhotoRefused):
        return None
    if query.has_box:
        across, down = picture.width / query.width, picture.height / query.height
        corners = (query.left * across, query.top * down, query.right * across, query.bottom * down)
        brush = ImageDraw.Draw(picture)
        for colour, width in (("black", 5), ("white", 3)):  # seen on light and on dark
            brush.rectangle(corners, outline=colour, width=width)
    return encode(picture, format="WEBP")
