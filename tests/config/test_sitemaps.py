"""What search engines are told of."""

import re
from xml.etree import ElementTree

import pytest
from django.utils.timezone import localtime

from config import sitemaps
from tests.factories import LandmarkFactory

pytestmark = pytest.mark.django_db
SITEMAP, XHTML = "{http://www.sitemaps.org/schemas/sitemap/0.9}", "{http://www.w3.org/1999/xhtml}"


def told(client) -> dict[str, ElementTree.Element]:
    """The entries of the sitemap by their path."""
    root = ElementTree.fromstring(client.get("/sitemap.xml").content)
    return {entry.findtext(f"{SITEMAP}loc").removeprefix("http://testserver"): entry for entry in root}


def test_each_place_is_told_in_both_languages_with_its_day(client):
    place = LandmarkFactory(slug="van-mieu")
    entries = told(client)
    for address in ("/places/van-mieu/", "/en/places/van-mieu/"):
        assert entries[address].findtext(f"{SITEMAP}lastmod") == f"{localtime(place.updated_at):%Y-%m-%d}"
        links = {link.get("hreflang"): link.get("href") for link in entries[address].iter(f"{XHTML}link")}
        assert links == {
            "vi": "http://testserver/places/van-mieu/",
            "en": "http://testserver/en/places/van-mieu/",
            "x-default": "http://testserver/places/van-mieu/",
        }


def test_a_merged_place_is_not_told(client):
    LandmarkFactory(slug="gone", merged_into=LandmarkFactory(slug="stays"))
    assert "/places/gone/" not in told(client)
    assert "/places/stays/" in told(client)


def test_each_page_for_everyone_is_told_in_both_languages(client):
    addresses = told(client).keys()
    assert len(addresses) == 2 * len(sitemaps.PAGES)
    assert {"/", "/en/", "/about/", "/en/privacy/", "/places/map/", "/en/places/takedown/"} <= addresses


def test_every_address_told_opens(client):
    LandmarkFactory(slug="van-mieu")
    for address in told(client):
        assert client.get(address).status_code == 200, address


def test_the_sitemap_takes_a_fixed_number_of_queries(client, django_assert_num_queries):
    for _round in range(2):
        LandmarkFactory.create_batch(3)
        with django_assert_num_queries(1):
            client.get("/sitemap.xml")


def test_robots_are_told_where_it_is(client):
    [address] = re.findall(r"^Sitemap: (.+)$", client.get("/robots.txt").content.decode(), re.M)
    assert address == "http://testserver/sitemap.xml"
