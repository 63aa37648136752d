"""How time and room grow with the number of photos, drawn from what vectors_at_size measured.

    python -m tests.benchmarks.vectors_at_size --sizes 10000 100000 1000000 --json var/vectors.json
    python -m tests.benchmarks.growth var/vectors.json [--into docs/growth]

Writes one SVG a question, both axes logarithmic.
"""

from __future__ import annotations

import argparse
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from tests.figures import Report

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 190, 36, 48  # margins; the right one holds the lines' names
COLOURS = ("#0b6e4f", "#c8553d", "#2b59c3", "#8a5a00", "#6a3d9a")
APART = 14  # pixels between two names
Line = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Plot:
    """A question, and the figures that answer it: how they begin, and the names of their lines."""

    file: str
    title: str
    unit: str
    figures: Mapping[str, str]


PLOTS = (
    Plot("building", "Building the search index", "seconds", {"index built": "HNSW of halves"}),
    Plot(
        "room",
        "Room on the disk",
        "megabytes",
        {"the index": "HNSW of halves", "the vectors": "vectors, their table"},
    ),
    Plot(
        "searching",
        "A hundred nearest",
        "milliseconds",
        {
            "a hundred nearest, one client": "one client",
            "four clients": "four clients at once",
            "by signs, 400": "by signs, 400 put in order",
            "every row read": "every row read",
        },
    ),
)


def lines_of(report: Report, plot: Plot) -> dict[str, Line]:
    """Each line's points, (photos, value), by its name."""
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for figure in report.figures:
        for begins, name in plot.figures.items():
            if figure.name.startswith(begins) and figure.value > 0:
                photos = float(figure.part.partition(" ")[0].replace(",", ""))
                found[name].append((photos, figure.value))
    return {name: sorted(points) for name, points in found.items()}


def drawn(plot: Plot, lines: Mapping[str, Line]) -> str:
    """The plot as SVG."""
    columns = _decades([x for line in lines.values() for x, _y in line])
    rows = _decades([y for line in lines.values() for _x, y in line])

    def across(x: float) -> float:
        share = (math.log10(x) - columns[0]) / (columns[-1] - columns[0])
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def down(y: float) -> float:
        return HEIGHT - BOTTOM - (math.log10(y) - rows[0]) / (rows[-1] - rows[0]) * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f"<title>{escape(plot.title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="20" font-size="14" font-weight="bold">{escape(plot.title)}, {plot.unit}</text>',
    ]
    for power in columns:
        x = across(10**power)
        parts.append(f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#ddd"/>')
        parts.append(
            f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{10**power:,}</text>'
        )
    for power in rows:
        y = down(10**power)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:,g}</text>')
    parts.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">photos</text>'
    )
    lowest = math.inf
    for number, (name, line) in enumerate(sorted(lines.items(), key=lambda each: each[1][-1][1])):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{across(x):.1f},{down(y):.1f}" for x, y in line)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{across(x):.1f}" cy="{down(y):.1f}" r="3" fill="{colour}"><title>{x:,.0f} photos: {y:g}</title></circle>'
            for x, y in line
        ]
        lowest = min(down(line[-1][1]) + 4, lowest - APART)
        parts.append(
            f'<text x="{across(line[-1][0]) + 10:.1f}" y="{lowest:.1f}" fill="{colour}">{escape(name)}</text>'
        )
    return "\n".join([*parts, "</svg>", ""])


def _decades(values: Sequence[float]) -> list[int]:
    """The powers of ten around all of them."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return list(range(low, max(high, low + 1) + 1))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("measured", type=Path)
    parser.add_argument("--into", type=Path, default=Path("docs/growth"))
    options = parser.parse_args()
    report = Report.read(options.measured)
    options.into.mkdir(parents=True, exist_ok=True)
    for plot in PLOTS:
        lines = lines_of(report, plot)
        if not lines:
            print(f"{plot.title}: nothing was measured.")
            continue
        (options.into / f"{plot.file}.svg").write_text(drawn(plot, lines))
        print(options.into / f"{plot.file}.svg")


if __name__ == "__main__":
    main()
