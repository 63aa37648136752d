"""What the methods page tells: what each method is, what was measured of it here, what others measured."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from retrieval.answering.approaches import Approach
from retrieval.evaluation.published import PUBLISHED, Published

from . import serving
from .forms import offered_methods
from .models import Evaluation

DATASETS_SHOWN = 4  # the last measured
PLOT_WIDTH = 1000  # units of the plot's view box from 0 to 1
# The table's figures, by their names in report.json.
OF_A_SETUP = ("mAP", "mP@1", "mP@5", "mP@10")
OF_A_METHOD = ("place_top1", "place_top3")

# A method may lack its paragraph: its summary then stands alone.
HOW_IT_WORKS = {
    "consensus": gettext_noop(
        "All three methods rank the photos, and their rankings become one, by rank. The best photos are then "
        "compared closely: a network says which details of both are the same thing, and only details that fit "
        "one change of viewpoint count. It stops once the answer is settled."
    ),
    "cnn_irwnha": gettext_noop(
        "A network looks at the whole picture at three sizes. Where it responds most strongly counts most, "
        "and all of it becomes one list of numbers. Whitening then plays down what most pictures share. "
        "Pictures with similar numbers show similar things."
    ),
    "delf": gettext_noop(
        "A network picks up to a thousand details that tell places apart, and describes each. A first "
        "comparison of whole pictures makes a shortlist. On it, details are matched one by one, and only "
        "matches that fit a single change of viewpoint count."
    ),
    "sir": gettext_noop(
        "The baseline. A network that was trained to name objects sees the picture at a small size, and the "
        "average of what it sees is compared. It knows nothing of buildings or viewpoints."
    ),
}

# The setups in the order of the table, which the database does not keep.
SETUPS = (gettext_noop("all"), gettext_noop("easy"), gettext_noop("medium"), gettext_noop("hard"))
SOURCES = (gettext_noop("Founding report of this project"),)  # the others' names are their own


@dataclass(frozen=True)
class Line:
    """One method's figures under one setup. Intervals are at 95 %; plot_* are 0..PLOT_WIDTH."""

    label: str
    checkpoint: str
    training_set: str
    is_current: bool  # whether this checkpoint answers visitors today
    at: datetime
    setup: str
    is_main: bool
    queries: int
    figures: list[
        tuple[float, float, float] | None
    ]  # value, low, high, in the order of the names above; None: not measured
    seconds_per_query: float
    plot_low: int
    plot_value: int
    plot_high: int

    @property
    def plot_span(self) -> int:
        return self.plot_high - self.plot_low

    @property
    def mean_average_precision(self) -> tuple[float, float, float] | None:
        return self.figures[0]


@dataclass(frozen=True)
class Measured:
    """The methods on one dataset, the newest of each, so that they can be compared."""

    dataset: str
    split: str
    content: str
    images: int
    cropped: bool
    lines: list[Line]

    @property
    def main_lines(self) -> list[Line]:
        return [line for line in self.lines if line.is_main]

    @property
    def is_graded(self) -> bool:
        return any(not line.is_main for line in self.lines)


@dataclass(frozen=True)
class Described:
    """A method in words, with the facts of its checkpoint."""

    name: str
    label: str
    summary: str
    how_it_works: str
    paper: str
    checkpoint: Any


def described() -> list[Described]:
    """The methods in the order of the picker."""
    return [
        Described(
            method.name,
            _(method.label),
            _(method.summary),
            _(HOW_IT_WORKS[method.name]) if method.name in HOW_IT_WORKS else "",
            method.paper,
            method.checkpoint,
        )
        for method in offered_methods()
    ]


@dataclass(frozen=True)
class Dot:
    """Answers of about one probability, in a diagram of PLOT_WIDTH by PLOT_WIDTH: to the right sure, upwards right."""

    x: int
    y: int
    radius: int
    answers: int
    confidence: float
    right: float


@dataclass(frozen=True)
class Sureness:
    """How far an approach's probabilities can be relied on: rates are 0..1, on photos not learned from."""

    label: str
    checkpoint: str
    learned_from: str
    inside: int
    outside: int
    true_accepts: float
    false_accepts: float
    certain_answers: float
    certain_right: float
    auroc: tuple[float, float, float]
    calibration_error: float
    dots: list[Dot]


def sureness() -> list[Sureness]:
    """Of each method that is calibrated, in the order of the picker."""
    found = []
    for approach in offered_methods():
        if calibrated := serving.calibrated(approach):
            figures = calibrated.figures
            rates = ("inside", "outside", "true_accepts", "false_accepts", "certain_answers", "certain_right")
            auroc = figures["auroc"]
            found.append(
                Sureness(
                    _(approach.label),
                    calibrated.version,
                    calibrated.learned_from,
                    **{name: figures[name] for name in rates},
                    auroc=(auroc["value"], auroc["low"], auroc["high"]),
                    calibration_error=figures["calibration_error"],
                    dots=[_dot(one, of=figures["inside"] + figures["outside"]) for one in figures["bins"]],
                )
            )
    return found


def _dot(one: dict, *, of: int) -> Dot:
    return Dot(
        x=round(one["confidence"] * PLOT_WIDTH),
        y=round((1 - one["right"]) * PLOT_WIDTH),
        radius=round(PLOT_WIDTH * (0.015 + 0.08 * (one["answers"] / of) ** 0.5)),
        answers=one["answers"],
        confidence=one["confidence"],
        right=one["right"],
    )


def measured() -> list[Measured]:
    """The last evaluations by dataset, that measured last first; of each method and checkpoint the newest."""
    by_dataset: dict[tuple[str, str, str], list[Evaluation]] = {}
    for row in Evaluation.objects.reportable().newest():
        by_dataset.setdefault((row.dataset, row.split, row.content_hash), []).append(row)
    return [_of_dataset(rows) for rows in list(by_dataset.values())[:DATASETS_SHOWN]]


def published() -> list[tuple[str, str, list[Published]]]:
    """Others' figures by their source: its name, its address and the figures."""
    return [
        (*source, list(rows)) for source, rows in groupby(PUBLISHED, lambda one: (one.source, one.address))
    ]


def _of_dataset(rows: list[Evaluation]) -> Measured:
    current = {method.name: method for method in offered_methods()}
    order = list(current)
    rows = sorted(
        rows,
        key=lambda row: (
            order.index(row.method) if row.method in order else len(order),
            row.method not in current or current[row.method].checkpoint.name != row.checkpoint,
            -row.pk,
        ),
    )
    first = rows[0]
    return Measured(
        first.dataset, first.split, first.content_hash[:12], first.images, first.cropped,
        [line for row in rows for line in _lines(row, method=current.get(row.method))],
    )  # fmt: skip


def _lines(row: Evaluation, *, method: Approach | None) -> Iterable[Line]:
    for name, setup in sorted(row.figures["setups"].items(), key=lambda one: SETUPS.index(one[0])):
        is_main = name == row.figures.get("setup")
        figures = [_figure(setup, key) for key in OF_A_SETUP]
        figures += [_figure(row.figures if is_main else {}, key) for key in OF_A_METHOD]
        value, low, high = figures[0] or (0, 0, 0)
        yield Line(
            label=_(method.label) if method else row.method,
            checkpoint=row.checkpoint,
            training_set=row.training_set,
            is_current=method is not None and method.checkpoint.name == row.checkpoint,
            at=row.at,
            setup=_(name),
            is_main=is_main,
            queries=setup["queries"],
            figures=figures,
            seconds_per_query=row.figures["seconds_per_query"],
            plot_low=round(low * PLOT_WIDTH),
            plot_value=round(value * PLOT_WIDTH),
            plot_high=round(high * PLOT_WIDTH),
        )


def _figure(figures: dict, name: str) -> tuple[float, float, float] | None:
    return (figures[name], *figures["intervals"][name]) if name in figures else None
