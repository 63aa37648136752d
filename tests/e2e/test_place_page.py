"""A place's page in a real browser: its gallery with and without scripts, and what it weighs on a screen."""

import pytest

from places import curation, finishing
from places.models import Landmark
from places.views import place as place_page
from retrieval.models import LookAlike
from tests.e2e.chromium import until
from tests.factories import FactFactory, LandmarkFactory, LandmarkImageFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
SHIFTS = (
    "window.shifted = 0; new PerformanceObserver(seen => { for (const shift of seen.getEntries())"
    " shifted += shift.value }).observe({type: 'layout-shift', buffered: true})"
)


@pytest.fixture
def place(transactional_db, monkeypatch) -> Landmark:
    """A place with one photo on top and two pages of photos below, a long name and a look-alike."""
    monkeypatch.setattr(place_page, "PHOTOS_A_PAGE", 4)
    place = LandmarkFactory(
        slug="van-mieu", name_vi="Văn Miếu " * 20, name_en="Temple of Literature", description_vi="Cổ. " * 60
    )
    for image in curation.publish(
        [LandmarkImageFactory(landmark=place, size=(800, 600)) for _number in range(7)]
    ).done:
        finishing.make_renditions(image)
    for kind in ("hours", "price", "season", "way"):
        FactFactory(landmark=place, kind=kind)
    LookAlike.objects.create(
        first=place, second=LandmarkFactory(), confusions=1, photos=9, similarity=0.8, method="m", version="v",
        detail_en="Only this one has a well.",
    )  # fmt: skip
    return place


@pytest.fixture
def opened(browser, live_site, place):
    """Opens the page in a window of this width."""
    contexts = []

    def opened(width: int = 1440, prefix: str = "/en", scripts: bool = True):
        contexts.append(
            browser.new_context(viewport={"width": width, "height": 800}, java_script_enabled=scripts)
        )
        page = contexts[-1].new_page()
        page.add_init_script(SHIFTS)
        page.goto(f"{live_site}{prefix}/places/van-mieu/", wait_until="networkidle")
        return page

    yield opened
    for context in contexts:
        context.close()


def test_more_photos_join_the_gallery_and_the_keyboard_goes_on_from_them(opened):
    page = opened()
    assert page.locator("#gallery > li").count() == 4
    page.locator("#more a[rel=next]").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#gallery > li:nth-child(6)")
    until(page, "document.activeElement.closest('li') === document.querySelectorAll('#gallery > li')[4]")
    assert page.inner_text("#more") == "1 to 6 of 6"


def test_without_scripts_more_photos_and_look_alikes_are_pages(opened):
    page = opened(scripts=False)
    page.click("#more a[rel=next]")
    assert page.url.endswith("?page=2#photos")
    assert page.locator("#gallery > li").count() == 2
    page.click("text=Places that are easily mistaken for this one")
    assert page.locator("text=Only this one has a well.").count() == 1


def test_look_alikes_come_into_the_page_by_themselves(opened):
    page = opened()
    page.wait_for_selector("text=Only this one has a well.")
    assert page.locator(".mistaken").count() == 0


@pytest.mark.parametrize("width", [360, 768, 1440])
@pytest.mark.parametrize("prefix", ["", "/en"])
def test_nothing_overflows_and_nothing_moves_while_photos_load(opened, width, prefix):
    page = opened(width, prefix)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("shifted") < 0.01


def test_a_small_screen_fetches_small_files(opened):
    page = opened(360)
    fetched = page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
    photos = [name for name in fetched if "/media/" in name]
    assert photos
    assert [name for name in photos if "/renditions/480/" not in name] == []
