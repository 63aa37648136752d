"""What an answer says, and which landmarks are looked among."""

import base64

import pytest
from django.test import Client

from places import curation
from retrieval import asking, index, indexing, tasks
from retrieval.models import Query
from tests.factories import (
    LandmarkFactory,
    LandmarkImageFactory,
    ProvinceFactory,
    UserFactory,
    drawn_photo,
)
from tests.retrieval.api.test_searches import SEARCHES, fields_at_fault, post
from tests.retrieval.test_views import visitors_search

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_methods")]

HANOI = "105.7,20.9,106,21.2"


@pytest.fixture(autouse=True)
def answer_at_once(monkeypatch):
    monkeypatch.setattr(tasks.answer_query, "delay", tasks.answer_query)


@pytest.fixture
def ask(client, django_capture_on_commit_callbacks):
    """Asks, and gives what is answered."""

    def ask(**question):
        with django_capture_on_commit_callbacks(execute=True):
            asked = post(client, **question)
        assert asked.status_code == 202, asked.content
        return client.get(asked["Location"]).json()

    return ask


@pytest.fixture
def hanoi():
    """Two places with positions: the photo shows the one in Đà Nẵng, the other is in Hanoi."""
    there = LandmarkFactory(name_en="Dragon Bridge", latitude=16.061, longitude=108.227)
    hanoi = LandmarkFactory(name_en="One Pillar Pagoda", latitude=21.036, longitude=105.834)
    for landmark, seed in ((there, 1), (hanoi, 2)):
        indexing.describe_image(LandmarkImageFactory(published=True, landmark=landmark, seed=seed))
    return hanoi


# Limits


@pytest.mark.parametrize(
    "limit",
    [{"bbox": HANOI}, {"near": "21.028,105.854"}, {"near": "21.028, 105.854", "within_km": "5"}],
)
def test_only_what_lies_there_is_found_and_the_answer_says_so(ask, hanoi, limit):
    assert ask()["places"][0]["landmark"]["slug"] != hanoi.slug
    answer = ask(**limit)
    assert [place["landmark"]["slug"] for place in answer["places"]] == [hanoi.slug]
    assert {hit["image"]["landmark"] for hit in answer["hits"]} == {hanoi.slug}
    if "bbox" in limit:
        assert answer["bbox"] == [105.7, 20.9, 106, 21.2]
        assert answer["near"] is None
    else:
        assert (answer["near"], answer["within_km"]) == ("21.028,105.854", float(limit.get("within_km", 50)))


def test_all_limits_must_be_met(client, ask, hanoi):
    refused = post(client, bbox=HANOI, near="16.06,108.22")
    assert [error["code"] for error in refused.json()["errors"]] == ["nothing_there"] * 2
    assert ask(bbox=HANOI, words=hanoi.province.name_vi)["places"][0]["landmark"]["slug"] == hanoi.slug


def test_the_page_says_where_it_looked_and_asking_again_looks_there_too(client, hanoi):
    limits = {"bbox": (105.7, 20.9, 106.0, 21.2), "near": (21.028, 105.854, 5.0)}
    query = asking.ask(drawn_photo(1, (320, 240)), method="sir", **limits)
    tasks.answer_query(str(query.pk))
    Query.objects.update(shared=True)
    page = client.get(f"/en/searches/{query.pk}/").content.decode()
    assert "5 km around 21.028, 105.854" in page
    assert "105.7° to 106° east, 20.9° to 21.2° north" in page
    again = asking.ask_again(Query.objects.get(), method="delf")
    assert (tuple(again.bbox), tuple(again.near)) == (limits["bbox"], limits["near"])


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("question", "field", "code"),
    [
        ({"bbox": "106,20.9,105.7,21.2"}, "bbox", "turned_round"),
        ({"bbox": "105.7,20.9,nan,21.2"}, "bbox", "not_on_earth"),
        ({"bbox": "105.7,20.9,300,21.2"}, "bbox", "not_on_earth"),
        ({"bbox": "105.7,20.9,106"}, "bbox", "not_an_area"),
        ({"bbox": "0,0,1,1"}, "bbox", "nothing_there"),
        ({"near": "21.028"}, "near", "not_a_position"),
        ({"near": "48.85,2.35"}, "near", "not_in_vietnam"),
        ({"near": "8.6,111.9", "within_km": "1"}, "near", "nothing_there"),
        ({"near": "21.028,105.854", "within_km": "0"}, "within_km", "min_value"),
        ({"near": "21.028,105.854", "within_km": "nan"}, "within_km", "invalid"),
        ({"within_km": "5"}, "within_km", "needs_near"),
        ({"words": "xyzzy"}, "words", "unknown_words"),
        ({"box": "0,0,2,2"}, "box", "bad_box"),
        ({"image": "999999"}, "image", "does_not_exist"),
        ({"webhook": "ftp://example.org/"}, "webhook", "not_a_web_address"),
        ({"webhook": "http://169.254.169.254/"}, "webhook", "not_public"),
        ({"webhook": "http://localhost/"}, "webhook", "not_public"),
        ({"webhook": "https://example.org/", "webhook_secret": "secret"}, "webhook_secret", "bad_secret"),
        ({"webhook_secret": "whsec_" + "A" * 32}, "webhook_secret", "needs_webhook"),
    ],
)
def test_what_cannot_be_is_refused_with_a_code_of_its_own(client, hanoi, question, field, code):
    refused = post(client, **question)
    assert refused.status_code == 400
    assert fields_at_fault(refused) == [field]
    assert refused.json()["errors"][0]["code"] == code
    assert not Query.objects.exists()


# What an answer says


def test_an_answer_says_how_long_each_part_took_and_on_which_catalogue(ask, hanoi):
    answer = ask()
    assert list(answer["times_ms"]) == ["waiting", "describing", "searching", "verifying", "voting"]
    assert all(time >= 0 for time in answer["times_ms"].values())
    assert answer["catalogue_version"] == index.catalogue_version()


def test_the_version_of_the_catalogue_changes_with_what_answers_may_depend_on(hanoi):
    versions = [index.catalogue_version()]

    def has_changed() -> bool:
        versions.append(index.catalogue_version())
        return versions[-1] not in versions[:-1]

    assert not has_changed()
    image = LandmarkImageFactory(seed=3)
    curation.publish([image])
    assert has_changed()
    indexing.describe_image(image)
    assert has_changed()
    hanoi.name_en = "Pagoda on one pillar"
    hanoi.save()
    assert has_changed()


def test_each_hit_says_whom_to_thank_in_the_readers_language(client, ask, hanoi):
    answer = ask()
    thanks = answer["hits"][0]["attribution"]
    assert thanks["text"].startswith("Ảnh: An Nguyễn, CC BY-SA 4.0")
    assert '<a href="https://creativecommons.org/licenses/by-sa/4.0/"' in thanks["html"]
    english = client.get(answer["url"], headers={"accept-language": "en"}).json()
    assert english["hits"][0]["attribution"]["text"].startswith("Photo: An Nguyễn")


def test_an_explained_answer_has_the_details_of_each_hit(client, ask, hanoi):
    plain = ask(method="delf")
    assert plain["hits"][0]["matches"] is None
    explained = ask(method="delf", explain="true")
    assert "explain=true" in explained["url"]
    alone = client.get(explained["hits"][0]["url"]).json()
    assert explained["hits"][0]["matches"] == alone["matches"]
    assert len(alone["matches"]) > 0
    assert client.get(plain["url"] + "&explain=true").json()["hits"][0]["matches"] == alone["matches"]


def test_explaining_reads_no_more_often(client, ask, hanoi, django_assert_max_num_queries):
    address = ask(method="delf")["url"]
    counts = []
    for round in range(2):
        for more in ("", "&explain=true"):
            with django_assert_max_num_queries(12) as captured:
                client.get(address + more)
            counts.append(len(captured))
        indexing.describe_image(LandmarkImageFactory(published=True, seed=7 + round))
        address = ask(method="delf")["url"]
    assert len(set(counts)) == 1


def test_a_photo_of_the_catalogue_asks_by_its_id_and_words_limit_it(ask, hanoi):
    other = LandmarkImageFactory(published=True, landmark=hanoi, seed=3)
    indexing.describe_image(other)
    image = hanoi.images.first()
    answer = ask(image=image.pk, photo="")
    assert answer["image"] == image.pk
    assert image.pk not in [hit["image"]["id"] for hit in answer["hits"]]
    assert ask(image=image.pk, photo="", words=hanoi.name_vi)["words"] == hanoi.name_vi


def test_a_photo_and_an_id_are_too_much(client, hanoi):
    photo = base64.b64encode(drawn_photo(1, (320, 240))).decode()
    question = {"photo": photo, "image": hanoi.images.first().pk}
    refused = client.post(SEARCHES, question, content_type="application/json")
    assert refused.json()["errors"][0]["code"] == "photo_and_image"


@pytest.mark.parametrize("name", ["private", "no_store"])
def test_no_store_is_another_word_for_private(ask, hanoi, name):
    assert ask(**{name: "true"})["private"]


def test_a_method_need_not_be_named(client, hanoi):
    photo = base64.b64encode(drawn_photo(1, (320, 240))).decode()
    asked = client.post(SEARCHES, {"photo": photo}, content_type="application/json")
    assert asked.json()["method"] == "consensus"


@pytest.mark.parametrize("photo", ["ảnh", 7, None, {}, ["x"]])
def test_what_is_no_base64_is_refused(client, photo):
    refused = client.post(SEARCHES, {"photo": photo}, content_type="application/json")
    assert refused.status_code == 400
    assert fields_at_fault(refused) == ["photo"]


# Deleting


def test_who_asked_deletes_a_search_with_its_photo(client, django_capture_on_commit_callbacks):
    query = visitors_search(client)
    address = f"{SEARCHES}{query.pk}/"
    assert Client().delete(address).status_code == 404
    with django_capture_on_commit_callbacks(execute=True):
        assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404
    assert not query.photo.storage.exists(query.photo.name)


def test_what_belongs_to_another_search_is_deleted_with_that_alone(client):
    user = UserFactory()
    client.force_login(user)
    query = asking.ask(drawn_photo(1), more=[drawn_photo(2)], method="sir", user=user)
    view = query.views.get()
    assert client.delete(f"{SEARCHES}{view.pk}/").status_code == 404
    assert client.delete(f"{SEARCHES}{query.pk}/").status_code == 204
    assert not Query.objects.exists()


# By words alone


def by_words(client, **asked):
    return client.get(f"{SEARCHES}by-words/", asked)


def test_places_are_found_by_words_with_a_photo_and_whom_to_thank(client, hanoi):
    answer = by_words(client, words="one pillar").json()
    (place,) = answer["places"]
    assert (place["rank"], place["landmark"]["slug"]) == (0, hanoi.slug)
    assert place["image"]["landmark"] == hanoi.slug
    assert "An Nguyễn" in place["attribution"]["text"]
    assert not Query.objects.exists()


def test_words_obey_the_same_limits(client, hanoi):
    assert by_words(client, words="one pillar", bbox="108,16,109,17").json()["places"] == []
    found = by_words(client, words="one pillar", near="21.028,105.854", within_km="5").json()["places"]
    assert [place["landmark"]["slug"] for place in found] == [hanoi.slug]
    elsewhere = ProvinceFactory()
    assert by_words(client, words="one pillar", province=elsewhere.slug).json()["places"] == []


def test_words_that_mean_nothing_find_nothing_and_names_alike_are_proposed(client, hanoi):
    answer = by_words(client, words="one pilar xyzzy")
    assert answer.status_code == 200
    assert answer.json()["places"] == []
    assert [place["slug"] for place in answer.json()["alike"]] == [hanoi.slug]
    assert by_words(client).status_code == 400
    assert by_words(client, words="a" * 101).status_code == 400


def test_finding_by_words_takes_a_fixed_number_of_queries(client, django_assert_max_num_queries):
    counts = []
    for _round in range(2):
        for _place in range(3):
            LandmarkImageFactory(published=True, landmark__name_en="Old bridge")
        with django_assert_max_num_queries(5) as captured:
            by_words(client, words="bridge")
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_in_json_a_box_on_the_map_may_be_a_list(client, hanoi):
    photo = base64.b64encode(drawn_photo(1, (320, 240))).decode()
    question = {"photo": photo, "bbox": [105.7, 20.9, 106, 21.2]}
    asked = client.post(SEARCHES, question, content_type="application/json")
    assert asked.json()["bbox"] == [105.7, 20.9, 106, 21.2]
