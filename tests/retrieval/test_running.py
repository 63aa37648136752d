from datetime import timedelta

import pytest
from django.utils import timezone

from retrieval import running
from retrieval.models import Query, WorkerPulse
from tests.factories import LandmarkImageFactory
from tests.retrieval.test_views import asked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_methods")]


def answered(*, seconds: float, ago: timedelta = timedelta(minutes=1), **fields) -> Query:
    at = timezone.now() - ago
    return asked(
        **{"state": Query.State.ANSWERED, "asked_at": at, "answered_at": at + timedelta(seconds=seconds)}
        | fields
    )


def test_the_median_is_of_what_was_answered_in_its_time():
    for seconds in (1, 2, 60):
        answered(seconds=seconds)
    answered(seconds=30, ago=timedelta(hours=3))
    answered(seconds=500, ago=timedelta(days=2))
    asked()
    state = running.state()
    assert (state.hour.answered, state.hour.median) == (3, pytest.approx(2))
    assert (state.day.answered, state.day.median) == (4, pytest.approx(16))


def test_without_a_search_there_is_no_median():
    assert running.state().hour == running.Times(0, None)


def test_further_views_and_what_is_answered_do_not_wait():
    first = asked(asked_at=timezone.now() - timedelta(seconds=90))
    asked(part_of=first)
    answered(seconds=1)
    state = running.state()
    assert state.waiting == 1
    assert state.oldest == first.asked_at
    assert state.is_slow


def test_searching_works_while_a_worker_of_its_queue_lives_and_else_it_is_said_since_when_not():
    assert running.state().searching == running.Service(works=False, since=None)
    WorkerPulse.show("upkeep", queues=["default"])
    WorkerPulse.show("searching", queues=["describe"])
    assert running.state().searching.works
    gone = timezone.now() - timedelta(minutes=20)
    WorkerPulse.objects.filter(name="searching").update(at=gone)
    state = running.state()
    assert state.searching == running.Service(works=False, since=gone)
    assert state.upkeep.works


def test_the_day_is_shown_hour_by_hour_without_gaps():
    answered(seconds=4)
    answered(seconds=0, state=Query.State.FAILED, reason=Query.Reason.UNREADABLE)
    answered(seconds=8, ago=timedelta(hours=5))
    hours = running.state().hours
    assert len(hours) == running.HOURS
    assert {later.at - earlier.at for earlier, later in zip(hours, hours[1:], strict=False)} == {
        timedelta(hours=1)
    }
    assert sum(hour.answered for hour in hours) == 2
    assert sum(hour.failed for hour in hours) == 1
    assert [hour.median for hour in hours if hour.answered] == [pytest.approx(8), pytest.approx(4)]


def test_the_catalogue_is_what_is_published():
    images = LandmarkImageFactory.create_batch(2, published=True)
    LandmarkImageFactory()
    state = running.state()
    assert (state.landmarks, state.photos, state.to_describe) == (len({i.landmark_id for i in images}), 2, 2)


def test_it_costs_a_handful_of_queries(django_assert_max_num_queries):
    with django_assert_max_num_queries(14):
        running.state()
