"""A visitor saves a place and photos, notes, shares: on a phone without JavaScript, on a desk with it."""

import pytest

from places import curation
from places.models import Collection, CollectionItem, LandmarkImage
from tests.factories import LandmarkFactory, LandmarkImageFactory, UserFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

WORDS = {
    "": {
        "save": "Lưu lại", "saved": "Đã lưu", "told": "Đã lưu vào “Đã lưu”.", "note": "Thêm ghi chú", "keep": "Lưu ghi chú",
        "share": "Chia sẻ bằng liên kết", "link": "Tạo liên kết", "stop": "Ngừng chia sẻ", "by": "Bộ sưu tập của Lan",
        "gone": "1 ảnh đã được gỡ khỏi danh mục.", "new": "Bộ sưu tập mới", "store": "Lưu", "missing": "Không có trang này",
    },
    "/en": {
        "save": "Save this", "saved": "Saved", "told": "Saved in “Saved”.", "note": "Add a note", "keep": "Save the note",
        "share": "Share by link", "link": "Make a link", "stop": "Stop sharing", "by": "A collection by Lan",
        "gone": "1 photo has been withdrawn from the catalogue.", "new": "A new collection", "store": "Save",
        "missing": "This page does not exist",
    },
}  # fmt: skip


@pytest.fixture
def place():
    place = LandmarkFactory(slug="here", name_vi="Đền Ngọc Sơn", name_en="Ngoc Son Temple")
    LandmarkImageFactory.create_batch(3, landmark=place, published=True)
    return place


@pytest.fixture
def lan():
    return UserFactory(email="lan@example.org", first_name="Lan")


def log_in(page, email: str) -> None:
    page.locator("[name=login]").fill(email)
    page.locator("[name=password]").fill("secret")
    page.locator("main form button").first.click()


def fits(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("prefix", ["", "/en"])
def test_what_is_saved_before_logging_in_is_there_after_and_can_be_shared(
    browser, live_site, place, lan, prefix, width
):
    lan.language = prefix.strip("/") or "vi"
    lan.save()
    words, photo = WORDS[prefix], LandmarkImage.objects.order_by("pk")[1]
    context = browser.new_context(viewport={"width": width, "height": 800}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_site}{prefix}/places/here/")
    assert fits(page)
    page.locator(f"#save-image-{photo.pk}").get_by_role("button").click()
    log_in(page, lan.email)
    page.get_by_text(words["told"]).wait_for()
    assert page.url == f"{live_site}{prefix}/places/here/#save-image-{photo.pk}"
    assert page.locator(f"#save-image-{photo.pk}").get_by_role("link").inner_text().startswith(words["saved"])
    page.locator(f"#save-landmark-{place.pk}").get_by_role("button").click()
    assert CollectionItem.objects.count() == 2

    page.goto(f"{live_site}{prefix}/places/collections/")
    assert fits(page)
    page.locator(".collection").click()
    page.get_by_text(words["note"]).first.click()
    page.locator("input[name=note]").first.fill("مساءً, 7 giờ")
    page.get_by_role("button", name=words["keep"]).first.click()
    page.locator(".kept__note").wait_for()
    page.get_by_text(words["share"]).click()
    page.get_by_role("button", name=words["link"]).click()
    assert fits(page)
    shared = page.locator("#shared-url").input_value()
    assert shared.startswith(f"{live_site}{prefix}/places/shared/")

    others = browser.new_context(viewport={"width": width, "height": 800}).new_page()
    others.goto(shared)
    assert fits(others)
    others.get_by_text(words["by"]).wait_for()
    assert others.locator(".kept__item").count() == 2
    assert lan.email not in others.content()
    curation.reject([photo], reason="blurred")
    others.reload()
    others.get_by_text(words["gone"]).wait_for()
    assert others.locator(".kept__item").count() == 1
    page.get_by_role("button", name=words["stop"]).click()
    others.reload()
    others.get_by_role("heading", name=words["missing"]).wait_for()
    others.context.close()
    context.close()


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_a_press_saves_in_place_and_the_collections_are_chosen_by_keyboard(
    browser, live_site, place, lan, prefix
):
    lan.language = prefix.strip("/") or "vi"
    lan.save()
    words, photo = WORDS[prefix], LandmarkImage.objects.first()
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(f"{live_site}{prefix}/accounts/login/?next={prefix}/places/photos/{photo.pk}/")
    log_in(page, lan.email)
    page.wait_for_url(f"{live_site}{prefix}/places/photos/{photo.pk}/")
    page.evaluate("window.stays = true")
    page.get_by_role("button", name=words["save"]).press("Enter")
    page.locator(".save__act--done").wait_for()
    assert page.evaluate("window.stays")  # the page was not loaded anew
    assert page.locator(".save__act--done").evaluate("link => link === document.activeElement")
    page.keyboard.press("Enter")
    page.get_by_label(words["new"]).fill("Hà Nội")
    page.get_by_label(words["new"]).press("Enter")
    page.wait_for_url(f"{live_site}{prefix}/places/photos/{photo.pk}/**")
    assert set(Collection.objects.filter(items__image=photo).values_list("name", flat=True)) == {
        words["saved"], "Hà Nội",
    }  # fmt: skip
    page.context.close()
