"""The page of one place, in every state that its data can be in."""

import json
import re
from datetime import date

import pytest

from places.views import place as place_page
from tests.factories import (
    FactFactory,
    FormerProvinceFactory,
    LandmarkFactory,
    LandmarkImageFactory,
    ProvinceFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def read(client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


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
        assert page.count("<bdi>An Nguyễn</bdi>") == 2
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
    client.force_login(UserFactory())  # for a stranger the page is kept
    place, kinds = LandmarkFactory(slug="van-mieu"), ["hours", "way"]
    for _round in range(2):
        LandmarkImageFactory.create_batch(3, landmark=place, published=True)
        place.overlaps_with.add(*LandmarkFactory.create_batch(2))
        LandmarkFactory.create_batch(2, split_from=place)
        FactFactory(landmark=place, kind=kinds.pop())
        with django_assert_num_queries(10):
            client.get("/places/van-mieu/")


def test_a_place_that_is_not_there_is_not_found(client):
    assert client.get("/places/atlantis/").status_code == 404


def test_facts_are_told_in_the_readers_language_with_the_month_they_were_checked(client):
    place = LandmarkFactory(slug="van-mieu")
    FactFactory(
        landmark=place, kind="price", text_vi="Khoảng 70.000 đồng.", text_en="About 70,000 đồng.",
        checked_on=date(2026, 3, 9), source_url="https://example.org/tickets",
    )  # fmt: skip
    vietnamese, english = read(client, "/places/van-mieu/"), read(client, "/en/places/van-mieu/")
    assert "Giá vé" in vietnamese
    assert "Khoảng 70.000 đồng." in vietnamese
    assert "đã kiểm tra 3/2026" in vietnamese
    assert "About 70,000 đồng." in english
    assert "checked 3/2026" in english
    assert 'href="https://example.org/tickets"' in english


def test_a_fact_that_nobody_checked_says_so(client):
    FactFactory(landmark__slug="van-mieu", checked_on=None)
    english = read(client, "/en/places/van-mieu/")
    assert "not checked against a source yet" in english
    assert "checked 1" not in english
    assert "chưa đối chiếu" in read(client, "/places/van-mieu/")


def test_facts_come_in_the_order_in_which_a_traveller_asks(client):
    place = LandmarkFactory(slug="van-mieu")
    for kind in ("way", "season", "hours", "price"):
        FactFactory(landmark=place, kind=kind)
    told = re.findall(r"<dt>(.+?)</dt>", read(client, "/en/places/van-mieu/"))
    assert told[-5:-1] == ["Opening hours", "Ticket price", "Best season", "How to get there"]


@pytest.fixture
def gallery(monkeypatch) -> list[str]:
    """The addresses of the photos of a place with one of them on top and two pages of three below, in order."""
    monkeypatch.setattr(place_page, "PHOTOS_A_PAGE", 3)
    place = LandmarkFactory(slug="van-mieu", name_en="Temple")
    return [image.photo.url for image in LandmarkImageFactory.create_batch(6, landmark=place, published=True)]


def test_further_photos_are_on_pages_of_their_own(client, gallery):
    first, second = read(client, "/places/van-mieu/"), read(client, "/places/van-mieu/?page=2")
    assert [url for url in gallery if f'<a href="{url}">' in first] == gallery[:4]
    assert [url for url in gallery if f'<a href="{url}">' in second] == [gallery[0], *gallery[4:]]
    assert 'href="?page=2#photos"' in first
    assert 'href="?page=1#photos"' in second


def test_htmx_gets_further_photos_alone_and_focus_goes_to_the_first_of_them(client, gallery):
    response = client.get("/en/places/van-mieu/?page=2", headers={"HX-Request": "true"})
    fragment = response.content.decode()
    assert "HX-Request" in response["Vary"]
    assert "<html" not in fragment
    assert re.findall(r'<a href="(\S+)"( autofocus)?>', fragment) == [
        (gallery[4], " autofocus"),
        (gallery[5], ""),
    ]
    assert 'hx-swap-oob="true"' in fragment
    assert "hx-get" not in fragment
    assert "1 to 5 of 5" in fragment
    assert 'alt="Temple, photo 4 of 5"' in fragment


@pytest.mark.parametrize("page", ["0", "99", "-1", "x", "%00"])
def test_a_page_of_photos_that_is_not_there_is_the_nearest_one(client, gallery, page):
    assert gallery[0] in read(client, f"/places/van-mieu/?page={page}")


def test_a_place_of_which_nothing_is_known_has_a_page_all_the_same(client):
    LandmarkFactory(slug="bare", name_en="Bare", category="", province=None)
    page = read(client, "/en/places/bare/")
    assert "We have no photo of this place yet." in page
    assert "There is no description yet." in page
    for missing in ("geo:", "facts-list", "Before you go", "og:image", 'id="photos"'):
        assert missing not in page


def test_a_name_that_runs_from_the_right_is_marked_to_do_so(client):
    LandmarkFactory(slug="mosque", name_vi="مسجد مبارك", name_en="Mubarak", other_names=["مسجد"])
    page = read(client, "/places/mosque/")
    assert '<h1 dir="auto">مسجد مبارك</h1>' in page
    assert "<bdi>مسجد</bdi>" in page


def test_the_longest_name_is_set_smaller(client):
    LandmarkFactory(slug="long", name_vi="Chùa " * 39)
    assert '<h1 dir="auto" class="long">' in read(client, "/places/long/")


def test_a_text_that_is_there_in_the_other_language_only_is_marked_as_such(client):
    LandmarkFactory(slug="van-mieu", description_vi="Trường đại học đầu tiên.")
    assert '<div lang="vi" dir="auto"><p>Trường đại học' in read(client, "/en/places/van-mieu/")


def test_look_alikes_are_a_link_that_htmx_replaces(client):
    LandmarkFactory(slug="van-mieu")
    page = read(client, "/en/places/van-mieu/")
    assert page.count("/en/lookalikes/van-mieu/") == 2
    assert 'hx-get="/en/lookalikes/van-mieu/"' in page


def test_a_merged_places_address_leads_to_the_other_in_both_languages(client):
    into = LandmarkFactory(slug="ngoc-son")
    LandmarkFactory(slug="ngoc", merged_into=into, former_slugs=["den-ngoc"])
    for slug in ("ngoc", "den-ngoc"):
        for prefix in ("", "/en"):
            response = client.get(f"{prefix}/places/{slug}/")
            assert response.status_code == 301
            assert response["Location"] == f"{prefix}/places/ngoc-son/"


def test_a_place_is_found_under_its_former_address_unless_another_has_it_now(client):
    LandmarkFactory(slug="new", former_slugs=["old", "taken"])
    LandmarkFactory(slug="taken", name_vi="Nơi khác")
    assert client.get("/places/old/")["Location"] == "/places/new/"
    assert "Nơi khác" in read(client, "/places/taken/")


def test_a_merged_place_is_not_among_those_around(client):
    place, into = LandmarkFactory(slug="lake"), LandmarkFactory()
    place.overlaps_with.add(LandmarkFactory(slug="gone", merged_into=into))
    assert "/places/gone/" not in read(client, "/places/lake/")


def structured(page: str) -> dict:
    [data] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)
    return json.loads(data)


def test_machines_are_told_what_a_place_is_and_whom_to_thank_for_its_photos(client):
    place = LandmarkFactory(
        slug="van-mieu", name_vi="Văn Miếu", name_en="Temple of Literature", other_names=["Quốc Tử Giám"],
        description_en="The first university.", province=ProvinceFactory(name_en="Hanoi"),
        latitude=21.0281, longitude=105.8357, wikidata_id="Q1",
    )  # fmt: skip
    image = LandmarkImageFactory(landmark=place, published=True)
    assert structured(read(client, "/en/places/van-mieu/")) == {
        "@context": "https://schema.org",
        "@type": "TouristAttraction",
        "name": "Temple of Literature",
        "alternateName": ["Văn Miếu", "Quốc Tử Giám"],
        "description": "The first university.",
        "url": "http://testserver/en/places/van-mieu/",
        "sameAs": "https://www.wikidata.org/entity/Q1",
        "address": {"@type": "PostalAddress", "addressCountry": "VN", "addressRegion": "Hanoi"},
        "geo": {"@type": "GeoCoordinates", "latitude": 21.0281, "longitude": 105.8357},
        "image": [
            {
                "@type": "ImageObject",
                "contentUrl": f"http://testserver{image.photo.url}",
                "thumbnailUrl": f"http://testserver{image.thumbnail.url}",
                "creator": {"@type": "Person", "name": "An Nguyễn"},
                "creditText": "Photo: An Nguyễn, CC BY-SA 4.0, via example.org",
                "license": "https://creativecommons.org/licenses/by-sa/4.0/",
                "acquireLicensePage": image.source_url,
            }
        ],
    }


def test_what_is_unknown_is_not_told_to_machines(client):
    LandmarkFactory(slug="bare", name_vi="Bare", name_en="Bare", province=None)
    told = structured(read(client, "/places/bare/"))
    assert told.keys() == {"@context", "@type", "name", "url", "address"}


def test_a_description_cannot_end_the_script_that_holds_it(client):
    text = "</script><script>alert(1)</script><!-- & -->"
    LandmarkFactory(slug="bad", description_vi=text)
    page = read(client, "/places/bad/")
    assert "<script>alert" not in page
    assert structured(page)["description"] == text


def test_a_shared_link_shows_the_places_photo_and_words(client):
    place = LandmarkFactory(slug="van-mieu", name_en="Temple", description_en="Old & quiet.")
    image = LandmarkImageFactory(landmark=place, published=True)
    page = read(client, "/en/places/van-mieu/")
    for tag in (
        '<meta property="og:title" content="Temple">',
        '<meta property="og:description" content="Old &amp; quiet.">',
        '<meta property="og:url" content="http://testserver/en/places/van-mieu/">',
        '<meta property="og:locale" content="en_US">',
        f'<meta property="og:image" content="http://testserver{image.photo.url}">',
        '<meta property="og:image:alt" content="Photo of Temple">',
        '<meta name="twitter:card" content="summary_large_image">',
    ):
        assert tag in page
