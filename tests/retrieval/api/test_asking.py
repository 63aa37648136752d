"""What all calls that ask have in common: waiting, repeating, keys in place of sessions."""

import threading

import pytest
from django.db import connection
from django.test import Client

from accounts import keys
from retrieval import asking, indexing, tasks
from retrieval.api import BatchViewSet, SearchViewSet
from retrieval.models import Query
from tests.factories import LandmarkImageFactory, UserFactory, drawn_photo
from tests.retrieval.api.test_searches import SEARCHES, fields_at_fault, post, upload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_methods")]

KEY = '"8e03978e-40d5-43dd-bc93-6894a57f9324"'


def post_keyed(client, key: str = KEY, **question):
    question = {"method": "sir", "photo": upload()} | question
    return client.post(SEARCHES, question, headers={"idempotency-key": key})


@pytest.fixture(autouse=True)
def never_answered(monkeypatch):
    monkeypatch.setattr(tasks.answer_query, "delay", lambda _query_id: None)


# Waiting


def test_who_does_not_wait_is_told_when_to_come_back(client):
    asked = post(client)
    assert asked.status_code == 202
    assert asked["Retry-After"] == "1"
    Query.objects.update(asked_at="2020-01-01T00:00:00Z")
    assert client.get(asked["Location"])["Retry-After"] == "5"


@pytest.mark.django_db(transaction=True)
def test_who_waits_gets_the_answer_at_once_whether_asking_or_reading(client, monkeypatch):
    indexing.describe_image(LandmarkImageFactory(published=True, seed=1))
    threads = []

    def answer_soon(query_id: str) -> None:
        def answer() -> None:
            try:
                tasks.answer_query(query_id)
            finally:
                connection.close()

        threads.append(threading.Thread(target=answer))
        threads[-1].start()

    monkeypatch.setattr(tasks.answer_query, "delay", answer_soon)
    asked = post(client, wait=30)
    assert asked.status_code == 200, asked.content
    assert (asked.json()["state"], asked["Location"]) == ("answered", asked.json()["url"])
    assert "Retry-After" not in asked

    monkeypatch.setattr(tasks.answer_query, "delay", lambda _query_id: None)
    slow = post(client)
    answer_soon(slow.json()["id"])
    assert client.get(slow["Location"] + "&wait=30").status_code == 200
    for thread in threads:
        thread.join()


def test_who_waits_in_vain_gets_202(client):
    assert post(client, wait=0.01).status_code == 202
    assert client.get(post(client)["Location"] + "&wait=0.01").status_code == 202


@pytest.mark.parametrize("wait", ["31", "-1", "nan", "soon"])
def test_a_wait_that_cannot_be_is_refused_and_the_limit_told(client, wait):
    asked = post(client, wait=wait)
    assert asked.status_code == 400
    assert fields_at_fault(asked) == ["wait"]
    if wait == "31":
        assert "30" in asked.json()["detail"]
    address = post(client)["Location"]
    assert client.get(f"{address}&wait={wait}").status_code == 400


# Repeating


def test_the_same_question_under_the_same_key_is_one_search(client):
    first, second = post_keyed(client), post_keyed(client)
    assert first.json()["id"] == second.json()["id"]
    assert second.status_code == 202
    assert Query.objects.count() == 1


@pytest.mark.parametrize(
    "other", [{"k": 7}, {"photo": upload(drawn_photo(2, (320, 240)))}, {"box": "0,0,0.5,0.5"}]
)
def test_another_question_under_the_same_key_is_422(client, other):
    post_keyed(client)
    refused = post_keyed(client, **other)
    assert refused.status_code == 422
    assert refused.json()["code"] == "idempotency_key_reused"
    assert refused["Content-Type"] == "application/problem+json"
    assert Query.objects.count() == 1


def test_how_it_was_sent_and_how_long_it_waits_make_no_other_question(client):
    import base64

    first = post_keyed(client, box="0.25,0.25,0.75,0.75")
    question = {
        "method": "sir",
        "photo": base64.b64encode(drawn_photo(1, (320, 240))).decode(),
        "box": [80, 60, 240, 180],
        "box_unit": "pixel",
        "wait": 0.01,
    }
    second = client.post(
        SEARCHES, question, content_type="application/json", headers={"idempotency-key": KEY}
    )
    assert second.json()["id"] == first.json()["id"]


def test_a_key_is_known_of_its_caller_alone(client):
    own = post_keyed(client).json()["id"]
    somebody = Client()
    somebody.force_login(UserFactory())
    assert post_keyed(somebody).json()["id"] != own
    assert post_keyed(Client(REMOTE_ADDR="203.0.113.7")).json()["id"] != own
    assert Query.objects.count() == 3


def test_without_a_key_each_call_is_a_search_of_its_own(client):
    assert post(client).json()["id"] != post(client).json()["id"]


def test_what_was_refused_can_be_sent_again_under_its_key(client):
    assert post_keyed(client, k=0).status_code == 400
    assert post_keyed(client).status_code == 202


@pytest.mark.parametrize("key", ["", '""', "k" * 256])
def test_a_key_that_is_none_is_refused(client, key):
    refused = post_keyed(client, key)
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["code"] == "bad_idempotency_key"


@pytest.mark.django_db(transaction=True)
def test_calls_at_the_same_moment_make_one_row(monkeypatch):
    together = threading.Barrier(3, timeout=30)
    before, waited = asking._asked_before, threading.local()

    def all_find_nothing_first(once):
        if getattr(waited, "once", False):
            return before(once)
        waited.once = True
        together.wait()
        return None

    monkeypatch.setattr(asking, "_asked_before", all_find_nothing_first)
    answers = []

    def ask(k: int) -> None:
        try:
            answers.append(post_keyed(Client(), k=k))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=(k,)) for k in (7, 7, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [202] * 3
    assert {answer.json()["id"] for answer in answers} == {str(Query.objects.get().pk)}


# Keys in place of sessions


def test_a_key_asks_reads_and_deletes_without_session_or_csrf():
    owner = UserFactory()
    token = keys.issue(owner, name="App", scopes=["search"]).token
    client = Client(enforce_csrf_checks=True, headers={"authorization": f"Bearer {token}"})
    asked = post(client)
    assert asked.status_code == 202
    assert "sessionid" not in asked.cookies
    query = Query.objects.get()
    assert (query.user, query.session_key) == (owner, "")
    address = f"{SEARCHES}{query.pk}/"
    assert client.get(address).status_code == 202
    assert Client().get(address).status_code == 404
    assert client.delete(address).status_code == 204


def test_a_viewset_says_which_scope_it_needs():
    assert SearchViewSet.required_scope == BatchViewSet.required_scope == "search"
