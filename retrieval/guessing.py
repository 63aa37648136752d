"""Where photos belong, as far as their neighbours tell: labels that may be wrong, places for photos without one.

Each photo is asked about once by each checkpoint; one without a PlaceGuess of the present one is still to be looked
at, so a stopped run goes on where it was.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from places.models import Landmark, LandmarkImage
from retrieval import methods
from retrieval.answering import SHORTLIST
from retrieval.answering.approaches import CLOSE_LOOKS
from retrieval.methods.base import Method
from retrieval.methods.preprocessing import ENOUGH, UnreadableImage

from . import index, serving
from .decoding import decode
from .models import Neighbour, PlaceGuess, WaitingDescriptor

logger = logging.getLogger(__name__)

LOCK = "guessing places"
METHOD = "cnn_irwnha"  # the best by itself of those that rank
VERIFIER = "delf"  # needs no network
NEIGHBOURS = 5
MOST_AT_ONCE = 200

State = LandmarkImage.State


@dataclass(frozen=True)
class Near:
    """A published photo that stands near to one that is asked about."""

    image: int
    landmark: int
    similarity: float


@dataclass(frozen=True)
class Opinion:
    """What the neighbours of a photo say, nearest first; `landmark` is None where no place has most of them."""

    neighbours: tuple[Near, ...] = ()
    landmark: int | None = None

    @property
    def agreeing(self) -> list[Near]:
        return [near for near in self.neighbours if near.landmark == self.landmark]


def to_look_at(*, method: type[Method], before: datetime | None = None) -> QuerySet[LandmarkImage]:
    """The photos that are described, or wait for a curator, and have not been looked at.

    before: those not looked at since then are among them.
    """
    looked_at = PlaceGuess.objects.by(method).filter(image=OuterRef("pk"))
    if before:
        looked_at = looked_at.filter(found_at__gte=before)
    described = Exists(index.described_by(method).filter(image=OuterRef("pk")))
    images = LandmarkImage.objects.published().filter(described) | LandmarkImage.objects.waiting()
    # Published before candidate: nothing has to be described for it, and its label is what visitors see.
    return images.exclude(Exists(looked_at)).order_by("-state", "pk")


def is_there_new() -> bool:
    """Whether there is a photo to look at."""
    return to_look_at(method=serving.find(METHOD)).exists()


def look_at(image: LandmarkImage, *, method: type[Method]) -> None:
    """Ask about a photo, which is described first where it waits, and store what its neighbours say."""
    vector = _vector(image, method=method)
    opinion = Opinion() if vector is None else ask(image, vector, method=method)
    _keep(image, opinion, method=method)


def look_at_all(
    *, method: type[Method], before: datetime | None = None, done: Callable[[], object] = lambda: None
) -> int:
    """Look at photos until none is left, as `to_look_at` has them; returns how many were looked at."""
    count = 0
    for image in to_look_at(method=method, before=before).iterator(chunk_size=500):
        look_at(image, method=method)
        count += 1
        done()
    return count


def look_at_new(*, seconds: float, enough: Callable[[], bool] = lambda: False) -> int:
    """Look at new photos for so long at most; returns how many were looked at.

    enough: asked after each, whether the rest should wait for another time.
    """
    method, until = serving.find(METHOD), time.monotonic() + seconds
    WaitingDescriptor.objects.filter(
        image__state=State.REJECTED
    ).delete()  # it will not be asked about any more
    count = 0
    for image in to_look_at(method=method)[:MOST_AT_ONCE]:
        look_at(image, method=method)
        count += 1
        if time.monotonic() > until or enough():
            break
    return count


def ask(image: LandmarkImage, vector: np.ndarray, *, method: type[Method]) -> Opinion:
    """What the photos nearest to a vector say of the photo that it describes.

    The photo itself and its near-duplicates say nothing of it, of other near-duplicates the nearest alone speaks, and
    what is published is not doubted for standing near to a place on the same ground. It asks no more neighbours than
    its place has other photos to give: else the few photos of a small place would all be doubted.
    """
    published = image.state == State.PUBLISHED
    found = index.nearest(vector, method=method, k=SHORTLIST, without=image.group if published else None)
    rows = LandmarkImage.objects.published().in_bulk([candidate.id for candidate in found])
    beside = (
        set(Landmark.objects.filter(overlaps_with=image.landmark).values_list("pk", flat=True))
        if published
        else ()
    )
    first_of: dict[int, Near] = {}
    for candidate in found:
        row = rows.get(candidate.id)
        if row and row.landmark_id not in beside:
            first_of.setdefault(row.group, Near(row.pk, row.landmark_id, candidate.similarity))
    neighbours = tuple(first_of.values())[: _others(image) if published else NEIGHBOURS]
    if not neighbours:
        return Opinion()
    [(landmark, votes)] = Counter(near.landmark for near in neighbours).most_common(1)
    return Opinion(neighbours, landmark if 2 * votes > len(neighbours) else None)


def _others(image: LandmarkImage) -> int:
    """How many other photos its place has, near-duplicates counted once; NEIGHBOURS at most."""
    own = LandmarkImage.objects.published().filter(landmark=image.landmark).order_by()
    groups = own.values_list(Coalesce("near_duplicate_of", "pk"), flat=True).distinct()
    return min(len(set(groups[: NEIGHBOURS + 1]) - {image.group}), NEIGHBOURS)


def find_right(image: LandmarkImage) -> None:
    """Note that a photo stands where it belongs, whatever its neighbours say; it is asked about once it is moved."""
    PlaceGuess.objects.filter(image=image).update(right_label=image.landmark)


def _vector(image: LandmarkImage, *, method: type[Method]) -> np.ndarray | None:
    """What is stored of a photo; of one that waits, what it is described as now. None where it cannot be."""
    waiting = image.state == State.CANDIDATE
    _ids, vectors = index.vectors_of(method, images=[image.pk], waiting=waiting)
    if len(vectors):
        return vectors[0]
    if not waiting:
        return None
    try:
        with image.original.open() as file:
            pixels = decode(file.read(), least=ENOUGH)
        vector = methods.load(method.name, checkpoint=method.checkpoint).describe(pixels).vector
    except (OSError, UnreadableImage, ValueError, RuntimeError, MemoryError) as error:
        logger.warning("photo %s, which waits, could not be described: %s", image.pk, error)
        return None
    index.put_waiting(image, method=method, vector=vector)
    return vector


@transaction.atomic
def _keep(image: LandmarkImage, opinion: Opinion, *, method: type[Method]) -> None:
    if (
        not LandmarkImage.objects.select_for_update(no_key=True)
        .exclude(state=State.REJECTED)
        .filter(pk=image.pk)
        .exists()
    ):
        return  # rejected or erased meanwhile
    agreeing = opinion.agreeing
    guess, _is_new = PlaceGuess.objects.update_or_create(
        image=image,
        defaults={
            "landmark_id": opinion.landmark,
            "agreeing": len(agreeing),
            "asked": len(opinion.neighbours),
            "similarity": agreeing[0].similarity if agreeing else None,
            "method": method.name,
            "version": method.checkpoint.name,
            "found_at": timezone.now(),
        },
    )
    guess.neighbours.all().delete()
    if opinion.landmark in (None, image.landmark_id) and image.state == State.PUBLISHED:
        return  # nobody will ask for the evidence
    inliers = _inliers(image.pk, [near.image for near in opinion.neighbours])
    Neighbour.objects.bulk_create(
        Neighbour(
            guess=guess,
            image_id=near.image,
            rank=rank,
            similarity=near.similarity,
            inliers=inliers.get(near.image),
        )
        for rank, near in enumerate(opinion.neighbours)
    )


def _inliers(image: int, others: Collection[int]) -> dict[int, int]:
    """How many local features of a photo lie as they do in others, where the features of both are stored."""
    look = CLOSE_LOOKS[VERIFIER]
    features = index.local_features([image, *others], method=serving.find(look.features))
    if (own := features.pop(image, None)) is None:
        return {}
    verify = look.load()
    return {other: verify(own, theirs).inliers for other, theirs in features.items()}
