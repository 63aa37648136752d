"""Every page, in both languages and three widths: sound, accessible, in one language; and a picture of each to look at.

The pictures lie in var/screenshots afterwards.
"""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings

from tests.e2e.pages import PAGES, Page
from tests.test_locale import entries

pytestmark = [pytest.mark.e2e, pytest.mark.django_db]

WIDTHS = (360, 768, 1440)
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MAIN = {"home", "explore", "place", "map", "how", "log-in", "history", "answer-is", "answer-unknown", "hit"}
LOOKED_AT = "axe.run({resultTypes: ['violations'], runOnly: {type: %s, values: %s}})"

FETCH_ALL = """async () => {
    for (const image of document.images) image.loading = "eager";
    await Promise.all([...document.images].map((image) => image.decode().catch(() => null)));
    await document.fonts.ready;
}"""
# What stands on the page or is read aloud, but for what is marked as of another language or of none.
SAID = """() => {
    const foreign = "script, style, code, noscript, [translate=no], main [lang], header [lang], footer [lang]";
    const said = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) if (!walker.currentNode.parentElement.closest(foreign)) said.push(walker.currentNode.data);
    for (const element of document.querySelectorAll("[aria-label], [title], [alt]")) {
        if (!element.closest(foreign)) said.push(...["aria-label", "title", "alt"].map((name) => element.getAttribute(name) || ""));
    }
    return said.map((text) => text.replace(/\\s+/g, " ").trim()).filter(Boolean);
}"""
# Photos for which the page keeps no place until they come.
PLACELESS = """() => [...document.images].filter((image) => image.hasAttribute("src")
    && !(image.hasAttribute("width") && image.hasAttribute("height"))).map((image) => image.outerHTML)"""
# Forms that nobody can send: without a button, or with one that is hidden where nothing opens it.
UNSENDABLE = """() => [...document.forms].filter((form) => {
    const buttons = [...form.elements].filter((each) => each.type === "submit" || each.type === "image");
    return !buttons.some((button) => button.checkVisibility() || button.closest("details:not([open]), [popover]"));
}).map((form) => form.action)"""


@pytest.fixture(scope="module")
def contexts(browser, site) -> Iterator:
    """A context for each kind of visitor, made once."""
    made: dict[tuple, object] = {}

    def context(page: Page, **options):
        key = (page.logged_in, *options.items())
        if key not in made:
            made[key] = browser.new_context(viewport={"width": 1440, "height": 900}, **options)
            if page.logged_in:
                made[key].add_cookies([site.cookie])
        return made[key]

    yield context
    for each in made.values():
        each.close()


@pytest.fixture
def opened(site, contexts) -> Iterator:
    """Opens a page."""
    tabs = []

    def opened(page: Page, *, language: str, **options):
        tabs.append(site.open(contexts(page, **options), page, language=language))
        return tabs[-1]

    yield opened
    for tab in tabs:
        tab.close()


def violations(tab, *, kind: str = "tag", values: list[str] = STANDARDS) -> list[str]:
    return [
        f"{found['id']}: {node['html'][:120]}"
        for found in tab.evaluate(LOOKED_AT % (repr(kind), values))["violations"]
        for node in found["nodes"]
    ]


def sentences_of_the_other_language(language: str) -> re.Pattern:
    """What should not stand on a page of this language: the catalogue's other side, where the two differ."""
    whole = [(english, vietnamese) for _flags, english, vietnamese in entries()]
    own = {pair[language == "vi"] for pair in whole}
    catalogue = [pair for pair in whole if pair[0] != pair[1]]
    patterns = [
        re.sub(r"%\\\(\w+\\\)[sd]|\\\{\w+\\\}", ".+", re.escape(other.replace("%%", "%")))
        for other in (pair[language == "en"] for pair in catalogue)
        if other not in own
        and "<" not in other
        and re.search(r"[^\W\d_]{2}", re.sub(r"%\(\w+\)[sd]|\{\w+\}", "", other))
    ]
    return re.compile("|".join(patterns))


FOREIGN = {language: sentences_of_the_other_language(language) for language in ("vi", "en")}


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_page_is_sound_accessible_and_in_one_language(opened, page, language):
    tab = opened(page, language=language)
    tab.evaluate(FETCH_ALL)
    wrong = []
    if tab.get_attribute("html", "lang") != language:
        wrong.append("its language")
    if tab.locator("h1").count() != 1 or not tab.locator("h1").inner_text().strip():
        wrong.append("its heading")
    if not re.fullmatch(r"\S.* · Vietnam Tourism Retrieval", tab.title()):
        wrong.append(f"its title: {tab.title()}")
    wrong += [f"not {language}: {said}" for said in tab.evaluate(SAID) if FOREIGN[language].fullmatch(said)]
    wrong += [f"without a place: {image}" for image in tab.evaluate(PLACELESS)]
    tab.evaluate(AXE_SCRIPT)
    for width in WIDTHS:
        tab.set_viewport_size({"width": width, "height": 900})
        if (wide := tab.evaluate("document.documentElement.scrollWidth")) > width:
            wrong.append(f"{wide} pixels wide at {width}")
        if width != 768:
            wrong += [f"at {width}, {found}" for found in violations(tab)]
        picture = settings.VAR_DIR / "screenshots" / f"{page}-{language}-{width}.jpeg"
        tab.screenshot(path=picture, type="jpeg", quality=70, full_page=True)
    assert wrong + tab.wrong == []


@pytest.mark.parametrize("page", [page for page in PAGES if page.name in MAIN], ids=str)
def test_a_page_can_be_read_in_the_dark(opened, page):
    tab = opened(page, language="vi", color_scheme="dark")
    tab.evaluate(AXE_SCRIPT)
    assert violations(tab, kind="rule", values=["color-contrast"]) == []
    picture = settings.VAR_DIR / "screenshots" / f"{page}-vi-1440-dark.jpeg"
    tab.screenshot(path=picture, type="jpeg", quality=70, full_page=True)


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_form_can_be_sent_without_a_script(opened, page):
    tab = opened(page, language="vi", java_script_enabled=False)
    assert tab.evaluate(UNSENDABLE) == []
    assert tab.wrong == []
