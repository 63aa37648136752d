"""A partner's website in a real browser: the example in JavaScript as it is printed, and the box, from another origin."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from config.partners import code
from retrieval.models import Query
from tests.e2e.chromium import until
from tests.partners.conftest import answering, make_key, pagoda, photo, quick_methods, site  # noqa: F401
from tests.partners.test_quick_start import CREDIT, printed

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


class Quiet(http.server.SimpleHTTPRequestHandler):
    policy = ""

    def log_message(self, *_said: object) -> None:
        pass

    def end_headers(self) -> None:
        if self.policy:
            self.send_header("Content-Security-Policy", self.policy)
        super().end_headers()


class Website:
    """A partner's, on a port of its own, with one page."""

    def __init__(self, folder: Path) -> None:
        self.handler = type("Handler", (Quiet,), {})
        self.folder = folder
        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), partial(self.handler, directory=str(folder))
        )
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def show(self, *, language: str = "en", body: str, policy: str = "", **files: str) -> str:
        """Write its page; returns the address."""
        self.handler.policy = policy
        for name, text in files.items():
            (self.folder / name.replace("_js", ".js")).write_text(text)
        page = f'<!doctype html><html lang="{language}"><meta charset="utf-8"><link rel="icon" href="data:,"><title>Partner</title><body>{body}'
        (self.folder / "index.html").write_text(page)
        return f"{self.origin}/"


@pytest.fixture
def website(tmp_path: Path) -> Iterator[Website]:
    folder = tmp_path / "website"
    folder.mkdir()
    website = Website(folder)
    yield website
    website.server.shutdown()
    website.server.server_close()


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 360, "height": 800})
    page = context.new_page()
    page.wrong = []
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.on("console", lambda said: page.wrong.append(said.text) if said.type == "error" else None)
    yield page
    context.close()


def embedded(site: str, key: str, **more: str) -> str:  # noqa: F811
    """The line that the page for partners gives, with what the partner adds to it."""
    line = (code.folder() / "embed.html").read_text().replace(code.SITE, site).replace("vtr_your_key", key)
    added = "".join(f' data-{name}="{value}"' for name, value in more.items())
    return line.replace(" defer", f"{added} defer")


# The quick start

QUICK_START = '<input type="file" id="photo"><div id="place"></div><script src="quick_start.js"></script>'


def test_the_example_shows_the_place_and_its_photo_with_its_attribution(
    page, website, site, pagoda, photo, make_key  # noqa: F811
):  # fmt: skip
    script = printed("quick_start.js", site=site, key=make_key(website.origin))
    page.goto(website.show(body=QUICK_START, quick_start_js=script))
    page.set_input_files("#photo", photo)
    until(page, "document.querySelector('#place img')?.naturalWidth > 0")
    told = page.inner_text("#place")
    assert told.startswith("One Pillar Pagoda, probability ")
    assert CREDIT in told
    assert page.wrong == []


def test_the_example_says_what_is_wrong(page, website, site, tmp_path, make_key):  # noqa: F811
    (tmp_path / "words.txt").write_text("no photo")
    script = printed("quick_start.js", site=site, key=make_key(website.origin))
    page.goto(website.show(body=QUICK_START, quick_start_js=script))
    page.set_input_files("#photo", tmp_path / "words.txt")
    until(page, "document.querySelector('#place').textContent.startsWith('invalid: ')")


def test_a_key_of_another_website_opens_nothing_here(page, website, site, photo, make_key):  # noqa: F811
    make_key(website.origin)  # so that a browser asks at all
    script = printed("quick_start.js", site=site, key=make_key("https://another.example"))
    page.goto(website.show(body=QUICK_START, quick_start_js=script))
    page.set_input_files("#photo", photo)
    until(page, "!['', '…'].includes(document.querySelector('#place').textContent)")
    assert "One Pillar" not in page.inner_text("#place")
    assert Query.objects.count() == 0


# The box


@pytest.mark.parametrize(
    ("language", "title", "name"),
    [("en", "Where is this?", "One Pillar Pagoda"), ("vi", "Đây là đâu?", "Chùa Một Cột")],
)
def test_the_box_names_the_place_in_the_language_of_the_page(
    page, website, site, pagoda, photo, make_key, language, title, name  # noqa: F811
):  # fmt: skip
    heard = "<script>addEventListener('whereisthis', (event) => { window.heard = event.detail; });</script>"
    page.goto(
        website.show(language=language, body=heard + "<main>" + embedded(site, make_key(website.origin)))
    )
    assert page.inner_text("h2") == title
    page.set_input_files("#photo", photo)
    page.wait_for_selector("h3")
    assert page.inner_text("h3") == name
    until(page, "document.querySelector('main > div').shadowRoot.querySelector('img').naturalWidth > 0")
    assert "An Nguyễn" in page.inner_text("figcaption")
    assert page.get_attribute("figcaption a", "href").startswith("https://creativecommons.org/")
    assert (
        page.get_attribute(".place p a", "href")
        == f"{site}{'' if language == 'vi' else '/en'}/places/chua-mot-cot/"
    )
    assert page.evaluate("heard.places[0].landmark.slug") == "chua-mot-cot"
    assert page.wrong == []
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length") == 0


def test_the_box_sends_a_small_photo_without_what_the_camera_wrote_and_nothing_is_kept(
    page, website, site, pagoda, tmp_path, make_key  # noqa: F811
):  # fmt: skip
    from PIL import Image

    from tests.factories import drawn_picture

    exif = Image.Exif()
    exif[0x010F] = "A camera of mine"
    large = tmp_path / "large.jpg"
    drawn_picture(21, (3000, 2000)).save(large, exif=exif)
    page.goto(website.show(body=embedded(site, make_key(website.origin))))
    with page.expect_request(f"{site}/api/v1/searches/") as asked:
        page.set_input_files("#photo", large)
    page.wait_for_selector("h3")
    query = Query.objects.get()
    assert query.private
    assert (query.width, query.height) == (2048, 1365)
    assert b"A camera of mine" not in (asked.value.post_data_buffer or b"")
    assert "cookie" not in asked.value.headers


def test_the_box_says_in_words_why_a_photo_is_refused(page, website, site, tmp_path, make_key):  # noqa: F811
    (tmp_path / "words.jpg").write_text("no photo")
    page.goto(website.show(body=embedded(site, make_key(website.origin))))
    page.set_input_files("#photo", tmp_path / "words.jpg")
    page.wait_for_selector(".wrong")
    assert "not a photo that we can read" in page.inner_text("[role=status]")
    assert page.is_enabled("#photo")  # for another


def test_the_box_says_when_the_site_cannot_be_reached(page, website, site, photo, make_key):  # noqa: F811
    page.goto(website.show(body=embedded(site, make_key())))  # a key that names no website
    page.set_input_files("#photo", photo)
    page.wait_for_selector(".wrong")
    assert "cannot be reached" in page.inner_text("[role=status]")


def test_the_box_works_under_the_strictest_policy_that_names_the_site(
    page, website, site, pagoda, photo, make_key  # noqa: F811
):  # fmt: skip
    policy = (
        f"default-src 'none'; script-src {site}; connect-src {site}; img-src {site}; "
        "require-trusted-types-for 'script'"
    )
    page.goto(website.show(policy=policy, body=embedded(site, make_key(website.origin))))
    page.set_input_files("#photo", photo)
    page.wait_for_selector("h3")
    box = "document.querySelector('body > div').shadowRoot"
    page.evaluate(f"{box}.querySelector('img').decode()")  # it loads, or this fails
    drawn = page.evaluate(f"getComputedStyle({box}.querySelector('section')).borderTopWidth")
    assert drawn == "3px"  # its style holds
    assert [wrong for wrong in page.wrong if "data:," not in wrong] == []


def test_the_box_goes_where_it_is_told_and_looks_among_what_it_is_told(
    page, website, site, pagoda, photo, make_key  # noqa: F811
):  # fmt: skip
    line = embedded(site, make_key(website.origin), into="#here", language="vi", category="beach")
    page.goto(website.show(body=f'<p id="here"></p><p>Below</p>{line}'))
    assert page.locator("#here h2").inner_text() == "Đây là đâu?"
    page.set_input_files("#photo", photo)
    page.wait_for_selector("[role=status].wrong, h3")
    assert Query.objects.filter(category="beach").count() == 1


def test_the_box_is_used_by_keyboard_and_read_aloud(page, website, site, pagoda, photo, make_key):  # noqa: F811
    from axe_playwright_python.base import AXE_SCRIPT

    # Asked for before anything is pressed: on a busy machine the browser hears of it later than of a key.
    page.on("filechooser", lambda chooser: chooser.set_files(photo))
    page.goto(website.show(body=f"<main><h1>Partner</h1>{embedded(site, make_key(website.origin))}</main>"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.shadowRoot.activeElement.id") == "photo"
    page.keyboard.press("Enter")
    page.wait_for_selector("h3")
    assert page.text_content("[role=status]").strip() == "One Pillar Pagoda"
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []


# On the site itself


def test_the_box_on_the_partners_page_works_without_a_key(page, site, pagoda, photo):  # noqa: F811
    page.goto(f"{site}/en/partners/")
    page.set_input_files("#sample #photo", photo)
    page.wait_for_selector("#sample h3")
    assert page.locator("#sample h3").inner_text() == "One Pillar Pagoda"
    assert page.wrong == []


def test_code_is_copied(page, site):  # noqa: F811
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{site}/en/partners/")
    page.click("label[for=by-python]")
    page.click("[data-copy=code-python]")
    copied = page.evaluate("navigator.clipboard.readText()")
    kept = (code.folder() / "quick_start.py").read_text().strip()
    assert copied == kept.replace(code.SITE, site)
    assert page.locator("#code-curl").is_hidden()
