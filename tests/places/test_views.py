import pytest

from places.models import Province
from places.templatetags.covers import scene
from tests.factories import FormerProvinceFactory, LandmarkFactory, LandmarkImageFactory, ProvinceFactory

pytestmark = pytest.mark.django_db


def names(response) -> list[str]:
    return [landmark.name_vi for landmark in response.context["object_list"]]


def test_the_list_shows_photographed_places_first_then_by_name(client):
    LandmarkFactory(name_vi="Bến Thành", slug="ben-thanh")
    LandmarkFactory(name_vi="Ấp Bắc", slug="ap-bac")
    photographed = LandmarkFactory(name_vi="Đình Bảng", slug="dinh-bang")
    LandmarkImageFactory(landmark=photographed, published=True)
    LandmarkImageFactory(landmark=LandmarkFactory(name_vi="Yên Tử", slug="yen-tu"))  # not published
    assert names(client.get("/places/")) == ["Đình Bảng", "Ấp Bắc", "Bến Thành", "Yên Tử"]


@pytest.mark.parametrize("q", ["đình", "Dinh bang", "old market", "Chợ Cũ", "  đình bảng "])
def test_a_place_is_found_by_its_names_with_and_without_accents(client, q):
    LandmarkFactory(name_vi="Đình Bảng", name_en="Old market", other_names=["Chợ Cũ"], slug="dinh-bang")
    LandmarkFactory(name_vi="Yên Tử", name_en="Yen Tu", slug="yen-tu")
    assert names(client.get("/places/", {"q": q})) == ["Đình Bảng"]


def test_the_list_is_narrowed_by_region_province_and_category(client):
    hue = ProvinceFactory(slug="hue", region=Province.Region.NORTH_CENTRAL)
    LandmarkFactory(name_vi="Lăng", province=hue, category="tomb")
    LandmarkFactory(name_vi="Chùa", province=hue, category="pagoda")
    LandmarkFactory(name_vi="Tháp", category="tomb")
    assert set(names(client.get("/places/?region=north_central"))) == {"Lăng", "Chùa"}
    assert set(names(client.get("/places/?province=hue"))) == {"Lăng", "Chùa"}
    assert set(names(client.get("/places/?category=tomb"))) == {"Lăng", "Tháp"}
    assert names(client.get("/places/?province=hue&category=tomb&q=")) == ["Lăng"]


@pytest.mark.parametrize(
    "query", ["region=mars", "province=nowhere", "category=%00", "q=%00", "page=99", "page=x"]
)
def test_filters_that_mean_nothing_do_not_break_the_list(client, query):
    LandmarkFactory()
    assert client.get(f"/places/?{query}").status_code in (200, 404)


def test_a_list_of_nothing_says_so_in_both_languages(client):
    assert "Không có địa điểm nào hợp" in client.get("/places/?q=zzz").content.decode()
    assert "No place matches" in client.get("/en/places/?q=zzz").content.decode()


def test_the_list_takes_a_fixed_number_of_queries(client, django_assert_num_queries):
    for _round in range(2):
        for image in LandmarkImageFactory.create_batch(4, published=True):
            image.landmark.former_province = FormerProvinceFactory()
            image.landmark.save()
        with django_assert_num_queries(3):
            client.get("/places/")


@pytest.mark.parametrize("category", ["", "pagoda", "bay", "cave", "church"])
def test_every_place_has_a_scene_to_stand_for_its_photo(category):
    from django.contrib.staticfiles import finders

    assert finders.find(scene(LandmarkFactory.build(category=category, province=None)))


def test_a_merged_place_is_in_no_list(client):
    into = LandmarkFactory(name_vi="Đền Ngọc Sơn", slug="ngoc-son")
    LandmarkFactory(name_vi="Đền Ngọc", slug="ngoc", merged_into=into)
    assert names(client.get("/places/")) == ["Đền Ngọc Sơn"]
    assert names(client.get("/places/?q=ngoc")) == ["Đền Ngọc Sơn"]
