import re

import pytest

from places.models import Province
from tests.factories import FormerProvinceFactory, LandmarkFactory, LandmarkImageFactory, ProvinceFactory

pytestmark = pytest.mark.django_db


def names(response) -> list[str]:
    return [landmark.name_vi for landmark in response.context["object_list"]]


def choices(response, name: str) -> dict[str, str]:
    """What a filter offers: its values, and their labels with how many places each has."""
    return {value: str(label) for value, label in response.context["form"].fields[name].choices}


def chips(page: str) -> dict[str, str]:
    """What is set, and the address without it."""
    found = re.findall(
        r'<a class="chip" href="([^"]*)"><span class="visually-hidden">bỏ</span> (.*?) <span', page
    )
    return {words: address.replace("&amp;", "&") for address, words in found}


@pytest.fixture
def catalogue():
    """Two places in Huế, one with a photo, and one in Hà Nội."""
    hue = ProvinceFactory(slug="hue", name_vi="Huế", name_en="Hue", region=Province.Region.NORTH_CENTRAL)
    ha_noi = ProvinceFactory(slug="ha-noi", name_vi="Hà Nội", name_en="Hanoi")
    tomb = LandmarkFactory(
        name_vi="Lăng Khải Định",
        slug="lang-khai-dinh",
        province=hue,
        category="tomb",
        unesco="world_heritage",
    )
    LandmarkImageFactory(landmark=tomb, published=True)
    LandmarkFactory(name_vi="Chùa Thiên Mụ", slug="chua-thien-mu", province=hue, category="pagoda")
    LandmarkFactory(name_vi="Chùa Một Cột", slug="chua-mot-cot", province=ha_noi, category="pagoda")


def test_who_asks_nothing_may_browse_by_title_region_province_and_kind(client, catalogue):
    page = client.get("/places/").content.decode()
    for address in (
        "?unesco=world_heritage",
        "?region=north_central",
        "?province=hue",
        "?province=ha-noi",
        "?category=pagoda",
        "?sort=name",
        "/places/lang-khai-dinh/",
    ):
        assert f'href="{address}"' in page, address
    assert "3 địa điểm, từ cực Bắc" in page
    assert re.search(r"Chùa <span[^>]*>2<", page)
    assert "Explore by province" in client.get("/en/places/").content.decode()


def test_an_empty_catalogue_can_be_browsed_too(client):
    assert client.get("/places/").status_code == 200
    assert client.get("/places/?sort=name").status_code == 200


@pytest.mark.parametrize(
    "q", ["đình", "Dinh bang", "old market", "Chợ Cũ", "  đình bảng ", "dinhbang", "dinh banng"]
)
def test_a_place_is_found_by_its_names_however_they_are_typed(client, q):
    LandmarkFactory(name_vi="Đình Bảng", name_en="Old market", other_names=["Chợ Cũ"], slug="dinh-bang")
    LandmarkFactory(name_vi="Yên Tử", name_en="Yen Tu", slug="yen-tu")
    assert names(client.get("/places/", {"q": q})) == ["Đình Bảng"]


def test_what_is_found_comes_by_relevance_or_by_name(client, catalogue):
    assert names(client.get("/places/?q=chùa một cột")) == ["Chùa Một Cột"]
    assert names(client.get("/places/?q=chùa")) == ["Chùa Một Cột", "Chùa Thiên Mụ"]
    LandmarkFactory(name_vi="A Chùa", slug="a-chua")
    assert names(client.get("/places/?q=chùa"))[-1] == "A Chùa"
    assert names(client.get("/places/?q=chùa&sort=name"))[0] == "A Chùa"


def test_the_whole_list_shows_photographed_places_first_then_by_name(client, catalogue):
    assert names(client.get("/places/?sort=name")) == ["Lăng Khải Định", "Chùa Một Cột", "Chùa Thiên Mụ"]


def test_the_list_is_narrowed_by_each_filter_and_by_several(client, catalogue):
    assert set(names(client.get("/places/?region=north_central"))) == {"Lăng Khải Định", "Chùa Thiên Mụ"}
    assert set(names(client.get("/places/?province=hue"))) == {"Lăng Khải Định", "Chùa Thiên Mụ"}
    assert set(names(client.get("/places/?category=pagoda"))) == {"Chùa Một Cột", "Chùa Thiên Mụ"}
    assert names(client.get("/places/?unesco=world_heritage")) == ["Lăng Khải Định"]
    assert names(client.get("/places/?province=hue&category=pagoda&q=")) == ["Chùa Thiên Mụ"]
    assert names(client.get("/places/?province=hue&q=chua")) == ["Chùa Thiên Mụ"]


def test_a_filter_tells_how_many_places_each_choice_has_under_the_others(client, catalogue):
    response = client.get("/places/?category=pagoda")
    assert choices(response, "province") == {"": "Cả nước (2)", "ha-noi": "Hà Nội (1)", "hue": "Huế (1)"}
    assert choices(response, "category") == {"": "Mọi loại (3)", "pagoda": "Chùa (2)", "tomb": "Lăng mộ (1)"}
    assert "world_heritage" not in choices(response, "unesco")
    for value, label in choices(response, "province").items():
        shown = names(client.get(f"/places/?category=pagoda&province={value}"))
        assert label.endswith(f"({len(shown)})")


def test_a_filter_counts_only_what_the_words_find(client, catalogue):
    response = client.get("/places/?q=hue")
    assert choices(response, "category") == {"": "Mọi loại (2)", "pagoda": "Chùa (1)", "tomb": "Lăng mộ (1)"}


def test_a_choice_that_leaves_nothing_stays_so_that_it_can_be_seen_and_left(client, catalogue):
    response = client.get("/places/?province=ha-noi&category=tomb")
    assert names(response) == []
    assert choices(response, "province")["ha-noi"] == "Hà Nội (0)"


def test_each_filter_is_removed_by_itself_and_the_page_number_with_it(client, catalogue):
    page = client.get("/places/?q=chua&province=hue&category=pagoda&page=1").content.decode()
    assert chips(page) == {
        "“chua”": "?province=hue&category=pagoda",
        "Huế": "?q=chua&category=pagoda",
        "Chùa": "?q=chua&province=hue",
    }


def test_the_last_filter_removed_leads_to_the_whole_list(client, catalogue):
    assert chips(client.get("/places/?province=hue").content.decode()) == {"Huế": "?sort=name"}


def test_further_pages_keep_what_is_asked(client):
    for number in range(30):
        LandmarkFactory(name_vi=f"Chùa {number}", category="pagoda")
    page = client.get("/places/?q=chua&category=pagoda&province=").content.decode()
    assert 'href="?q=chua&amp;category=pagoda&amp;page=2"' in page
    assert len(names(client.get("/places/?q=chua&category=pagoda&page=2"))) == 6


@pytest.mark.parametrize(
    "query",
    ["region=mars", "province=nowhere", "category=%00", "unesco=x", "sort=up", "q=%00", "page=99", "page=x", "q=" + "x" * 300]
)  # fmt: skip
def test_what_means_nothing_does_not_break_the_list(client, query):
    LandmarkFactory()
    assert client.get(f"/places/?{query}").status_code in (200, 404)


def test_words_are_shown_as_they_are_typed_and_never_as_code(client):
    page = client.get("/places/", {"q": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_where_nothing_is_found_the_page_leads_on(client, catalogue):
    for prefix, sentence, proposal in (
        ("", "không biết địa điểm nào tên như vậy", "Có phải bạn muốn tìm"),
        ("/en", "We know no place by this name.", "Did you mean"),
    ):
        nonsense = client.get(f"{prefix}/places/?q=zzz").content.decode()
        assert sentence in nonsense
        assert proposal not in nonsense
        near = client.get(f"{prefix}/places/?q=khải định xyzzy").content.decode()
        assert proposal in near
        assert f'href="{prefix}/places/lang-khai-dinh/"' in near


def test_words_that_a_filter_hides_are_looked_for_everywhere_in_one_step(client, catalogue):
    page = client.get("/places/?q=một cột&province=hue").content.decode()
    assert 'href="?q=m%E1%BB%99t+c%E1%BB%99t"' in page
    assert "“một cột” trên cả nước" in page


@pytest.mark.parametrize(
    ("query", "number"),
    [("", 2), ("?sort=name", 4), ("?q=chùa", 5), ("?q=chùa&province=province-0", 5), ("?q=zzz", 6)],
)
def test_the_page_takes_a_fixed_number_of_queries(client, django_assert_max_num_queries, query, number):
    def fill(count: int) -> None:
        for image in LandmarkImageFactory.create_batch(count, published=True):
            image.landmark.former_province = FormerProvinceFactory()
            image.landmark.save()

    for count in (1, 5):
        fill(count)
        with django_assert_max_num_queries(number):
            client.get(f"/places/{query}")


def test_suggestions_are_the_likeliest_places_with_photo_name_and_province(client, catalogue):
    page = client.get("/places/suggestions/", {"q": "khai"}).content.decode()
    assert re.findall(r'role="option" data-href="([^"]*)"', page) == ["/places/lang-khai-dinh/"]
    assert re.search(r'<img src="/media/[^"]+"', page)
    assert "Lăng Khải Định" in page
    assert "Huế" in page
    assert "Có 1 gợi ý" in page
    assert "<html" not in page


def test_suggestions_speak_the_readers_language_and_are_seven_at_most(client):
    for number in range(9):
        LandmarkFactory(name_en=f"Pagoda {number}")
    page = client.get("/en/places/suggestions/", {"q": "pagod"}).content.decode()
    assert page.count('role="option"') == 7
    assert "7 suggestions" in page
    assert 'data-href="/en/places/' in page


@pytest.mark.parametrize("q", ["", "%", "\x00", "zzz", "x" * 300])
def test_what_means_nothing_suggests_nothing_and_says_so(client, catalogue, q):
    response = client.get("/places/suggestions/", {"q": q})
    assert response.status_code == 200
    assert 'role="option"' not in response.content.decode()
    assert "Không có địa điểm nào" in response.content.decode()


def test_suggestions_take_a_fixed_number_of_queries(client, django_assert_num_queries):
    for count in (1, 5):
        LandmarkImageFactory.create_batch(count, published=True)
        with django_assert_num_queries(2):
            client.get("/places/suggestions/?q=chua")


def test_a_merged_place_is_in_no_list(client):
    into = LandmarkFactory(name_vi="Đền Ngọc Sơn", slug="ngoc-son", category="temple")
    LandmarkFactory(name_vi="Đền Ngọc", slug="ngoc", merged_into=into, category="temple")
    assert names(client.get("/places/?category=temple")) == ["Đền Ngọc Sơn"]
    assert names(client.get("/places/?q=ngoc")) == ["Đền Ngọc Sơn"]
