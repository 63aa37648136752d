"""A real worker process on the real queue, killed and starved as workers are."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.db import connection
from sqlalchemy import NullPool

from config import database
from retrieval import asking, indexing, tasks
from retrieval.models import Query, WorkerPulse
from tests.factories import LandmarkImageFactory, drawn_photo

pytestmark = [pytest.mark.weights, pytest.mark.django_db(transaction=True)]

PATIENCE = 120  # seconds; far more than any of it takes, so that a slow day fails nothing


def until(happened: Callable[[], object]) -> object:
    deadline = time.monotonic() + PATIENCE
    while not (result := happened()):
        assert time.monotonic() < deadline, f"not within {PATIENCE} s"
        time.sleep(0.02)
    return result


@pytest.fixture
def start_worker(tmp_path, monkeypatch) -> Iterator[Callable[[], subprocess.Popen]]:
    """Starts a worker on the test's database and queue; all are killed in the end."""
    started: list[subprocess.Popen] = []
    name = connection.settings_dict["NAME"]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings.test", "TEST_DATABASE": name}

    def start() -> subprocess.Popen:
        command = [sys.executable, "-m", "celery", "-A", "config.celery", "worker", "--concurrency", "1"]
        command += ["--beat", "--schedule", str(tmp_path / "beat")]
        with open(tmp_path / "worker.log", "a") as log:
            worker = subprocess.Popen(
                command,
                env=environment,
                cwd=settings.BASE_DIR,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        started.append(worker)
        return worker

    def send(query_id: str) -> None:
        address = database.queue_url(connection.settings_dict)
        with tasks.app.connection(address, transport_options={"poolclass": NullPool}) as queue:
            # Without the sender's limits the worker keeps to its own, which a test may set for it alone.
            tasks.answer_query.apply_async(
                (query_id,), connection=queue, soft_time_limit=None, time_limit=None
            )

    monkeypatch.setattr(tasks.answer_query, "delay", send)
    yield start
    for worker in started:
        kill(worker)


def kill(worker: subprocess.Popen) -> None:
    """As the machine would: the worker and its children at once, without a word."""
    if worker.poll() is None:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


def ask() -> Query:
    return asking.ask(drawn_photo(1, (320, 240)), method="sir")


def answered(query: Query) -> Query:
    query = until(lambda: Query.objects.filter(pk=query.pk, answered_at__isnull=False).first())
    assert query.state == Query.State.ANSWERED, query.reason
    return query


def test_searches_wait_for_a_worker_survive_its_death_and_a_database_that_drops_its_connections(start_worker):
    image = LandmarkImageFactory(published=True, seed=1)
    indexing.describe_image(image, names=["sir"])

    early = ask()
    assert not WorkerPulse.any_alive()
    first = start_worker()
    assert answered(early).places.get().landmark == image.landmark
    assert WorkerPulse.any_alive()

    # The next answer is held up, so that its worker certainly dies in the middle of it.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(1)")
        cursor.execute(
            "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM pg_advisory_lock(1); PERFORM pg_advisory_unlock(1); RETURN NEW; END $$;"
            "CREATE TRIGGER hold BEFORE INSERT ON retrieval_hit FOR EACH ROW EXECUTE FUNCTION hold()"
        )
    try:
        interrupted = ask()
        until(lambda: Query.objects.filter(pk=interrupted.pk, state=Query.State.RUNNING).exists())
        until(lambda: _waits_for_a_lock())
        kill(first)
    finally:
        with connection.cursor() as cursor:
            # The dead worker's backend still waits; it must not get the lock and finish its work after all.
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            )
            cursor.execute("DROP TRIGGER hold ON retrieval_hit; DROP FUNCTION hold()")
            cursor.execute("SELECT pg_advisory_unlock(1)")
    assert Query.objects.get(pk=interrupted.pk).state == Query.State.RUNNING
    start_worker()
    assert answered(interrupted).attempts == 2

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert answered(ask()).places.get().landmark == image.landmark


@pytest.fixture
def impatient(monkeypatch) -> None:
    """For the workers that are started afterwards; long enough for networks to be loaded on a slow day."""
    monkeypatch.setenv("SEARCH_MAX_SECONDS", "30")


@pytest.mark.usefixtures("impatient")
def test_a_search_that_hangs_fails_with_its_reason_and_its_worker_answers_the_next(start_worker):
    image = LandmarkImageFactory(published=True, seed=1)
    indexing.describe_image(image, names=["sir"])
    hanging = ask()
    os.remove(hanging.photo.path)
    os.mkfifo(hanging.photo.path)  # as a store that never answers: nobody will write into it
    worker = start_worker()
    until(lambda: Query.objects.filter(pk=hanging.pk, answered_at__isnull=False).exists())
    hanging.refresh_from_db()
    assert (hanging.state, hanging.reason) == (Query.State.FAILED, Query.Reason.TOOK_TOO_LONG)
    assert answered(ask()).places.get().landmark == image.landmark
    assert worker.poll() is None


def _waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return cursor.fetchone() is not None
