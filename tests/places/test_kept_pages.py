"""The page of a place is made once for all strangers, and yet shows each what is so now, in a form of their own."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from places import curation
from places.models import Landmark
from tests.factories import LandmarkFactory, LandmarkImageFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def temple() -> Landmark:
    return LandmarkFactory(slug="van-mieu", name_vi="Văn Miếu", name_en="Temple of Literature")


@pytest.fixture
def photo(temple):
    return LandmarkImageFactory(landmark=temple, published=True, author="Lê Minh Tú")


def read(client: Client, address: str = "/places/van-mieu/") -> str:
    return client.get(address).content.decode()


def tokens(page: str) -> list[str]:
    return re.findall(r'csrfmiddlewaretoken" value="(\w*)"', page)


def without_tokens(page: str) -> str:
    return re.sub(r'csrfmiddlewaretoken" value="\w*"', "", page)


def test_the_next_stranger_is_shown_the_same_page_without_the_place_being_read(
    photo, django_assert_num_queries
):
    first = read(Client())
    with django_assert_num_queries(1):  # whether the catalogue is another
        second = read(Client())
    assert without_tokens(second) == without_tokens(first)


def test_each_strangers_form_can_be_sent(photo):
    for _stranger in range(2):
        client = Client(enforce_csrf_checks=True)
        ours = tokens(read(client))
        assert len(set(ours)) == 1
        sent = {"landmark": "van-mieu", "csrfmiddlewaretoken": ours[0]}
        assert client.post(reverse("places:save"), sent).status_code == 302


def test_no_strangers_token_is_shown_to_another(photo):
    one, other = (tokens(read(Client())) for _stranger in range(2))
    assert one
    assert all(one + other)
    assert not set(one) & set(other)


def test_what_is_changed_is_shown_at_once(temple, photo, client):
    assert "Văn Miếu" in read(client)
    temple.name_vi = "Quốc Tử Giám"
    temple.save()
    assert "Quốc Tử Giám" in read(client)


def test_a_withdrawn_photo_is_gone_at_once(photo, client):
    assert "Lê Minh Tú" in read(client)
    curation.reject([photo], reason="blurred")
    assert "Lê Minh Tú" not in read(client)


def test_each_language_has_a_page_of_its_own(temple, client):
    assert "Temple of Literature" in read(client, "/en/places/van-mieu/")
    assert '<html lang="vi">' in read(client)


def test_further_pages_of_photos_are_not_the_first(temple, client):
    LandmarkImageFactory.create_batch(15, landmark=temple, published=True)
    assert without_tokens(read(client)) != without_tokens(read(client, "/places/van-mieu/?page=2"))


def test_who_is_logged_in_is_shown_their_own_and_strangers_are_not(temple, photo, client):
    client.force_login(UserFactory())
    client.post(reverse("places:save"), {"landmark": "van-mieu"})
    own = read(client)
    assert "save__act--done" in own
    strangers = read(Client())
    assert "save__act--done" not in strangers
    assert "save__act--done" in read(client)


def test_what_a_stranger_is_told_is_shown_to_no_other(temple, client):
    client.post(
        reverse("places:save"), {"landmark": "gone", "next": "/places/van-mieu/"}
    )  # which leaves a message
    assert "note--warning" in read(client)
    assert "note--warning" not in read(Client())
    assert "note--warning" not in read(client)


def test_a_place_that_is_merged_leads_on_at_once(temple, client):
    read(client)
    temple.merged_into = LandmarkFactory(slug="quoc-tu-giam")
    temple.save()
    assert client.get("/places/van-mieu/").headers["Location"] == "/places/quoc-tu-giam/"
