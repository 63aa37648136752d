"""Many photos sent at once."""

import base64
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from retrieval import asking, batches, indexing, keeping, tasks
from retrieval.models import Batch, BatchPhoto, Query, Webhook
from tests.factories import LandmarkFactory, LandmarkImageFactory, UserFactory, drawn_photo

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_methods")]

BATCHES = "/api/v1/batches/"


@pytest.fixture
def user(client):
    user = UserFactory()
    client.force_login(user)
    return user


@pytest.fixture(autouse=True)
def _as_many_as_one_likes(settings) -> None:
    settings.VISITOR_SEARCHES = (0, 0)


@pytest.fixture(autouse=True)
def sent(monkeypatch) -> list[str]:
    """The messages about batches that went to the queue."""
    messages: list[str] = []
    monkeypatch.setattr(tasks.answer_batch, "delay", messages.append)
    monkeypatch.setattr(tasks.deliver_webhook, "delay", lambda _webhook_id: None)
    return messages


def photo(seed: int, *, data: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(f"{seed}.jpg", drawn_photo(seed, (320, 240)) if data is None else data)


def post(client, *photos, **question):
    headers = question.pop("headers", {})
    return client.post(BATCHES, {"method": "sir", "photos": list(photos)} | question, headers=headers)


def work_off(sent: list[str]) -> int:
    """What workers do until the queue is empty; returns how many messages that took."""
    count = 0
    while sent:
        tasks.answer_batch(sent.pop(0))
        count += 1
    return count


def test_each_photo_is_a_search_and_one_address_tells_all(
    client, user, sent, django_capture_on_commit_callbacks
):
    places = [LandmarkFactory() for _place in range(3)]
    for seed, place in enumerate(places):
        indexing.describe_image(LandmarkImageFactory(published=True, landmark=place, seed=seed))
    with django_capture_on_commit_callbacks(execute=True):
        asked = post(client, *(photo(seed) for seed in range(3)))
    assert asked.status_code == 202, asked.content
    assert asked["Location"] == asked.json()["url"]
    assert [asked.json()[name] for name in ("total", "waiting", "answered")] == [3, 3, 0]
    assert int(asked["Retry-After"]) > 0
    work_off(sent)
    told = client.get(asked["Location"])
    assert told.status_code == 200
    body = told.json()
    assert body["is_finished"]
    assert [body[name] for name in ("total", "waiting", "running", "answered", "failed")] == [3, 0, 0, 3, 0]
    named = [each["search"]["places"][0]["landmark"]["slug"] for each in body["photos"]]
    assert named == [place.slug for place in places]
    assert [each["name"] for each in body["photos"]] == ["0.jpg", "1.jpg", "2.jpg"]
    assert Client().get(body["photos"][0]["search"]["url"]).json()["hits"]  # opens without an account


def test_a_photo_that_cannot_be_used_is_refused_by_itself(client, user):
    asked = post(client, photo(1), photo(2, data=b"hello"), photo(3, data=drawn_photo(3)[:3000]), photo(4))
    assert asked.status_code == 202
    refusals = [each["refusal"] and each["refusal"]["code"] for each in asked.json()["photos"]]
    assert refusals == [None, "not_an_image", "truncated", None]
    assert "JPEG" in asked.json()["photos"][1]["refusal"]["detail"]
    assert (asked.json()["refused"], asked.json()["waiting"]) == (2, 2)
    assert Query.objects.count() == 2


def test_where_none_can_be_used_nothing_is_kept(client, user):
    refused = post(client, photo(1, data=b"hello"), photo(2, data=b""))
    assert refused.status_code == 400
    assert [error["code"] for error in refused.json()["errors"]] == ["no_usable_photo"] * 2
    assert not Batch.objects.exists()


def test_photos_in_json_are_taken_and_what_is_none_refused_by_itself(client, user):
    good = base64.b64encode(drawn_photo(1, (320, 240))).decode()
    question = {"method": "sir", "photos": [good, "not base64!", 7, f"data:image/jpeg;base64,{good}"]}
    asked = client.post(BATCHES, question, content_type="application/json")
    assert asked.status_code == 202, asked.content
    assert [bool(each["search"]) for each in asked.json()["photos"]] == [True, False, False, True]


@pytest.mark.parametrize("number", [101, 130])
def test_more_than_a_hundred_are_refused_and_the_limit_told(client, user, number):
    refused = post(client, *(SimpleUploadedFile("x", b"x") for _photo in range(number)))
    assert refused.status_code == 400
    (error,) = refused.json()["errors"]
    assert (error["field"], error["code"]) == ("photos", "too_many_photos")
    assert "100" in error["detail"]


def test_more_than_a_hundred_in_json_are_refused_too(client, user):
    refused = client.post(BATCHES, {"photos": ["x"] * 101}, content_type="application/json")
    assert refused.json()["errors"][0]["code"] == "too_many_photos"


def test_each_photo_counts_as_a_search(client, user, settings):
    settings.VISITOR_SEARCHES = (3, 0)
    assert post(client, photo(1), photo(2)).status_code == 202
    assert post(client, photo(3), photo(4)).status_code == 429
    assert Query.objects.count() == 2


@pytest.mark.parametrize("photos", [[], None, "x"])
def test_no_photo_at_all_is_refused(client, user, photos):
    assert client.post(BATCHES, {"photos": photos}, content_type="application/json").status_code == 400
    assert client.post(BATCHES, {"method": "sir"}).status_code == 400


def test_a_hundred_are_taken(client, user, monkeypatch):
    copy = keeping.copy_of(drawn_photo(1, (64, 64)))
    monkeypatch.setattr(keeping, "copy_of", lambda _data: copy)
    asked = post(client, *(SimpleUploadedFile("x", b"x") for _photo in range(100)))
    assert asked.status_code == 202
    assert asked.json()["total"] == Query.objects.count() == 100


def test_the_limits_and_the_rest_hold_for_each_photo(client, user):
    place = LandmarkFactory(latitude=21.036, longitude=105.834)
    question = {"near": "21.028,105.854", "province": place.province.slug, "k": 7, "private": "true"}
    assert post(client, photo(1), photo(2), **question).status_code == 202
    for query in Query.objects.all():
        assert (query.near, query.province, query.k, query.private, query.user) == (
            [21.028, 105.854, 50],
            place.province,
            7,
            True,
            user,
        )
    assert set(BatchPhoto.objects.values_list("name", flat=True)) == {""}  # nothing is kept


def test_only_a_few_stand_in_the_queue_at_once(client, user, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        post(client, *(photo(seed) for seed in range(10)))
    assert len(sent) == asking.BATCH_CHAINS < 10
    tasks.answer_batch(sent.pop(0))
    assert len(sent) == asking.BATCH_CHAINS
    assert Query.objects.unanswered().count() == 9
    assert work_off(sent) <= 9 + asking.BATCH_CHAINS
    assert Batch.objects.get().finished_at


def test_a_batch_whose_messages_are_lost_is_sent_again_and_its_searches_are_not(client, user, sent):
    post(client, photo(1), photo(2))
    assert tasks.requeue_abandoned() == 1
    assert sent == [str(Batch.objects.get().pk)]
    assert tasks.requeue_abandoned() == 0  # it is in the queue, for all we know
    work_off(sent)
    assert Batch.objects.get().finished_at


def test_one_whose_worker_died_after_the_last_answer_is_finished_by_a_sweep(client, user, sent):
    post(client, photo(1))
    tasks.answer_query(str(Query.objects.get().pk))
    assert Batch.objects.get().finished_at is None
    tasks.requeue_abandoned()
    work_off(sent)
    assert Batch.objects.get().finished_at


def test_the_same_under_the_same_key_is_one_batch(client, user):
    key = {"headers": {"idempotency-key": "mine"}}
    first, second = (post(client, photo(1), photo(2), **key).json() for _time in range(2))
    assert first["id"] == second["id"]
    assert Query.objects.count() == 2
    refused = post(client, photo(1), photo(3), **key)
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")


def test_its_webhook_is_told_once_when_all_is_done(client, user, sent, monkeypatch, settings):
    settings.WEBHOOKS_PUBLIC_ONLY = False
    told = []
    monkeypatch.setattr(
        batches.webhooks.public_web, "post", lambda _url, body, **_how: told.append(json.loads(body)) or 200
    )
    asked = post(client, photo(1), photo(2, data=b"x"), photo(3), webhook="http://127.0.0.1:1/").json()
    assert asked["webhook"]["secret"].startswith("whsec_")
    tasks.answer_batch(asked["id"])
    assert not Webhook.objects.due().exists()
    work_off(sent)
    webhook = Webhook.objects.due().get()
    for _time in range(2):
        tasks.deliver_webhook(str(webhook.pk))
    (message,) = told
    assert message["type"] == "batch.finished"
    assert message["data"] == {
        "id": asked["id"], "url": asked["url"], "total": 3, "answered": 0, "failed": 2, "refused": 1,
    }  # fmt: skip
    body = client.get(asked["url"]).json()
    assert (body["webhook"]["state"], body["webhook"]["secret"]) == ("delivered", None)


def test_deleting_ends_it_and_takes_all_along(client, user, sent, django_capture_on_commit_callbacks):
    asked = post(client, photo(1), photo(2)).json()
    names = list(Query.objects.values_list("photo", flat=True))
    store = Query.photo.field.storage
    with django_capture_on_commit_callbacks(execute=True):
        assert client.delete(asked["url"]).status_code == 204
    assert not Query.objects.exists()
    assert not any(map(store.exists, names))
    assert client.get(asked["url"]).status_code == client.delete(asked["url"]).status_code == 404
    tasks.answer_batch(asked["id"])  # the message that was on its way
    assert sent == []


def test_it_is_for_accounts_and_read_by_its_own_alone(client, user):
    asked = post(client, photo(1)).json()
    assert post(Client(), photo(1)).status_code in (401, 403)
    somebody = Client()
    somebody.force_login(UserFactory())
    assert somebody.get(asked["url"]).status_code == somebody.delete(asked["url"]).status_code == 404


def test_a_search_deleted_by_itself_leaves_its_line(client, user):
    asked = post(client, photo(1), photo(2)).json()
    client.delete(asked["photos"][0]["search"]["url"])
    first, second = client.get(asked["url"]).json()["photos"]
    assert (first["search"], first["refusal"]) == (None, None)
    assert second["search"]


def test_reading_takes_the_same_number_of_queries_for_any_number_of_photos(
    client, user, sent, django_assert_max_num_queries
):
    for seed in range(6):
        indexing.describe_image(LandmarkImageFactory(published=True, seed=seed))
    counts = []
    for number in (1, 6):
        asked = post(client, *(photo(seed) for seed in range(number))).json()
        sent.append(asked["id"])
        work_off(sent)
        with django_assert_max_num_queries(8) as captured:
            body = client.get(asked["url"]).json()
        assert len(body["photos"][-1]["search"]["places"]) == 6
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_a_batch_goes_with_the_last_of_its_searches(client, user, sent):
    from retrieval import retention

    asked = post(client, photo(1)).json()
    retention.forget_what_is_over()
    Query.objects.all().delete()
    retention.forget_what_is_over()
    assert Batch.objects.exists()  # it is not finished as far as anyone knows
    sent.append(asked["id"])
    work_off(sent)
    retention.forget_what_is_over()
    assert not Batch.objects.exists()
