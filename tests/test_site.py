"""What is true of every page."""

import re

import pytest
from django.db import OperationalError
from django.test import Client

from tests.factories import LandmarkFactory


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "other"),
    [
        ("/", "/en/"),
        ("/places/?q=hue", "/en/places/?q=hue"),
        ("/en/searches/", "/searches/"),
        ("/en/nowhere/", "/"),
    ],
)
def test_the_language_link_leads_to_the_same_page(client, address, other):
    assert f'class="nav__language" href="{other}"' in client.get(address).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "canonical", "vietnamese", "english"),
    [
        ("/", "/", "/", "/en/"),
        ("/en/places/", "/en/places/", "/places/", "/en/places/"),
        ("/places/?q=hue&page=1", "/places/", "/places/", "/en/places/"),
        ("/places/?page=2&key=secret", "/places/?page=2", "/places/?page=2", "/en/places/?page=2"),
        ("/en/places/here/", "/en/places/here/", "/places/here/", "/en/places/here/"),
    ],
)
def test_search_engines_are_told_one_address_and_the_other_language(
    client, address, canonical, vietnamese, english
):
    LandmarkFactory(slug="here")
    LandmarkFactory.create_batch(30)
    page, site = client.get(address).content.decode(), "http://testserver"
    assert f'<link rel="canonical" href="{site}{canonical}">' in page
    assert re.findall(r'<link rel="alternate" hreflang="(.+?)" href="(.+?)">', page) == [
        ("vi", f"{site}{vietnamese}"),
        ("en", f"{site}{english}"),
        ("x-default", f"{site}{vietnamese}"),
    ]


@pytest.mark.django_db
def test_of_a_page_that_is_not_there_search_engines_are_told_nothing(client):
    assert 'rel="canonical"' not in client.get("/nowhere/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "words"), [("/nowhere/", "Không có trang này"), ("/en/nowhere/", "does not exist")]
)
def test_what_is_not_there_is_said_in_the_readers_language(client, address, words):
    response = client.get(address)
    assert response.status_code == 404
    assert words in response.content.decode()


@pytest.mark.django_db
def test_a_form_that_has_expired_says_so():
    response = Client(enforce_csrf_checks=True).post("/searches/new/")
    assert response.status_code == 403
    assert "Biểu mẫu đã hết hạn" in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("prefix", "words"), [("", "Chúng tôi vừa gặp sự cố"), ("/en", "Something broke on our side")]
)
def test_a_fault_of_ours_has_a_page_that_needs_no_database(monkeypatch, prefix, words):
    monkeypatch.setattr("retrieval.views.asking.SearchForm", lambda: 1 / 0)
    response = Client(raise_request_exception=False).get(f"{prefix}/")
    assert response.status_code == 500
    assert words in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "page", ["/", "/places/", "/places/here/", "/searches/", "/methods/", "/accounts/login/", "/nowhere/"]
)
def test_pages_hold_no_inline_script_or_style_and_load_nothing_from_elsewhere(client, page):
    LandmarkFactory(slug="here")
    content = client.get(page).content.decode()
    assert "<style" not in content
    assert " style=" not in content
    assert " onclick=" not in content
    run = content.count("<script") - content.count('<script type="application/ld+json">')  # that is data
    assert run == content.count("<script src=")
    assert 'src="http' not in content
    assert 'rel="stylesheet" href="/static/' in content


def test_robots_are_kept_from_searches(client):
    response = client.get("/robots.txt")
    assert response["Content-Type"].startswith("text/plain")
    assert "Disallow: /searches/" in response.content.decode()


@pytest.mark.parametrize(
    ("address", "words"),
    [("/", "Xin đợi một chút"), ("/en/", "One moment, please"), ("/api/v1/landmarks/", "khởi động lại")],
)
def test_while_the_database_is_away_every_door_says_when_to_come_back(client, monkeypatch, address, words):
    def away(*_args, **_kwargs):
        raise OperationalError("connection refused")

    monkeypatch.setattr("django.db.backends.base.base.BaseDatabaseWrapper.ensure_connection", away)
    response = client.get(address, headers={"accept-language": "vi"})
    assert response.status_code == 503
    assert response["Retry-After"]
    assert words in response.content.decode() or words in response.json()["detail"]
