"""Looking for a place by words, in a real browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.factories import FormerProvinceFactory, LandmarkFactory, LandmarkImageFactory, ProvinceFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

WIDTHS = [360, 768, 1440]
LANGUAGES = [("", "Không có địa điểm nào"), ("/en", "No place by this name")]


@pytest.fixture
def places():
    hue = ProvinceFactory(slug="hue", name_vi="Huế", name_en="Huế")
    former = FormerProvinceFactory(name_vi="Thừa Thiên Huế", province=hue)
    for number, (name_vi, name_en) in enumerate(
        [("Lăng Khải Định", "Khải Định Tomb"), ("Lăng Tự Đức", "Tự Đức Tomb")]
    ):
        landmark = LandmarkFactory(
            name_vi=name_vi, name_en=name_en, slug=f"tomb-{number}", province=hue, former_province=former, category="tomb"
        )  # fmt: skip
    LandmarkImageFactory(landmark=landmark, published=True)


@pytest.fixture
def page(browser, request):
    width = getattr(request, "param", 1440)
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert faults == []


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("page", WIDTHS, indirect=True)
@pytest.mark.parametrize(("prefix", "none"), LANGUAGES)
def test_a_place_is_chosen_among_the_suggestions_by_keyboard(live_site, page, places, prefix, none):
    page.goto(f"{live_site}{prefix}/places/")
    field = page.get_by_role("combobox")
    assert fits(page)
    field.press_sequentially("lang khai")
    options = page.get_by_role("option")
    expect(options).to_have_count(1)
    expect(field).to_have_attribute("aria-expanded", "true")
    assert fits(page)

    field.press("Escape")
    expect(options).to_have_count(0)  # hidden from everyone
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(field).to_have_value("lang khai")

    field.press("ArrowDown")
    expect(options).to_have_count(1)
    field.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert field.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    field.press("Enter")
    page.wait_for_url(f"{live_site}{prefix}/places/tomb-0/")


@pytest.mark.parametrize(("prefix", "none"), LANGUAGES)
def test_that_nothing_is_suggested_is_said_and_the_form_goes_on(live_site, page, places, prefix, none):
    page.goto(f"{live_site}{prefix}/places/")
    field = page.get_by_role("combobox")
    field.press_sequentially("qqwwee")
    expect(page.get_by_role("status")).to_contain_text(none)
    field.press("Enter")
    page.wait_for_url(re.compile("q=qqwwee"))


def test_only_the_last_thing_typed_is_suggested(live_site, page, places):
    """A slow answer to what was typed before does not come over the answer to what is typed now."""

    held = []

    def hold_first(route):
        if route.request.url.endswith("q=lang"):
            held.append(route)
        else:
            route.continue_()

    page.route("**/suggestions/**", hold_first)
    page.goto(f"{live_site}/places/")
    field = page.get_by_role("combobox")
    with page.expect_request("**/suggestions/?q=lang"):
        field.press_sequentially("lang", delay=20)
    field.press_sequentially(" tu duc", delay=20)
    expect(page.get_by_role("option")).to_have_text([re.compile("Lăng Tự Đức")])
    late = '<li class="suggestion" role="option" data-href="/"><span data-name>Too late</span></li><li data-said>One</li>'
    held[0].fulfill(body=late, content_type="text/html")
    page.wait_for_timeout(300)
    expect(page.get_by_role("option")).to_have_text([re.compile("Lăng Tự Đức")])


@pytest.mark.parametrize("page", WIDTHS, indirect=True)
def test_a_suggestion_is_taken_by_pointer_and_filters_by_form(live_site, page, places):
    page.goto(f"{live_site}/places/?q=hue")
    page.locator(".places").get_by_text("Lăng Tự Đức").wait_for()
    if page.viewport_size["width"] < 1024:
        page.locator("summary").click()
    page.get_by_label("Loại địa điểm").select_option("tomb")
    page.get_by_role("button", name="Xem").click()
    page.wait_for_url(re.compile("category=tomb"))
    assert fits(page)
    page.get_by_role("link", name="bỏ Lăng mộ").click()
    page.wait_for_url(lambda address: "category=tomb" not in address)

    page.get_by_role("combobox", name="Tên địa điểm").fill("khai dinh")
    page.locator(".suggestion").first.click()
    page.wait_for_url(f"{live_site}/places/tomb-0/")


def test_words_for_a_photo_are_filled_in_and_refused_before_the_photo_is_sent(live_site, page, places):
    page.goto(f"{live_site}/")
    page.get_by_text("Chỉ tìm ở một nơi").click()
    field = page.get_by_role("combobox", name="Chỉ tìm ở")
    field.fill("xyzzy")
    expect(page.locator(".words__said")).to_contain_text("không biết địa điểm hay tỉnh nào")
    assert not field.evaluate("field => field.checkValidity()")
    field.fill("lang khai")
    page.locator(".suggestion").first.click()
    expect(field).to_have_value("Lăng Khải Định")
    assert field.evaluate("field => field.checkValidity()")


def test_without_scripts_the_form_searches(live_site, browser, places):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_site}/en/places/")
    page.get_by_label("Name, place or province").fill("tu duc tomb")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".card")).to_have_count(1)
    context.close()
