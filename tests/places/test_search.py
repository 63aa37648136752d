import pytest

from places.models import FormerProvince, Landmark, Province
from places.search import search
from tests.factories import FormerProvinceFactory, LandmarkFactory, LandmarkImageFactory, ProvinceFactory

pytestmark = pytest.mark.django_db


def found(text: str) -> list[str]:
    return [landmark.slug for landmark in search(text)]


def test_the_very_accents_rank_before_others_and_a_whole_name_before_a_part_of_one():
    LandmarkFactory(name_vi="Lang Co", slug="a-without")
    LandmarkFactory(name_vi="Làng cổ", slug="b-village")
    LandmarkFactory(name_vi="Lăng Cô", slug="c-bay")
    LandmarkFactory(name_vi="Vịnh Lăng Cô", slug="d-part")
    assert found("lăng cô")[0] == "c-bay"
    assert found("làng cổ")[0] == "b-village"
    assert found("lang co") == ["a-without", "b-village", "c-bay", "d-part"]


def test_of_equals_the_one_with_a_photo_comes_first():
    LandmarkFactory(name_vi="Chùa Một", slug="a")
    LandmarkImageFactory(landmark=LandmarkFactory(name_vi="Chùa Một", slug="b"), published=True)
    assert found("chùa một") == ["b", "a"]


def test_slips_are_forgiven_only_where_nothing_is_spelt_as_typed():
    LandmarkFactory(name_en="Bridge", slug="bridge")
    assert found("brigde") == []  # too far
    assert found("bridgee") == ["bridge"]
    LandmarkFactory(name_en="Bridgee", slug="bridgee")
    assert found("bridgee") == ["bridgee"]


def test_an_edit_is_searched_at_once():
    province = ProvinceFactory(name_vi="Hà Tây")
    former = FormerProvinceFactory(name_vi="Kinh Bắc")
    place = LandmarkFactory(name_vi="Chùa Thầy", slug="place", province=province, former_province=former)
    Landmark.objects.filter(pk=place.pk).update(name_vi="Chùa Hương", other_names=["Động Hương Tích"])
    Province.objects.filter(pk=province.pk).update(name_vi="Hà Nội")
    FormerProvince.objects.filter(pk=former.pk).update(other_names=["Xứ Đoài"])
    for text in ("chùa hương", "hương tích", "hà nội", "xứ đoài"):
        assert found(text) == ["place"], text
    for text in ("thầy", "hà tây"):
        assert found(text) == [], text
