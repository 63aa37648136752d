"""What stands around every page: the way past it, the sheet to find a place by, the language."""

from collections.abc import Iterator

import pytest

from tests.factories import LandmarkFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def phone(browser, live_site) -> Iterator:
    context = browser.new_context(viewport={"width": 360, "height": 740})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize(
    ("address", "button", "name"),
    [("/about/", "Tìm địa điểm", "Cầu Rồng"), ("/en/about/", "Find a place", "Dragon Bridge")],
)
def test_a_place_is_found_from_any_page_by_keyboard_with_and_without_scripts(
    browser, live_site, scripts, address, button, name
):
    LandmarkFactory(name_vi="Cầu Rồng", name_en="Dragon Bridge")
    LandmarkFactory(name_vi="Tháp Rùa", name_en="Turtle Tower")
    context = browser.new_context(java_script_enabled=scripts, viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(live_site + address)
    page.get_by_role("button", name=button).press("Enter")
    assert page.evaluate("document.activeElement.id") == "find-words"
    page.keyboard.press("Escape")
    assert not page.locator("#find-words").is_visible()
    page.get_by_role("button", name=button).press("Enter")
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    page.wait_for_url("**/places/?q=*")
    assert page.locator("main .card__name").all_inner_texts() == [name]
    context.close()


def test_the_first_press_of_tab_leads_past_the_header(phone, live_site):
    phone.goto(f"{live_site}/about/")
    phone.keyboard.press("Tab")
    assert phone.evaluate("document.activeElement.textContent") == "Tới nội dung chính"
    phone.keyboard.press("Enter")
    assert phone.evaluate("document.activeElement.id") == "main"


def test_everything_in_the_header_and_footer_can_be_hit_with_a_thumb(phone, live_site):
    phone.goto(f"{live_site}/about/")
    small = phone.evaluate("""() => [...document.querySelectorAll(".header a, .header button, .footer a")]
        .filter((each) => each.checkVisibility())
        .map((each) => [each.textContent.trim(), each.getBoundingClientRect()])
        .filter(([, box]) => box.width < 24 || box.height < 24).map(([words]) => words)""")
    assert small == []


def test_the_language_link_leads_to_the_same_page_and_back(phone, live_site):
    phone.goto(f"{live_site}/privacy/")
    phone.locator(".nav__language").click()
    phone.wait_for_url("**/en/privacy/")
    assert phone.get_attribute("html", "lang") == "en"
    phone.locator(".nav__language").click()
    phone.wait_for_url(f"{live_site}/privacy/")


def test_an_answer_on_paper_has_its_words_and_none_of_its_buttons(phone, live_site):
    phone.goto(f"{live_site}/about/")
    phone.emulate_media(media="print", color_scheme="dark")
    assert phone.locator("h1").is_visible()
    for gone in (".nav", ".header__find", ".footer nav"):
        assert not phone.locator(gone).is_visible(), gone
    assert phone.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
