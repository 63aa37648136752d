"""What a reader looks at: curves, and the best and worst queries with what they found, as one file shows it."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2

from retrieval.evaluation.benchmark import MethodReport, QueryReport, Shown
from retrieval.evaluation.datasets import read_photo
from retrieval.evaluation.metrics import RECALL_LEVELS
from retrieval.methods.base import Box

QUERIES_SHOWN = 5  # the best and as many of the worst
THUMBNAIL = 132  # pixels of the longest side
QUALITY = 70
CURVE_WIDTH, CURVE_HEIGHT = 480, 320
BOX_COLOUR = (60, 60, 255)  # BGR


@dataclass(frozen=True)
class Curve:
    """A method's precision-recall curve as an SVG polyline: recall to the right, precision upwards."""

    label: str
    checkpoint: str
    points: str


@dataclass(frozen=True)
class SheetRow:
    """A query and its first results, each photo as a data: address."""

    report: QueryReport
    photo: str
    first: tuple[tuple[Shown, str], ...]


@dataclass(frozen=True)
class Sheet:
    """A method's best and worst queries."""

    label: str
    checkpoint: str
    best: tuple[SheetRow, ...]
    worst: tuple[SheetRow, ...]


def curves(reports: Sequence[MethodReport]) -> list[Curve]:
    """One per method that has figures, in a box of CURVE_WIDTH x CURVE_HEIGHT."""
    return [Curve(one.label, one.checkpoint.name, points(one.main.curve)) for one in reports if one.main]


def points(precision: Sequence[float]) -> str:
    """Precision at RECALL_LEVELS as the points of a polyline, in whole units."""
    pairs = zip(RECALL_LEVELS, precision, strict=True)
    return " ".join(f"{round(r * CURVE_WIDTH)},{round((1 - p) * CURVE_HEIGHT)}" for r, p in pairs)


def sheet(report: MethodReport, *, each: int = QUERIES_SHOWN) -> Sheet:
    """The `each` best and the `each` worst queries by average precision; none stands in both."""
    ordered = sorted(report.queries, key=lambda one: (-one.average_precision, str(one.query.path)))
    best = ordered[:each]
    worst = ordered[len(best) :][::-1][:each]
    return Sheet(report.label, report.checkpoint.name, tuple(map(_row, best)), tuple(map(_row, worst)))


def _row(one: QueryReport) -> SheetRow:
    first = tuple((shown, thumbnail(shown.path)) for shown in one.first)
    return SheetRow(one, thumbnail(one.query.path, one.query.box), first)


@cache
def thumbnail(path: Path, box: Box | None = None) -> str:
    """A small JPEG of a photo, its box drawn on it, as a data: address. DatasetError if it cannot be read."""
    image = read_photo(path)
    scale = THUMBNAIL / max(image.shape[:2])
    size = tuple(max(round(side * scale), 1) for side in image.shape[1::-1])
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)[..., ::-1].copy()
    if box is not None:
        left, top, right, bottom = (
            round(edge * scale) for edge in (box.left, box.top, box.right, box.bottom)
        )
        cv2.rectangle(small, (left, top), (right - 1, bottom - 1), BOX_COLOUR, 2)
    encoded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
    return "data:image/jpeg;base64," + base64.b64encode(encoded.tobytes()).decode()
