"""A visitor in a real browser: a photo in, a place out, by the real networks."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image

from retrieval import indexing, serving
from retrieval.models import Query
from tests.e2e.chromium import until
from tests.factories import LandmarkFactory, LandmarkImageFactory, drawn_photo, drawn_picture, encoded

pytestmark = [pytest.mark.e2e, pytest.mark.weights, pytest.mark.django_db(transaction=True)]

NAMES = {
    11: ("Chùa Một Cột", "One Pillar Pagoda"),
    12: ("Tháp Rùa", "Turtle Tower"),
    13: ("Chợ Đồng Xuân", "Dong Xuan Market"),
}
SIZE = (640, 480)
FRAME = (0.375, 0.25, 0.875, 0.75)  # where the thing asked about stands in the visitor's photo


@pytest.fixture
def catalogue(worker, monkeypatch) -> None:
    """A few places, two photos each, described by the method that the visitor picks.

    No confidence: those that come with the project were learned from photographs, not from drawings.
    """
    monkeypatch.setattr(serving, "calibrated", lambda _approach: None)
    for seed, (name_vi, name_en) in NAMES.items():
        landmark = LandmarkFactory(slug=f"place-{seed}", name_vi=name_vi, name_en=name_en)
        LandmarkImageFactory(landmark=landmark, published=True, data=drawn_photo(seed, SIZE), size=SIZE)
        nearer = encoded(drawn_picture(seed, SIZE).crop((40, 30, 600, 450)))
        LandmarkImageFactory(landmark=landmark, published=True, data=nearer, size=(560, 420))
    indexing.describe_missing(names=["sir", "cnn_irwnha"])


@pytest.fixture
def visitors_photo(tmp_path: Path) -> Path:
    """The second place small in a photo of much else, stored lying on its side as phones do."""
    picture = drawn_picture(99, (1280, 960))
    thing = drawn_picture(12, SIZE)
    picture.paste(thing, (int(FRAME[0] * 1280), int(FRAME[1] * 960)))
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    picture.transpose(Image.Transpose.ROTATE_90).save(buffer, "JPEG", exif=exif)
    path = tmp_path / "visitor.jpg"
    path.write_bytes(buffer.getvalue())
    return path


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.wrong = []
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.on("console", lambda message: page.wrong.append(message.text) if message.type == "error" else None)
    page.on("requestfailed", lambda request: page.wrong.append(request.url))
    yield page
    context.close()
    assert page.wrong == []


def choose(page, path: Path) -> dict:
    """Put a photo into the form; returns where on the screen it is shown."""
    page.set_input_files("#photo", path)
    until(page, "document.querySelector('[data-photo]')?.naturalWidth > 0")
    page.locator("[data-surface]").scroll_into_view_if_needed()
    return page.locator("[data-surface]").bounding_box()


def draw(page, shown: dict, left: float, top: float, right: float, bottom: float) -> None:
    def at(x: float, y: float) -> tuple[float, float]:
        return shown["x"] + x * shown["width"], shown["y"] + y * shown["height"]

    page.mouse.move(*at(left, top))
    page.mouse.down()
    page.mouse.move(*at((left + right) / 2, (top + bottom) / 2))
    page.mouse.move(*at(right, bottom))
    page.mouse.up()


def box_of(page) -> list[float]:
    return [float(page.input_value(f"[name={edge}]") or "nan") for edge in ("left", "top", "right", "bottom")]


@pytest.mark.parametrize(
    ("prefix", "sentence", "place"),
    [("/", "Gần giống nhất", "Tháp Rùa"), ("/en/", "Closest match", "Turtle Tower")],
)
def test_a_visitor_uploads_a_photo_draws_a_box_picks_a_method_and_reads_the_place(
    page, live_site, catalogue, visitors_photo, prefix, sentence, place
):
    page.goto(live_site + prefix)
    shown = choose(page, visitors_photo)
    assert shown["width"] > shown["height"]  # upright
    draw(page, shown, *FRAME)
    assert box_of(page) == pytest.approx(FRAME, abs=0.01)
    page.get_by_label("SIR").check()
    page.locator("[data-submit]").click()

    page.wait_for_url(re.compile(r"/searches/[0-9a-f-]{36}/"))
    page.get_by_text(sentence).first.wait_for(timeout=60_000)
    assert page.locator("h1").inner_text() == place
    assert page.title().startswith(place)
    query = Query.objects.get()
    assert (query.method, query.width, query.height) == ("sir", 1280, 960)
    box = (query.left / 1280, query.top / 960, query.right / 1280, query.bottom / 960)
    assert box == pytest.approx(FRAME, abs=0.01)
    page.locator("#answer .why > summary").first.click()
    assert page.locator(".why .evidence").first.is_visible()

    # The same photo once more, by another method and as a whole, without another upload.
    page.locator("#again > details > summary").click()
    assert box_of(page) == pytest.approx(FRAME, abs=0.01)
    page.locator("#again [data-whole]").click()
    page.locator("#again").get_by_label("CNN-IRwNHA").check()
    page.locator("#again [data-submit]").click()
    page.wait_for_url(lambda url: str(query.pk) not in url)
    page.locator(".found .photo").first.wait_for(timeout=60_000)
    again = Query.objects.exclude(pk=query.pk).get()
    assert (again.method, again.has_box, again.state) == ("cnn_irwnha", False, "answered")
    loaded = "[...document.querySelectorAll('.asked img')].every(image => image.naturalWidth > 0)"
    until(page, loaded)


def test_the_box_is_moved_resized_and_removed_by_keyboard(page, live_site, visitors_photo, transactional_db):
    page.goto(live_site)
    choose(page, visitors_photo)
    page.locator("[data-draw]").press("Enter")
    assert box_of(page) == pytest.approx([0.2, 0.2, 0.8, 0.8])
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    assert box_of(page) == pytest.approx([0.22, 0.18, 0.82, 0.78])
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Shift+ArrowDown")
    assert box_of(page) == pytest.approx([0.22, 0.18, 0.80, 0.80])
    for _press in range(30):
        page.keyboard.press("ArrowRight")
    assert box_of(page) == pytest.approx([0.42, 0.18, 1, 0.80])  # it stops at the edge
    page.keyboard.press("Delete")
    assert page.input_value("[name=left]") == ""
    assert page.locator("[data-draw]").is_visible()


def test_the_box_is_moved_and_resized_by_the_mouse(page, live_site, visitors_photo, transactional_db):
    page.goto(live_site)
    shown = choose(page, visitors_photo)
    draw(page, shown, 0.2, 0.2, 0.6, 0.6)
    draw(page, shown, 0.4, 0.4, 0.5, 0.5)  # inside it: moves it
    assert box_of(page) == pytest.approx([0.3, 0.3, 0.7, 0.7], abs=0.01)
    draw(page, shown, 0.7, 0.7, 0.9, 0.8)  # at its corner: resizes it
    assert box_of(page) == pytest.approx([0.3, 0.3, 0.9, 0.8], abs=0.01)
    draw(page, shown, 0.05, 0.05, 0.0501, 0.0501)  # a click beside it: it stays
    assert box_of(page) == pytest.approx([0.3, 0.3, 0.9, 0.8], abs=0.01)


def test_a_photo_is_dropped_or_pasted(page, live_site, visitors_photo, transactional_db):
    give = """([event, bytes]) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], `${event}.jpg`, {type: "image/jpeg"}));
        const init = {bubbles: true, cancelable: true};
        document.dispatchEvent(event === "drop"
            ? new DragEvent("drop", {...init, dataTransfer: data})
            : new ClipboardEvent("paste", {...init, clipboardData: data}));
    }"""
    for event in ("drop", "paste"):
        page.goto(live_site)
        page.evaluate(give, [event, list(encoded(drawn_picture(5, (64, 48))))])
        until(page, "document.querySelector('[data-photo]')?.naturalWidth > 0")
        assert page.evaluate("document.querySelector('#photo').files[0].name") == f"{event}.jpg"


def test_what_the_browser_cannot_show_can_still_be_sent(page, live_site, tmp_path, transactional_db):
    path = tmp_path / "photo.heic"
    path.write_bytes(b"something that no browser shows")
    page.goto(live_site)
    page.set_input_files("#photo", path)
    page.locator("[data-blind]").wait_for()
    assert page.locator("[data-submit]").is_enabled()
    assert not page.locator("[data-surface]").is_visible()


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("prefix", ["/", "/en/"])
def test_no_page_is_wider_than_its_screen(browser, live_site, transactional_db, width, prefix):
    LandmarkFactory(slug="here", name_vi="Nhà thờ chính tòa Đức Bà " * 5, name_en="Llanfairpwllgwyngyll" * 6)
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    for address in ("", "places/", "places/here/", "searches/", "accounts/login/", "nowhere/"):
        page.goto(live_site + prefix + address)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address
    context.close()


def test_the_box_is_drawn_by_a_finger(browser, live_site, visitors_photo, transactional_db):
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(live_site)
    assert page.locator("label[for=camera]").is_visible()
    shown = choose(page, visitors_photo)
    fingers = context.new_cdp_session(page)
    for type, *places in (
        ("touchStart", (0.2, 0.3)),
        ("touchMove", (0.5, 0.6)),
        ("touchMove", (0.8, 0.9)),
        ("touchEnd",),
    ):
        points = [
            {"x": shown["x"] + x * shown["width"], "y": shown["y"] + y * shown["height"]} for x, y in places
        ]
        fingers.send("Input.dispatchTouchEvent", {"type": type, "touchPoints": points})
    assert box_of(page) == pytest.approx([0.2, 0.3, 0.8, 0.9], abs=0.01)
    context.close()
