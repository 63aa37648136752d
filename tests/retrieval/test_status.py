from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from retrieval.models import Query, WorkerPulse
from tests.factories import LandmarkImageFactory
from tests.retrieval.test_running import answered
from tests.retrieval.test_views import asked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_methods")]


@pytest.fixture(autouse=True)
def _nothing_kept():
    cache.clear()


def page(client, address: str = "/en/status/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_visitors_read_that_searching_works_how_long_it_takes_and_what_there_is(client):
    WorkerPulse.show("worker", queues=["describe", "default"])
    LandmarkImageFactory(published=True)
    answered(seconds=2)
    answered(seconds=0, state=Query.State.FAILED, reason=Query.Reason.UNREADABLE)
    told = page(client)
    assert "Searching works" in told
    assert "1 search was answered in the last hour." in told
    assert "2.0" in told
    assert "photos of 1 place" in told
    assert told.count('class="day__answered"') == 1
    assert told.count('class="day__failed"') == 1


def test_they_read_since_when_nobody_answers(client):
    gone = timezone.make_aware(timezone.datetime(2026, 3, 9, 14, 5))
    WorkerPulse.objects.create(name="worker", at=gone)
    told = page(client)
    assert "Searching is paused" in told
    assert "Since 14:05, 9 Mar 2026 no worker answers." in told
    assert "away since 14:05" in told


def test_they_read_it_where_no_worker_was_ever_seen(client):
    told = page(client)
    assert "Searching is paused" in told
    assert "Since" not in told


def test_a_long_queue_is_called_slow(client):
    WorkerPulse.show("worker", queues=["describe", "default"])
    asked(asked_at=timezone.now() - timedelta(minutes=5))
    assert "Searching works, but slowly" in page(client)


def test_it_is_told_in_vietnamese(client):
    assert "Tìm kiếm đang tạm dừng" in page(client, "/status/")


def test_many_visitors_cost_one_look(client, django_assert_max_num_queries):
    page(client)
    with django_assert_max_num_queries(2):  # the cache's own
        page(client)
