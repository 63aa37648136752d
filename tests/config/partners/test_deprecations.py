"""What is going to end is told of everywhere that the page promises."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from config.partners import changelog, deprecations
from config.partners.deprecations import Deprecated
from tests.factories import LandmarkFactory

pytestmark = pytest.mark.django_db
ENDING = Deprecated(
    "GET", "/api/v1/landmarks/{slug}/", date(2027, 1, 1), date(2028, 1, 1), "Ask for the images instead."
)


@pytest.fixture
def ending(monkeypatch) -> None:
    monkeypatch.setattr(deprecations, "TABLE", (ENDING,))
    LandmarkFactory(slug="cau-rong")


@pytest.mark.usefixtures("ending")
def test_every_answer_of_it_says_since_when_and_until_when(client):
    response = client.get("/api/v1/landmarks/cau-rong/", headers={"accept-language": "en"})
    assert response["Deprecation"] == "@1798761600"
    assert response["Sunset"] == "Sat, 01 Jan 2028 00:00:00 GMT"
    assert (
        response["Link"]
        == '<http://testserver/en/partners/deprecation/>; rel="deprecation"; type="text/html"'
    )
    assert "Deprecation" in client.get("/api/v1/landmarks/none-such/")


@pytest.mark.usefixtures("ending")
@pytest.mark.parametrize("address", ["/api/v1/landmarks/", "/api/v1/landmarks/cau-rong/nearby/", "/places/"])
def test_no_other_answer_does(client, address):
    assert "Deprecation" not in client.get(address)
    assert "Deprecation" not in client.options("/api/v1/landmarks/cau-rong/")


@pytest.mark.usefixtures("ending")
def test_the_description_marks_it():
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    marked = [path for path, operations in paths.items() if operations.get("get", {}).get("deprecated")]
    assert marked == ["/api/v1/landmarks/{slug}/"]


@pytest.mark.usefixtures("ending")
@pytest.mark.parametrize(
    ("prefix", "words"),
    [("", "ngừng ngày 01/01/2028"), ("/en", "Told on 1 January 2027, ends on 1 January 2028.")],
)
def test_the_page_tells_of_it(client, prefix, words):
    page = client.get(f"{prefix}/partners/deprecation/").content.decode()
    assert words in page
    assert "GET /api/v1/landmarks/{slug}/" in page
    assert ENDING.instead in page


def test_websites_may_read_what_is_said(client):
    response = client.get("/api/v1/landmarks/", headers={"origin": "https://partner.example"})
    assert {"Deprecation", "Sunset", "Link"} <= set(response["Access-Control-Expose-Headers"].split(", "))


def test_what_is_told_of_keeps_the_promise():
    told = {
        change.words for entry in changelog.ENTRIES for change in entry.changes if change.kind == "deprecated"
    }
    for each in deprecations.TABLE:
        notice = (each.ends.year - each.since.year) * 12 + each.ends.month - each.since.month
        assert notice >= deprecations.NOTICE_MONTHS
        assert each.since <= timezone.localdate()
    assert bool(told) == bool(deprecations.TABLE)
