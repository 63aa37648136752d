"""Against a server of our own that answers as the API of Commons and Wikidata does."""

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import CommandError, call_command

from places import importers
from places.importers import commons
from places.models import Landmark, LandmarkImage
from tests.factories import LandmarkFactory, drawn_photo

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
PHOTO = drawn_photo(5, (320, 240))


def page(number: int, *, licence: str = "cc-by-sa-4.0", mime: str = "image/jpeg", width: int = 800) -> dict:
    base = f"http://{Handler.host}"
    said = {
        "Artist": f'<a href="//x">Nguyễn &amp; {number}</a>',
        "License": licence,
        "LicenseShortName": licence.upper(),
        "LicenseUrl": "https://creativecommons.org/licenses/by-sa/4.0/",
    }
    return {
        "title": f"File:{number}.jpg",
        "imageinfo": [
            {
                "url": f"{base}/photo/{number}",
                "thumburl": f"{base}/small/{number}",
                "descriptionurl": f"https://commons.wikimedia.org/wiki/File:{number}.jpg",
                "width": width,
                "mime": mime,
                "extmetadata": {name: {"value": value} for name, value in said.items()},
            }
        ],
    }


class Handler(http.server.BaseHTTPRequestHandler):
    host = ""
    asked: list[tuple[str, str]] = []
    busy = 0
    pages: list[list[dict]] = []

    def do_GET(self) -> None:
        Handler.asked.append((urlsplit(self.path).path, self.headers["User-Agent"]))
        parts = urlsplit(self.path)
        question = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if Handler.busy:
            Handler.busy -= 1
            self.answer(429, "text/plain", b"", {"Retry-After": "0"})
        elif parts.path.startswith(("/photo/", "/small/")):
            number = int(parts.path.rpartition("/")[2])
            self.answer(200, "image/jpeg", drawn_photo(number, (320, 240)))
        elif question.get("action") == "wbgetclaims":
            value = {"Q1193932": [{"mainsnak": {"datavalue": {"value": "Temple of Literature, Hanoi"}}}]}
            claims = value.get(question["entity"])
            self.say({"claims": {"P373": claims} if claims else {}})
        elif question.get("gcmtitle") == "Category:Temple of Literature, Hanoi":
            at = int(question.get("gcmcontinue", 0))
            onward = {"continue": {"gcmcontinue": str(at + 1)}} if at + 1 < len(Handler.pages) else {}
            self.say({"query": {"pages": Handler.pages[at]}} | onward)
        else:
            self.say({"error": {"info": "no such thing"}})

    def say(self, said: dict) -> None:
        self.answer(200, "application/json", json.dumps(said).encode())

    def answer(self, status: int, kind: str, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_said) -> None:
        pass


@pytest.fixture
def wikimedia(settings) -> Iterator[type[Handler]]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        Handler.host, Handler.asked, Handler.busy = f"127.0.0.1:{running.server_port}", [], 0
        settings.COMMONS_API = settings.WIKIDATA_API = f"http://{Handler.host}/w/api.php"
        settings.COMMONS_USER_AGENT, settings.COMMONS_PAUSE = "Us/1.0 (us@example.org)", 0
        Handler.pages = [
            [page(1), page(2, licence="cc0")],
            [page(3, licence="cc-by-nc-4.0"), page(4, width=9000)],
        ]
        yield Handler
        running.shutdown()


@pytest.fixture
def temple():
    return LandmarkFactory(slug="van-mieu")


def fetch_all(source: str = "Category:Temple of Literature, Hanoi") -> importers.Report:
    return importers.run(commons.read(Path(source)).all_of("van-mieu"))


def test_free_photos_of_a_category_come_with_author_licence_and_page(wikimedia, temple):
    report = fetch_all()
    assert report.added == ["File:1.jpg", "File:2.jpg", "File:4.jpg"]
    assert [(failure.name, "CC-BY-NC-4.0" in failure.reason) for failure in report.failed] == [
        ("File:3.jpg", True)
    ]
    image = LandmarkImage.objects.published().get(source_url__endswith="File:1.jpg")
    assert image.missing_attribution == []
    assert (image.author, image.licence) == ("Nguyễn & 1", "CC BY-SA 4.0")


def test_a_photo_larger_than_needed_is_fetched_as_a_copy_of_the_width_needed(wikimedia, temple):
    fetch_all()
    fetched = [path for path, _agent in wikimedia.asked if not path.startswith("/w/")]
    assert fetched == ["/photo/1", "/photo/2", "/small/4"]


def test_an_item_of_wikidata_leads_to_its_category(wikimedia, temple):
    assert len(fetch_all("Q1193932").added) == 3


def test_what_is_there_is_not_fetched_again(wikimedia, temple):
    fetch_all()
    wikimedia.asked.clear()
    report = fetch_all()
    assert (report.added, len(report.present)) == ([], 3)
    assert all(path.startswith("/w/") for path, _agent in wikimedia.asked)


def test_wikimedia_is_told_who_asks(wikimedia, temple):
    fetch_all()
    assert {agent for _path, agent in wikimedia.asked} == {"Us/1.0 (us@example.org)"}


def test_a_server_that_asks_for_time_gets_it(wikimedia, temple):
    wikimedia.busy = 2
    assert len(fetch_all().added) == 3


@pytest.mark.parametrize("source", ["Q5", "Temple", "Category:None", "q1"])
def test_what_cannot_be_found_is_refused(wikimedia, temple, source):
    with pytest.raises((ValueError, OSError)):
        commons.read(Path(source))


@pytest.mark.parametrize(
    "licence", ["cc-by-nc-4.0", "cc-by-nd-2.0", "cc-by-nc-sa-3.0", "fair use", "own work", ""]
)
def test_what_is_not_free_is_left(wikimedia, temple, licence):
    wikimedia.pages = [[page(1, licence=licence)]]
    assert fetch_all().added == []


def test_what_is_no_photo_is_left(wikimedia, temple):
    wikimedia.pages = [[page(1, mime="image/svg+xml"), page(2, mime="video/webm")]]
    assert len(fetch_all().failed) == 2


def test_the_command_takes_a_category(wikimedia, temple, capsys):
    call_command("import_images", "commons", "Category:Temple of Literature, Hanoi", landmark="van-mieu")
    assert "3 photos added" in capsys.readouterr().out


def test_the_command_takes_the_landmarks_own_item_where_no_source_is_named(wikimedia, temple, capsys):
    Landmark.objects.filter(pk=temple.pk).update(wikidata_id="Q1193932")
    call_command("import_images", "commons", landmark="van-mieu")
    assert "3 photos added" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("format", "told"), [("commons", "has no Wikidata item"), ("folder", "name a SOURCE")]
)
def test_the_command_says_so_where_there_is_nothing_to_read(temple, format, told):
    with pytest.raises(CommandError, match=told):
        call_command("import_images", format, landmark="van-mieu")
