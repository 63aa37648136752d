"""How the platform stands load, faults and hostile files: `make soak`.

    python -m tests.soak [--only schema|load|faults|fuzz ...] [--seconds 120] [--keep]

Starts the processes of a server on the internet on loopback, prints a table of what was measured beside what it must
reach, and writes the same to var/soak.json. The exit status is 1 where anything falls short.
"""

from __future__ import annotations

import argparse
import logging
import os
import platform as machine
import shutil
import sys
import time
from datetime import datetime
from pathlib import Path

from config import database

from . import faults, fuzz, load, schema
from .figures import Report
from .processes import Platform

PARTS = ("schema", "load", "faults", "fuzz")
VAR = Path(os.environ.get("VAR_DIR") or database.PROJECT / "var")


def soak(parts: list[str], *, folder: Path, seconds: int) -> Report:
    """All the parts one after another on one set of processes; what goes on is told on stderr."""
    report = Report()
    platform = Platform(folder)

    def tell(words: str) -> None:
        print(f"{datetime.now():%H:%M:%S} {words}", file=sys.stderr, flush=True)

    try:
        tell("PostgreSQL, Redis, a store; the catalogue is described")
        platform.start_servers()
        seeded = platform.prepare()
        if not platform.redis:
            report.add([], ["There is no redis-server: the queue is in PostgreSQL, and no fault is made of it."])
        if parts != ["fuzz"] or True:
            with platform.running():
                if "schema" in parts:
                    tell("schema")
                    extend(report, schema.run(platform, seeded))
                if "load" in parts:
                    tell("load")
                    extend(report, load.run(platform, seeded, seconds=seconds))
                if "faults" in parts:
                    tell("faults")
                    extend(report, faults.run(platform, seeded))
                if "fuzz" in parts:
                    tell("hostile files")
                    extend(report, fuzz.run(platform, seeded))
        if "faults" in parts:
            tell("a full disk")
            extend(report, faults.run_on_files(platform, seeded))
    finally:
        platform.stop_servers()
    return report
