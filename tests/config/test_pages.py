"""The pages of words, what is said when something is refused, and what makes the site an app on a phone."""

import json
import re

import pytest
from django.contrib.staticfiles import finders
from django.http import HttpResponse, HttpResponseGone, HttpResponseNotAllowed
from django.template.loader import render_to_string
from django.test import Client
from django.urls import path, reverse
from django.utils import translation
from PIL import Image

from config import urls as site
from config.middleware import RefusalsMiddleware

WORDS = ("about", "how", "privacy", "terms", "licences", "offline")


def in_language(language: str, name: str) -> str:
    with translation.override(language):
        return reverse(f"pages:{name}")


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("name", WORDS)
def test_a_page_of_words_is_there_in_both_languages_and_asks_the_database_nothing(
    client, django_assert_num_queries, language, name
):
    with django_assert_num_queries(0):
        response = client.get(in_language(language, name))
    content = response.content.decode()
    assert response.status_code == 200
    assert f'<html lang="{language}">' in content
    assert content.count("<h1>") == 1
    assert not response.cookies


def test_the_privacy_page_says_how_long_things_are_kept_here(client, settings):
    settings.SEARCHES_KEPT_DAYS, settings.VISITORS_SEARCHES_KEPT_DAYS = 400, 0
    settings.PRIVATE_SEARCHES_KEPT_MINUTES = 7
    content = client.get(in_language("en", "privacy")).content.decode()
    assert "400 days, or until you delete them" in content
    assert "7 minutes after the answer" in content
    assert "<td>until you delete them</td>" in content
    assert "7 phút sau khi trả lời" in client.get(in_language("vi", "privacy")).content.decode()


@pytest.mark.parametrize("name", ["about", "privacy", "terms", "licences"])
def test_who_answers_for_the_site_is_named_or_said_to_be_missing(client, settings, name):
    settings.OPERATOR_NAME, settings.CONTACT_EMAIL = "", ""
    assert "not fully named themselves" in client.get(in_language("en", name)).content.decode()
    settings.OPERATOR_NAME, settings.CONTACT_EMAIL = "Hội Du lịch <Huế>", "hoi@example.org"
    content = client.get(in_language("en", name)).content.decode()
    assert "run by Hội Du lịch &lt;Huế&gt;" in content
    assert 'href="mailto:hoi@example.org"' in content
    assert "not fully named themselves" not in content


# Refusals


# The site, with addresses whose views refuse without a word.
urlpatterns = [
    path("gone/", lambda _request: HttpResponseGone()),
    path("post-only/", lambda _request: HttpResponseNotAllowed(["POST"])),
    path("large/", lambda _request: HttpResponse(status=413)),
    path("often/", lambda _request: HttpResponse(status=429)),
    path("explained/", lambda _request: HttpResponseGone("This photo was withdrawn.")),
    path("api/v1/gone/", lambda _request: HttpResponseGone()),
    *site.urlpatterns,
]


@pytest.mark.django_db
@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/gone/", 410, "Nội dung này không còn ở đây"),
        ("/post-only/", 405, "Địa chỉ này không phải là một trang"),
        ("/large/", 413, "Tệp gửi lên quá lớn"),
        ("/often/", 429, "Hơi nhanh quá rồi"),
    ],
)
def test_a_refusal_without_words_gets_the_page_of_its_status(client, address, status, words):
    response = client.get(address)
    assert response.status_code == status
    assert words in response.content.decode()
    assert response.headers.get("Allow") == ("POST" if status == 405 else None)


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_a_refusal_with_words_of_its_own_stays_as_it_is_and_one_of_the_api_is_a_problem(client):
    assert client.get("/explained/").content == b"This photo was withdrawn."
    assert client.get("/api/v1/gone/").json()["code"] == "gone"


@pytest.mark.parametrize("status", [400, 403, "403_csrf", 404, *sorted(RefusalsMiddleware.PAGES), 500, 503])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_refusal_has_a_page_that_needs_neither_request_nor_database(status, language):
    with translation.override(language):
        page = render_to_string(f"{status}.html")
    assert f'<p class="fault__code">{str(status)[:3]}</p>' in page
    assert f'<html lang="{language}">' in page
    assert len(re.findall("<h1>[^<]+</h1>", page)) == 1
    assert ">Tìm bằng ảnh<" in page or ">Search with a photo<" in page


def test_an_expired_form_leads_back_to_its_page():
    client = Client(enforce_csrf_checks=True)
    assert 'href="/accounts/login/"' in client.post("/accounts/login/").content.decode()


# Installed on a phone


@pytest.mark.parametrize(("language", "home"), [("vi", "/"), ("en", "/en/")])
def test_the_manifest_names_what_a_phone_needs_in_the_language_of_its_address(client, language, home):
    response = client.get(in_language(language, "manifest"))
    manifest = json.loads(response.content)
    assert response["Content-Type"] == "application/manifest+json"
    assert (manifest["lang"], manifest["start_url"], manifest["display"]) == (language, home, "standalone")
    assert manifest["short_name"] == {"vi": "Đây là đâu?", "en": "Where is this?"}[language]
    assert {icon.get("purpose") for icon in manifest["icons"]} == {None, "maskable"}
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}
    assert manifest["share_target"]["action"] == f"{home}share/"
    for shortcut in manifest["shortcuts"]:
        assert shortcut["url"].startswith(home)
    assert f'href="{home}manifest.webmanifest"' in client.get(in_language(language, "about")).content.decode()


def test_the_icons_are_of_the_sizes_that_the_manifest_names(client):
    for icon in json.loads(client.get("/manifest.webmanifest").content)["icons"]:
        if icon["type"] == "image/png":
            with Image.open(finders.find(icon["src"].removeprefix("/static/"))) as picture:
                assert f"{picture.width}x{picture.height}" == icon["sizes"]


def kept_by_worker(client) -> dict:
    response = client.get("/service-worker.js")
    assert response["Content-Type"] == "text/javascript"
    assert response["Cache-Control"] == "no-cache"
    return json.loads(re.search(r"= (\{.*\});", response.content.decode())[1])


def test_the_service_worker_keeps_pages_and_files_that_exist(client):
    facts = kept_by_worker(client)
    assert facts["pages"] == {"vi": "/offline/", "en": "/en/offline/"}
    for address in facts["kept"]:
        if address.startswith("/static/"):
            assert finders.find(address.removeprefix("/static/")), address
        else:
            assert client.get(address).status_code == 200


def test_the_service_worker_has_another_version_when_a_file_that_it_keeps_is_another(client, monkeypatch):
    before = kept_by_worker(client)["version"]
    assert kept_by_worker(client)["version"] == before
    monkeypatch.setattr("config.pages.static", lambda name: f"/static/{name}.0123456789ab")
    assert kept_by_worker(client)["version"] != before


@pytest.mark.parametrize("home", ["/", "/en/"])
def test_a_photo_shared_before_the_worker_is_there_leads_to_the_form(home):
    response = Client(enforce_csrf_checks=True).post(f"{home}share/", {"photo": b""})
    assert (response.status_code, response["Location"]) == (302, home)


def test_a_hole_can_be_told_of_where_somebody_is_named(client, settings):
    assert client.get("/.well-known/security.txt").status_code == 404
    settings.CONTACT_EMAIL = "hoi@example.org"
    content = client.get("/.well-known/security.txt").content.decode()
    assert "Contact: mailto:hoi@example.org\n" in content
    assert re.search(r"^Expires: \d{4}-\d\d-\d\dT00:00:00Z$", content, re.M)


def test_the_oldest_name_of_the_icon_leads_to_it(client):
    assert client.get("/favicon.ico")["Location"] == "/static/img/icon-192.png"
