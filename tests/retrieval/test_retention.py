import os
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from places import storage
from retrieval import retention, search, tasks
from retrieval.models import Correction, Query
from tests.factories import CuratorFactory, LandmarkImageFactory, UserFactory
from tests.retrieval.test_views import answered, asked, sent  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def periods(settings):
    settings.SEARCHES_KEPT_DAYS, settings.VISITORS_SEARCHES_KEPT_DAYS = 365, 30
    settings.PRIVATE_SEARCHES_KEPT_MINUTES = 15


def days_ago(days: float):
    return timezone.now() - timedelta(days=days)


def left() -> set:
    return set(Query.objects.values_list("pk", flat=True))


def test_a_search_goes_when_its_time_is_over_with_its_photo_and_all_that_belongs_to_it(
    django_capture_on_commit_callbacks,
):
    user = UserFactory()
    old, kept = asked(user=user, asked_at=days_ago(366)), asked(user=user, asked_at=days_ago(364))
    view = asked(user=user, part_of=old)  # asked later, but nothing without the first
    beside = asked(user=user, beside=old)
    with django_capture_on_commit_callbacks(execute=True):
        assert retention.forget_old_searches() == 1
    assert left() == {kept.pk}
    for query in (old, view, beside):
        assert not query.photo.storage.exists(query.photo.name)
    assert kept.photo.storage.exists(kept.photo.name)


def test_a_visitors_search_is_kept_for_a_shorter_time():
    asked(session_key="somebody", asked_at=days_ago(31))
    asked(asked_at=days_ago(31))  # a program's, without a session
    kept = asked(session_key="somebody", asked_at=days_ago(29))
    assert retention.forget_old_searches() == 2
    assert left() == {kept.pk}


def test_no_days_is_for_ever(settings):
    settings.SEARCHES_KEPT_DAYS = settings.VISITORS_SEARCHES_KEPT_DAYS = 0
    asked(user=UserFactory(), asked_at=days_ago(9999))
    asked(session_key="somebody", asked_at=days_ago(9999))
    assert retention.forget_old_searches() == 0


def test_what_an_account_starred_stays_until_the_star_is_taken():
    user = UserFactory()
    starred = asked(user=user, asked_at=days_ago(9999), starred=True)
    asked(session_key="somebody", asked_at=days_ago(9999), starred=True)
    assert retention.forget_old_searches() == 1
    assert left() == {starred.pk}
    Query.objects.update(starred=False)
    assert retention.forget_old_searches() == 1


@pytest.mark.parametrize(("found_true", "stays"), [(None, True), (True, True), (False, False)])
def test_what_was_given_to_the_curators_stays_while_they_need_it(found_true, stays):
    query = answered(LandmarkImageFactory(published=True), session_key="somebody", asked_at=days_ago(99))
    handled = {"is_true": found_true, "handled_at": timezone.now(), "handled_by": CuratorFactory()}
    Correction.objects.create(
        query=query, session_key="somebody", said="wrong", **({} if found_true is None else handled)
    )
    assert retention.forget_old_searches() == (not stays)
    assert left() == ({query.pk} if stays else set())


def test_many_are_forgotten_in_batches(monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(retention, "BATCH", 2)
    for _search in range(5):
        asked(session_key="somebody", asked_at=days_ago(31))
    with django_capture_on_commit_callbacks(execute=True) as erased:
        assert retention.forget_old_searches() == 5
    assert len(erased) == 5
    assert left() == set()


def test_a_private_search_goes_minutes_after_its_answer():
    def private(minutes: float | None) -> Query:
        answered_at = minutes and timezone.now() - timedelta(minutes=minutes)
        return asked(private=True, answered_at=answered_at, asked_at=days_ago(1), session_key="somebody")

    private(16)
    kept = {private(14).pk, private(None).pk, asked(answered_at=days_ago(1)).pk}
    assert retention.forget_private_searches() == 1
    assert left() == kept


def test_a_photo_whose_search_is_gone_is_deleted_unless_it_may_be_just_being_saved():
    store, query = storage.private(), asked()
    lost, fresh, other = (
        store.save(name, ContentFile(b"photo"))
        for name in ("queries/ab/lost", "queries/ab/fresh", "originals/ab/curators")
    )
    for name in (lost, other, query.photo.name):
        os.utime(store.path(name), (1, 1))
    try:
        assert lost in list(retention.lost_photos())
        retention.forget_lost_photos()
        assert [store.exists(name) for name in (lost, fresh, other)] == [False, True, True]
        assert store.exists(query.photo.name)
    finally:
        store.delete(fresh)
        store.delete(other)


def test_ended_sessions_go_too(client):
    client.force_login(UserFactory())
    Session.objects.update(expire_date=days_ago(1))
    retention.forget_what_is_over()
    assert not Session.objects.exists()


def test_the_command_counts_before_it_deletes(capsys):
    asked(session_key="somebody", asked_at=days_ago(31))
    call_command("forget_searches", "--dry-run")
    assert "old searches: 1" in capsys.readouterr().out
    assert Query.objects.count() == 1
    call_command("forget_searches")
    assert "old searches: 1" in capsys.readouterr().out
    assert Query.objects.count() == 0


def test_a_search_deleted_while_it_is_answered_is_no_error():
    for end in (
        lambda query: search.fail(query, reason=Query.Reason.GAVE_UP),
        lambda query: search._store(query, None, hints=[], version="", catalogue="", seconds={}),
    ):
        query = asked()
        Query.objects.all().delete()
        end(query)
        assert not Query.objects.exists()


def test_a_worker_forgets_unless_another_is_at_it():
    private = asked(private=True, answered_at=days_ago(1))
    old = asked(session_key="somebody", asked_at=days_ago(31))
    another = connection.copy()
    with another.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [retention.LOCK])
    tasks.forget_private_searches()
    tasks.forget_what_is_over()
    assert left() == {private.pk, old.pk}
    with another.cursor() as cursor:  # closing gives it back a moment later
        cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [retention.LOCK])
    another.close()
    tasks.forget_private_searches()
    assert left() == {old.pk}
    tasks.forget_what_is_over()
    assert left() == set()
