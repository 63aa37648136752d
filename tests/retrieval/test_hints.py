"""What may help where a search did not find the place."""

import numpy as np
import pytest
from django.urls import reverse
from django.utils import translation
from PIL import Image

from retrieval import answer_page, asking, indexing, search
from retrieval.models import Query
from tests.factories import LandmarkImageFactory, drawn_photo, encoded
from tests.retrieval.test_views import asked, text_of, visitors_search

pytestmark = pytest.mark.django_db

HINTS = [{"code": "few_details", "box": [0.25, 0.5, 0.75, 1.0]}, {"code": "too_dark", "box": None}]
DONE = {"state": Query.State.ANSWERED, "verdict": "unknown", "hints": HINTS}


@pytest.mark.usefixtures("quick_methods")
def test_an_answer_keeps_what_is_wrong_with_its_photo():
    indexing.describe_image(LandmarkImageFactory(published=True))
    dark = encoded(Image.fromarray(np.random.default_rng(1).integers(0, 30, (240, 320, 3), np.uint8)))
    query = asking.ask(dark, method="sir")
    search.answer(query)
    query.refresh_from_db()
    assert query.hints == [{"code": "too_dark", "box": None}]


@pytest.mark.usefixtures("quick_methods")
def test_an_answer_from_a_catalogue_that_is_not_all_described_says_so_and_denies_nothing_flatly():
    def answered() -> Query:
        query = asking.ask(drawn_photo(5), method="sir")
        search.answer(query)
        query.refresh_from_db()
        query.verdict, query.known = Query.Verdict.UNKNOWN, 0.01
        return query

    indexing.describe_image(LandmarkImageFactory(published=True), names=["sir"])
    late = LandmarkImageFactory(published=True)
    early = answered()
    assert early.hints[0] == {"code": "catalogue_incomplete", "box": None}
    with translation.override("en"):
        assert "cannot be sure" in answer_page.sentence(early, [])

    indexing.describe_image(late, names=["sir"])
    settled = answered()
    assert "catalogue_incomplete" not in [hint["code"] for hint in settled.hints]
    with translation.override("en"):
        assert answer_page.sentence(settled, []) == "This place is not in our catalogue"


@pytest.mark.usefixtures("quick_methods")
def test_a_box_that_is_too_small_is_answered_with_a_larger_one_as_fractions():
    indexing.describe_image(LandmarkImageFactory(published=True))
    noise = np.random.default_rng(1).integers(0, 255, (600, 800, 3), np.uint8)
    query = asking.ask(encoded(Image.fromarray(noise)), method="sir", box=(0.5, 0.5, 0.55, 0.55))
    search.answer(query)
    query.refresh_from_db()
    (hint,) = [hint for hint in query.hints if hint["code"] == "tiny_box"]
    left, top, right, bottom = hint["box"]
    assert 0 <= left < 0.5 < 0.55 < right <= 1
    assert 0 <= top < 0.5 < 0.55 < bottom <= 1


def test_hints_are_sentences_and_their_box_is_searched_by_a_button(client):
    query = visitors_search(client, **DONE)
    response = client.get(f"/en/searches/{query.pk}/")
    text = text_of(response)
    assert text.index("few details") < text.index("very dark")
    assert text.count("Search with this box") == 1
    assert 'name="left" value="0.25"' in response.content.decode()
    box = dict(zip(("left", "top", "right", "bottom"), HINTS[0]["box"], strict=True))
    client.post(f"/searches/{query.pk}/again/", {"method": query.method} | box)
    again = Query.objects.exclude(pk=query.pk).get()
    assert (again.method, again.left, again.top, again.right, again.bottom) == ("delf", 100, 100, 300, 200)


def test_a_reader_of_a_shared_search_reads_hints_but_is_given_no_button(client):
    text = text_of(client.get(f"/en/searches/{asked(shared=True, **DONE).pk}/"))
    assert "very dark" in text
    assert "Search with this box" not in text


def test_hints_without_words_in_this_release_are_left_out(client):
    query = asked(shared=True, **DONE | {"hints": [{"code": "eclipse", "box": None}]})
    assert "What may help" not in text_of(client.get(f"/en/searches/{query.pk}/"))


def test_the_api_gives_hints_in_the_readers_language(client):
    address = reverse("api:search-detail", args=[asked(shared=True, **DONE).pk])
    english, vietnamese = (
        client.get(address, headers={"accept-language": language}).json()["hints"]
        for language in ("en", "vi")
    )
    assert [hint["code"] for hint in english] == ["few_details", "too_dark"]
    assert english[0]["box"] == HINTS[0]["box"]
    assert english[1]["text"].startswith("The photo is very dark")
    assert english[1]["text"] != vietnamese[1]["text"]
