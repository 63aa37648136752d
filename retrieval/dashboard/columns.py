"""Columns over weeks or days, each a pile of parts: where every part lies in a drawing that the page stretches to its width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WIDE, HIGH, GAP = 10, 100, 2  # units of the drawing: a column, the highest pile, what stays free between two


@dataclass(frozen=True)
class Series:
    """One kind of thing and how many there were in each week or on each day."""

    kind: str
    label: str
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Part:
    """A rectangle. Numbers are text already, for SVG knows no decimal comma."""

    kind: str
    y: str
    height: str


@dataclass(frozen=True)
class Column:
    """A week from its Monday on, or a day."""

    start: date
    x: int
    counts: tuple[int, ...]
    parts: tuple[Part, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True)
class Columns:
    series: tuple[Series, ...]
    columns: tuple[Column, ...]

    @property
    def top(self) -> int:
        """What the highest column stands for."""
        return max((column.total for column in self.columns), default=0)

    @property
    def frame(self) -> str:
        return f"0 0 {WIDE * len(self.columns)} {HIGH}"

    @property
    def breadth(self) -> int:
        return WIDE - GAP


def weeks_until(today: date, *, number: int) -> list[date]:
    """The Mondays of so many weeks, the present one last."""
    monday = today - timedelta(days=today.weekday())
    return [monday - timedelta(weeks=back) for back in range(number - 1, -1, -1)]


def piled(starts: Sequence[date], series: Sequence[Series]) -> Columns:
    """One column a week or day, the first kind at its foot."""
    piles = list(zip(*(each.counts for each in series), strict=True))
    top = max((sum(pile) for pile in piles), default=0)
    columns = [
        Column(start, number * WIDE + GAP // 2, pile, _parts(pile, series, top=top))
        for number, (start, pile) in enumerate(zip(starts, piles, strict=True))
    ]
    return Columns(tuple(series), tuple(columns))


def _parts(pile: Sequence[int], series: Sequence[Series], *, top: int) -> tuple[Part, ...]:
    parts, foot = [], 0
    for count, each in zip(pile, series, strict=True):
        if count:
            height = HIGH * count / top
            parts.append(Part(each.kind, f"{HIGH * (1 - foot / top) - height:.2f}", f"{height:.2f}"))
        foot += count
    return tuple(parts)
