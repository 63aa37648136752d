"""A method's figures on a dataset, by the very calls that answer a visitor."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from retrieval.evaluation import rejection
from retrieval.evaluation.datasets import Dataset, DatasetError, QueryTruth
from retrieval.evaluation.descriptions import Describer
from retrieval.evaluation.metrics import PRECISION_AT, Interval, Score, Setup, mean_interval, score
from retrieval.methods.base import Box, Checkpoint, Description, LocalFeatures, Method
from retrieval.ranking import Candidate, Ranked, rerank
from retrieval.ranking.similarity import most_similar
from retrieval.ranking.voting import PlaceVote, vote

Progress = Callable[[str, int, int], None]  # what is being done, how many are done, of how many
Subject = tuple[Path, Box | None]

PLACES_AT = (1, 3)
SHOWN = 10  # how many images of a ranking are remembered for a reader


@dataclass(frozen=True)
class SetupReport:
    """The means over the queries that have positives under one setup."""

    setup: str
    queries: int
    mean_average_precision: Interval
    mean_precision: tuple[Interval, ...]  # at each of `precision_at`
    curve: tuple[float, ...]  # mean interpolated precision at each of RECALL_LEVELS
    precision_at: tuple[int, ...] = PRECISION_AT


@dataclass(frozen=True)
class Shown:
    """One image of a query's ranking, its junk left out."""

    path: Path
    hit: bool
    similarity: float
    inliers: int | None  # None: not verified


@dataclass(frozen=True)
class QueryReport:
    """One query under the dataset's main setup."""

    query: QueryTruth
    average_precision: float
    first: tuple[Shown, ...]
    place: str | None  # the one answered


@dataclass(frozen=True)
class MethodReport:
    """What one method reached on one dataset, and the time it took."""

    method: str
    label: str
    checkpoint: Checkpoint
    cropped: bool
    verified: int  # how many images of a query's shortlist were verified
    main: SetupReport | None  # None where no query has a positive under the main setup
    setups: tuple[SetupReport, ...]
    places: tuple[Interval, ...]  # the place asked for among the first of PLACES_AT; () where none are named
    rejection: tuple[rejection.Rejection, ...]  # a signal each; () without photos of places outside
    queries: tuple[QueryReport, ...]
    photos_described: int
    seconds_per_photo: float
    seconds_per_query: float  # its description, the ranking, verification and voting: what a visitor waits


def run(
    dataset: Dataset,
    method: Method,
    *,
    progress: Progress | None = None,
    cache_dir: Path | None = None,
    verify: int | None = None,
) -> MethodReport:
    """Describe every photo once, rank the database for every query as a search does, and score the rankings.

    A query's junk leaves the database before its shortlist is taken, setup by setup, as in the revisited
    protocol; what the shortlist leaves behind follows it by similarity. verify: how many of the shortlist are
    verified, by default all of it; methods that do not verify never do. cache_dir keeps descriptions between
    runs. DatasetError where a photo is missing or cannot be read; what was described until then is kept.
    """
    tell = progress or (lambda *_: None)
    described = _describe_all(dataset, method, tell=tell, cache_dir=cache_dir)
    verified = (method.shortlist if verify is None else verify) if method.verifies else 0
    database = _Database(dataset, described, method=method, verified=verified)

    scores: dict[str, list[Score]] = {setup.name: [] for setup in dataset.setups}
    shown: list[QueryReport] = []
    ranks_of_places: list[int | None] = []
    inside: list[dict[str, float]] = []
    asked, answers = len(dataset.queries) + len(dataset.outside), 0
    start = time.perf_counter()
    for done, query in enumerate(dataset.queries):
        tell("ranking", done, asked)
        description = described[query.path, query.box].description
        for setup in dataset.setups:
            answer = database.answer(description, without=setup.junk(query.truth))
            answers += 1
            figures = score(answer.order, query.truth, setup=setup)
            if figures is not None:
                scores[setup.name].append(figures)
            if setup == dataset.main_setup:
                ranks_of_places.append(answer.rank_of(query.landmark))
                inside.append(answer.confidence())
                if figures is not None:
                    shown.append(_shown(query, answer, figures, dataset=dataset))
    outside = []
    for done, path in enumerate(dataset.outside, start=len(dataset.queries)):
        tell("ranking", done, asked)
        outside.append(database.answer(described[path, None].description).confidence())
        answers += 1
    seconds_ranking = time.perf_counter() - start
    tell("ranking", asked, asked)

    setups = {
        setup.name: _summary(setup, scores[setup.name]) for setup in dataset.setups if scores[setup.name]
    }
    describing_queries = np.mean([described[query.path, query.box].seconds for query in dataset.queries])
    return MethodReport(
        method=method.name,
        label=method.label,
        checkpoint=method.checkpoint,
        cropped=dataset.cropped,
        verified=verified,
        main=setups.get(dataset.main_setup.name),
        setups=tuple(setups.values()),
        places=_places(ranks_of_places) if dataset.landmarks else (),
        rejection=_rejection(inside, outside),
        queries=tuple(shown),
        photos_described=len(described),
        seconds_per_photo=float(np.mean([one.seconds for one in described.values()])),
        seconds_per_query=float(describing_queries) + seconds_ranking / answers,
    )


@dataclass(frozen=True)
class _Answer:
    """What a search would answer: the whole order, best first, and the places voted for."""

    order: list[int]
    first: list[Ranked]
    votes: list[PlaceVote]
    names: dict[int, str]

    def rank_of(self, landmark: str | None) -> int | None:
        """Where a landmark stands among the places, from 0; None where nothing speaks for it."""
        names = [self.names[place.landmark] for place in self.votes]
        return names.index(landmark) if landmark in names else None

    def confidence(self) -> dict[str, float]:
        """The signals that could say whether the best place is right; 0 where there is no place."""
        similarity = max((image.similarity for image in self.first), default=0.0)
        share = self.votes[0].score if self.votes else 0.0
        return {"similarity": similarity, "share": share, "share x similarity": share * similarity}


@dataclass(frozen=True)
class _Kept:
    """A description as an index keeps it, local features packed, and the seconds that it took."""

    vector: np.ndarray
    packed: bytes | None
    seconds: float

    @property
    def description(self) -> Description:
        return Description(self.vector, self.local)

    @property
    def local(self) -> LocalFeatures | None:
        return None if self.packed is None else LocalFeatures.from_bytes(self.packed)


class _Database:
    """A dataset's images as one method describes them, searched exactly.

    Local features are kept packed and unpacked when they are compared, as the index keeps and serves them.
    """

    def __init__(
        self, dataset: Dataset, described: Mapping[Subject, _Kept], *, method: Method, verified: int
    ) -> None:
        self.kept = [described[path, None] for path in dataset.images]
        self.vectors = np.stack([one.vector for one in self.kept])
        self.verified, self.shortlist = verified, max(method.shortlist, verified)
        names = sorted(set(dataset.landmarks) - {""})  # "" is a distractor's, which votes for no place
        self.names = dict(enumerate(names))
        number_of = {name: number for number, name in self.names.items()}
        self.landmark_of = {
            image: number_of[landmark] for image, landmark in enumerate(dataset.landmarks) if landmark
        }
        self.duplicate_group_of = dict(enumerate(dataset.duplicate_groups))

    def answer(self, query: Description, *, without: frozenset[int] = frozenset()) -> _Answer:
        """What a search over all images but `without` answers."""
        order, similarities = most_similar(query.vector, self.vectors, k=len(self.vectors))
        kept = [(int(i), float(s)) for i, s in zip(order, similarities, strict=True) if i not in without]
        shortlist = [
            Candidate(i, s, self.kept[i].local if rank < self.verified else None)
            for rank, (i, s) in enumerate(kept[: self.shortlist])
        ]
        ranked = rerank(query, shortlist, verify=self.verified > 0)
        votes = vote(ranked, landmark_of=self.landmark_of, duplicate_group_of=self.duplicate_group_of)
        rest = [i for i, _ in kept[self.shortlist :]]
        return _Answer([image.id for image in ranked] + rest, ranked, votes, self.names)


def _describe_all(
    dataset: Dataset, method: Method, *, tell: Progress, cache_dir: Path | None
) -> dict[Subject, _Kept]:
    subjects: dict[Subject, None] = dict.fromkeys((path, None) for path in dataset.images)
    subjects |= dict.fromkeys([(query.path, query.box) for query in dataset.queries])
    subjects |= dict.fromkeys((path, None) for path in dataset.outside)
    if missing := sorted({path for path, _ in subjects if not path.is_file()}):
        raise DatasetError(f"{len(missing)} photos are not there, the first {missing[0]}")
    describer = Describer(method, cache_dir=cache_dir)
    described: dict[Subject, _Kept] = {}
    for done, (path, box) in enumerate(subjects):
        tell("describing", done, len(subjects))
        one = describer.describe(path, box=box)
        local = one.description.local
        packed = None if local is None else local.to_bytes()
        described[path, box] = _Kept(one.description.vector, packed, one.seconds)
    tell("describing", len(subjects), len(subjects))
    return described


def _summary(setup: Setup, scores: Sequence[Score]) -> SetupReport:
    precision = zip(*(one.precision for one in scores), strict=True)
    return SetupReport(
        setup=setup.name,
        queries=len(scores),
        mean_average_precision=mean_interval([one.average_precision for one in scores]),
        mean_precision=tuple(mean_interval(column) for column in precision),
        curve=tuple(np.mean([one.curve for one in scores], axis=0).tolist()),
    )


def _places(ranks: Sequence[int | None]) -> tuple[Interval, ...]:
    return tuple(mean_interval([rank is not None and rank < k for rank in ranks]) for k in PLACES_AT)


def _rejection(
    inside: Sequence[dict[str, float]], outside: Sequence[dict[str, float]]
) -> tuple[rejection.Rejection, ...]:
    if not outside:
        return ()
    return tuple(
        rejection.measure(signal, [one[signal] for one in inside], [one[signal] for one in outside])
        for signal in outside[0]
    )


def _shown(query: QueryTruth, answer: _Answer, figures: Score, *, dataset: Dataset) -> QueryReport:
    hits = dataset.main_setup.positives(query.truth)
    first = tuple(
        Shown(dataset.images[image.id], image.id in hits, image.similarity, image.inliers)
        for image in answer.first[:SHOWN]
    )
    place = answer.names[answer.votes[0].landmark] if answer.votes else None
    return QueryReport(query, figures.average_precision, first, place)
