"""Whether one commit is slower than another: `make bench-compare A=COMMIT B=COMMIT`.

    python -m tests.benchmarks.compare A B [--only engine decoding ...] [--rounds 2]

Both are checked out beside each other and measured in turns, A B B A, by this checkout's packages; of each figure the
median of its rounds counts. Prints B's figure as a share of A's; more than a tenth worse is marked.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from config.database import PROJECT
from tests.figures import Report

WORSE = 1.1  # times


def measured(checkout: Path, parts: list[str]) -> Report | None:
    """The figures of one commit; None where it has no such benchmark."""
    told = checkout / "var" / "compared.json"
    told.parent.mkdir(exist_ok=True)
    told.unlink(missing_ok=True)
    only = ["--only", *parts] if parts else []
    subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", *only, "--json", told],
        cwd=checkout,
        # One server for both: the checkouts' own would take time to be made.
        env=os.environ | {"POSTGRES_HOME": str(PROJECT / "var" / "postgres")},
        stdout=subprocess.DEVNULL,
    )
    return Report.read(told) if told.exists() else None


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("commits", nargs=2, metavar="COMMIT")
    parser.add_argument("--only", nargs="+", default=[], metavar="PART")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    values: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    units: dict[tuple[str, str], tuple[str, bool]] = {}
    with tempfile.TemporaryDirectory(prefix="compared-") as folder:
        checkouts = {commit: Path(folder) / str(number) for number, commit in enumerate(options.commits)}
        try:
            for commit, checkout in checkouts.items():
                command = ["git", "worktree", "add", "--quiet", "--detach", str(checkout), commit]
                subprocess.run(command, cwd=PROJECT, check=True)
            for turn in range(options.rounds):
                for commit in options.commits[:: 1 if turn % 2 == 0 else -1]:
                    report = measured(checkouts[commit], options.only)
                    if report is None:
                        print(f"{commit} has nothing that prints these figures.", file=sys.stderr)
                        return 2
                    for figure in report.figures:
                        values[figure.part, figure.name][commit].append(figure.value)
                        units[figure.part, figure.name] = figure.unit, figure.least is not None
        finally:
            for checkout in checkouts.values():
                subprocess.run(["git", "worktree", "remove", "--force", str(checkout)], cwd=PROJECT)
    first, second = options.commits
    slower = False
    for (part, name), of in values.items():
        if not of[first] or not of[second]:
            continue
        before, after = (statistics.median(of[commit]) for commit in options.commits)
        unit, more_is_better = units[part, name]
        share = after / before if before else 1.0
        worse = (1 / share if more_is_better and share else share) > WORSE
        slower |= worse
        print(
            f"{part:14} {name:60} {before:10.3g} {after:10.3g} {unit:3} {share:6.2f} {'worse' if worse else ''}"
        )
    return 1 if slower else 0


if __name__ == "__main__":
    raise SystemExit(main())
