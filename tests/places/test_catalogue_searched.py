"""What travellers type, asked of the catalogue that comes with the platform."""

import unicodedata

import pytest
from django.db import transaction

from places import catalogue
from places.models import Landmark
from places.search import SAME, alike, meant_by, search

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]


@pytest.fixture(scope="module")
def shipped(django_db_setup, django_db_blocker):
    """The whole catalogue, loaded once for all these tests."""
    with django_db_blocker.unblock(), transaction.atomic():
        catalogue.load()
        yield
        transaction.set_rollback(True)


def found(text: str, *, first: int | None = None) -> list[str]:
    return [landmark.slug for landmark in search(text)[:first]]


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        # as it is written
        ("Chùa Cầu", "chua-cau"),
        ("Đền Ngọc Sơn", "den-ngoc-son"),
        ("Văn Miếu - Quốc Tử Giám", "van-mieu-quoc-tu-giam"),
        ("Vịnh Hạ Long", "vinh-ha-long"),
        ("đèo hải vân", "deo-hai-van"),
        ("HỒ GƯƠM", "ho-hoan-kiem"),
        # without accents, or with wrong ones
        ("chua cau", "chua-cau"),
        ("chua cau hoi an", "chua-cau"),
        ("den ngoc son", "den-ngoc-son"),
        ("van mieu quoc tu giam", "van-mieu-quoc-tu-giam"),
        ("cau rong", "cau-rong"),
        ("cau vang", "cau-vang"),
        ("cầu vang", "cau-vang"),
        ("chuà một cột", "chua-mot-cot"),
        ("chùa mot cọt", "chua-mot-cot"),
        ("ho guom", "ho-hoan-kiem"),
        ("lang bac", "lang-chu-tich-ho-chi-minh"),
        ("lang khai dinh", "lang-khai-dinh"),
        ("dinh doc lap", "dinh-doc-lap"),
        ("thanh nha ho", "thanh-nha-ho"),
        ("thac ban gioc", "thac-ban-gioc"),
        ("hang son doong", "hang-son-doong"),
        ("phong nha ke bang", "dong-phong-nha"),
        ("trang an", "trang-an"),
        ("tam coc", "tam-coc"),
        ("hoa lu", "co-do-hoa-lu"),
        ("phu quoc", "dao-phu-quoc"),
        # in English
        ("one pillar", "chua-mot-cot"),
        ("japanese bridge", "chua-cau"),
        ("temple of literature", "van-mieu-quoc-tu-giam"),
        ("the temple of literature in hanoi", "van-mieu-quoc-tu-giam"),
        ("independence palace", "dinh-doc-lap"),
        ("reunification palace", "dinh-doc-lap"),
        ("marble mountains", "ngu-hanh-son"),
        ("hai van pass", "deo-hai-van"),
        ("hanoi opera house", "nha-hat-lon-ha-noi"),
        ("saigon post office", "buu-dien-trung-tam-sai-gon"),
        ("my son sanctuary", "thanh-dia-my-son"),
        ("son doong cave", "hang-son-doong"),
        ("con dao prison", "nha-tu-con-dao"),
        ("cao dai temple", "toa-thanh-tay-ninh"),
        ("po nagar cham towers", "thap-ba-ponagar"),
        ("fansipan", "fansipan"),
        ("Golden Bridge, Da Nang, Vietnam", "cau-vang"),
        # run together or apart
        ("halong bay", "vinh-ha-long"),
        ("bana hills", "ba-na-hills"),
        ("po nagar", "thap-ba-ponagar"),
        ("hoankiem", "ho-hoan-kiem"),
        # slips
        ("golden brige", "cau-vang"),
        ("hoan kim lake", "ho-hoan-kiem"),
        ("ben than market", "cho-ben-thanh"),
        ("vinh moc tunels", "dia-dao-vinh-moc"),
        ("thien mu pagodda", "chua-thien-mu"),
        ("imperal citadel", "hoang-thanh-thang-long"),
        ("cu chi tunel", "dia-dao-cu-chi"),
        ("one pilar pagoda", "chua-mot-cot"),
        ("notre dam cathedral", "nha-tho-duc-ba-sai-gon"),
        # not all typed yet
        ("one pil", "chua-mot-cot"),
        ("van mieu quoc", "van-mieu-quoc-tu-giam"),
        # a kind and where it is
        ("chùa huế", "chua-thien-mu"),
        ("pagoda hue", "chua-thien-mu"),
        ("floating market can tho", "cho-noi-cai-rang"),
    ],
)
def test_the_place_a_traveller_means_comes_first(shipped, text, slug):
    assert found(text, first=1) == [slug]


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Đà Lạt", "ga-da-lat"),
        ("dalat", "ga-da-lat"),
        ("sapa", "ruong-bac-thang-sa-pa"),
        ("Sa Pa", "nha-tho-da-sa-pa"),
        ("mui ne", "doi-cat-bay-mui-ne"),
        ("sand dunes", "doi-cat-bay-mui-ne"),
        ("hoi an", "pho-co-hoi-an"),
        ("chợ nổi", "cho-noi-cai-rang"),
        ("nha hat lon", "nha-hat-lon-hai-phong"),
        ("ha long", "vinh-ha-long"),
        ("ba na hils", "ba-na-hills"),
        ("my tho", "chua-vinh-trang"),
    ],
)
def test_what_several_places_share_finds_them_among_the_first_three(shipped, text, slug):
    assert slug in found(text, first=3)


@pytest.mark.parametrize(
    ("text", "province", "former"),
    [
        ("Lam Dong", "lam-dong", None),
        ("lâm đồng", "lam-dong", None),
        ("Kon Tum", None, "Kon Tum"),
        ("kontum", None, "Kon Tum"),
        ("quang binh", None, "Quảng Bình"),
        ("bac kan", None, "Bắc Kạn"),
        ("bắc cạn", None, "Bắc Kạn"),
        ("Bình Thuận", None, "Bình Thuận"),
        ("daklak", None, "Đắk Lắk"),
        ("đắc lắc", None, "Đắk Lắk"),
        ("Sài Gòn", None, "TP. Hồ Chí Minh"),
        ("TP HCM", None, "TP. Hồ Chí Minh"),
        ("tphcm", None, "TP. Hồ Chí Minh"),
        ("Thừa Thiên", "hue", None),
        ("Huế", "hue", None),
        ("danang", "da-nang", None),
    ],
)
def test_a_province_of_today_or_of_before_2025_finds_its_places(shipped, text, province, former):
    its_own = (
        Landmark.objects.filter(province__slug=province)
        if province
        else Landmark.objects.filter(former_province__name_vi=former)
    )
    assert set(its_own.values_list("slug", flat=True)) <= set(found(text))
    assert search(text)[0] in its_own


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "xyzzy", "qwertyuiop", "asdf jkl", "%", "_", "\\", "%%", "___", "?!", "-", "'", "\x00", "🙂", "שלום",
        "مرحبا", "x" * 300, "chùa xyzzy",
    ],
)  # fmt: skip
def test_what_names_no_place_finds_none(shipped, text):
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "chùa%",
        "chua_cau",
        r"chua\cau",
        "chua\x00cau",
        "(chua)[cau]",
        "chua.*cau",
        "\u202echua cau\u202c",
        "chua; cau",
    ],
)
def test_what_is_no_letter_parts_words_and_means_nothing_else(shipped, text):
    assert "chua-cau" in found(text)


def test_a_text_far_too_long_is_read_to_its_hundredth_letter(shipped):
    assert found("chùa cầu " * 40, first=1) == ["chua-cau"]
    assert found("hội an " + "x" * 300) == []


def test_letters_that_carry_their_accents_apart_are_the_same_letters(shipped):
    assert found(unicodedata.normalize("NFD", "Chùa Cầu"), first=1) == ["chua-cau"]


def test_relevance_tells_a_name_from_a_guess(shipped):
    assert search("chùa cầu")[0].relevance >= SAME
    for text in ("chùa một", "golden brige", "Huế", "Phú Quốc island resort"):
        assert all(place.relevance < SAME for place in search(text))


def test_a_search_takes_two_queries(shipped, django_assert_num_queries):
    for text in ("chua cau", "golden brige", "xyzzy"):
        with django_assert_num_queries(2):
            list(search(text))


@pytest.mark.parametrize(
    ("text", "first"), [("uncle ho mausoleum", "lang-chu-tich-ho-chi-minh"), ("phong na", "dong-phong-nha")]
)
def test_where_nothing_is_found_the_nearest_spelling_is_proposed(shipped, text, first):
    assert alike(text, among=Landmark.objects.all())[0].slug == first


@pytest.mark.parametrize("text", ["xyzzy", "", "%"])
def test_where_nothing_is_near_nothing_is_proposed(shipped, text):
    assert not alike(text, among=Landmark.objects.all())


@pytest.mark.parametrize(
    ("text", "province"),
    [
        ("Huế", "Thừa Thiên Huế"),
        ("hue", "Thừa Thiên Huế"),
        ("Sài Gòn", "TP. Hồ Chí Minh"),
        ("Kon Tum", "Kon Tum"),
    ],
)
def test_a_province_limits_to_its_places(shipped, text, province):
    assert {place.former_province.name_vi for place in meant_by(text)} == {province}


def test_a_place_limits_to_itself_and_to_what_is_near(shipped):
    slugs = {place.slug for place in meant_by("Hội An")}
    assert {"pho-co-hoi-an", "chua-cau", "hoi-quan-phuc-kien"} <= slugs
    assert not {"co-do-hue", "cau-rong"} & slugs


def test_what_is_half_a_name_limits_to_what_it_finds_and_nonsense_to_nothing(shipped):
    assert {place.slug for place in meant_by("golden brige")} == {"cau-vang"}
    assert not meant_by("xyzzy")
    assert not meant_by("%")
