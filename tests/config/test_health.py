import pytest
from django.core.cache import cache
from django.db import OperationalError

from config import health
from retrieval.models import WorkerPulse

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_told_yet(monkeypatch):
    monkeypatch.setattr(health, "_told", {})
    monkeypatch.setitem(health.migrations.__dict__, "applied", None)
    cache.clear()


@pytest.fixture
def worker():
    return WorkerPulse.show("worker", queues=["describe", "default"])


def asked(client, address: str) -> tuple[int, dict]:
    answer = client.get(address)
    assert answer["Cache-Control"] == "no-store"
    return answer.status_code, answer.json()


def test_a_process_that_answers_lives_whatever_else_is_away(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert asked(client, "/healthz") == (200, {"alive": True})


def test_the_platform_is_ready_when_every_part_answers(client, worker):
    status, told = asked(client, "/readyz")
    assert told["parts"] == dict.fromkeys(health.READY, "ok")
    assert (status, told["ready"]) == (200, True)


def test_without_a_worker_it_is_not_ready_and_says_for_what(client):
    WorkerPulse.show("worker", queues=["default"])
    status, told = asked(client, "/readyz")
    assert (status, told["ready"]) == (503, False)
    assert told["parts"]["workers"] == "none for describe"
    assert told["parts"]["database"] == "ok"


def test_it_has_started_without_a_worker_and_not_without_its_tables(client, monkeypatch):
    assert asked(client, "/startupz")[0] == 200
    monkeypatch.setattr(health, "_told", {})
    monkeypatch.setitem(health.migrations.__dict__, "applied", None)
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda self, targets: ["one to come"])
    status, told = asked(client, "/startupz")
    assert (status, told["parts"]["migrations"]) == (503, "behind")


@pytest.mark.parametrize("part", list(health.READY))
def test_a_part_that_does_not_answer_is_named_and_nothing_else_told(client, worker, monkeypatch, part):
    def away() -> str:
        raise OperationalError("connection to postgres://tourism:secret@10.0.0.7 refused")

    monkeypatch.setitem(health.READY, part, away)
    status, told = asked(client, "/readyz")
    assert status == 503
    assert told["parts"][part] == "does not answer"
    assert "secret" not in str(told)
    assert "10.0.0.7" not in str(told)


def test_however_many_ask_the_parts_are_asked_once(client, worker, monkeypatch):
    times = []
    monkeypatch.setitem(health.READY, "storage", lambda: times.append(1) or "ok")
    for _time in range(3):
        asked(client, "/readyz")
    assert len(times) == 1


def test_it_is_answered_on_any_host_and_without_https(client, settings, worker):
    settings.ALLOWED_HOSTS = ["tourism.example"]
    settings.SECURE_SSL_REDIRECT = True
    for address in ("/healthz", "/startupz", "/readyz"):
        assert client.get(address, headers={"Host": "10.1.2.3:8000"}).status_code == 200


def test_nothing_of_the_probe_is_left_in_the_stores(client, worker):
    asked(client, "/readyz")
    for name in health.STORES:
        assert health.storages[name].listdir("health")[1] == []
