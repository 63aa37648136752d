"""What the benchmarks share: their options, their clock, and a database that is theirs alone."""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.figures import Figure, Report


def command(doc: str, figures: Callable[..., Report | list[Figure]], **defaults) -> None:
    """Take options of these names, kinds and defaults from the command line, measure, and tell what came of it."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in defaults.items():
        several = isinstance(default, list)
        parser.add_argument(
            f"--{name}",
            type=type(default[0] if several else default),
            nargs="+" if several else None,
            default=default,
            help="%(default)s where it is left out",
        )
    parser.add_argument("--json", type=Path, help="where the figures are written too")
    options = vars(parser.parse_args())
    path = options.pop("json")
    found = figures(**options)
    (found if isinstance(found, Report) else Report(found)).tell(path)


def median_ms(
    act: Callable[[], object], *, runs: int, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Half of the runs take no more milliseconds; a first one, which prepares what the rest need, does not count."""
    act()
    times = []
    for _run in range(runs):
        start = clock()
        act()
        times.append(clock() - start)
    return 1000 * statistics.median(times)


@contextmanager
def own_database(name: str) -> Iterator[None]:
    """An empty database on the project's server for the block; processes that are started in it find it too.

    Django must have been set up, with the tests' settings.
    """
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    from config import database

    with database.serving():
        connection.settings_dict["TEST"]["NAME"] = f"{name}_{os.getpid()}"
        made = setup_databases(verbosity=0, interactive=False)
        os.environ["TEST_DATABASE"] = connection.settings_dict["NAME"]
        try:
            yield
        finally:
            del os.environ["TEST_DATABASE"]
            teardown_databases(made, verbosity=0)
