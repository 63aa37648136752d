"""How the platform stands load, faults and hostile files: `make soak`.

    python -m tests.soak [--only schema load faults fuzz] [--seconds 120] [--again]

Starts the processes of a server on the internet on loopback, prints a table of what was measured beside what it must
reach, and writes the same to var/soak.json. The exit status is 1 where anything falls short.
"""

from __future__ import annotations

import argparse
import fcntl
import logging
import os
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from config import database
from tests.figures import Report

from . import faults, fuzz, load, schema
from .processes import Platform

PARTS = ("schema", "load", "faults", "fuzz")
VAR = Path(os.environ.get("VAR_DIR") or database.PROJECT / "var")


def soak(parts: Sequence[str], *, folder: Path, seconds: int) -> Report:
    """All the parts one after another on one set of processes; how it goes is told on stderr."""
    report = Report()
    platform = Platform(folder)
    _tell("starting: PostgreSQL, Redis, a store; the catalogue is described")
    with platform.servers():
        seeded = platform.prepare()
        if not platform.redis:
            report.add(
                [], ["There is no redis-server: the queue is in PostgreSQL, and no fault is made of it."]
            )
        runs = {
            "schema": lambda: schema.run(platform, seeded),
            "load": lambda: load.run(platform, seeded, seconds=seconds),
            "faults": lambda: faults.run(platform, seeded),
            "fuzz": lambda: fuzz.run(platform, seeded),
        }
        with platform.running():
            for part in parts:
                _tell(part)
                _take(report, runs[part]())
        if "faults" in parts:
            _tell("faults, with photos in files")
            _take(report, faults.run_on_files(platform, seeded))
    return report


def _take(report: Report, found: Report) -> None:
    report.add(found.figures, found.findings)
    for figure in found.short:
        _tell(f"  short: {figure.part}: {figure.name}: {figure.value:.1f} {figure.unit}")


def _tell(words: str) -> None:
    print(f"{datetime.now():%H:%M:%S} {words}", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS, metavar="PART")
    parser.add_argument(
        "--again", action="store_true", help="on the catalogue that the last run has described"
    )
    parser.add_argument("--seconds", type=int, default=load.SECONDS, help="of load")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # or what was started would go on
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # the store's every request
    folder = VAR / "soak"
    VAR.mkdir(parents=True, exist_ok=True)
    lock = open(VAR / "soak.lock", "w")  # noqa: SIM115  # held until this process ends
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("A soak of this folder runs already.", file=sys.stderr)
        return 2
    if not options.again:
        shutil.rmtree(folder, ignore_errors=True)
    begun, busy = time.monotonic(), os.getloadavg()[2]
    report = soak([part for part in PARTS if part in options.only], folder=folder, seconds=options.seconds)
    machine = {
        "at": f"{datetime.now():%Y-%m-%d %H:%M}",
        "cores": len(os.sched_getaffinity(0)),
        "load before": round(busy, 1),
        "minutes": round((time.monotonic() - begun) / 60, 1),
        "parts": list(options.only),
    }
    report.write(VAR / "soak.json", machine=machine)
    print(f"{machine['cores']} cores, load {busy:.1f} before it began, {machine['minutes']} minutes\n")
    print(report.table())
    if report.findings:
        print("\nWhat was found:\n")
        print("\n".join(report.findings))
    if report.short:
        print(
            f"\n{len(report.short)} of {len(report.figures)} figures fall short; logs are in {folder / 'logs'}"
        )
    return 1 if report.short else 0


if __name__ == "__main__":
    raise SystemExit(main())
