"""What a page may weigh, and that nothing on it moves while its photos and its typeface come."""

from collections.abc import Iterator

import brotli
import pytest

from tests.e2e.pages import PAGES, Page

pytestmark = [pytest.mark.e2e, pytest.mark.django_db]

CODE_BYTES = 150_000  # CSS and JavaScript of one page, compressed
LAYOUT_SHIFT = 0.02
HELD_BACK = 300  # milliseconds, so that the page stands before photos and typeface are there
WITH_PHOTOS = {
    "home",
    "explore",
    "place",
    "place-bare",
    "history",
    "answer-is",
    "answer-one-of",
    "hit",
    "similar",
}
# The page is kept from drawing while they come, so that all are there at once: a file of the typeface that is alone for a
# blink, beside the stand-ins of the others, may break a line elsewhere, and which comes first differs from run to run.
BUSY = f"setTimeout(() => {{ const end = performance.now() + {3 * HELD_BACK}; while (performance.now() < end); }})"
WATCH = """
    window.moved = [];
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.moved.push(
            [entry.value, entry.sources.map((source) => source.node?.outerHTML?.slice(0, 80) ?? "text")]);
    }).observe({type: "layout-shift", buffered: true});
"""


@pytest.fixture
def opened(browser, site) -> Iterator:
    """Opens a page in a context of its own, with nothing in its cache."""
    contexts = []

    def opened(page: Page, *, width: int, prepare=lambda context: None, until: str = "load"):
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}))
        if page.logged_in:
            contexts[-1].add_cookies([site.cookie])
        prepare(contexts[-1])
        return site.open(contexts[-1], page, language="vi", until=until)

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_the_code_of_a_page_is_light(opened, page):
    weights: dict[str, int] = {}

    def weigh(response) -> None:
        if response.request.resource_type in {"script", "stylesheet"}:
            weights[response.url] = 0

    tab = opened(page, width=360, prepare=lambda context: context.on("response", weigh))
    for url in weights:
        # As it is served: WhiteNoise compresses every static file beforehand, by brotli's best.
        weights[url] = len(brotli.compress(tab.request.get(url).body()))
    assert len(weights) >= 3
    assert sum(weights.values()) < CODE_BYTES, weights


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("page", [page for page in PAGES if page.name in WITH_PHOTOS], ids=str)
def test_nothing_moves_while_photos_and_typeface_come(opened, page, width):
    held: list = []
    holding = True

    def hold(route) -> None:
        if holding:
            held.append(route)
        else:
            route.continue_()

    def prepare(context) -> None:
        context.add_init_script(WATCH)
        for late in ("**/media/**", "**/photo/", "**/thumbnail/", "**/*.woff2"):
            context.route(late, hold)

    tab = opened(page, width=width, prepare=prepare, until="domcontentloaded")
    for _moment in range(100):  # however slow the machine is today
        tab.wait_for_timeout(HELD_BACK)
        if held:
            break
    assert held
    tab.evaluate(BUSY)
    holding = False
    for route in held:
        route.continue_()
    tab.wait_for_load_state("load")
    tab.evaluate("document.fonts.ready")
    tab.wait_for_timeout(HELD_BACK)
    moved = tab.evaluate("window.moved")
    assert sum(value for value, _nodes in moved) < LAYOUT_SHIFT, moved
