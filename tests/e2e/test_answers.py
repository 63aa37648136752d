"""A visitor in a real browser reads an answer: photos by place, chosen among, more of them, and searches from there."""

import pytest
from django.utils import timezone

from retrieval import indexing, tasks
from retrieval.models import Query
from tests.e2e.chromium import until
from tests.factories import LandmarkFactory, LandmarkImageFactory, ProvinceFactory, drawn_photo
from tests.retrieval.conftest import quick_methods  # noqa: F401
from tests.retrieval.test_found_photos import found

from .test_search import box_of, draw, page  # noqa: F401

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def nothing_is_described(monkeypatch) -> None:
    monkeypatch.setattr(tasks.describe_missing, "delay", lambda: None)


@pytest.fixture
def answer() -> Query:
    """Photos of eight places in two provinces; of the first there are six and a near-duplicate."""
    provinces = [
        ProvinceFactory(slug="hue", name_en="Hue City"),
        ProvinceFactory(slug="hanoi", name_en="Hanoi City"),
    ]
    images = []
    for number in range(8):
        place = LandmarkFactory(name_en=f"Place {number}", province=provinces[number % 2])
        images += LandmarkImageFactory.create_batch(6 if number == 0 else 4, published=True, landmark=place)
    images.insert(
        1, LandmarkImageFactory(published=True, landmark=images[0].landmark, near_duplicate_of=images[0])
    )
    return found(*images, answered_at=timezone.now())


def places_of(page) -> list[str]:  # noqa: F811
    return [
        name.split(" Hue")[0].split(" Hanoi")[0] for name in page.locator(".ofplace__name").all_inner_texts()
    ]


def test_more_places_are_appended_take_the_focus_and_stay_in_the_address(page, live_site, answer):  # noqa: F811
    page.goto(f"{live_site}/en/searches/{answer.pk}/")
    assert places_of(page) == ["Place 0", "Place 1", "Place 2"]
    page.locator(".found__more a").click()
    page.locator("#found-2").wait_for()
    assert places_of(page) == [f"Place {number}" for number in range(6)]
    assert page.evaluate("document.activeElement.id") == "found-2"
    assert "shown=2" in page.url
    page.locator(".found__more a").click()
    page.locator("#found-3").wait_for()
    assert page.locator(".found__more").count() == 0
    page.reload()
    assert len(places_of(page)) == 8


def test_near_duplicates_are_folded(page, live_site, answer):  # noqa: F811
    page.goto(f"{live_site}/en/searches/{answer.pk}/")
    page.get_by_text("+1 nearly the same").click()
    assert page.locator(".alike__photos img").first.is_visible()


def test_a_choice_narrows_the_photos_at_once_and_stays_in_the_address(page, live_site, answer):  # noqa: F811
    page.goto(f"{live_site}/en/searches/{answer.pk}/")
    page.get_by_label("Province or city").select_option("hue")
    page.get_by_text("of the 35 photos found").wait_for()
    assert set(places_of(page)) == {"Place 0", "Place 2", "Place 4"}
    assert "province=hue" in page.url
    page.locator(".found__more a").click()
    page.locator("#found-2").wait_for()
    assert places_of(page) == ["Place 0", "Place 2", "Place 4", "Place 6"]
    page.get_by_role("link", name="Show all of them").click()
    page.wait_for_url(lambda url: "province" not in url)


@pytest.mark.parametrize("prefix", ["/", "/en/"])
def test_all_of_it_works_without_javascript(browser, live_site, answer, prefix):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    page = context.new_page()  # noqa: F811
    page.goto(f"{live_site}{prefix}searches/{answer.pk}/")
    page.locator(".found__more a").click()
    page.wait_for_url(lambda url: "shown=2" in url)
    assert page.locator("#found-2").count() == 1
    page.locator("#id_province").select_option("hanoi")
    page.locator(".found__go button").click()
    page.wait_for_url(lambda url: "province=hanoi" in url)
    assert page.locator(".ofplace").count() == 3
    page.locator(".photo__with").first.click()
    page.wait_for_url("**/similar/*/")
    page.locator("[data-submit]").click()
    page.wait_for_url("**/searches/*/")
    assert Query.objects.exclude(from_image=None).count() == 1
    context.close()


def test_a_link_is_copied(browser, live_site, answer):
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()  # noqa: F811
    page.goto(live_site)
    Query.objects.update(session_key="somebody")
    context.add_cookies([{"name": "sessionid", "value": "somebody", "url": live_site}])
    from django.contrib.sessions.models import Session

    Session.objects.create(
        session_key="somebody", session_data="", expire_date=timezone.now().replace(year=2100)
    )
    page.goto(f"{live_site}/en/searches/{answer.pk}/")
    page.get_by_role("button", name="Copy the link").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == f"{live_site}/en/searches/{answer.pk}/"
    context.close()


@pytest.mark.usefixtures("quick_methods", "worker")
def test_a_photo_found_becomes_the_question_with_a_box_on_it(page, live_site):  # noqa: F811
    place = LandmarkFactory(name_en="Turtle Tower")
    asked, *others = [
        LandmarkImageFactory(
            published=True, landmark=place, data=drawn_photo(seed, (640, 480)), size=(640, 480)
        )
        for seed in (1, 2, 3)
    ]
    indexing.describe_missing()
    page.goto(f"{live_site}/en/similar/{asked.pk}/")
    assert page.locator("#similar .photo").count() == 2
    surface = page.locator("[data-surface]")
    surface.scroll_into_view_if_needed()
    until(page, "document.querySelector('[data-photo]')?.complete")
    draw(page, surface.bounding_box(), 0.25, 0.25, 0.75, 0.75)
    assert box_of(page) == pytest.approx([0.25, 0.25, 0.75, 0.75], abs=0.01)
    page.get_by_label("CNN-IRwNHA").check()
    page.locator("[data-submit]").click()
    page.wait_for_url("**/searches/*/")
    page.locator("#found").wait_for(timeout=30_000)
    query = Query.objects.get()
    assert query.from_image == asked
    assert query.has_box
    assert set(query.hits.values_list("image", flat=True)) == {other.pk for other in others}
    assert "of our own catalogue" in page.locator(".asked figcaption").first.inner_text()
