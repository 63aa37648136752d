import re

import pytest
from django.db import connection
from django.utils import translation

from places.models import Landmark
from places.templatetags.distances import distance
from tests.factories import LandmarkFactory, LandmarkImageFactory, ProvinceFactory, UserFactory

pytestmark = pytest.mark.django_db

SHORT, LONG = 0.009, 0.09  # degrees of latitude: about 1 and 10 km


def at(latitude: float, longitude: float, **told) -> Landmark:
    return LandmarkFactory(latitude=latitude, longitude=longitude, **told)


@pytest.fixture
def three() -> list[Landmark]:
    """In Hanoi: one at the middle, one a kilometre to the north, one ten."""
    LandmarkFactory(slug="nowhere")
    at(10.77, 106.7, slug="saigon")
    middle = at(21, 105.85, slug="middle", name_vi="Giữa", name_en="Middle")
    return [middle, at(21 + LONG, 105.85, slug="far"), at(21 + SHORT, 105.85, slug="close")]


def slugs(landmarks) -> list[str]:
    return [landmark.slug for landmark in landmarks]


# ---- Distances ---------------------------------------------------------------------------------------------------


def test_a_degree_of_latitude_is_a_360th_of_the_way_around_the_earth():
    at(20, 105)
    [found] = Landmark.objects.near(21, 105, within_km=200)
    assert found.distance_km == pytest.approx(6378.168 * 3.14159265 / 180, rel=1e-6)  # 111.32


def test_what_is_near_comes_nearest_first_and_what_is_farther_does_not(three):
    assert slugs(Landmark.objects.near(21, 105.85, within_km=1.1)) == ["middle", "close"]
    assert slugs(Landmark.objects.near(21, 105.85, within_km=50)) == ["middle", "close", "far"]


def test_a_place_just_outside_the_circle_but_inside_its_box_is_left_out():
    """The index answers with a box, whose corners reach farther than the circle."""
    place = at(21 + SHORT, 105.85 + SHORT)
    away = Landmark.objects.near(21, 105.85, within_km=50).get().distance_km
    assert slugs(Landmark.objects.near(21, 105.85, within_km=away * 0.99)) == []
    assert slugs(Landmark.objects.near(21, 105.85, within_km=away * 1.01)) == [place.slug]


def test_the_index_can_answer_what_is_near(three):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        assert "landmarks_by_position" in Landmark.objects.near(21, 105.85, within_km=5).explain()


def test_nearby_is_all_but_itself_and_nothing_for_a_place_without_a_position(
    three, django_assert_num_queries
):
    assert slugs(three[0].nearby()) == ["close", "far"]
    with django_assert_num_queries(0):
        assert list(LandmarkFactory.build(province=None).nearby()) == []


@pytest.mark.parametrize(
    ("km", "vietnamese", "english"),
    [(0, "0 m", "0 m"), (0.2219, "220 m", "220 m"), (0.996, "1,0 km", "1.0 km"), (2.34, "2,3 km", "2.3 km"),
     (9.94, "9,9 km", "9.9 km"), (9.96, "10 km", "10 km"), (47.1, "47 km", "47 km")],
)  # fmt: skip
def test_a_distance_is_said_as_readers_write_numbers(km, vietnamese, english):
    for language, words in (("vi", vietnamese), ("en", english)):
        with translation.override(language):
            assert distance(km).replace("\N{NO-BREAK SPACE}", " ") == words


# ---- The page of a place -----------------------------------------------------------------------------------------


def test_a_places_page_names_its_neighbours_with_their_distances(client, three):
    page = client.get("/places/middle/").content.decode()
    section = page.split('id="nearby-title"')[1]
    assert section.index("/places/close/") < section.index("/places/far/")
    assert "1,0\N{NO-BREAK SPACE}km" in section
    assert "/places/near/?place=middle" in section
    assert "saigon" not in page


def test_neighbours_take_one_query_however_many_they_are(client, django_assert_num_queries):
    client.force_login(UserFactory())  # for a stranger the page is kept
    at(21, 105.85, slug="here")
    for _round in range(2):
        for step in range(3):
            LandmarkImageFactory(landmark=at(21 + SHORT * step, 105.86), published=True)
        with django_assert_num_queries(10):
            client.get("/places/here/")


# ---- The page of what is near ------------------------------------------------------------------------------------


def found(response) -> list[str]:
    return slugs(response.context["found"])


def test_a_position_that_is_sent_is_answered_and_kept_nowhere(client, three):
    response = client.post("/places/near/", {"position": "21.0004, 105.8501", "within_km": "5"})
    assert found(response) == ["middle", "close"]
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies.get("sessionid")


def test_a_position_in_an_address_is_not_read(client, three):
    response = client.get("/places/near/?position=21,105.85&within_km=5&place=saigon")
    assert found(response) == []
    assert response.context["start"].slug == "saigon"


def test_places_around_a_place_and_around_a_province_have_an_address(client, three):
    assert found(client.get("/places/near/?place=middle")) == ["close", "far"]
    hue = ProvinceFactory(slug="hue", name_vi="Huế")
    at(16.4, 107.5, slug="south", province=hue)
    at(16.5, 107.5, slug="north", province=hue)
    response = client.get("/places/near/?province=hue&within_km=10")
    assert found(response) == ["north", "south"]
    assert "quanh Huế" in response.content.decode()


def test_at_most_twenty_are_shown(client):
    for step in range(22):
        at(21 + step / 10_000, 105.85)
    response = client.post("/places/near/", {"position": "21,105.85"})
    assert len(found(response)) == 20
    assert "20 địa điểm gần nhất" in response.content.decode()


@pytest.mark.parametrize(
    ("sent", "vietnamese", "english"),
    [
        ({}, "Hãy cho biết nơi bắt đầu", "Say where to look from"),
        ({"position": "Hà Nội"}, "Hãy nhập vĩ độ và kinh độ", "Write latitude and longitude"),
        ({"position": "21"}, "Hãy nhập vĩ độ và kinh độ", "Write latitude and longitude"),
        ({"position": "nan, inf"}, "", ""),
        ({"position": "1e999,1"}, "", ""),
        ({"position": "\x00"}, "", ""),
        ({"position": "48.858, 2.294"}, "không ở Việt Nam", "not in Vietnam"),
        ({"province": "empty"}, "chưa có địa điểm nào ở tỉnh", "no place in this province"),
        ({"place": "atlantis"}, "", ""),
        ({"position": "21,105", "within_km": "-1"}, "", ""),
    ],
)
def test_what_cannot_be_looked_from_is_said_in_the_readers_language(client, sent, vietnamese, english):
    ProvinceFactory(slug="empty")
    for address, words in (("/places/near/", vietnamese), ("/en/places/near/", english)):
        response = client.post(address, sent)
        page = response.content.decode()
        assert 'class="errorlist' in page
        assert words in page
        assert "found" not in response.context


def test_nothing_near_says_so(client, three):
    response = client.post("/en/places/near/", {"position": "14,108", "within_km": "5"})
    assert "no place within 5 km" in response.content.decode()


def test_the_page_takes_a_fixed_number_of_queries(client, django_assert_num_queries):
    here = at(21, 105.85, slug="here")
    for _round in range(2):
        for step in range(3):
            LandmarkImageFactory(
                landmark=at(21 + SHORT * step, 105.86, province=here.province), published=True
            )
        # The two lists to choose from, what was chosen, what is found.
        with django_assert_num_queries(4):
            client.get("/places/near/?place=here")


def test_the_drawing_has_the_numbers_of_the_list(client, three):
    page = client.get("/places/near/?place=middle").content.decode()
    drawn = re.findall(r'class="chart__mark" href="([^"]+)" aria-label="(\d)\.', page)
    assert sorted(drawn) == [("/places/close/", "1"), ("/places/far/", "2")]
    assert page.count('class="near__number"') == 2


# ---- The API -----------------------------------------------------------------------------------------------------


def test_the_api_tells_what_is_near_with_the_distance(client, three):
    answer = client.get("/api/v1/landmarks/", {"near": "21,105.85", "within_km": "5"}).json()
    assert [(row["slug"], row["distance_km"]) for row in answer["results"]] == [
        ("middle", 0.0),
        ("close", pytest.approx(1.002, abs=0.001)),
    ]
    assert [row["slug"] for row in client.get("/api/v1/landmarks/?near=21,105.85").json()["results"]] == [
        "middle", "close", "far",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "query", ["near=north", "near=48.8,2.3", "near=21,105&within_km=-1", "near=21,105&within_km=x"]
)
def test_the_api_refuses_what_is_no_position_or_distance(client, query):
    assert client.get(f"/api/v1/landmarks/?{query}").status_code == 400


def test_within_without_near_filters_nothing(client, three):
    assert len(client.get("/api/v1/landmarks/?within_km=1").json()["results"]) == 5
