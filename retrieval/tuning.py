"""Tuning CNN-IRwNHA to the catalogue that it serves: learn, measure both, and switch only to what won."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings

from places import storage
from places.models import Landmark, LandmarkImage
from retrieval import methods
from retrieval.answering import approaches
from retrieval.evaluation import benchmark
from retrieval.evaluation.benchmark import MethodReport
from retrieval.evaluation.datasets import Dataset, from_folder
from retrieval.evaluation.descriptions import Describer
from retrieval.methods import weights
from retrieval.methods.base import Checkpoint
from retrieval.methods.gem import CnnIrwnha
from retrieval.methods.preprocessing import decode

from . import catalogue_folder, index, serving
from .models import Evaluation, ServableCheckpoint

LOCK = "tuning"
HELD_OUT = 0.2  # of each landmark's photos, where no other source of photos is named

Progress = Callable[[str, int, int], None]


class CannotTune(Exception):
    """The catalogue gives too little to learn from, and why."""


@dataclass(frozen=True)
class Outcome:
    """Both checkpoints on the same photos, which neither was trained on."""

    checkpoint: ServableCheckpoint
    before: MethodReport
    after: MethodReport
    asked_from: Path  # the folder of the photos that both were asked with

    @property
    def won(self) -> bool:
        """Whether the tuned one ranks better and names no fewer places rightly."""
        if self.before.main is None or self.after.main is None:
            return False
        better = self.after.main.mean_average_precision.value > self.before.main.mean_average_precision.value
        return better and self.after.places[0].value >= self.before.places[0].value


def tune(
    *, queries: Path | None = None, work: Path, seed: int = 0, epochs: int | None = None, progress: Progress
) -> Outcome:
    """Learn from the published photos and their landmarks, and serve the result if it wins.

    queries: a folder per landmark of photos from another source, to measure with; without one, a fifth of each
    landmark's photos is held out, by author, and learned from by neither. work: keeps what is computed once,
    and a run that was stopped. The descriptors of the old checkpoint stay. Raises CannotTune, DatasetError.
    """
    from retrieval.training import catalogue, fine_tuning
    from retrieval.training.cards import catalogue_card
    from retrieval.training.maps import Maps
    from retrieval.training.photos import of_dataset

    questions, overlaps, asked_from = _questions(queries, work=work, progress=progress)
    photos = of_dataset(questions)
    run = work / "tuning" / f"{questions.content_hash[:16]}-{seed}"
    maps = Maps(work / "maps", seed=seed)
    recipe = catalogue.Recipe() if epochs is None else catalogue.Recipe(epochs=epochs)
    tail = catalogue.tune(
        photos,
        maps,
        overlaps=overlaps,
        into=run,
        # On photos from another source this ends surer than from the published layers.
        start=weights.find("cnn_irwnha_tail"),
        seed=seed,
        recipe=recipe,
        progress=progress,
    )
    projection = catalogue.learn_projection(tail, maps, photos, progress=progress)
    landmarks = len(set(photos.landmarks))
    facts = fine_tuning.as_facts(
        recipe,
        training_set=f"{len(photos)} labelled photographs of the catalogue's {landmarks} landmarks",
        seed=seed,
        photos_sha256=questions.content_hash,
    )
    unfinished = run / "tail.npz"
    sha256 = fine_tuning.write(tail, projection, unfinished, weight=catalogue.WEIGHT, facts=facts)
    name = f"cnn_irwnha-{sha256[:16]}"
    path = Path(os.environ["WEIGHTS_DIR"]) / f"{name}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(unfinished, path)
    card = catalogue_card(path, sha256=sha256, facts=facts, curve=(run / "curve.csv").read_text())
    path.with_suffix(".md").write_text(card)

    checkpoint = CnnIrwnha.with_learned(name)
    cache = settings.VAR_DIR / "evaluation"
    before, after = (
        benchmark.run(questions, approaches.alone(method).load(), progress=progress, cache_dir=cache)
        for method in (serving.find("cnn_irwnha"), methods.find("cnn_irwnha", checkpoint=checkpoint))
    )
    Evaluation.objects.record(questions, [before, after])
    row, _ = ServableCheckpoint.objects.update_or_create(
        method="cnn_irwnha", name=checkpoint.name, defaults={"facts": asdict(checkpoint)}
    )
    outcome = Outcome(row, before, after, asked_from)
    if outcome.won:
        _describe_beside(checkpoint, measured=questions, cache=cache, progress=progress)
        serving.serve(row)
    return outcome


def _describe_beside(checkpoint: Checkpoint, *, measured: Dataset, cache: Path, progress: Progress) -> None:
    """Describe every published photo by a checkpoint that does not serve yet; what serves goes on serving.

    What was measured has been described, and is remembered in `cache`.
    """
    method = methods.load("cnn_irwnha", checkpoint=checkpoint)
    describer = Describer(method, cache_dir=cache)
    exported = {path.stem: path for path in (*measured.images, *(query.path for query in measured.queries))}
    missing = list(index.missing(methods.find("cnn_irwnha", checkpoint=checkpoint)))
    for done, image in enumerate(missing):
        progress("new descriptors", done, len(missing))
        if path := exported.get(image.sha256):
            description = describer.describe(path).description
        else:
            description = method.describe(decode(storage.original_bytes(image)))
        index.put(image, method=method, description=description)
    progress("new descriptors", len(missing), len(missing))


def _questions(
    queries: Path | None, *, work: Path, progress: Progress
) -> tuple[Dataset, dict[str, set[str]], Path]:
    """The catalogue as a folder dataset, asked with photos from elsewhere; which landmarks overlap; who asks."""
    images = list(LandmarkImage.objects.published().select_related("landmark").order_by("pk"))
    learned, held = (images, []) if queries else _held_out(images)
    if len({image.landmark_id for image in learned}) < 2:
        raise CannotTune("Fewer than two landmarks have published photos: there is nothing to tell apart.")
    overlaps = {
        landmark.slug: {other.slug for other in landmark.overlaps_with.all()}
        for landmark in Landmark.objects.prefetch_related("overlaps_with")
    }
    catalogue = catalogue_folder.lay_out(learned, work / "catalogue", progress=progress)
    asked = queries or catalogue_folder.lay_out(held, work / "held-out", progress=progress)
    return from_folder(catalogue, queries=asked), overlaps, asked


def _held_out(images: list[LandmarkImage]) -> tuple[list[LandmarkImage], list[LandmarkImage]]:
    """The photos to learn from, and those to measure with: whole authors, so that no series is on both sides."""
    series: dict[int, dict[str, list[LandmarkImage]]] = defaultdict(lambda: defaultdict(list))
    for image in images:
        series[image.landmark_id][image.author].append(image)
    learned, held = [], []
    for by_author in series.values():
        wanted = HELD_OUT * sum(map(len, by_author.values()))
        taken = 0
        for _author, photos in sorted(by_author.items(), key=lambda item: _shuffled(item[0])):
            if taken < wanted and len(by_author) > 1 and taken + len(photos) <= 2 * wanted:
                held += photos
                taken += len(photos)
            else:
                learned += photos
    seen = {image.group for image in learned}
    held = [image for image in held if image.group not in seen]  # a copy asks what was learned
    if not held:
        raise CannotTune("No landmark has photos of two authors: nothing can be held out. Name --queries.")
    return learned, held


def _shuffled(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
