"""The pages for partners."""

from __future__ import annotations

import html
import re

import pytest
from django.contrib.staticfiles import finders
from django.core.files.storage import default_storage
from django.test import Client

from config.database import PROJECT
from config.partners import changelog, code, wheel

pytestmark = pytest.mark.django_db
LANGUAGES = pytest.mark.parametrize("prefix", ["", "/en"])


def text_of(response) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", response.content.decode()))


@LANGUAGES
@pytest.mark.parametrize("page", ["", "changelog/", "deprecation/"])
def test_a_page_is_there_in_both_languages_and_asks_the_database_nothing(
    client, django_assert_num_queries, prefix, page
):
    with django_assert_num_queries(0):
        response = client.get(f"{prefix}/partners/{page}")
    content = response.content.decode()
    assert response.status_code == 200
    assert f'<html lang="{prefix[1:] or "vi"}">' in content
    assert content.count("<h1>") == 1
    assert f'href="{prefix}/partners/"' in content  # its foot leads to the first of them


@LANGUAGES
def test_code_is_shown_as_it_is_kept_with_this_sites_address(client, prefix):
    page = text_of(client.get(f"{prefix}/partners/", headers={"host": "partners.test"}))
    assert len(code.names()) >= 6
    for name in code.names():
        kept = (code.folder() / name).read_text().strip()
        assert kept.replace("https://example.org", "http://partners.test") in page, name
    assert "example.org" not in page


def test_comments_in_code_are_marked_and_nothing_else_is():
    shown = code.shown("quick_start.sh", site="https://a.test")
    marked = re.findall(r'<span class="code__comment">(.+?)</span>', shown)
    assert len(marked) == sum(
        line.startswith("#") for line in (code.folder() / "quick_start.sh").read_text().splitlines()
    )
    assert "https://a.test" in shown
    assert "//" not in "".join(marked)


@LANGUAGES
def test_every_link_leads_somewhere(client, prefix):
    page = client.get(f"{prefix}/partners/").content.decode()
    main = page[page.index("<main") : page.index("</main>")]
    links = set(re.findall(r'href="([^"]+)"', main))
    inner = {link for link in links if link.startswith("#")}
    assert all(f'id="{link[1:]}"' in main for link in inner)
    for link in links - inner:
        assert client.get(html.unescape(link)).status_code in {200, 302}, link
    assert {"/api/v1/docs/", "/api/v1/redoc/", "/api/v1/schema/"} <= links


@LANGUAGES
def test_the_limits_that_hold_are_named(client, settings, prefix):
    settings.KEY_SEARCHES, settings.KEY_READS = (120, 10_000), (600, 0)
    settings.VISITOR_SEARCHES, settings.VISITOR_READS = (7, 0), (0, 0)
    settings.PHOTO_MAX_BYTES = 9 * 2**20
    page = text_of(client.get(f"{prefix}/partners/"))
    said = {
        "": ["120 mỗi phút, 10.000 mỗi ngày", "7 mỗi phút", "600 mỗi phút", "không giới hạn", "9 MB"],
        "/en": ["120 a minute, 10,000 a day", "7 a minute", "600 a minute", "as many as you like", "9 MB"],
    }[prefix]
    for words in said:
        assert words in page


def test_the_box_that_the_page_names_is_a_file_of_ours_and_small(client):
    page = text_of(client.get("/partners/"))
    [path] = re.findall(r'<script src="http://testserver/static/(.+?)"', page)
    with open(finders.find(path), "rb") as file:
        assert 0 < len(file.read()) < 15_000


@LANGUAGES
def test_the_oldest_name_of_the_api_leads_to_its_page(prefix):
    response = Client().get("/api/", headers={"accept-language": prefix[1:] or "vi"})
    assert (response.status_code, response["Location"]) == (302, f"{prefix}/partners/")


def test_the_client_is_packed_for_pip_at_the_address_that_the_page_names(client):
    page = text_of(client.get("/partners/"))
    [address] = re.findall(r"pip install http://testserver(\S+\.whl)", page)
    response = client.get(address)
    assert response.status_code == 200
    assert response.content == wheel.pack().content
    assert client.get(address.replace(wheel.version(), "0.0.1")).status_code == 404


@LANGUAGES
def test_the_changelog_tells_every_change(client, prefix):
    page = text_of(client.get(f"{prefix}/partners/changelog/"))
    days = [entry.on for entry in changelog.ENTRIES]
    assert days == sorted(days, reverse=True)
    for entry in changelog.ENTRIES:
        assert f"v{entry.version}" in page
    content = client.get(f"{prefix}/partners/changelog/").content.decode()
    assert content.count("<dd>") == sum(len(entry.changes) for entry in changelog.ENTRIES)


def test_the_newest_entry_is_of_the_version_that_the_description_has(settings):
    assert changelog.ENTRIES[0].version == settings.SPECTACULAR_SETTINGS["VERSION"]


def test_the_readme_quotes_the_quick_start_as_it_is():
    section = (PROJECT / "README.md").read_text().partition("\n## The API\n")[2]
    quoted = re.search(r"```sh\n(.+?)```", section, re.S)[1]
    assert "/api/v1/searches/" in quoted
    assert (code.folder() / "quick_start.sh").read_text().startswith(quoted)


@pytest.mark.parametrize(
    ("photos", "origin"),
    [
        ("/media/photo.jpg", "http://testserver"),
        ("https://photos.test/public/photo.jpg", "https://photos.test"),
    ],
)
def test_the_policy_for_partners_names_where_photos_come_from(client, monkeypatch, photos, origin):
    monkeypatch.setattr(default_storage, "url", lambda _name: photos)
    policy = "script-src http://testserver;\nconnect-src http://testserver;\nimg-src " + origin
    assert policy in text_of(client.get("/partners/"))
