"""A visitor in a real browser asks: what gets in the way, and how the page helps. No network answers here."""

import re
from pathlib import Path

import pytest

from retrieval import tasks
from retrieval.models import Query
from retrieval.views import asking
from tests.e2e.chromium import until
from tests.factories import LandmarkFactory, LandmarkImageFactory, drawn_photo

from .conftest import ARGUMENTS
from .test_search import choose

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
ASK = "**/searches/new/"
SEARCH = re.compile(r"/searches/[0-9a-f-]{36}/")


@pytest.fixture(autouse=True)
def nobody_answers(monkeypatch) -> None:
    monkeypatch.setattr(tasks.answer_query, "delay", lambda _query: None)
    monkeypatch.setattr(tasks.describe_missing, "delay", lambda: None)


@pytest.fixture
def context(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture
def page(context):
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    assert wrong == []


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "visitor.jpg"
    path.write_bytes(drawn_photo(5, (640, 480)))
    return path


def slowly(context, page, *, bytes_a_second: int) -> None:
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    conditions = {
        "offline": False,
        "latency": 0,
        "downloadThroughput": -1,
        "uploadThroughput": bytes_a_second,
    }
    network.send("Network.emulateNetworkConditions", conditions)


def files_of(page) -> list[str]:
    return page.evaluate("[...document.querySelector('#photo').files].map(file => file.name)")


@pytest.mark.parametrize(
    ("prefix", "too_many", "too_large", "no_photo"),
    [
        ("/", "nhiều nhất 5 ảnh", "quá lớn", "không phải là ảnh"),
        ("/en/", "5 photos at most", "too large", "is not a photo"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_it_is_and_what_was_chosen_stays(
    page, live_site, settings, photo, tmp_path, prefix, too_many, too_large, no_photo
):
    settings.PHOTO_MAX_BYTES = 2**20
    page.goto(live_site + prefix)
    large, words = tmp_path / "large.jpg", tmp_path / "words.txt"
    large.write_bytes(b"\xff\xd8\xff" + bytes(2**20))
    words.write_text("no photo")
    for files, reason in (([large], too_large), ([photo] * 30, too_many), ([words], no_photo)):
        page.set_input_files("#photo", files)
        assert reason in page.locator("[data-errors]").inner_text()
        assert files_of(page) == []
    choose(page, photo)
    assert page.locator("[data-errors]").inner_text() == ""
    page.set_input_files("#photo", large)
    assert too_large in page.locator("[data-failed]").inner_text()
    assert files_of(page) == ["visitor.jpg"]


def test_several_photos_are_named_and_sent_together(page, live_site, photo, tmp_path):
    other = tmp_path / "other.jpg"
    other.write_bytes(drawn_photo(6, (640, 480)))
    page.goto(live_site)
    page.set_input_files("#photo", [photo, other])
    page.locator("[data-others] img").wait_for()
    assert page.locator("[data-others]").inner_text().strip() == "other.jpg"
    page.locator("[data-submit]").click()
    page.wait_for_url(SEARCH)
    assert Query.objects.questions().get().views.count() == 1


def test_an_upload_says_how_far_it_has_come_and_can_be_cancelled(context, page, live_site, tmp_path):
    path = tmp_path / "large.jpg"
    path.write_bytes(drawn_photo(5) + bytes(4 * 2**20))
    page.goto(live_site)
    page.set_input_files("#photo", path)
    slowly(context, page, bytes_a_second=2**20)
    page.locator("[data-submit]").click()
    until(
        page,
        "0 < document.querySelector('progress')?.value && document.querySelector('progress')?.value < 100",
    )
    assert re.search(r"Đang tải lên: \d+ %", page.locator("[data-upload-words]").inner_text())
    assert not page.locator("[data-submit]").is_visible()
    page.locator("[data-upload-cancel]").click()
    assert page.locator("[data-submit]").is_enabled()
    assert "Đã hủy" in page.locator("[data-upload-said]").inner_text()
    assert files_of(page) == ["large.jpg"]
    assert not Query.objects.exists()


def test_an_upload_that_fails_is_tried_again_without_choosing_the_photo_again(page, live_site, photo):
    page.goto(live_site)
    choose(page, photo)
    page.locator("[data-draw]").click()
    page.route(ASK, lambda route: route.abort("connectionreset"))
    page.locator("[data-submit]").click()
    page.get_by_text("Chưa gửi được ảnh").wait_for()
    assert page.locator("[data-submit]").inner_text() == "Thử lại"
    page.unroute(ASK)
    page.locator("[data-submit]").click()
    page.wait_for_url(SEARCH)
    assert Query.objects.get().has_box


def test_a_photo_that_came_but_whose_answer_did_not_is_searched_once(page, live_site, photo, monkeypatch):
    page.goto(live_site)
    choose(page, photo)
    with monkeypatch.context() as patch:
        patch.setattr(asking, "take_up", lambda *_args, **_visitor: 1 / 0)  # the search is kept by then
        page.locator("[data-submit]").click()
        page.locator("[data-failed]:not(:empty)").wait_for()
    assert files_of(page) == ["visitor.jpg"]
    assert Query.objects.count() == 1
    page.locator("[data-submit]").click()
    page.wait_for_url(SEARCH)
    assert Query.objects.count() == 1


def test_what_the_site_refuses_is_said_beside_the_button_and_the_photo_stays(page, live_site, tmp_path):
    path = tmp_path / "broken.heic"
    path.write_bytes(b"something that nobody can read")
    page.goto(live_site)
    page.set_input_files("#photo", path)
    page.locator("[data-submit]").click()
    page.locator("[data-failed]").filter(has_text="không phải là ảnh").wait_for()
    assert files_of(page) == ["broken.heic"]


def test_a_form_whose_session_has_expired_is_sent_all_the_same(context, page, live_site, photo):
    page.goto(live_site)
    choose(page, photo)
    context.clear_cookies()
    page.locator("[data-submit]").click()
    page.wait_for_url(SEARCH)


def test_two_presses_make_one_search(page, live_site, photo):
    page.goto(live_site)
    choose(page, photo)
    page.locator("[data-submit]").dblclick()
    page.wait_for_url(SEARCH)
    assert Query.objects.count() == 1


def test_one_can_go_back_and_forward_and_ask_anew(page, live_site, photo):
    page.goto(live_site)
    choose(page, photo)
    page.locator("[data-submit]").click()
    page.wait_for_url(SEARCH)
    page.go_back()
    page.wait_for_selector("[data-submit]")
    assert page.locator("[data-submit]").is_enabled()
    assert not page.locator("[data-upload]").is_visible()
    page.go_forward()
    page.get_by_text("Đang chờ").first.wait_for()
    page.go_back()
    page.wait_for_selector("[data-submit]")
    other = photo.with_name("other.jpg")
    other.write_bytes(drawn_photo(6, (640, 480)))
    choose(page, other)
    page.locator("[data-submit]").click()
    page.wait_for_url(SEARCH)
    assert Query.objects.count() == 2


def test_a_page_that_the_browser_kept_whole_can_be_sent_again(browser, chromium, live_site, photo):
    """Playwright turns the back-forward cache off, which visitors have."""
    keeping = browser.browser_type.launch(
        executable_path=chromium, args=ARGUMENTS, ignore_default_args=["--disable-back-forward-cache"]
    )
    page = keeping.new_page()
    page.goto(live_site)
    page.evaluate("addEventListener('pageshow', event => { window.wasKept = event.persisted; })")
    choose(page, photo)
    page.locator("[data-submit]").click()
    page.wait_for_url(SEARCH)
    page.evaluate("history.back()")
    until(page, "window.wasKept")
    assert page.locator("[data-submit]").is_enabled()
    assert not page.locator("[data-upload]").is_visible()
    assert files_of(page) == ["visitor.jpg"]
    keeping.close()


@pytest.fixture
def waiting(page, live_site, photo):
    """The page of a search that waits."""
    page.goto(live_site)
    choose(page, photo)
    page.locator("[data-submit]").click()
    page.wait_for_url(SEARCH)
    return page


def test_a_page_that_loses_the_connection_says_so_and_resumes_by_itself(context, waiting):
    lost = waiting.locator("[data-lost]")
    assert not lost.is_visible()
    context.set_offline(True)
    lost.wait_for(timeout=20_000)
    asked: list[str] = []
    waiting.on("request", lambda request: asked.append(request.url))
    waiting.wait_for_timeout(3_000)
    assert len(asked) <= 3  # it asks less and less often
    context.set_offline(False)
    lost.wait_for(state="hidden", timeout=20_000)
    Query.objects.update(state="running", stage="searching")
    waiting.locator("[aria-current=step]").filter(has_text="Tìm trong kho ảnh").wait_for()


def test_a_page_whose_search_is_deleted_meanwhile_says_so(waiting):
    Query.objects.all().delete()
    waiting.get_by_role("heading", name="Lượt tìm này không còn nữa").wait_for(timeout=20_000)
    assert waiting.locator("#again, #mine").count() == 0


def test_a_box_is_taken_hold_of_by_a_thumb(browser, live_site, photo):
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(live_site)
    choose(page, photo)
    page.locator("[data-draw]").tap()
    for handle in page.locator(".box__handle").all():
        size = handle.bounding_box()
        assert min(size["width"], size["height"]) >= 24
    context.close()


@pytest.fixture
def plain(browser):
    """A browser without JavaScript."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("prefix", ["/", "/en/"])
def test_a_photo_is_sent_and_a_sample_tried_without_javascript(plain, live_site, photo, prefix):
    image = LandmarkImageFactory(published=True, landmark=LandmarkFactory(), size=(640, 480))
    plain.goto(live_site + prefix)
    plain.set_input_files("#photo", photo)
    plain.locator("[data-submit]").click()
    plain.wait_for_url(SEARCH)
    plain.goto(live_site + prefix)
    plain.locator(".sample").click()
    plain.wait_for_url(SEARCH)
    assert Query.objects.get(from_image=image).method == "consensus"
