"""Learning how sure an answer may be, from the catalogue that it is given from."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np

from places.models import Landmark, LandmarkImage
from retrieval.answering import Label
from retrieval.answering.approaches import Loaded
from retrieval.answering.arrays import Arrays
from retrieval.answering.bundled import Calibrated
from retrieval.evaluation import calibration
from retrieval.evaluation.calibration import Question
from retrieval.evaluation.datasets import DatasetError, file_hash, labelled_photos
from retrieval.evaluation.descriptions import Describer
from retrieval.methods.base import Description, LocalFeatures

from . import index
from .models import Calibration

LOCK = "calibrating"
PHOTOS = 200  # asked, of the whole catalogue

Progress = Callable[[str, int, int], None]


class CannotCalibrate(Exception):
    """The catalogue gives too little to learn from, and why."""


def calibrate(
    approach: Loaded,
    *,
    queries: Path | None = None,
    photos: int = PHOTOS,
    cache_dir: Path,
    progress: Progress,
) -> Calibrated:
    """A curve for an approach on the published photos, with its figures; nothing is stored.

    queries: a folder per landmark (by its slug) of photos from another source, to ask with; without one, `photos`
    of the catalogue's own ask, each as if it were not in it. A checkpoint that was tuned to the catalogue knows
    those by heart: calibrate it with others. photos: asked at most, of known places and as many of strange ones.
    Raises CannotCalibrate, DatasetError.
    """
    images, catalogue = _catalogue(approach)
    if queries:
        questions = _from_folder(
            queries, approach=approach, images=images, photos=photos, cache_dir=cache_dir, progress=progress
        )
        source = f"{len(questions)} photos of {queries.name}"
    else:
        questions = _own(images, catalogue, photos=photos)
        source = f"{len(questions)} of its own photos"
    asked = calibration.ask(
        questions,
        approach=approach,
        catalogue=catalogue,
        progress=lambda done, total: progress("asking", done, total),
    )
    try:
        curve, figures = calibration.calibrate(asked, names=calibration.names(approach))
    except ValueError as error:
        raise CannotCalibrate(str(error)) from error
    landmarks = len({image.landmark_id for image in images})
    learned_from = f"{source}, asked of a catalogue of {len(images)} photos of {landmarks} landmarks"
    facts = approach.approach
    return Calibrated(facts.name, facts.checkpoint.name, curve, figures.as_json(), learned_from)


def keep(calibrated: Calibrated) -> Calibration:
    """Answer by this curve from the next search on."""
    row, _ = Calibration.objects.update_or_create(
        method=calibrated.method,
        version=calibrated.version,
        defaults={
            "curve": calibrated.curve.as_json(),
            "figures": calibrated.figures,
            "learned_from": calibrated.learned_from,
        },
    )
    return row


def _catalogue(approach: Loaded) -> tuple[list[LandmarkImage], Arrays]:
    """The published photos that all of an approach's describers have described, and the same as arrays."""
    published = LandmarkImage.objects.published()
    for describer in approach.describers.values():
        published = published.filter(pk__in=index.described_by(describer).values("image"))
    images = list(published.select_related("landmark").order_by("pk"))
    if len({image.landmark_id for image in images}) < 3:
        raise CannotCalibrate(
            f"{approach.approach.label}: fewer than three landmarks have described photos; run describe_images."
        )
    ids = [image.pk for image in images]
    vectors, packed = {}, {}
    for name, describer in approach.describers.items():
        if describer.ranks:
            of_image = index.vectors(ids, method=describer)
            vectors[name] = np.array([of_image[pk] for pk in ids], np.float32)
        kept = index.packed_features(ids, method=describer)
        packed[name] = [kept.get(pk) for pk in ids]
    return images, Arrays(vectors, packed, [Label(image.landmark_id, image.group) for image in images])


def _own(images: list[LandmarkImage], catalogue: Arrays, *, photos: int) -> list[Question]:
    """Some photos of every landmark that has more than one, in an order that favours none."""
    by_landmark, by_group, beside = _relations(images)
    turns: dict[int, int] = defaultdict(int)
    chosen = []
    for number in sorted(
        range(len(images)), key=lambda n: hashlib.sha256(images[n].sha256.encode()).digest()
    ):
        landmark = images[number].landmark_id
        if by_landmark[landmark] - by_group[images[number].group]:
            chosen.append((turns[landmark], number))
            turns[landmark] += 1
    questions = []
    for _turn, number in sorted(chosen)[:photos]:
        image = images[number]
        junk = by_group[image.group].union(*(by_landmark[other] for other in beside[image.landmark_id]))
        questions.append(
            Question(
                lambda number=number: _as_kept(catalogue, number),  # type: ignore[misc]
                image.landmark.slug,
                image.landmark_id,
                frozenset(junk),
                frozenset(by_landmark[image.landmark_id] - junk),
            )
        )
    return questions


def _as_kept(catalogue: Arrays, number: int) -> dict[str, Description]:
    """What the index knows of a photo, as if it had just been described."""
    described = {}
    for name, packed in catalogue.packed_of.items():
        vectors = catalogue.vectors_of.get(name)
        vector = np.zeros(0, np.float32) if vectors is None else vectors[number]
        data = packed[number]
        described[name] = Description(vector, None if data is None else LocalFeatures.from_bytes(data))
    return described


def _from_folder(
    folder: Path,
    *,
    approach: Loaded,
    images: list[LandmarkImage],
    photos: int,
    cache_dir: Path,
    progress: Progress,
) -> list[Question]:
    """The photos of a folder, described now; those of landmarks that the catalogue lacks are strangers."""
    by_landmark, by_group, beside = _relations(images)
    group_of = {image.sha256: image.group for image in images}
    slugs = {image.landmark.slug: image.landmark_id for image in images}
    asked: dict[Path, int | None] = {}
    chosen: dict[bool, int] = defaultdict(int)
    photos_there = labelled_photos(folder)
    for path, slug in sorted(photos_there, key=lambda one: hashlib.sha256(one[0].name.encode()).digest()):
        landmark = slugs.get(slug)
        around = Landmark.objects.filter(overlaps_with__slug=slug).values_list("pk", flat=True)
        if landmark is None and any(by_landmark[other] for other in around):
            continue  # it stands within a place that the catalogue holds: neither known nor strange
        if chosen[landmark is None] < photos:
            asked[path] = landmark
            chosen[landmark is None] += 1
    describers = {name: Describer(one, cache_dir=cache_dir) for name, one in approach.describers.items()}
    questions = []
    for done, (path, landmark) in enumerate(asked.items()):
        progress("describing", done, len(asked))
        descriptions = {name: one.describe(path).description for name, one in describers.items()}
        junk: set[int] = set(
            by_group.get(group_of.get(file_hash(path)), ())
        )  # a photo held out of the catalogue
        own: set[int] = set()
        if landmark is not None:
            junk = junk.union(*(by_landmark[other] for other in beside[landmark]))
            own = by_landmark[landmark] - junk
        questions.append(
            Question(
                lambda descriptions=descriptions: descriptions,  # type: ignore[misc]
                path.parent.name,
                landmark,
                frozenset(junk),
                frozenset(own),
            )
        )
    progress("describing", len(asked), len(asked))
    if not questions:
        raise DatasetError(f"{folder}: no photo of a place that is known or strange to the catalogue")
    return questions


def _relations(
    images: list[LandmarkImage],
) -> tuple[dict[int, set[int]], dict[object, set[int]], dict[int, set[int]]]:
    """The numbers of the photos by landmark and by near-duplicate group, and which landmarks overlap."""
    by_landmark: dict[int, set[int]] = defaultdict(set)
    by_group: dict[object, set[int]] = defaultdict(set)
    for number, image in enumerate(images):
        by_landmark[image.landmark_id].add(number)
        by_group[image.group].add(number)
    beside: dict[int, set[int]] = defaultdict(set)
    for landmark in Landmark.objects.prefetch_related("overlaps_with"):
        beside[landmark.pk] = {other.pk for other in landmark.overlaps_with.all()}
    return by_landmark, by_group, beside
