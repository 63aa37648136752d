import json

import pytest

from places import curation
from tests.factories import LandmarkFactory, LandmarkImageFactory, ProvinceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def places():
    hue = ProvinceFactory(slug="hue", name_vi="Huế", name_en="Hue City")
    LandmarkFactory(slug="nowhere")
    citadel = LandmarkFactory(
        slug="dai-noi", name_vi="Đại Nội", name_en="Imperial City", category="citadel", province=hue,
        latitude=16.4698, longitude=107.5796, unesco="world_heritage",
    )  # fmt: skip
    LandmarkFactory(slug="thap", category="tower", province=None, latitude=21.0, longitude=105.8)
    return citadel


def told(client, address: str) -> dict[str, dict]:
    return {row["url"].split("/")[-2]: row for row in client.get(address).json()["places"]}


def test_the_map_tells_each_place_that_has_a_position_in_the_readers_language(client, places):
    image = LandmarkImageFactory(landmark=places, published=True)
    assert told(client, "/places/map/places.json")["dai-noi"] == {
        "name": "Đại Nội", "province": "Huế", "category": "Thành cổ", "latitude": 16.4698,
        "longitude": 107.5796, "url": "/places/dai-noi/", "photo": image.thumbnail.url,
    }  # fmt: skip
    english = told(client, "/en/places/map/places.json")
    assert english["dai-noi"]["name"] == "Imperial City"
    assert english["dai-noi"]["url"] == "/en/places/dai-noi/"
    assert (english["thap"]["province"], english["thap"]["photo"]) == ("", "")
    assert "nowhere" not in english


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"dai-noi", "thap"}),
        ("province=hue", {"dai-noi"}),
        ("category=tower", {"thap"}),
        ("unesco=world_heritage", {"dai-noi"}),
        ("unesco=global_geopark", set()),
        ("q=dai+noi", {"dai-noi"}),
        ("category=volcano&province=atlantis&unesco=moon", {"dai-noi", "thap"}),
    ],
)
def test_page_and_data_are_narrowed_alike_by_the_addresss_query(client, places, query, expected):
    assert told(client, f"/places/map/places.json?{query}").keys() == expected
    response = client.get(f"/places/map/?{query}")
    assert {landmark.slug for landmark in response.context["landmarks"]} == expected
    page = response.content.decode()
    for slug in ("dai-noi", "thap"):
        # A dot on the drawing and a name in the list: what the page has without a script.
        assert page.count(f'href="/places/{slug}/"') == (2 if slug in expected else 0)


def test_the_data_is_not_sent_again_to_who_has_it(client, places):
    first = client.get("/places/map/places.json")
    assert first["Cache-Control"] == "public, max-age=300"
    assert client.get("/places/map/places.json", headers={"if-none-match": first["ETag"]}).status_code == 304
    places.name_vi = "Kinh thành"
    places.save()
    assert client.get("/places/map/places.json", headers={"if-none-match": first["ETag"]}).status_code == 200


@pytest.mark.parametrize(
    ("address", "queries"),
    [("/places/map/places.json?category=", 2), ("/places/map/places.json", 1), ("/places/map/", 2)],
)
def test_the_map_takes_a_fixed_number_of_queries(client, django_assert_num_queries, address, queries):
    for _round in range(2):
        for _place in range(3):
            LandmarkImageFactory(landmark=LandmarkFactory(latitude=16, longitude=107), published=True)
        client.get(address)  # what has changed is numbered, and the whole map kept
        with django_assert_num_queries(queries):
            client.get(address)


def test_the_whole_map_is_told_anew_when_a_photo_is_withdrawn(client, places):
    image = LandmarkImageFactory(landmark=places, published=True)
    assert told(client, "/places/map/places.json")["dai-noi"]["photo"]
    curation.reject([image], reason="blurred")
    assert not told(client, "/places/map/places.json")["dai-noi"]["photo"]


@pytest.mark.parametrize(("prefix", "words"), [("", "Biển Đông"), ("/en", "East Sea")])
def test_the_map_names_the_sea_and_says_whose_outline_it_is(client, places, prefix, words):
    page = client.get(f"{prefix}/places/map/").content.decode()
    assert words in page
    assert "Natural Earth" in page


def test_no_place_on_the_map_says_so(client):
    assert "No place on the map" in client.get("/en/places/map/?q=zzz").content.decode()


def test_a_tile_server_is_a_setting(client, settings, places):
    assert "data-tiles" not in client.get("/places/map/").content.decode()
    settings.MAP_TILES_URL = "https://tiles.example.org/{z}/{x}/{y}.png"
    settings.MAP_TILES_ATTRIBUTION = "© Example"
    page = client.get("/places/map/").content.decode()
    assert 'data-tiles="https://tiles.example.org/{z}/{x}/{y}.png" data-tiles-credit="© Example"' in page


@pytest.mark.parametrize("address", ["/places/map/", "/places/near/", "/places/near/?place=dai-noi"])
def test_the_pages_hold_no_script_or_style_of_their_own_and_load_nothing_from_elsewhere(
    client, places, address
):
    page = client.get(address).content.decode()
    assert page.count("<script") == page.count("<script src=")
    for forbidden in ("<style", " style=", " onclick=", 'src="http'):
        assert forbidden not in page


def test_what_is_written_in_a_name_stays_text(client):
    LandmarkFactory(name_vi="<script>alert(1)</script>", latitude=16, longitude=107)
    assert "<script>alert" not in client.get("/places/map/").content.decode()
    [place] = json.loads(client.get("/places/map/places.json").content)["places"]
    assert place["name"] == "<script>alert(1)</script>"


def test_the_list_leads_to_the_map_with_the_same_filters(client):
    page = client.get("/places/?category=tower").content.decode()
    assert 'href="/places/map/?category=tower"' in page
    assert 'href="/places/near/"' in page
