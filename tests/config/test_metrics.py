from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from retrieval.models import Query, WorkerPulse
from tests.factories import LandmarkImageFactory
from tests.retrieval.test_views import asked

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_kept():
    cache.clear()


def read(client, **headers) -> dict[tuple, float]:
    """All samples by name and labels."""
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def answered(*, seconds: float, **fields) -> Query:
    at = timezone.now() - timedelta(minutes=1)
    return asked(
        state=Query.State.ANSWERED, asked_at=at, answered_at=at + timedelta(seconds=seconds),
        seconds={"describing": seconds / 2}, **fields,
    )  # fmt: skip


def test_requests_are_counted_by_view_and_status(client):
    name = ("tourism_requests_total", ("method", "GET"), ("status", "200"), ("view", "pages:about"))
    before = read(client).get(name, 0)
    client.get("/about/")
    client.get("/about/")
    assert read(client)[name] == before + 2


def test_an_address_that_nobody_made_is_no_name_of_its_own(client):
    client.get("/wp-login.php")
    assert not [name for name in read(client) if "wp-login" in str(name)]


def test_what_waits_is_told_with_its_age(client):
    asked(asked_at=timezone.now() - timedelta(seconds=90))
    asked()
    found = read(client)
    assert found[("tourism_searches_waiting",)] == 2
    assert 90 <= found[("tourism_searches_oldest_seconds",)] < 180
    assert found["tourism_queue_messages", ("queue", "describe")] == 0


def test_how_long_searches_took_is_told_by_method_and_stage(client):
    for seconds in (1, 2, 9):
        answered(seconds=seconds, verdict=Query.Verdict.IS)
    found = read(client)
    name, method = "tourism_search_seconds", ("method", "delf")
    assert found[name, method, ("quantile", "0.5"), ("stage", "total")] == pytest.approx(2)
    assert found[name, method, ("quantile", "0.5"), ("stage", "describing")] == pytest.approx(1)
    assert found[name, method, ("quantile", "0.99"), ("stage", "total")] > 8
    assert found["tourism_searches_recent", method, ("outcome", "is")] == 3


def test_the_catalogue_and_what_is_missing_of_it_are_told(client):
    LandmarkImageFactory.create_batch(2, published=True)
    found = read(client)
    assert found["tourism_catalogue_size", ("what", "photos")] == 2
    assert found["tourism_descriptors_missing", ("method", "delf")] == 2


def test_workers_are_counted_by_queue(client):
    WorkerPulse.show("one", queues=["describe"])
    WorkerPulse.show("two", queues=["describe", "default"])
    found = read(client)
    assert found["tourism_workers_alive", ("queue", "describe")] == 2
    assert found["tourism_workers_alive", ("queue", "default")] == 1


def test_what_cannot_be_asked_hides_nothing_else(client, monkeypatch):
    monkeypatch.setattr("config.celery.lengths", lambda: 1 / 0)
    found = read(client)
    assert found["tourism_unreadable", ("source", "broker")] == 1
    assert ("tourism_searches_waiting",) in found


@pytest.mark.parametrize(
    ("token", "headers", "status"),
    [
        ("", {}, 200),
        ("", {"X-Forwarded-For": "203.0.113.9"}, 404),
        ("long-enough", {}, 404),
        ("long-enough", {"Authorization": "Bearer wrong"}, 404),
        ("long-enough", {"Authorization": "Bearer long-enough"}, 200),
        ("long-enough", {"Authorization": "Bearer đúng"}, 404),
    ],
)
def test_metrics_are_for_who_has_the_token_or_else_for_this_machine(client, settings, token, headers, status):
    settings.METRICS_TOKEN = token
    assert client.get("/metrics", headers=headers).status_code == status


def test_another_machine_learns_nothing_where_no_token_is_set(client):
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.8").status_code == 404
