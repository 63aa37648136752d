"""An account from its first day to its last, and what is kept of searches, in a real browser."""

import json
import re

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache
from django.core.files.base import ContentFile
from playwright.sync_api import Page, expect

from accounts.models import User
from retrieval import tasks
from retrieval.models import Query
from tests.factories import UserFactory, drawn_photo

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
EMAIL, PASSWORD = "lan@example.org", "một mật khẩu dài"

WORDS = {
    "/": {
        "Log in": "Đăng nhập", "Log out": "Đăng xuất", "Sign up": "Đăng ký", "Turn it on": "Bật lên",
        "Delete my account": "Xóa tài khoản", "Delete everything": "Xóa tất cả", "Star": "Gắn sao",
        "Rename": "Đổi tên", "Save": "Lưu", "Show": "Xem", "Starred only": "Có gắn sao",
        "Download all as a file (JSON)": "Tải tất cả về thành một tệp (JSON)", "Search again": "Tìm lại",
        "Turn private mode on": "Bật chế độ riêng tư", "This search is private.": "Lượt tìm này là riêng tư.",
        "Forget it now": "Xóa ngay", "Place or own title": "Địa điểm hoặc tên riêng", "Go on": "Tiếp tục",
        "Delete": "Xóa",
    },
    "/en/": {},
}  # fmt: skip


@pytest.fixture(params=["/", "/en/"])
def prefix(request) -> str:
    return request.param


@pytest.fixture
def say(prefix):
    """What a button or field is called in the page's language."""
    return lambda words: WORDS[prefix].get(words, words)


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def page(request, browser, live_site) -> Page:
    """A window of a phone's width, with and without JavaScript: every form works either way."""
    cache.clear()  # nobody has tried anything yet
    context = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=request.param)
    yield context.new_page()
    context.close()


@pytest.fixture(autouse=True)
def unanswered(monkeypatch):
    monkeypatch.setattr(tasks.answer_query, "delay", lambda query_id: None)


def code(secret: str, *, ahead: int = 0) -> str:
    """What an authenticator app shows now, or that many half minutes later: each code is taken once."""
    now = list(totp.yield_hotp_counters_from_time())[1]
    return totp.format_hotp_value(totp.hotp_value(secret, now + ahead))


def press(page: Page, name: str) -> None:
    page.locator("main").get_by_role("button", name=name, exact=True).click()


def log_in(page: Page, address: str, say, email: str = EMAIL) -> None:
    page.goto(f"{address}accounts/login/")
    page.fill("[name=login]", email)
    page.fill("[name=password]", PASSWORD)
    press(page, say("Log in"))


def test_an_account_is_made_gets_a_second_step_and_is_deleted(page, live_site, prefix, say):
    address = live_site + prefix
    page.goto(f"{address}accounts/signup/")
    page.fill("[name=email]", EMAIL)
    page.fill("[name=password1]", PASSWORD)
    press(page, say("Sign up"))
    page.wait_for_url(address)

    page.goto(f"{address}accounts/2fa/")
    page.get_by_role("link", name=say("Turn it on")).click()
    page.fill("[name=password]", PASSWORD)  # asked for once more
    press(page, say("Go on"))
    secret = page.input_value("#secret")
    assert page.locator(".steps__qr").evaluate("image => image.naturalWidth > 0")
    page.fill("[name=code]", code(secret))
    press(page, say("Turn it on"))
    expect(page.locator(".codes li")).to_have_count(10)

    page.goto(f"{address}accounts/profile/")
    press(page, say("Log out"))
    page.wait_for_url(address)
    log_in(page, address, say)
    page.wait_for_url(re.compile("/2fa/authenticate/"))
    page.fill("[name=code]", code(secret, ahead=1))
    press(page, say("Log in"))
    page.wait_for_url(address)

    page.goto(f"{address}accounts/profile/")
    page.get_by_role("link", name=say("Delete my account")).click()
    page.fill("[name=password]", PASSWORD)
    press(page, say("Delete everything"))
    page.wait_for_url(address)
    assert not User.objects.exists()


def test_searches_are_starred_named_filtered_taken_along_repeated_and_deleted(page, live_site, prefix, say):
    user = UserFactory(email=EMAIL, password=PASSWORD, language="vi" if prefix == "/" else "en")
    for number in range(3):
        photo = ContentFile(drawn_photo(number, (400, 300)), name="photo.jpg")
        Query.objects.create(
            user=user, method="sir", width=400, height=300, photo=photo, state="failed", reason="gave_up"
        )
    log_in(page, live_site + prefix, say)
    page.wait_for_url(live_site + prefix)
    page.goto(f"{live_site}{prefix}searches/")
    expect(page.locator(".searched")).to_have_count(3)

    first = page.locator(".searched").first
    star = first.get_by_role("button", name=say("Star"), exact=True)
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    assert Query.objects.filter(starred=True).count() == 1

    first.get_by_text(say("Rename"), exact=True).click()
    first.locator("[name=title]").fill("  Hè ở Huế ")
    first.get_by_role("button", name=say("Save")).click()
    expect(page.locator(".searched__answer").first).to_have_text("Hè ở Huế")

    page.get_by_label(say("Starred only")).check()
    press(page, say("Show"))
    expect(page.locator(".searched")).to_have_count(1)
    page.get_by_label(say("Place or own title")).fill("Hạ Long")
    press(page, say("Show"))
    expect(page.locator(".empty")).to_be_visible()

    page.goto(f"{live_site}{prefix}searches/?q=huế")
    with page.expect_download() as download:
        page.get_by_role("link", name=say("Download all as a file (JSON)")).click()
    searches = json.loads(download.value.path().read_text())["searches"]
    assert [(one["title"], one["starred"]) for one in searches] == [
        ("Hè ở Huế", True),
        ("", False),
        ("", False),
    ]

    first = page.locator(".searched").first
    first.get_by_role("button", name=say("Search again")).click()
    page.wait_for_url(re.compile(r"/searches/[0-9a-f-]{36}/"))
    assert Query.objects.count() == 4
    page.goto(f"{live_site}{prefix}searches/")
    expect(page.locator(".searched")).to_have_count(4)
    assert page.evaluate("document.documentElement.scrollWidth") == 360

    page.locator(".searched").first.get_by_role("button", name=say("Delete")).click()
    expect(page.locator(".searched")).to_have_count(3)


def test_in_private_mode_a_search_is_nowhere_to_be_found_later(page, live_site, prefix, say, tmp_path):
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(drawn_photo(5, (400, 300)))
    page.goto(f"{live_site}{prefix}searches/")
    press(page, say("Turn private mode on"))
    page.goto(live_site + prefix)
    page.set_input_files("#photo", photo)
    page.locator("[data-submit]").click()
    page.wait_for_url(re.compile(r"/searches/[0-9a-f-]{36}/"))
    expect(page.get_by_text(say("This search is private."))).to_be_visible()
    assert Query.objects.get().private
    press(page, say("Forget it now"))
    page.wait_for_url(live_site + prefix)
    assert not Query.objects.exists()
