import pytest

from places.templatetags.covers import scene
from tests.factories import FormerProvinceFactory, LandmarkFactory, LandmarkImageFactory, ProvinceFactory

pytestmark = pytest.mark.django_db


def test_a_places_page_tells_what_is_known_in_the_readers_language(client):
    place = LandmarkFactory(
        slug="van-mieu", name_vi="Văn Miếu", name_en="Temple of Literature", other_names=["Quốc Tử Giám"],
        description_vi="Trường đại học đầu tiên.", description_en="The first university.",
        province=ProvinceFactory(name_vi="Hà Nội", name_en="Hanoi"),
        former_province=FormerProvinceFactory(name_vi="Hà Tây", name_en="Ha Tay"),
        unesco="world_heritage", unesco_year=2010, latitude=21.0281, longitude=105.8357,
    )  # fmt: skip
    LandmarkImageFactory.create_batch(2, landmark=place, published=True)
    vietnamese = client.get("/places/van-mieu/").content.decode()
    english = client.get("/en/places/van-mieu/").content.decode()
    for word in (
        "Văn Miếu",
        "Trường đại học đầu tiên.",
        "Hà Nội",
        "Hà Tây",
        "Di sản thế giới UNESCO",
        "từ năm 2010",
    ):
        assert word in vietnamese
    for word in (
        "Temple of Literature",
        "The first university.",
        "Hanoi",
        "Ha Tay",
        "World Heritage",
        "since 2010",
    ):
        assert word in english
    for page in (vietnamese, english):
        assert 'href="geo:21.0281,105.8357"' in page
        assert page.count("An Nguyễn") == 2
        assert "Quốc Tử Giám" in page


def test_photos_that_are_not_published_are_not_shown(client):
    image = LandmarkImageFactory(landmark__slug="van-mieu", author="Người giữ kín")
    page = client.get("/places/van-mieu/").content.decode()
    assert "Người giữ kín" not in page
    assert image.sha256 not in page
    assert "chưa có ảnh" in page


def test_a_place_leads_to_those_it_overlaps(client):
    inner, outer = LandmarkFactory(slug="inner"), LandmarkFactory(slug="outer")
    inner.overlaps_with.add(outer)
    assert 'href="/places/outer/"' in client.get("/places/inner/").content.decode()


def test_a_places_page_takes_a_fixed_number_of_queries(client, django_assert_num_queries):
    place = LandmarkFactory(slug="van-mieu")
    for _round in range(2):
        LandmarkImageFactory.create_batch(3, landmark=place, published=True)
        place.overlaps_with.add(*LandmarkFactory.create_batch(2))
        with django_assert_num_queries(3):
            client.get("/places/van-mieu/")


def test_a_place_that_is_not_there_is_not_found(client):
    assert client.get("/places/atlantis/").status_code == 404


@pytest.mark.parametrize("category", ["", "pagoda", "bay", "cave", "church"])
def test_every_place_has_a_scene_to_stand_for_its_photo(category):
    from django.contrib.staticfiles import finders

    assert finders.find(scene(LandmarkFactory.build(category=category, province=None)))
