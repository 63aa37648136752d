"""How many pages a second the web server sends, by processes and threads: what WEB_PROCESSES and WEB_THREADS should be.

    python -m tests.benchmarks.server_speed [--seconds 6] [--clients 8] [--json FILE]

So many clients ask one after another for pages of a catalogue of 400 places and 5,000 photos, through gunicorn with each
number of processes and threads, and through granian where it is installed (`pip install granian`; the platform does
not use it). Clients and database share the cores with the server, as on a small machine they do.
"""

# ruff: noqa: E402 -- Django is set up before its settings are read
import importlib.util
import itertools
import logging
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")

import django

django.setup()
logging.getLogger("httpx").setLevel(logging.WARNING)

import httpx
from django.db import connection

from config import database
from tests.benchmarks.command import command, own_database
from tests.benchmarks.desk_speed import fill
from tests.figures import Figure, Report, percentile
from tests.other_server import HERE, free_port
from tests.soak.servers import answers_at, until

LAID_OUT = [(1, 8), (2, 1), (2, 4), (2, 8), (4, 4)]  # processes, threads of each
PAGES = ("/", "/places/", "/places/place-7/", "/places/map/", "/api/v1/landmarks/")


def gunicorn(processes: int, threads: int, port: int) -> tuple[list[str], dict[str, str]]:
    command = ["gunicorn", "config.wsgi", "--config", "python:config.gunicorn"]
    return command, {"WEB_PROCESSES": str(processes), "WEB_THREADS": str(threads), "BIND": f"{HERE}:{port}"}


def granian(processes: int, threads: int, port: int) -> tuple[list[str], dict[str, str]]:
    command = ["granian", "--interface", "wsgi", "--host", HERE, "--port", str(port), "--no-access-log"]
    return [
        *command,
        "--workers",
        str(processes),
        "--blocking-threads",
        str(threads),
        "config.wsgi:application",
    ], {}


@contextmanager
def served(command: Sequence[str], environment: dict[str, str], port: int) -> Iterator[str]:
    log = database.PROJECT / "var" / "server_speed.log"
    with open(log, "ab") as written:
        server = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=database.PROJECT,
            env=os.environ | environment | {"LOG_LEVEL": "WARNING"},
            stdout=written,
            stderr=written,
        )
    try:
        until(lambda: answers_at(port), what=f"{command[0]}: see {log}", seconds=60)
        yield f"http://{HERE}:{port}"
    finally:
        server.terminate()
        server.wait(60)


def asked(address: str, *, clients: int, seconds: float) -> list[float]:
    """The milliseconds of each page that so many clients get in that time, once the server is warm."""
    with httpx.Client(base_url=address, timeout=60) as client:
        for page in PAGES * 8:  # each process reads its templates
            client.get(page).raise_for_status()
    until_then = time.perf_counter() + seconds

    def visit(number: int) -> list[float]:
        times = []
        with httpx.Client(base_url=address, timeout=60) as client:
            for page in itertools.islice(itertools.cycle(PAGES), number, None):
                start = time.perf_counter()
                if start > until_then:
                    return times
                client.get(page).raise_for_status()
                times.append(1000 * (time.perf_counter() - start))
        return times

    with ThreadPoolExecutor(clients) as threads:
        return [took for times in threads.map(visit, range(clients)) for took in times]


def figures(*, clients: int, seconds: float) -> Report:
    report = Report()
    (database.PROJECT / "var").mkdir(exist_ok=True)
    servers = {"gunicorn": gunicorn}
    if importlib.util.find_spec("granian"):
        servers["granian"] = granian
    else:
        report.add([], ["granian is not installed: nothing to compare gunicorn with."])
    with own_database("server_speed"):
        fill(5000)
        connection.cursor().execute("ANALYZE")
        connection.close()
        for (processes, threads), name in itertools.product(LAID_OUT, servers):
            port = free_port()
            with served(*servers[name](processes, threads, port), port) as address:
                times = asked(address, clients=clients, seconds=seconds)
            note = f"half within {statistics.median(times):.0f} ms, 95 of 100 within {percentile(times, 95):.0f} ms"
            title = f"{name}, {processes} processes of {threads} threads: pages a second"
            report.add([Figure("server", title, len(times) / seconds, note=note)])
    return report


if __name__ == "__main__":
    command(__doc__, figures, clients=8, seconds=6.0)
