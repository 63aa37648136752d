"""A photo and words: only in or near what the words mean."""

import io

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from retrieval import asking, index, indexing, methods, search, serving
from retrieval.models import Query
from tests.factories import (
    FormerProvinceFactory,
    LandmarkFactory,
    LandmarkImageFactory,
    ProvinceFactory,
    drawn_photo,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_methods"), pytest.mark.thorough]

PHOTO = drawn_photo(1, (320, 240))
METHODS = ["consensus", "sir", "delf", "cnn_irwnha"]


@pytest.fixture
def hue():
    """Two places: the one that the photo shows is elsewhere, the other is in Huế."""
    elsewhere = LandmarkFactory(name_vi="Tháp Rùa")
    former = FormerProvinceFactory(name_vi="Thừa Thiên Huế")
    there = LandmarkFactory(
        name_vi="Lăng Khải Định", former_province=former, province=ProvinceFactory(name_vi="Huế")
    )
    for landmark, seed in ((elsewhere, 1), (there, 2)):
        indexing.describe_image(LandmarkImageFactory(published=True, landmark=landmark, seed=seed))
    return there


def answered(query: Query) -> Query:
    search.answer(query)
    return Query.objects.with_answer().get(pk=query.pk)


def send(client, **fields):
    photo = SimpleUploadedFile("photo.jpg", PHOTO)
    return client.post("/searches/new/", {"photo": photo, "method": "sir"} | fields)


@pytest.mark.parametrize("words", ["Huế", "thua thien hue", "Khải Định", "lang khai dinhh"])
@pytest.mark.parametrize("method", METHODS)
def test_every_method_looks_only_among_what_the_words_mean(hue, method, words):
    assert {approach for approach in serving.offered()} == set(METHODS)
    free = answered(asking.ask(PHOTO, method=method))
    assert free.places.all()[0].landmark != hue
    limited = answered(asking.ask(PHOTO, method=method, words=words))
    assert [place.landmark for place in limited.places.all()] == [hue]
    assert [hit.image.landmark for hit in limited.hits.all()] == [hue]


def test_every_photo_of_several_obeys(hue):
    query = answered(asking.ask(PHOTO, more=[drawn_photo(2, (320, 240))], method="sir", words="Huế"))
    for each in (query, *query.views.all()):
        assert each.words == "Huế"
        assert [hit.image.landmark for hit in each.hits.all()] == [hue]


def test_words_that_mean_nothing_by_now_find_nothing(hue):
    query = asking.ask(PHOTO, method="sir", words="Atlantis")
    assert not answered(query).places.exists()


def test_the_nearest_are_of_the_landmarks_let_through(hue):
    sir = methods.load("sir")
    vector = sir.describe(np.zeros((64, 64, 3), np.uint8)).vector
    for landmarks, count in ((None, 2), (frozenset({hue.pk}), 1), (frozenset(), 0)):
        assert len(index.nearest(vector, method=sir, k=5, landmarks=landmarks)) == count


def test_the_form_keeps_the_words_with_the_search(client, hue):
    assert send(client, words="  Huế ").status_code == 302
    assert Query.objects.get().words == "Huế"


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("", "không biết địa điểm hay tỉnh nào tên “xyzzy”"), ("/en", "called “xyzzy”")],
)
def test_words_that_mean_nothing_are_refused_and_all_else_stays(client, hue, language, sentence):
    photo = SimpleUploadedFile("photo.jpg", PHOTO)
    fields = {"photo": photo, "method": "delf", "words": "xyzzy", "category": "tomb"}
    response = client.post(f"{language}/searches/new/", fields)
    page = response.content.decode()
    assert response.status_code == 400
    assert sentence in page
    assert 'value="xyzzy"' in page
    assert '<option value="tomb" selected>' in page
    assert 'class="filters" open' in page
    assert not Query.objects.exists()


def test_words_of_code_are_shown_as_words(client, hue):
    page = send(client, words="<b>xyzzy").content.decode()
    assert "&lt;b&gt;xyzzy" in page
    assert "<b>xyzzy" not in page


def test_the_answer_says_what_it_was_limited_to_and_leads_everywhere(client, hue):
    send(client, words="Huế", left=0.25, top=0.25, right=0.75, bottom=0.75)
    query = answered(Query.objects.get())
    page = client.get(query.get_absolute_url()).content.decode()
    assert "Chỉ tìm ở: Huế" in page
    assert 'name="everywhere" value="1"' in page

    again = {"method": query.method, "left": 0.25, "top": 0.25, "right": 0.75, "bottom": 0.75}
    client.post(f"{query.get_absolute_url()}again/", again)
    client.post(f"{query.get_absolute_url()}again/", again | {"everywhere": "1"})
    everywhere, kept = Query.objects.exclude(pk=query.pk).order_by("words")
    assert (kept.words, everywhere.words) == ("Huế", "")
    assert everywhere.fractions == query.fractions


def test_an_answer_without_limits_offers_nothing_wider(client, hue):
    send(client)
    query = answered(Query.objects.get())
    assert "everywhere" not in client.get(query.get_absolute_url()).content.decode()


def test_comparing_all_methods_keeps_the_words(client, hue):
    send(client, words="Huế")
    root = asking.compare(Query.objects.get())
    assert {sibling.words for sibling in root.siblings.all()} == {"Huế"}


def test_the_api_takes_words_and_tells_them(client, hue):
    photo = io.BytesIO(PHOTO)
    photo.name = "photo.jpg"
    response = client.post("/api/v1/searches/", {"photo": photo, "method": "sir", "words": "Huế"})
    assert response.status_code == 202, response.content
    assert response.json()["words"] == "Huế"
    assert Query.objects.get().words == "Huế"


def test_the_api_refuses_words_that_mean_nothing_and_documents_them(client, hue):
    photo = io.BytesIO(PHOTO)
    photo.name = "photo.jpg"
    response = client.post("/api/v1/searches/", {"photo": photo, "method": "sir", "words": "xyzzy"})
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == ["words"]
    schemas = client.get("/api/v1/schema/?format=json").json()["components"]["schemas"]
    assert "sai gon" in schemas["AskRequest"]["properties"]["words"]["description"]
