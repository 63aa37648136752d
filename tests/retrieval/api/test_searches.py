import base64
import io

import pytest
from django.test import Client
from django.urls import reverse

from places.models import Landmark
from retrieval import asking, indexing, tasks
from retrieval.models import Query
from tests.factories import LandmarkFactory, LandmarkImageFactory, UserFactory, drawn_photo

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_methods")]

SEARCHES = "/api/v1/searches/"


@pytest.fixture(autouse=True)
def answer_at_once(monkeypatch):
    monkeypatch.setattr(tasks.answer_query, "delay", tasks.answer_query)


def upload(data: bytes = b"", name: str = "photo.jpg") -> io.BytesIO:
    file = io.BytesIO(data or drawn_photo(1, (320, 240)))
    file.name = name
    return file


def fields_at_fault(response) -> list[str]:
    """Each once; a box's numbers are the box."""
    return list(dict.fromkeys(error["field"].split(".")[0] for error in response.json()["errors"]))


def post(client, **question):
    return client.post(SEARCHES, {"method": "sir", "photo": upload()} | question)


def test_a_photo_sent_as_a_form_is_answered_at_the_address_returned(
    client, django_capture_on_commit_callbacks
):
    place = LandmarkFactory()
    indexing.describe_image(LandmarkImageFactory(published=True, landmark=place, seed=1))
    with django_capture_on_commit_callbacks(execute=True):
        asked = post(client)
    assert asked.status_code == 202
    assert asked["Location"] == asked.json()["url"]

    answer = client.get(asked["Location"])
    assert answer.status_code == 200
    body = answer.json()
    assert body["state"] == "answered"
    assert body["places"][0]["landmark"]["slug"] == place.slug
    assert body["hits"][0]["image"]["author"]
    assert body["checkpoint"].startswith("efficientnet-lite2")


def test_a_photo_sent_as_base64_with_a_box_in_pixels_is_understood(client):
    photo = base64.b64encode(drawn_photo(1, (320, 240))).decode()
    question = {"method": "delf", "photo": photo, "box": [80, 60, 240, 180], "box_unit": "pixel"}
    asked = client.post(SEARCHES, question, content_type="application/json")
    assert asked.status_code == 202, asked.content
    assert asked.json()["box"] == [0.25, 0.25, 0.75, 0.75]
    data_address = question | {"photo": f"data:image/jpeg;base64,{photo}"}
    assert client.post(SEARCHES, data_address, content_type="application/json").status_code == 202


def test_a_box_in_a_form_is_four_numbers_with_commas(client):
    assert post(client, box="0.25,0.25,0.5,0.5").json()["box"] == [0.25, 0.25, 0.5, 0.5]


def test_a_search_under_way_is_202(client):
    asked = post(client)
    assert client.get(asked["Location"]).status_code == 202


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({"photo": upload(b"hello")}, "photo"),
        ({"photo": upload(drawn_photo(1)[:5000])}, "photo"),
        ({"photo": ""}, "photo"),
        ({"method": "surf"}, "method"),
        ({"box": "0,0,0,0"}, "box"),
        ({"box": "0,0,2,2"}, "box"),
        ({"box": "0,0,1"}, "box"),
        ({"box": "a,b,c,d"}, "box"),
        ({"box": "nan,0,1,1"}, "box"),
        ({"k": 0}, "k"),
        ({"k": 1000}, "k"),
        ({"province": "atlantis"}, "province"),
        ({"province": "ha-noi\0"}, "province"),
        ({"category": "castle in the air"}, "category"),
    ],
)
def test_a_bad_question_is_400_and_names_what_is_wrong(client, question, field):
    response = post(client, **question)
    assert response.status_code == 400
    assert fields_at_fault(response) == [field]
    assert not Query.objects.exists()


def test_errors_are_in_the_readers_language(client):
    def error(language: str) -> str:
        response = client.post(
            SEARCHES, {"method": "sir", "photo": upload(b"hello")}, headers={"accept-language": language}
        )
        return response.json()["errors"][0]["detail"]

    assert "JPEG" in error("vi")
    assert error("vi") != error("en")


def test_broken_json_and_broken_base64_are_400(client):
    assert client.post(SEARCHES, "{", content_type="application/json").status_code == 400
    question = {"method": "sir", "photo": "not base64!"}
    response = client.post(SEARCHES, question, content_type="application/json")
    assert response.status_code == 400
    assert fields_at_fault(response) == ["photo"]


def test_anothers_search_is_not_found_unless_it_is_shared(client, django_user_model):
    query = asking.ask(drawn_photo(1), method="sir", user=UserFactory())
    address = reverse("api:search-detail", args=[query.pk])
    assert client.get(address).status_code == 404
    assert client.get(address, {"token": "guess"}).status_code == 404
    Query.objects.update(shared=True)
    assert client.get(address).status_code == 202


def test_a_signed_in_visitor_reads_their_own_search_without_the_token(client):
    user = UserFactory()
    client.force_login(user)
    query = asking.ask(drawn_photo(1), method="sir", user=user)
    assert client.get(reverse("api:search-detail", args=[query.pk])).status_code == 202


def test_an_answer_takes_a_constant_number_of_queries(client, django_assert_max_num_queries):
    for seed in range(1, 9):
        indexing.describe_image(LandmarkImageFactory(published=True, seed=seed))
    query = asking.ask(drawn_photo(1, (320, 240)), method="sir")
    tasks.answer_query(str(query.pk))
    Query.objects.update(shared=True)
    with django_assert_max_num_queries(8):
        body = client.get(reverse("api:search-detail", args=[query.pk])).json()
    assert len(body["hits"]) == 8


@pytest.fixture
def answered(client) -> Query:
    """A search of the visitor behind the client, with a place."""
    indexing.describe_image(LandmarkImageFactory(published=True, seed=1))
    query = asking.ask(drawn_photo(1, (320, 240)), method="sir", session_key=client.session.session_key)
    tasks.answer_query(str(query.pk))
    query.refresh_from_db()
    return query


def correct(client, query: Query, **said):
    address = reverse("api:search-correction", args=[query.pk])
    return client.post(address, said, content_type="application/json")


def test_an_answer_is_corrected_and_the_correction_taken_back(client, answered):
    address = reverse("api:search-detail", args=[answered.pk])
    assert client.get(address).json()["correction"] is None
    LandmarkFactory(slug="van-mieu")
    said = correct(client, answered, said="in_fact", landmark="van-mieu", note="the gate")
    assert said.status_code == 200, said.content
    assert said.json() == client.get(address).json()["correction"]
    assert said.json() | {"at": ""} == {
        "said": "in_fact", "landmark": "van-mieu", "note": "the gate", "at": "", "is_true": None,
    }  # fmt: skip
    assert correct(client, answered, said="right").json()["landmark"] == answered.places.get().landmark.slug
    assert client.delete(reverse("api:search-correction", args=[answered.pk])).status_code == 204
    assert client.get(address).json()["correction"] is None


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "said"),
        ({"said": "perhaps"}, "said"),
        ({"said": "in_fact"}, "landmark"),
        ({"said": "in_fact", "landmark": "nowhere"}, "landmark"),
        ({"said": "in_fact", "landmark": "van-mieu\0"}, "landmark"),
        ({"said": "in_fact", "landmark": "van-mieu\ud800"}, "landmark"),
        ({"said": "wrong", "landmark": "van-mieu"}, "landmark"),
        ({"said": "wrong", "note": "a" * 501}, "note"),
    ],
)
def test_a_bad_correction_is_400_and_names_what_is_wrong(client, answered, said, field):
    LandmarkFactory(slug="van-mieu")
    response = correct(client, answered, **said)
    assert response.status_code == 400
    assert fields_at_fault(response) == [field]
    assert not answered.corrections.exists()


def test_what_is_not_answered_or_names_no_place_is_409(client, answered):
    answered.places.all().delete()
    assert correct(client, answered, said="wrong").status_code == 409
    Query.objects.update(state=Query.State.RUNNING)
    assert correct(client, answered, said="wrong").status_code == 409
    assert not answered.corrections.exists()


def test_nobody_but_who_asked_corrects_an_answer_or_reads_the_correction(client, answered):
    correct(client, answered, said="wrong", note="my secret")
    with_token = client.get(reverse("api:search-detail", args=[answered.pk])).json()["url"]
    Query.objects.update(shared=True)
    stranger = Client()
    assert stranger.get(with_token).json()["correction"] is None
    assert correct(stranger, answered, said="right").status_code == 404
    address = reverse("api:search-correction", args=[answered.pk])
    token = with_token.partition("?")[2]
    for forbidden in (address, f"{address}?{token}"):
        assert stranger.delete(forbidden).status_code == 404
    assert answered.corrections.get().said == "wrong"


def test_the_methods_are_listed_with_their_checkpoints(client):
    listed = {method["name"]: method for method in client.get("/api/v1/methods/").json()}
    assert set(listed) >= {"sir", "delf", "cnn_irwnha"}
    assert listed["cnn_irwnha"]["checkpoint"].startswith("efficientnet-lite2")


def test_landmarks_and_images_are_listed(client):
    image = LandmarkImageFactory(published=True)
    assert client.get("/api/v1/landmarks/").json()["results"][0]["slug"] == Landmark.objects.get().slug
    assert client.get("/api/v1/images/").json()["results"][0]["id"] == image.pk


def test_the_schema_is_openapi_3_1_without_warnings(client, capsys):
    from django.core.management import call_command

    call_command("spectacular", validate=True, fail_on_warn=True, file="/dev/null")
    schema = client.get("/api/v1/schema/", headers={"accept": "application/json"}).json()
    assert schema["openapi"].startswith("3.1")
    assert "/api/v1/searches/" in schema["paths"]
    assert client.get("/api/v1/docs/").status_code == 200
