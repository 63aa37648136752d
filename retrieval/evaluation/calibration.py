"""How sure may an answer be? Photos of known places asked, and asked again as if the catalogue lacked their place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from retrieval.answering import answer
from retrieval.answering.approaches import Loaded
from retrieval.answering.arrays import Arrays
from retrieval.evaluation import rejection
from retrieval.evaluation.benchmark import Database
from retrieval.evaluation.datasets import Dataset
from retrieval.evaluation.metrics import Interval, mean_interval
from retrieval.methods.base import Description, LocalFeatures
from retrieval.ranking import signals
from retrieval.ranking.confidence import Case, Curve, learn

BINS = 10
PRECISION = 0.95  # of the answers that name one place alone
# From so many photos of places that the catalogue lacks on, they alone are the strangers that figures and thresholds
# speak of. A landmark left out is good to learn from, but it flatters a network that was taught to know it.
ENOUGH_STRANGERS = 30


@dataclass(frozen=True)
class Question:
    """A photo whose place is known."""

    describe: Callable[[], Mapping[str, Description]]
    group: str  # photos of one group are never learned from and reported on in turn: the landmark
    landmark: int | None  # None: the catalogue lacks it
    junk: frozenset[int] = frozenset()  # images as if not there: itself, its copies, places beside its own
    own: frozenset[int] = frozenset()  # images of its landmark


@dataclass(frozen=True)
class Asked:
    """A question's answer, in what a confidence needs of it."""

    group: str
    case: Case
    stranger: bool  # whether the catalogue lacked the place
    left_out: bool = False  # whether only for this question


@dataclass(frozen=True)
class Bin:
    """Answers whose best place had a probability between two bounds."""

    low: float
    high: float
    answers: int
    confidence: float  # their mean probability
    right: float  # the share of them whose best place was right


@dataclass(frozen=True)
class Figures:
    """How well probabilities do, on photos that they were not learned from."""

    inside: int
    outside: int
    place_top1: Interval  # of the photos inside
    auroc: Interval  # of the probability that the place is known, inside against outside
    true_accepts_at_5: float  # the share of inside that is accepted where 5 % of outside are
    accept: float  # the threshold in force
    true_accepts: float  # what is accepted by it, of inside and of outside
    false_accepts: float
    certain: float  # the threshold of an answer of one place
    certain_answers: float  # of all inside, how many are answered by one place
    certain_right: float  # and of all answers of one place, how many are right
    calibration_error: float  # expected, over BINS
    bins: tuple[Bin, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def questions_of(dataset: Dataset, database: Database) -> Iterator[Question]:
    """A dataset's queries, its photos of places outside among them."""
    numbers = {name: number for number, name in database.names.items()}
    for query in dataset.queries:
        yield Question(
            lambda kept=database.described[query.path, query.box]: kept.descriptions,  # type: ignore[misc]
            query.landmark or "",
            numbers[query.landmark or ""],
            dataset.main_setup.junk(query.truth),
            dataset.main_setup.positives(query.truth),
        )
    for path in dataset.outside:
        yield Question(
            lambda kept=database.described[path, None]: kept.descriptions,  # type: ignore[misc]
            f"outside: {path.parent.name}",
            None,
        )


def ask(
    questions: Sequence[Question],
    *,
    approach: Loaded,
    catalogue: Arrays,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Asked]:
    """Each question's answer, and that of a catalogue without its place."""
    plain = replace(
        approach, approach=replace(approach.approach, expansion="")
    )  # it comes after the confidence
    asked = []
    for done, question in enumerate(questions):
        progress(done, len(questions))
        descriptions = question.describe()
        ways = [(question.junk, question.landmark)]
        if question.landmark is not None:
            ways.append((question.junk | question.own, None))
        for without, landmark in ways:
            found = answer(descriptions, approach=plain, catalogue=catalogue.without(without))
            rows = [row for row, place in enumerate(found.places) if place.landmark == landmark]
            case = Case(found.signals, rows[0] if rows and landmark is not None else None)
            stranger = landmark is None
            left_out = stranger and question.landmark is not None
            asked.append(Asked(question.group, case, stranger=stranger, left_out=left_out))
    progress(len(questions), len(questions))
    return asked


def remembering(approach: Loaded) -> Loaded:
    """The approach, comparing no two pictures twice: the same photo is asked of several catalogues."""
    if approach.verifier is None:
        return approach
    matches, seen = approach.verifier.matches, {}

    def once(query: LocalFeatures, image: LocalFeatures) -> np.ndarray:
        key = query.keypoints.tobytes(), image.keypoints.tobytes()
        if key not in seen:
            seen[key] = matches(query, image)
        return seen[key]

    return replace(approach, verifier=replace(approach.verifier, matches=once))


def names(approach: Loaded) -> tuple[str, ...]:
    """Of the signals of an approach's answers."""
    methods = [method.name for method in approach.approach.methods]
    return signals.names(methods, verified=approach.verifier is not None)


def calibrate(asked: Sequence[Asked], *, names: Sequence[str]) -> tuple[Curve, Figures]:
    """The curve learned from all, its thresholds and its figures from curves that never saw the landmark judged.

    Both are of the answers that `judged` chooses.

    ValueError where there are too few landmarks, or photos of one kind only.
    """
    chances = held_out(asked, names=names)
    learned = learn([one.case for one in asked], names=names)
    asked, chances = judged(asked, chances)
    curve = with_thresholds(learned, asked, chances)
    return curve, figures(asked, chances, curve=curve)


def judged(asked: Sequence[Asked], chances: Sequence[np.ndarray]) -> tuple[list[Asked], list[np.ndarray]]:
    """The answers that figures are of: where ENOUGH_STRANGERS are, no landmark that was only left out."""
    strangers = sum(one.stranger and not one.left_out for one in asked)
    pairs = [
        (one, c)
        for one, c in zip(asked, chances, strict=True)
        if strangers < ENOUGH_STRANGERS or not one.left_out
    ]
    return [one for one, _ in pairs], [c for _, c in pairs]


def held_out(asked: Sequence[Asked], *, names: Sequence[str]) -> list[np.ndarray]:
    """The probabilities of each answer's places, by a curve learned without its landmark."""
    by_group: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(asked):
        by_group[one.group].append(number)
    if len(by_group) < 3:
        raise ValueError(
            f"{len(by_group)} landmarks with photos: too few to learn from some and report on others"
        )
    chances: list[np.ndarray] = [np.zeros(0)] * len(asked)
    for numbers in by_group.values():
        judged = set(numbers)
        curve = learn([one.case for n, one in enumerate(asked) if n not in judged], names=names)
        for number in numbers:
            chances[number] = curve.probabilities(asked[number].case.signals)
    return chances


def with_thresholds(curve: Curve, asked: Sequence[Asked], chances: Sequence[np.ndarray]) -> Curve:
    """The curve with the lowest thresholds that keep to rejection.FALSE_ACCEPTS and to PRECISION."""
    strangers = np.sort([float(c.sum()) for one, c in zip(asked, chances, strict=True) if one.stranger])[::-1]
    allowed = int(np.floor(rejection.FALSE_ACCEPTS * len(strangers) + 1e-9))
    accept = float(np.nextafter(strangers[allowed], 1)) if allowed < len(strangers) else 0.0
    best = np.array([c.max(initial=0.0) for c in chances])
    right = np.array([_right(one, c) for one, c in zip(asked, chances, strict=True)])
    order = np.argsort(-best)
    precise = np.flatnonzero(np.cumsum(right[order]) / np.arange(1, len(order) + 1) >= PRECISION)
    certain = float(best[order][precise[-1]]) if len(precise) else 1.0
    return replace(curve, accept=accept, certain=max(certain, 0.5))


def figures(asked: Sequence[Asked], chances: Sequence[np.ndarray], *, curve: Curve) -> Figures:
    """What the probabilities (a row of (P,) per answer) and the thresholds of the curve come to."""
    known = np.array([c.sum() for c in chances])
    best = np.array([c.max(initial=0.0) for c in chances])
    right = np.array([_right(one, c) for one, c in zip(asked, chances, strict=True)])
    stranger = np.array([one.stranger for one in asked])
    told = rejection.measure("probability", known[~stranger].tolist(), known[stranger].tolist())
    alone = (best >= curve.certain) & (known >= curve.accept)
    bins = tuple(_bins(best, right))
    return Figures(
        inside=int((~stranger).sum()),
        outside=int(stranger.sum()),
        place_top1=mean_interval(right[~stranger].tolist()),
        auroc=told.auroc,
        true_accepts_at_5=told.true_accepts.value,
        accept=curve.accept,
        true_accepts=float((known[~stranger] >= curve.accept).mean()),
        false_accepts=float((known[stranger] >= curve.accept).mean()),
        certain=curve.certain,
        certain_answers=float(alone[~stranger].mean()),
        certain_right=float(right[alone].mean()) if alone.any() else 0.0,
        calibration_error=sum(one.answers * abs(one.confidence - one.right) for one in bins) / len(asked),
        bins=bins,
    )


def _bins(best: np.ndarray, right: np.ndarray) -> Iterator[Bin]:
    number = np.minimum((best * BINS).astype(int), BINS - 1)
    for each in range(BINS):
        inside = number == each
        if inside.any():
            mean, share = float(best[inside].mean()), float(right[inside].mean())
            yield Bin(each / BINS, (each + 1) / BINS, int(inside.sum()), mean, share)


def _right(asked: Asked, chances: np.ndarray) -> bool:
    return asked.case.right is not None and int(chances.argmax()) == asked.case.right
