"""What the pages of visitors cost the server: statements, bytes, and milliseconds of the processor.

    python -m tests.benchmarks.page_cost [--photos 5000] [--runs 7] [--json FILE]

In a database of its own with 400 places and so many photos; each page is asked for by Django's own test client, in
Vietnamese, without a browser's cache. `page_speed` shows how soon a browser paints them.
"""

# ruff: noqa: E402 -- Django is set up before its settings are read
import gzip
import logging
import os
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")

import django

django.setup()

from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.benchmarks.command import command, median_ms, own_database
from tests.benchmarks.desk_speed import fill
from tests.e2e.pages import PAGES, Shown, make_rows
from tests.figures import Figure, Report

logging.getLogger("config.requests").setLevel(logging.WARNING)
LOOKED_AT = (
    "home", "explore", "explore-filtered", "place", "map", "near", "answer-is", "hit", "similar", "history", "methods",
)  # fmt: skip
BY_PROGRAMS = {"API: landmarks": "/api/v1/landmarks/", "API: images": "/api/v1/images/"}
MOST = 100  # milliseconds of the processor


def cost(client: Client, address: str, *, runs: int) -> tuple[int, int, int, float]:
    """Statements, bytes, bytes as they are sent, and the median milliseconds of the processor."""
    client.get(address)  # templates are read once
    with CaptureQueriesContext(connection) as asked:
        response = client.get(address)
    count = len(asked)  # at once: the next request empties the list
    assert response.status_code == 200, (address, response.status_code)
    spent = median_ms(lambda: client.get(address), runs=runs, clock=time.process_time)
    body = response.content
    return count, len(body), len(gzip.compress(body, 6)), spent


def addresses(shown: Shown) -> dict[str, tuple[str, bool]]:
    """Of each page by its name, and whether one who is logged in asks for it."""
    pages = {page.name: page for page in PAGES}
    visited = {name: (pages[name].path(shown, language="vi"), pages[name].logged_in) for name in LOOKED_AT}
    return visited | {name: (address, False) for name, address in BY_PROGRAMS.items()}


def figures(*, photos: int, runs: int) -> Report:
    report = Report()
    with own_database("page_cost"):
        fill(photos)
        shown = make_rows()
        connection.cursor().execute("ANALYZE")
        visitor, traveller = Client(), Client()
        traveller.force_login(shown.traveller)
        for name, (address, logged_in) in addresses(shown).items():
            cache.clear()
            count, size, sent, spent = cost(traveller if logged_in else visitor, address, runs=runs)
            note = f"{count} statements, {size / 1000:.0f} kB, {sent / 1000:.0f} kB as sent"
            report.add([Figure("pages", name, spent, "ms", most=MOST, note=note)])
    return report


if __name__ == "__main__":
    command(__doc__, figures, photos=5000, runs=7)
