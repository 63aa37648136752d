"""What a place's page shows of its look-alikes: a part that htmx fetches, or a page."""

import pytest

from places.merging import merge
from retrieval.models import LookAlike
from tests.factories import LandmarkFactory, LandmarkImageFactory
from tests.retrieval.test_lookalikes import pair_of

pytestmark = pytest.mark.django_db
DETAIL = {"detail_vi": "Động Phong Nha có sông.", "detail_en": "A river runs through Phong Nha."}


@pytest.fixture
def caves() -> tuple:
    return (
        LandmarkFactory(slug="phong-nha", name_vi="Phong Nha", name_en="Phong Nha Cave"),
        LandmarkFactory(slug="thien-duong", name_vi="Thiên Đường", name_en="Paradise Cave"),
    )


@pytest.mark.parametrize("slug", ["phong-nha", "thien-duong"])
def test_a_described_pair_is_shown_for_either_place(client, caves, slug):
    photos = [LandmarkImageFactory(landmark=cave, published=True) for cave in caves]
    pair_of(*caves, first_image=photos[0], second_image=photos[1], **DETAIL)
    page = client.get(f"/en/lookalikes/{slug}/").content.decode()
    assert "A river runs through Phong Nha." in page
    assert "/en/places/thien-duong/" in page
    assert page.count(photos[0].photo.url) >= 1
    assert page.count("<h1") == 1
    assert "Động Phong Nha có sông." in client.get(f"/lookalikes/{slug}/").content.decode()


def test_htmx_gets_the_part_alone(client, caves):
    pair_of(*caves, **DETAIL)
    response = client.get("/en/lookalikes/phong-nha/", headers={"HX-Request": "true"})
    assert "HX-Request" in response["Vary"]
    assert "<html" not in response.content.decode()
    assert "A river runs" in response.content.decode()


def test_pairs_that_visitors_are_not_told_of_are_not_shown(client, caves):
    first, second = caves
    pair_of(first, second)  # nothing is written of it
    pair_of(first, LandmarkFactory(), dismissed=True, **DETAIL)
    pair_of(second, LandmarkFactory(), **DETAIL)  # of another place
    page = client.get("/en/lookalikes/phong-nha/").content.decode()
    assert "We know of no place that is easily mistaken for this one." in page
    part = client.get("/en/lookalikes/phong-nha/", headers={"HX-Request": "true"}).content.decode()
    assert part.strip() == ""


def test_a_merged_place_is_no_look_alike_and_its_address_leads_to_the_other(client, caves):
    first, second = caves
    pair_of(first, second, **DETAIL)
    merge(second, into=LandmarkFactory(slug="other"))
    assert not LookAlike.objects.told_of(first).exists()
    assert not LookAlike.objects.between([first.pk, second.pk]).exists()
    assert client.get("/lookalikes/thien-duong/")["Location"] == "/lookalikes/other/"


def test_a_place_that_is_not_there_has_none(client):
    assert client.get("/lookalikes/atlantis/").status_code == 404


def test_the_look_alikes_of_a_place_take_a_fixed_number_of_queries(client, django_assert_num_queries):
    place = LandmarkFactory(slug="phong-nha")
    for _round in range(2):
        for image in LandmarkImageFactory.create_batch(2, published=True):
            pair_of(place, image.landmark, second_image=image, **DETAIL)
        with django_assert_num_queries(2):
            client.get("/lookalikes/phong-nha/", headers={"HX-Request": "true"})
