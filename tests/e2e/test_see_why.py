"""Why a photo was found, in a real browser in which no script runs."""

import numpy as np
import pytest
from django.core.files.base import ContentFile

from retrieval.models import Hit, Query
from retrieval.ranking.alignment import pack
from retrieval.ranking.verification import Verification
from tests.factories import LandmarkImageFactory, drawn_photo

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
LINES = 30


@pytest.fixture
def hit(transactional_db) -> Hit:
    """A photo that shows the middle of the visitor's, twice as large."""
    image = LandmarkImageFactory(published=True, seed=1, size=(640, 480))
    photo = ContentFile(drawn_photo(1, (640, 480)), name="photo.jpg")
    query = Query.objects.create(
        method="delf", width=640, height=480, photo=photo, shared=True, state="answered", version="v1"
    )
    there = np.random.default_rng(1).uniform((0, 0), (640, 480), (LINES, 2))
    matches = pack(Verification(LINES, there / 2 + [160, 120], there))
    return Hit.objects.create(
        query=query, image=image, rank=0, similarity=0.9, inliers=LINES, matches=matches
    )


@pytest.fixture
def opened(browser, live_site, hit):
    """Opens the hit's page in a window of this width."""
    contexts = []

    def opened(width: int):
        contexts.append(
            browser.new_context(viewport={"width": width, "height": 800}, java_script_enabled=False)
        )
        page = contexts[-1].new_page()
        page.goto(f"{live_site}/en/searches/{hit.query_id}/hits/0/", wait_until="networkidle")
        return page

    yield opened
    for context in contexts:
        context.close()


def middle(box: dict) -> tuple[float, float]:
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize(("width", "shown", "hidden"), [(360, "above", "beside"), (1440, "beside", "above")])
def test_the_lines_lie_over_both_photos_on_a_phone_and_on_a_wide_screen(opened, width, shown, hidden):
    page = opened(width)
    drawing = page.locator(f".match__{shown}")
    assert drawing.is_visible()
    assert not page.locator(f".match__{hidden}").is_visible()
    here, there = (drawing.locator("image").nth(number).bounding_box() for number in (0, 1))
    axis = "x" if shown == "beside" else "y"
    assert there[axis] >= here[axis] + here["width" if axis == "x" else "height"]
    lines = drawing.locator(".match__line").bounding_box()
    assert middle(here)[0 if axis == "x" else 1] > lines[axis] > here[axis]
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_found_photo_is_laid_over_the_visitors_and_taken_off_again(opened):
    page = opened(1440)
    query, image = (page.locator(f".aligned__{name}") for name in ("query", "image"))
    below, above = query.bounding_box(), image.bounding_box()
    assert middle(above) == pytest.approx(middle(below), abs=3)
    assert above["width"] == pytest.approx(below["width"] / 2, rel=0.02)

    def opacity(locator) -> float:
        page.wait_for_timeout(400)
        return float(locator.evaluate("element => getComputedStyle(element).opacity"))

    assert opacity(image) == 1
    page.get_by_role("radio", name="Both at once").check()
    assert (opacity(image), opacity(query)) == (0.5, 1)
    page.get_by_role("radio", name="The photo asked about").check()
    assert (opacity(image), opacity(query)) == (0, 1)
