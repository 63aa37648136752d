"""What was measured beside what it must reach: one row a figure, a table for people, JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import quantiles

PASS, SHORT, TOLD = "pass", "short", ""


@dataclass(frozen=True)
class Figure:
    """One measured number. At most `most` and at least `least` of it pass; with neither it is only told."""

    part: str
    name: str
    value: float
    unit: str = ""
    most: float | None = None
    least: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        if self.most is None and self.least is None:
            return TOLD
        # Written so that NaN falls short.
        fits = (self.most is None or self.value <= self.most) and (
            self.least is None or self.value >= self.least
        )
        return PASS if fits else SHORT

    @property
    def target(self) -> str:
        if self.most is not None and self.most == self.least:
            return _number(self.most)
        bounds = [
            f"{sign} {_number(bound)}"
            for sign, bound in (("≥", self.least), ("≤", self.most))
            if bound is not None
        ]
        return " and ".join(bounds)


@dataclass
class Report:
    """All figures of a run, and what went wrong in words, so that a row that falls short can be looked into."""

    figures: list[Figure] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)

    def add(self, figures: Iterable[Figure], findings: Iterable[str] = ()) -> None:
        self.figures.extend(figures)
        self.findings.extend(findings)

    @property
    def short(self) -> list[Figure]:
        return [figure for figure in self.figures if figure.verdict == SHORT]

    def table(self) -> str:
        """The figures as a table in Markdown, which the README quotes as it stands."""
        rows = [("Part", "Figure", "Measured", "Target", ""), *(_row(figure) for figure in self.figures)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
        return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])

    def tell(self, path: Path | None) -> None:
        """Print the table, and what was found; write both where a file is named."""
        print(self.table())
        print("\n".join(self.findings))
        if path:
            self.write(path, machine={})

    @classmethod
    def read(cls, path: Path) -> Report:
        """What `write` wrote."""
        told = json.loads(path.read_text())
        figures = [
            Figure(**{name: value for name, value in each.items() if name != "verdict"})
            for each in told["figures"]
        ]
        return cls(figures, told["findings"])

    def write(self, path: Path, *, machine: dict) -> None:
        told = [asdict(figure) | {"verdict": figure.verdict} for figure in self.figures]
        path.parent.mkdir(parents=True, exist_ok=True)
        body = {"machine": machine, "figures": told, "findings": self.findings}
        path.write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n")


def _row(figure: Figure) -> tuple[str, ...]:
    value = " ".join(filter(None, (_number(figure.value), figure.unit)))
    name = f"{figure.name} ({figure.note})" if figure.note else figure.name
    return figure.part, name, value, figure.target, figure.verdict


def _number(value: float) -> str:
    if value != value:
        return "none"
    if value == int(value) or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"


def percentile(values: Sequence[float], percent: int) -> float:
    """Below it lie so many per cent of the values, between two of them in proportion; NaN where there are none."""
    if not values:
        return float("nan")
    if len(values) == 1:
        return values[0]
    return quantiles(values, n=100, method="inclusive")[percent - 1]
