"""What may be lost and done again does not wait for the disk; all else does."""

import pytest
from django.db import IntegrityError, connection, transaction

from retrieval import search, tasks
from retrieval.commits import not_waiting_for_the_disk
from retrieval.models import Query
from tests.factories import LandmarkFactory

pytestmark = pytest.mark.django_db(transaction=True)


def waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        return cursor.fetchone()[0] == "on"


def test_commits_of_the_block_alone_do_not_wait():
    assert waits()
    with not_waiting_for_the_disk():
        assert not waits()
        LandmarkFactory()
        assert not waits()
    assert waits()


def test_what_fails_in_the_block_leaves_nothing_behind():
    landmark = LandmarkFactory()
    with pytest.raises(IntegrityError), not_waiting_for_the_disk(), transaction.atomic():
        LandmarkFactory(slug=landmark.slug)
    assert waits()


def test_a_search_is_answered_without_waiting_and_what_comes_after_waits(monkeypatch):
    seen = []
    monkeypatch.setattr(search, "answer", lambda query: seen.append(waits()))
    tasks.answer_query(str(Query.objects.create(method="sir", width=400, height=200).pk))
    assert seen == [False]
    assert waits()
