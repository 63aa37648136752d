"""Pages hold together while rows come and go."""

import pytest

from places.models import Landmark
from tests.factories import LandmarkFactory

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
LANDMARKS = "/api/v1/landmarks/"


@pytest.fixture
def twins():
    """Nine landmarks of three names: most rows are equal in what they are sorted by."""
    for number in range(9):
        LandmarkFactory(
            slug=f"place-{number}",
            name_vi=f"Chùa {number // 3}",
            latitude=21,
            longitude=105 + number // 3 / 100,
        )


def follow(client, address: str, link: str = "next") -> list[list[str]]:
    pages = []
    while address:
        page = client.get(address).json()
        pages.append([row["slug"] for row in page["results"]])
        address = page[link]
    return pages


@pytest.mark.parametrize(
    "query", ["", "&ordering=-name_vi", "&ordering=name_vi", "&ordering=-slug", "&near=21,105", "&q=chùa"]
)
@pytest.mark.parametrize("size", [1, 2, 4, 9, 50])
def test_following_the_links_tells_every_row_once_forwards_and_back(client, twins, query, size):
    whole = [slug for [slug] in follow(client, f"{LANDMARKS}?page_size=1{query}")]
    assert sorted(whole) == sorted(Landmark.objects.values_list("slug", flat=True))
    pages = follow(client, f"{LANDMARKS}?page_size={size}{query}")
    assert sum(pages, []) == whole
    assert all(len(page) == size for page in pages[:-1])
    address = f"{LANDMARKS}?page_size={size}{query}"
    while following := client.get(address).json()["next"]:
        address = following
    back = follow(client, address, "previous")
    assert sum(reversed(back), []) == whole


def test_rows_that_come_and_go_meanwhile_show_no_other_row_twice_and_hide_none(client, twins):
    first = client.get(f"{LANDMARKS}?page_size=4&ordering=slug").json()
    LandmarkFactory(slug="a-new-one")  # before what was read
    Landmark.objects.filter(
        slug__in=["place-0", "place-3"]
    ).delete()  # read, one of them the last of its page
    rest = follow(client, first["next"])
    assert sum(rest, []) == [f"place-{number}" for number in range(4, 9)]


def test_a_page_whose_rows_are_all_gone_leads_back_to_the_list(client, twins):
    first = client.get(f"{LANDMARKS}?page_size=8&ordering=slug").json()
    Landmark.objects.filter(slug="place-8").delete()
    page = client.get(first["next"]).json()
    assert (page["results"], page["next"]) == ([], None)
    assert client.get(page["previous"]).json()["results"][0]["slug"] == "place-0"


@pytest.mark.parametrize(
    "cursor", ["nonsense", "eyJ:1:2", "💥", "a" * 3000, "null", "../..", "1%27%20OR%201=1", "{before}x"]
)
def test_a_cursor_that_was_never_given_out_is_refused(client, twins, cursor):
    given = client.get(f"{LANDMARKS}?page_size=1").json()["next"].partition("cursor=")[2].partition("&")[0]
    response = client.get(LANDMARKS + "?cursor=" + cursor.replace("{before}", given))
    assert response.status_code == 400
    assert response.json()["errors"][0]["code"] == "bad_cursor"


def test_a_cursor_of_another_order_is_refused(client, twins):
    cursor = client.get(f"{LANDMARKS}?page_size=1&ordering=slug").json()["next"]
    assert client.get(cursor).status_code == 200
    assert client.get(cursor.replace("ordering=slug", "ordering=-slug")).status_code == 400
