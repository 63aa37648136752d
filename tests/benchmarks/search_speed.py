"""How many photos are described a second, and how long a whole search takes: through a server and a worker.

    python -m tests.benchmarks.search_speed [--photos 8] [--json FILE]

Eight views of each rendered place are published in a database of its own and described on every core; the other two
ask. gunicorn and a worker run as `make run` starts them. A search is timed from sending the photo to the answer's
arrival in the page, as a visitor's browser asks for it; what is not the method's work is the page's own. The queue is
in PostgreSQL, and then, with the cache, in Redis, where there is one.
"""

# ruff: noqa: E402 -- Django is set up before its settings are read
import logging
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
os.environ.setdefault(
    "TEST_DATABASE", f"search_speed_{os.getpid()}"
)  # a process that describes reads this again

import django

django.setup()
logging.getLogger("httpx").setLevel(logging.WARNING)

import httpx
from django.utils import timezone

from config import database
from places.demo.loading import PICTURES
from places.models import LandmarkImage
from retrieval import indexing, serving
from retrieval.management.commands.describe_images import CORES, processes_for
from retrieval.models import Query, WorkerPulse
from tests.benchmarks import describing_speed
from tests.benchmarks.command import command, own_database
from tests.factories import LandmarkFactory, LandmarkImageFactory
from tests.figures import Figure, Report, percentile
from tests.other_server import HERE, free_port, redis_program
from tests.soak.servers import Redis, answers_at, until

PUBLISHED = 8  # views of each place; the rest ask
MOST_SECONDS = {"cnn_irwnha": 1.0, "consensus": 2.0}
MOST_OVERHEAD = {"PostgreSQL": 150, "Redis": 50}  # milliseconds
AT_ONCE, POLLED = 0.02, 0.4  # seconds after which a page that waits asks first, and again
PATIENCE = 60  # seconds
PROFILED = "cnn_irwnha"  # its steps are told one by one
HTMX = {"HX-Request": "true"}


def publish() -> list[Path]:
    """Photos of all places; returns those that ask."""
    asking = []
    for folder in sorted(path for path in PICTURES.iterdir() if path.is_dir()):
        landmark = LandmarkFactory(slug=folder.name)
        shown, rest = (views := sorted(folder.iterdir()))[:PUBLISHED], views[PUBLISHED:]
        for view in shown:
            LandmarkImageFactory(data=view.read_bytes(), landmark=landmark, published=True)
        asking += rest
    return asking


@contextmanager
def served(**named: str) -> Iterator[str]:
    """The platform's address while its two processes run. named: what else their environment names."""
    port = free_port()
    environment = os.environ | {
        "INFERENCE_THREADS": str(CORES),
        "BIND": f"{HERE}:{port}",
        **named,
    }
    WorkerPulse.objects.all().delete()
    commands = [
        ["celery", "--quiet", "-A", "config.celery", "worker", "--concurrency", "1"],
        ["gunicorn", "config.wsgi", "--config", "python:config.gunicorn"],
    ]
    with open(database.PROJECT / "var" / "search_speed.log", "ab") as log:
        started = [
            subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=database.PROJECT,
                env=environment,
                stdout=log,
                stderr=log,
            )
            for command in commands
        ]
        try:
            until(lambda: answers_at(port) and WorkerPulse.any_alive(), what="the platform", seconds=120)
            yield f"http://{HERE}:{port}"
        finally:
            for each in started:
                each.terminate()
            for each in started:
                each.wait(60)


@dataclass(frozen=True)
class Asked:
    """One search, in seconds: the whole, what of it is the method's own, and what each step took."""

    whole: float
    work: float
    steps: dict[str, float]

    @property
    def rest(self) -> float:
        return self.whole - self.work


def ask(client: httpx.Client, photo: bytes, *, method: str) -> Asked:
    client.get("/")  # the form, and its token
    start = time.perf_counter()
    sent = client.post(
        "/searches/new/",
        data={"method": method, "csrfmiddlewaretoken": client.cookies["csrftoken"]},
        files={"photo": ("photo.jpg", photo, "image/jpeg")},
    )
    taken = time.perf_counter() - start
    page = client.get(sent.headers["Location"]).text
    while "answer--waiting" in page or not page:
        if page:  # a page, or a part of one, asks as soon as it stands
            seen, next_at = page.partition("seen=")[2].partition('"')[0], time.perf_counter() + AT_ONCE
        time.sleep(max(0.0, next_at - time.perf_counter()))
        next_at = time.perf_counter() + POLLED
        page = client.get(f"{sent.headers['Location']}progress/", params={"seen": seen}, headers=HTMX).text
        if time.perf_counter() - start > PATIENCE:
            raise TimeoutError(f"no answer by {method}: see var/search_speed.log")
    whole, now = time.perf_counter() - start, timezone.now()
    query = Query.objects.get(pk=sent.headers["Location"].strip("/").rpartition("/")[2])
    assert query.state == Query.State.ANSWERED, query.reason
    steps = {
        "the photo is taken": taken,
        **query.seconds,
        "the answer is shown": (now - query.answered_at).total_seconds(),
    }
    return Asked(whole, query.seconds_at_work, steps)


def search(*, queue: str, photos: list[bytes], **named: str) -> list[Figure]:
    found = []
    of_the_page: list[float] = []
    methods = list(serving.offered()) if queue == "PostgreSQL" else [PROFILED]
    with served(**named) as address, httpx.Client(base_url=address, timeout=120) as client:
        for method in methods:
            ask(client, photos[0], method=method)  # loads the networks
            asked = [ask(client, photo, method=method) for photo in photos]
            wholes = [each.whole for each in asked]
            if method == PROFILED:  # the others' differ by noise alone
                of_the_page = [1000 * each.rest for each in asked]
                steps = {
                    step: 1000 * statistics.median(each.steps.get(step, 0.0) for each in asked)
                    for step in asked[0].steps
                }
                found += [Figure("search", f"{queue}: {step}", took, "ms") for step, took in steps.items()]
            if queue == "PostgreSQL":
                work = statistics.median(each.work for each in asked)
                note = f"95 of 100 within {percentile(wholes, 95):.2f} s; the method's own {work:.2f} s"
                most = MOST_SECONDS.get(method)
                name = f"by {method}, half within"
                found.append(Figure("search", name, statistics.median(wholes), "s", most=most, note=note))
    note = f"95 of 100 within {percentile(of_the_page, 95):.0f} ms"
    name = f"{queue}: all but the method, half within"
    rest = Figure("search", name, statistics.median(of_the_page), "ms", most=MOST_OVERHEAD[queue], note=note)
    return [*found, rest]


def figures(*, photos: int) -> Report:
    report = Report()
    (database.PROJECT / "var").mkdir(exist_ok=True)
    with own_database("search_speed"):
        asking = publish()
        report.add([describing_speed.rate()])
        indexing.describe_missing(processes=processes_for(LandmarkImage.objects.count()))  # by the rest
        step = max(1, len(asking) // photos)
        sent = [path.read_bytes() for path in asking[::step][:photos]]
        report.add(search(queue="PostgreSQL", photos=sent, CELERY_BROKER_URL=""))
        if program := redis_program():
            redis = Redis(program, database.PROJECT / "var" / "bench" / "redis")
            redis.start()
            try:
                named = {"CELERY_BROKER_URL": redis.url, "CACHE_URL": redis.cache_url}
                report.add(search(queue="Redis", photos=sent, **named))
            finally:
                redis.stop()
        else:
            report.add([], ["There is no redis-server: a queue in Redis is left out."])
    return report


if __name__ == "__main__":
    command(__doc__, figures, photos=8)
