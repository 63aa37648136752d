"""A method's figures on a dataset, by the very calls that answer a visitor."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.evaluation.datasets import Dataset, DatasetError
from retrieval.evaluation.descriptions import Described, Describer
from retrieval.evaluation.metrics import PRECISION_AT, Interval, Score, Setup, mean_interval, score
from retrieval.methods.base import Box, Description, LocalFeatures, Method
from retrieval.ranking import Candidate, rerank
from retrieval.ranking.similarity import most_similar
from retrieval.ranking.voting import vote

Progress = Callable[[str, int, int], None]  # what is being done, how many are done, of how many
Subject = tuple[Path, Box | None]


@dataclass(frozen=True)
class SetupReport:
    """The means over the queries that have positives under one setup."""

    setup: str
    queries: int
    mean_average_precision: Interval
    mean_precision: tuple[Interval, ...]  # at each of `precision_at`
    precision_at: tuple[int, ...] = PRECISION_AT


@dataclass(frozen=True)
class MethodReport:
    """What one method reached on one dataset, and the time it took."""

    method: str
    label: str
    checkpoint: str
    setups: tuple[SetupReport, ...]
    place_top1: Interval | None  # None where the dataset names no landmarks
    photos_described: int
    seconds_describing: float
    seconds_per_photo: float
    seconds_ranking: float
    milliseconds_per_query: float  # ranking, verification and voting; the query's description is not in it

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def run(
    dataset: Dataset, method: Method, *, progress: Progress | None = None, cache_dir: Path | None = None
) -> MethodReport:
    """Describe every photo once, rank the database for every query as a search does, and score the rankings.

    A query's junk leaves the database before its shortlist is taken, setup by setup, as in the revisited
    protocol; what the shortlist leaves behind follows it by similarity. cache_dir keeps descriptions between
    runs. DatasetError where a photo is missing or cannot be read.
    """
    tell = progress or (lambda *_: None)
    described = _describe_all(dataset, method, tell=tell, cache_dir=cache_dir)
    database = _Database(dataset, described, method=method)

    scores: dict[str, list[Score]] = {setup.name: [] for setup in dataset.setups}
    places: list[bool] = []
    start = time.perf_counter()
    for done, query in enumerate(dataset.queries):
        tell("ranking", done, len(dataset.queries))
        description = described[query.path, query.box].description
        for setup in dataset.setups:
            ranking, place = database.answer(description, without=setup.junk(query.truth))
            if (figures := score(ranking, query.truth, setup=setup)) is not None:
                scores[setup.name].append(figures)
        if dataset.landmarks:
            places.append(place == query.landmark)
    seconds = time.perf_counter() - start
    tell("ranking", len(dataset.queries), len(dataset.queries))

    describing = sum(one.seconds for one in described.values())
    return MethodReport(
        method=method.name,
        label=method.label,
        checkpoint=method.checkpoint.name,
        setups=tuple(_summary(setup, scores[setup.name]) for setup in dataset.setups if scores[setup.name]),
        place_top1=mean_interval(places) if places else None,
        photos_described=len(described),
        seconds_describing=describing,
        seconds_per_photo=describing / len(described),
        seconds_ranking=seconds,
        milliseconds_per_query=1000 * seconds / (len(dataset.queries) * len(dataset.setups)),
    )


def report(dataset: Dataset, reports: Sequence[MethodReport]) -> dict[str, Any]:
    """The dataset's facts and every method's figures, ready for JSON."""
    return {
        "dataset": {
            "name": dataset.name,
            "content_hash": dataset.content_hash,
            "images": len(dataset.images),
            "queries": len(dataset.queries),
            "queries_left_out": dataset.left_out,
            "landmarks": len(set(dataset.landmarks)),
        },
        "methods": [one.as_dict() for one in reports],
    }


class _Database:
    """A dataset's images as one method describes them, searched exactly.

    Local features are kept packed and unpacked when they are compared, as the index keeps and serves them.
    """

    def __init__(self, dataset: Dataset, described: Mapping[Subject, Described], *, method: Method) -> None:
        descriptions = [described[path, None].description for path in dataset.images]
        self.method = method
        self.vectors = np.stack([description.vector for description in descriptions])
        self.packed = [local.to_bytes() if (local := one.local) is not None else None for one in descriptions]
        names = sorted(set(dataset.landmarks))
        self.names = dict(enumerate(names))
        self.landmark_of = {image: names.index(landmark) for image, landmark in enumerate(dataset.landmarks)}
        self.duplicate_group_of = dict(enumerate(dataset.duplicate_groups))

    def answer(self, query: Description, *, without: frozenset[int]) -> tuple[list[int], str | None]:
        """The whole ranking, best first, and the place its shortlist votes for, both without `without`."""
        order, similarities = most_similar(query.vector, self.vectors, k=len(self.vectors))
        kept = [(int(i), float(s)) for i, s in zip(order, similarities, strict=True) if i not in without]
        shortlist = [Candidate(i, s, self._local(i)) for i, s in kept[: self.method.shortlist]]
        ranked = rerank(query, shortlist, verify=self.method.verifies)
        votes = vote(ranked, landmark_of=self.landmark_of, duplicate_group_of=self.duplicate_group_of)
        ranking = [image.id for image in ranked] + [i for i, _ in kept[self.method.shortlist :]]
        return ranking, self.names[votes[0].landmark] if votes else None

    def _local(self, image: int) -> LocalFeatures | None:
        packed = self.packed[image]
        return None if packed is None else LocalFeatures.from_bytes(packed)


def _describe_all(
    dataset: Dataset, method: Method, *, tell: Progress, cache_dir: Path | None
) -> dict[Subject, Described]:
    subjects: dict[Subject, None] = dict.fromkeys((path, None) for path in dataset.images)
    subjects |= dict.fromkeys([(query.path, query.box) for query in dataset.queries])
    if missing := sorted({path for path, _ in subjects if not path.is_file()}):
        raise DatasetError(f"{len(missing)} photos are not there, the first {missing[0]}")
    describer = Describer(method, cache_dir=cache_dir)
    described: dict[Subject, Described] = {}
    for done, (path, box) in enumerate(subjects):
        tell("describing", done, len(subjects))
        described[path, box] = describer.describe(path, box=box)
    tell("describing", len(subjects), len(subjects))
    return described


def _summary(setup: Setup, scores: Sequence[Score]) -> SetupReport:
    precision = zip(*(one.precision for one in scores), strict=True)
    return SetupReport(
        setup=setup.name,
        queries=len(scores),
        mean_average_precision=mean_interval([one.average_precision for one in scores]),
        mean_precision=tuple(mean_interval(column) for column in precision),
    )
