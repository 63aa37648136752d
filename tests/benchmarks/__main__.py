"""How fast it is, beside the targets: `make bench`.

    python -m tests.benchmarks [--only engine decoding ...] [--json FILE]

Each part runs by itself, one after another, with its reference beside it; what this machine cannot do is left out and
said. Prints one table, and writes the same to var/bench.json. What falls short is said by the exit status.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from config.database import PROJECT
from tests.benchmarks import machine
from tests.figures import Report

# The name of each part, and what runs it.
PARTS = {
    "engine": ["engine_speed"],
    "decoding": ["decoding_speed"],
    "verification": ["verification_speed"],
    "matching": ["matching_speed"],
    "search": ["search_speed"],
    "pages": ["page_cost"],
    "vectors": ["vectors_at_size", "--sizes", "10000", "100000"],
}
MINUTES = 10  # that a part may take


def bench(parts: Sequence[str]) -> Report:
    report = Report()
    for part in parts:
        print(f"{datetime.now():%H:%M:%S} {part}", file=sys.stderr, flush=True)
        report.add(*measured(PARTS[part], part=part))
    return report


def measured(command: Sequence[str], *, part: str) -> tuple[list, list[str]]:
    """The figures of one part, and what is to be said of it; a part that fails is left out with its last word."""
    name, *options = command
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told.json"
        run = [sys.executable, "-m", f"tests.benchmarks.{name}", *options, "--json", told]
        try:
            ended = subprocess.run(run, cwd=PROJECT, capture_output=True, text=True, timeout=60 * MINUTES)
        except subprocess.TimeoutExpired:
            return [], [f"{part} left out: it took more than {MINUTES} minutes."]
        if not told.exists():
            last = (ended.stderr.strip() or "it said nothing").splitlines()[-1]
            return [], [f"{part} left out: {last}"]
        report = Report.read(told)
        return report.figures, report.findings


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=PARTS, nargs="+", default=list(PARTS), metavar="PART")
    parser.add_argument("--json", type=Path, default=PROJECT / "var" / "bench.json")
    options = parser.parse_args()
    facts, begun = machine.facts(), time.monotonic()
    report = bench(options.only)
    facts |= {"at": f"{datetime.now():%Y-%m-%d %H:%M}", "minutes": round((time.monotonic() - begun) / 60, 1)}
    report.write(options.json, machine=facts)
    print("; ".join(f"{name} {fact}" for name, fact in facts.items()), end="\n\n")
    print(report.table())
    print("\n".join(["", *report.findings]))
    return 1 if report.short else 0


if __name__ == "__main__":
    raise SystemExit(main())
