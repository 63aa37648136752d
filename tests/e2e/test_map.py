"""The map of places and what is near, in a real browser: with a mouse, by keyboard, without a script."""

import re

import pytest

from tests.e2e.chromium import until
from tests.factories import LandmarkFactory, LandmarkImageFactory, ProvinceFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

HANOI = {"latitude": 21.0287, "longitude": 105.8524}
PARIS = {"latitude": 48.8583, "longitude": 2.2945}


@pytest.fixture
def places():
    """Three close together in Hanoi, one alone far away."""
    hanoi = ProvinceFactory(slug="ha-noi", name_vi="Hà Nội", name_en="Ha Noi")
    for number in range(3):
        LandmarkFactory(
            slug=f"ha-noi-{number}", name_vi=f"Đền {number}", name_en=f"Temple {number}", province=hanoi,
            latitude=21.03 + number / 100, longitude=105.85,
        )  # fmt: skip
    image = LandmarkImageFactory(
        published=True, landmark__slug="cho-ben-thanh", landmark__name_vi="Chợ Bến Thành",
        landmark__name_en="Bến Thành Market", landmark__latitude=10.7725, landmark__longitude=106.698,
    )  # fmt: skip
    return image.landmark


@pytest.fixture
def visit(browser, live_site):
    """Open a page in a browser of its own; what goes wrong there fails the test."""
    contexts, wrong = [], []

    def go(address: str, *, width: int = 1280, **context):
        contexts.append(
            browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce", **context)
        )
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.goto(live_site + address)
        return page

    yield go
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.mark.parametrize("width", [360, 768, 1440])
@pytest.mark.parametrize(
    ("prefix", "cluster", "name", "sea"),
    [("", "3 địa điểm gần nhau", "Chợ Bến Thành", "Biển Đông"), ("/en", "3 places close", "Bến Thành Market", "East Sea")],
)  # fmt: skip
def test_places_stand_on_the_map_and_close_ones_together(visit, places, prefix, cluster, name, sea, width):
    page = visit(f"{prefix}/places/map/", width=width)
    page.get_by_role("button", name=re.compile(cluster)).wait_for()
    assert page.get_by_role("button", name=name).count() == 1
    assert page.locator(".map__province").count() == 34
    assert page.locator(".map__sea span").filter(has_text=sea).is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_cluster_opens_and_a_mark_leads_to_its_place(visit, places):
    page = visit("/places/map/")
    page.get_by_role("button", name=re.compile("3 địa điểm gần nhau")).click()
    page.get_by_role("button", name="Đền 1", exact=True).wait_for()
    assert page.locator(".seal--one").count() >= 3


def test_a_popup_shows_the_photo_and_leads_to_the_place(visit, places):
    page = visit("/places/map/")
    page.get_by_role("button", name="Chợ Bến Thành").click()
    popup = page.locator(".leaflet-popup")
    popup.get_by_text("Chợ Bến Thành").wait_for()
    until(page, "document.querySelector('.pop__photo')?.naturalWidth > 0")
    popup.locator("a.pop").click()
    page.wait_for_url("**/places/cho-ben-thanh/")


def test_the_map_is_worked_by_keyboard(visit, places):
    page = visit("/places/map/")
    mark = page.get_by_role("button", name="Chợ Bến Thành")
    mark.focus()
    page.keyboard.press("Enter")
    until(page, "document.activeElement.classList.contains('pop')")
    page.keyboard.press("Escape")
    page.locator(".leaflet-popup").wait_for(state="detached")
    until(page, "document.activeElement.textContent === 'Chợ Bến Thành'")
    page.get_by_role("button", name=re.compile("gần nhau")).focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Đền 2", exact=True).wait_for()


def test_the_map_shows_what_the_address_narrows_it_to(visit, places):
    page = visit("/places/map/?province=ha-noi")
    page.get_by_role("button", name=re.compile("3 địa điểm gần nhau")).wait_for()
    assert page.locator(".seal").count() == 1
    assert page.locator(".map__province--chosen").count() == 1


def test_without_a_script_the_map_is_a_drawing_with_its_places(visit, places):
    page = visit("/places/map/", java_script_enabled=False)
    assert page.locator("svg.chart .chart__dot").count() == 4
    page.locator(".gazetteer").get_by_role("link", name="Chợ Bến Thành").click()
    page.wait_for_url("**/places/cho-ben-thanh/")
    assert page.locator("svg.chart .chart__pin").count() == 1


def test_where_the_data_cannot_be_had_the_drawing_stays_and_says_so(browser, live_site, places):
    page = browser.new_context().new_page()
    page.route("**/places.json", lambda route: route.abort())
    page.goto(live_site + "/places/map/")
    page.get_by_text("Không tải được bản đồ tương tác").wait_for()
    assert page.locator("svg.chart .chart__dot").count() == 4
    page.context.close()


def test_the_map_weighs_less_than_its_budget(visit, places):
    """150 kB of styles and scripts, as a server sends them compressed."""
    import gzip

    page = visit("/places/map/")
    addresses = page.eval_on_selector_all(
        "link[rel=stylesheet], script[src]", "all => all.map(e => e.href || e.src)"
    )
    sizes = [len(gzip.compress(page.request.get(address).body())) for address in addresses]
    assert len(sizes) >= 7
    assert sum(sizes) < 150_000


def test_a_visitor_who_tells_where_they_are_sees_what_is_near(visit, places):
    page = visit("/places/near/", geolocation=HANOI, permissions=["geolocation"])
    page.get_by_role("button", name="Dùng vị trí của tôi").click()
    page.locator(".near__list").wait_for()
    assert page.locator(".card__name").all_inner_texts() == ["Đền 0", "Đền 1", "Đền 2"]
    assert (
        page.locator(".nearby__distance").first.inner_text().replace("\N{NO-BREAK SPACE}", " ") == "240 m"
    )  # 111 m north, 208 m west
    assert page.locator(".chart__mark").count() == 3
    assert page.input_value("[name=position]") == "21.029, 105.852"  # rounded
    assert "21.0" not in page.url


def test_a_visitor_who_refuses_is_told_what_else_to_do(visit, places):
    page = visit("/places/near/", permissions=[])
    page.get_by_role("button", name="Dùng vị trí của tôi").click()
    page.get_by_text("Trình duyệt không được phép cho biết vị trí").wait_for()
    page.get_by_label("Địa điểm", exact=True).select_option("ha-noi-0")
    page.get_by_role("button", name="Xem địa điểm").click()
    page.get_by_role("heading", name="Các địa điểm quanh Đền 0").wait_for()
    assert page.locator(".card__name").all_inner_texts() == ["Đền 1", "Đền 2"]


def test_a_visitor_outside_vietnam_is_told_so(visit, places):
    page = visit("/en/places/near/", geolocation=PARIS, permissions=["geolocation"])
    page.get_by_role("button", name="Use my position").click()
    page.get_by_text("That position is not in Vietnam").wait_for()


def test_a_device_without_a_position_is_no_dead_end(visit, places):
    page = visit("/en/places/near/", permissions=["geolocation"])
    page.evaluate(
        "() => { navigator.geolocation.getCurrentPosition = (_found, failed) => failed({ code: 2 }); }"
    )
    page.get_by_role("button", name="Use my position").click()
    page.get_by_text("Your device does not know where it is").wait_for()
    assert page.get_by_role("button", name="Use my position").is_enabled()


def test_what_is_near_works_without_a_script(visit, places):
    page = visit("/places/near/", java_script_enabled=False)
    assert not page.get_by_role("button", name="Dùng vị trí của tôi").is_visible()
    page.get_by_label("Tọa độ").fill("21.03, 105.85")
    page.get_by_role("button", name="Xem địa điểm").click()
    assert page.locator(".card__name").first.inner_text() == "Đền 0"
