"""A method's figures on a dataset, by the very calls that answer a visitor."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from retrieval.answering import Answer, Label, answer
from retrieval.answering.approaches import Loaded
from retrieval.answering.arrays import Arrays
from retrieval.evaluation import rejection
from retrieval.evaluation.datasets import Dataset, DatasetError, QueryTruth
from retrieval.evaluation.descriptions import Describer
from retrieval.evaluation.metrics import PRECISION_AT, Interval, Score, Setup, mean_interval, score
from retrieval.methods.base import Box, Checkpoint, Description, LocalFeatures
from retrieval.ranking.confidence import Curve

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
    verified: int  # how many images of a query's ranking are verified at most
    expansion: str  # how the ranking is made once more; "" where it is not
    main: SetupReport | None  # None where no query has a positive under the main setup
    setups: tuple[SetupReport, ...]
    places: tuple[Interval, ...]  # the place asked for among the first of PLACES_AT; () where none are named
    kinds: tuple[tuple[str, int, Interval], ...]  # kind of landmark, queries, the place asked for first
    rejection: tuple[rejection.Rejection, ...]  # a signal each; () without photos of places outside
    queries: tuple[QueryReport, ...]
    photos_described: int
    seconds_per_photo: float
    seconds_per_query: float  # its description, the ranking, verification and voting: what a visitor waits


def run(
    dataset: Dataset,
    approach: Loaded,
    *,
    progress: Progress | None = None,
    cache_dir: Path | None = None,
    curve: Curve | None = None,
) -> MethodReport:
    """Describe every photo once, rank the database for every query as a search does, and score the rankings.

    A query's junk leaves the database before its shortlist is taken, setup by setup, as in the revisited
    protocol; what the shortlist leaves behind follows it by similarity. cache_dir keeps descriptions between
    runs. curve: what gives the places their probabilities. DatasetError where a photo is missing or cannot be
    read; what was described until then is kept.
    """
    tell = progress or (lambda *_: None)
    database = Database(dataset, approach, progress=progress, cache_dir=cache_dir, curve=curve)
    scores: dict[str, list[Score]] = {setup.name: [] for setup in dataset.setups}
    shown: list[QueryReport] = []
    ranks_of_places: list[int | None] = []
    inside: list[dict[str, float]] = []
    asked, answers = len(dataset.queries) + len(dataset.outside), 0
    start = time.perf_counter()
    for done, query in enumerate(dataset.queries):
        tell("ranking", done, asked)
        subject = query.path, query.box
        for setup in dataset.setups:
            junk = setup.junk(query.truth)
            found = database.ask(subject, without=junk)
            answers += 1
            figures = score(database.whole_order(subject, found, without=junk), query.truth, setup=setup)
            if figures is not None:
                scores[setup.name].append(figures)
            if setup == dataset.main_setup:
                named = [database.names[place.landmark] for place in found.places]
                ranks_of_places.append(named.index(query.landmark) if query.landmark in named else None)
                inside.append(confidence(found))
                if figures is not None:
                    shown.append(_shown(query, found, figures, dataset=dataset, named=named))
    outside = []
    for done, path in enumerate(dataset.outside, start=len(dataset.queries)):
        tell("ranking", done, asked)
        outside.append(confidence(database.ask((path, None))))
        answers += 1
    seconds_ranking = time.perf_counter() - start
    tell("ranking", asked, asked)

    setups = {
        setup.name: _summary(setup, scores[setup.name]) for setup in dataset.setups if scores[setup.name]
    }
    described = database.described
    describing_queries = np.mean([described[query.path, query.box].seconds for query in dataset.queries])
    facts = approach.approach
    return MethodReport(
        method=facts.name,
        label=facts.label,
        checkpoint=facts.checkpoint,
        cropped=dataset.cropped,
        verified=facts.close_look.depth if facts.close_look else 0,
        expansion=facts.expansion,
        main=setups.get(dataset.main_setup.name),
        setups=tuple(setups.values()),
        places=_places(ranks_of_places) if dataset.landmarks else (),
        kinds=_by_kind(dataset.queries, ranks_of_places),
        rejection=_rejection(inside, outside),
        queries=tuple(shown),
        photos_described=len(described),
        seconds_per_photo=float(np.mean([one.seconds for one in described.values()])),
        seconds_per_query=float(describing_queries) + seconds_ranking / answers,
    )


def confidence(found: Answer) -> dict[str, float]:
    """The signals that could say whether the best place is right; 0 where there is no place."""
    similarity = max((place.best_similarity for place in found.places), default=0.0)
    share = max((place.score for place in found.places), default=0.0)
    plain = {"similarity": similarity, "share": share, "share x similarity": share * similarity}
    return plain if found.known is None else plain | {"probability": found.known}


class Database:
    """A dataset's images as an approach describes them, asked as a search asks the index.

    Local features are kept packed and unpacked when they are compared, as the index keeps and serves them.
    """

    def __init__(
        self,
        dataset: Dataset,
        approach: Loaded,
        *,
        progress: Progress | None = None,
        cache_dir: Path | None = None,
        curve: Curve | None = None,
    ) -> None:
        """Describes every photo once. DatasetError where one is missing or cannot be read."""
        self.approach, self.curve = approach, curve
        self.described = _describe_all(
            dataset, approach, tell=progress or (lambda *_: None), cache_dir=cache_dir
        )
        names = sorted(set(dataset.landmarks) - {""})  # "" is a distractor's, which votes for no place
        self.names = dict(enumerate(names))
        number_of = {name: number for number, name in self.names.items()}
        of_images = [self.described[path, None] for path in dataset.images]
        landmarks = dataset.landmarks or ("",) * len(of_images)
        groups = dataset.duplicate_groups or tuple(range(len(of_images)))
        self.catalogue = Arrays(
            {m.name: np.stack([one.vectors[m.name] for one in of_images]) for m in approach.approach.methods},
            {name: [one.packed[name] for one in of_images] for name in approach.describers},
            [
                Label(number_of.get(landmark), group)
                for landmark, group in zip(landmarks, groups, strict=True)
            ],
        )

    def ask(self, subject: Subject, *, without: frozenset[int] = frozenset()) -> Answer:
        """What a search over all images but `without` answers."""
        return answer(
            self.described[subject].descriptions,
            approach=self.approach,
            catalogue=self.catalogue.without(without),
            curve=self.curve,
        )

    def whole_order(self, subject: Subject, found: Answer, *, without: frozenset[int]) -> list[int]:
        """All images but `without`: those of the answer, and behind them the rest by the first method's similarity."""
        first = self.approach.approach.methods[0].name
        vector, images = self.described[subject].vectors[first], len(self.catalogue.shown)
        rest = self.catalogue.without(without).nearest(vector, method=first, k=images)
        head = [image.id for image in found.ranked]
        seen = set(head)
        return head + [candidate.id for candidate in rest if candidate.id not in seen]


@dataclass(frozen=True)
class _Kept:
    """A photo's descriptions by method as an index keeps them, local features packed, and the seconds they took."""

    vectors: dict[str, np.ndarray]
    packed: dict[str, bytes | None]
    seconds: float

    @property
    def descriptions(self) -> dict[str, Description]:
        return {
            name: Description(
                vector, None if (data := self.packed[name]) is None else LocalFeatures.from_bytes(data)
            )
            for name, vector in self.vectors.items()
        }


def _describe_all(
    dataset: Dataset, approach: Loaded, *, tell: Progress, cache_dir: Path | None
) -> dict[Subject, _Kept]:
    subjects: dict[Subject, None] = dict.fromkeys((path, None) for path in dataset.images)
    subjects |= dict.fromkeys([(query.path, query.box) for query in dataset.queries])
    subjects |= dict.fromkeys((path, None) for path in dataset.outside)
    if missing := sorted({path for path, _ in subjects if not path.is_file()}):
        raise DatasetError(f"{len(missing)} photos are not there, the first {missing[0]}")
    describers = {name: Describer(one, cache_dir=cache_dir) for name, one in approach.describers.items()}
    described: dict[Subject, _Kept] = {}
    for done, (path, box) in enumerate(subjects):
        tell("describing", done, len(subjects))
        each = {name: describer.describe(path, box=box) for name, describer in describers.items()}
        described[path, box] = _Kept(
            {name: one.description.vector for name, one in each.items()},
            {
                name: None if (local := one.description.local) is None else local.to_bytes()
                for name, one in each.items()
            },
            sum(one.seconds for one in each.values()),
        )
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


def _by_kind(
    queries: Sequence[QueryTruth], ranks: Sequence[int | None]
) -> tuple[tuple[str, int, Interval], ...]:
    """The first of PLACES_AT once more, for each kind of landmark that the dataset names."""
    of_kind: dict[str, list[int | None]] = defaultdict(list)
    for query, rank in zip(queries, ranks, strict=True):
        if query.kind:
            of_kind[query.kind].append(rank)
    return tuple((kind, len(some), _places(some)[0]) for kind, some in sorted(of_kind.items()))


def _rejection(
    inside: Sequence[dict[str, float]], outside: Sequence[dict[str, float]]
) -> tuple[rejection.Rejection, ...]:
    if not outside:
        return ()
    return tuple(
        rejection.measure(signal, [one[signal] for one in inside], [one[signal] for one in outside])
        for signal in outside[0]
    )


def _shown(
    query: QueryTruth, found: Answer, figures: Score, *, dataset: Dataset, named: Sequence[str]
) -> QueryReport:
    hits = dataset.main_setup.positives(query.truth)
    first = tuple(
        Shown(dataset.images[image.id], image.id in hits, image.similarity, image.inliers)
        for image in found.ranked[:SHOWN]
    )
    return QueryReport(query, figures.average_precision, first, named[0] if named else None)
