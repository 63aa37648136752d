"""Every kind of page and every main act, in both languages: nothing on them needs what the policy refuses.

What a browser refuses is told by an event of its own, which is listened to before any script of the page runs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts import roles
from tests.e2e.pages import PAGES, Page
from tests.e2e.test_desk import PAGES as DESK_PAGES
from tests.factories import UserFactory, drawn_photo

pytestmark = [pytest.mark.e2e, pytest.mark.django_db]

LISTEN = """document.addEventListener("securitypolicyviolation", (event) => refused(
    `${event.effectiveDirective} of ${event.blockedURI} in ${event.sourceFile}:${event.lineNumber} ${event.sample}`));"""
# Buttons that send nothing, and what unfolds: pressed one after the other, whatever they do.
PRESS_ALL = """() => {
    for (const each of document.querySelectorAll("details")) each.open = true;
    for (const each of document.querySelectorAll("button[type=button], [popovertarget], [role=button]")) {
        if (each.checkVisibility()) each.click();
    }
    for (const each of document.querySelectorAll("[popover]")) each.matches(":popover-open") && each.hidePopover();
}"""
# What unfold's own menus and panels listen to; nothing is sent.
UNFOLD = r"""() => document.querySelectorAll("[x-on\\:click]:not(a, [type=submit], form *)").forEach((each) => each.click())"""
PASSWORD = "một mật khẩu dài"
DOCUMENTS = ["api:docs", "api:redoc"]


class Visit:
    """A browser's tab, and what its pages were refused."""

    def __init__(self, context, url: str) -> None:
        self.refused: list[str] = []
        self.url, self.tab = url, context.new_page()
        self.tab.expose_function("refused", lambda told: self.refused.append(told))
        self.tab.add_init_script(LISTEN)
        self.tab.on("pageerror", lambda error: self.refused.append(f"script: {error}"))

    def open(self, address: str) -> None:
        self.tab.goto(self.url + address)

    def settle(self) -> list[str]:
        """All that was refused since the last time, once the page is loaded."""
        self.tab.wait_for_load_state()
        self.tab.wait_for_timeout(400)
        found, self.refused[:] = sorted(set(self.refused)), []
        return found


@dataclass(frozen=True)
class People:
    """One who may do everything on the desk, by a cookie; one who has yet to log in, by e-mail address."""

    cookie: dict
    administrator: int
    newcomer: str


@pytest.fixture(scope="module")
def people(site, django_db_blocker) -> People:
    """They are there for the site, so not made inside a test, whose rows nobody else sees."""
    with django_db_blocker.unblock():
        administrator, client = UserFactory(), Client()
        roles.give(administrator, roles.Role.ADMINISTRATOR, by=None)
        client.force_login(administrator)
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site.url}
        newcomer = UserFactory(password=PASSWORD).email
    return People(cookie, administrator.pk, newcomer)


@pytest.fixture
def visit(browser, site) -> Iterator[Callable[..., Visit]]:
    contexts = []

    def visit(cookie: dict | None = None) -> Visit:
        contexts.append(browser.new_context(viewport={"width": 1280, "height": 900}))
        contexts[-1].add_cookies([cookie] if cookie else [])
        return Visit(contexts[-1], site.url)

    yield visit
    for context in contexts:
        context.close()


def address(name: str, *, language: str, args: list = ()) -> str:
    with translation.override(language):
        return reverse(name, args=args)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_no_page_of_the_site_asks_for_what_is_refused(visit, site, language):
    by_all, logged_in = visit(), visit(site.cookie)
    told = {}
    for page in PAGES:
        shown = logged_in if page.logged_in else by_all
        asked = page.path(site.shown, language=language)
        shown.open(asked)
        assert shown.tab.url == site.url + asked
        shown.tab.evaluate(PRESS_ALL)
        if found := shown.settle():
            told[page.name] = found
    assert told == {}


@pytest.mark.parametrize("language", ["vi", "en"])
def test_no_page_of_the_desk_asks_for_what_is_refused(visit, site, people, language):
    desk, told = visit(people.cookie), {}
    image, place = site.shown.images[0], site.shown.places[0]
    pages = {name: (address, []) for name, address in DESK_PAGES.items()} | {
        "users": ("admin:accounts_user_changelist", []),
        "a user": ("admin:accounts_user_change", [people.administrator]),
        "a place": ("admin:places_landmark_change", [place.pk]),
        "a place's history": ("admin:places_landmark_history", [place.pk]),
        "delete a place": ("admin:places_landmark_delete", [place.pk]),
        "import": ("admin:places_landmark_import", []),
        "a photo": ("admin:places_landmarkimage_change", [image.pk]),
        "another photo": ("admin:places_landmarkimage_add", []),
    }
    for page, (name, args) in pages.items():
        desk.open(address(name, language=language, args=args))
        assert desk.tab.evaluate("Boolean(window.Alpine)"), desk.tab.url
        desk.tab.evaluate(PRESS_ALL)
        desk.tab.keyboard.press("Control+k")  # unfold's own search
        desk.tab.evaluate(UNFOLD)
        if found := desk.settle():
            told[page] = found
    assert told == {}


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_pages_of_the_api_ask_for_nothing_that_is_refused(visit, name, language):
    shown = visit()
    shown.open(f"{reverse(name)}?lang={language}")
    assert shown.settle() == []


@pytest.mark.parametrize("language", ["vi", "en"])
def test_searching_saving_and_reading_on_ask_for_nothing_that_is_refused(
    visit, site, language, tmp_path: Path
):
    photo = tmp_path / "visitor.jpg"
    photo.write_bytes(drawn_photo(7, (640, 480)))
    shown, tab = (visited := visit(site.cookie)), visited.tab
    told = {}

    def after(act: str) -> None:
        if found := shown.settle():
            told[act] = found

    shown.open(address("retrieval:home", language=language))
    tab.set_input_files("#photo", photo)
    tab.locator("img[src^='blob:']").first.wait_for()
    after("choosing a photo")
    tab.locator("form[enctype='multipart/form-data'] button.button--main").first.click()
    tab.wait_for_url("**/searches/**")
    tab.wait_for_timeout(1500)  # it asks how far the search is
    assert "/searches/new" not in tab.url
    tab.goto("about:blank")  # a search that nobody answers is asked after for ever
    after("searching")

    shown.open(address("places:landmarks", language=language))
    tab.locator("[name=q]").first.press_sequentially("chua", delay=20)
    after("typing a name")

    place = site.shown.places[language == "en"]  # what is saved stays so
    shown.open(address("places:landmark", language=language, args=[place.slug]))
    tab.locator(f"#save-landmark-{place.pk} button").click()
    after("saving a place")
    tab.mouse.wheel(0, 6000)
    after("reading on")

    shown.open(address("places:map", language=language))
    tab.locator(".leaflet-marker-icon[role=button]").first.click()
    tab.keyboard.press("Enter")
    after("looking around the map")

    shown.open(address("places:contribute", language=language, args=[place.slug]))
    tab.set_input_files("input[type=file]", photo)
    after("offering a photo")

    shown.open(address("retrieval:query", language=language, args=[site.shown.searches["own"].pk]))
    tab.evaluate(PRESS_ALL)
    after("an answer's tools")

    shown.open(address("retrieval:history", language=language))
    tab.evaluate(PRESS_ALL)
    after("a history's tools")
    assert told == {}


@pytest.mark.parametrize("language", ["vi", "en"])
def test_logging_in_with_two_steps_asks_for_nothing_that_is_refused(visit, people, language):
    shown, tab = (visited := visit()), visited.tab
    shown.open(address("mfa_activate_totp", language=language))
    tab.locator("[name=login]").fill(people.newcomer)
    tab.locator("[name=password]").fill(PASSWORD)
    tab.locator("main form button").first.click()
    tab.wait_for_url("**/reauthenticate/**")
    tab.locator("[name=password]").fill(PASSWORD)
    tab.locator("main form button").first.click()
    tab.locator(".steps__qr").wait_for()
    assert tab.locator(".steps__qr").evaluate("image => image.naturalWidth") > 0  # its picture came
    assert shown.settle() == []


@pytest.mark.parametrize("attack", ["script", "handler", "style", "elsewhere"])
def test_what_somebody_smuggled_into_a_page_does_nothing(visit, site, attack):
    """The same listener hears real attacks: it does not only stay silent."""
    smuggled = {
        "script": "const one = document.createElement('script'); one.textContent = 'window.caught = 1'; document.body.append(one)",
        "handler": "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.caught = 1\">')",
        "style": "document.body.insertAdjacentHTML('beforeend', '<p id=caught style=\"color: rgb(1, 2, 3)\">x</p>')",
        "elsewhere": "const one = document.createElement('script'); one.src = 'https://evil.example/x.js'; document.body.append(one)",
    }
    shown = visit()
    shown.open(Page("home", "retrieval:home").path(site.shown, language="vi"))
    shown.tab.evaluate(smuggled[attack])
    shown.tab.wait_for_timeout(300)
    assert shown.settle() != []
    assert shown.tab.evaluate(
        "window.caught instanceof Element ? getComputedStyle(caught).color : !window.caught"
    ) not in (False, "rgb(1, 2, 3)")
