"""The connection to the database that a worker has from task to task."""

from types import SimpleNamespace

import pytest
from celery.signals import task_postrun, task_prerun
from django.db import connection

from config.celery import app

pytestmark = pytest.mark.django_db(transaction=True)


def do_a_task() -> None:
    task = SimpleNamespace(request=SimpleNamespace(is_eager=False, get=lambda _name: None))
    task_prerun.send(sender=do_a_task, task=task, task_id="next")
    task_postrun.send(sender=do_a_task)  # log lines are no longer this task's


def backend() -> int:
    """The server's process behind our connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def test_it_is_kept_for_the_next_task():
    before = backend()
    do_a_task()
    assert backend() == before
    assert app.conf.get("CELERY_DB_REUSE_MAX") > 10**6  # else Celery itself closes it after each


def test_one_that_is_lost_makes_place_for_another():
    before = backend()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [before])
    other.close()
    do_a_task()
    assert backend() != before
