"""A visitor gives photos and follows them; another reports one: in both languages, on a phone and on a desk."""

import pytest

from places import curation
from places.models import LandmarkImage, TakedownRequest
from tests.factories import LandmarkFactory, LandmarkImageFactory, UserFactory, drawn_photo

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

WORDS = {
    "": {
        "give": "Đóng góp ảnh", "refused": "Chưa nhận được", "again": "Mời bạn chọn lại tệp", "send": "Gửi ảnh",
        "mine": "Ảnh do tôi chụp", "waits": "Đang chờ biên tập viên", "published": "Đã đăng", "turned": "Không đăng",
        "withdraw": "Rút lại", "really": "Rút ảnh", "report": "báo cáo", "shows": "Trong ảnh có tôi", "more": "Nói rõ hơn",
        "name": "Tên của bạn", "email": "Địa chỉ email của bạn", "true": "đúng sự thật", "go": "Gửi báo cáo",
        "thanks": "Chúng tôi đã nhận báo cáo của bạn",
    },
    "/en": {
        "give": "Contribute a photo", "refused": "Not taken", "again": "Please choose the files again", "send": "Send the photos",
        "mine": "I took these photos", "waits": "Waits for a curator", "published": "Published", "turned": "Not shown",
        "withdraw": "Withdraw", "really": "Withdraw the photo", "report": "report", "shows": "It shows me", "more": "Tell us more",
        "name": "Your name", "email": "Your e-mail address", "true": "What I write here is true", "go": "Send the report",
        "thanks": "We have your report",
    },
}  # fmt: skip


def upload(seed: int, name: str) -> dict:
    return {"name": name, "mimeType": "image/jpeg", "buffer": drawn_photo(seed, (640, 480))}


def fits(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("prefix", ["", "/en"])
def test_photos_are_given_followed_and_taken_back(browser, live_site, prefix, width):
    LandmarkFactory(slug="here", name_vi="Đền Ngọc Sơn", name_en="Ngoc Son Temple")
    lan = UserFactory(email="lan@example.org", first_name="Lan", language=prefix.strip("/") or "vi")
    words = WORDS[prefix]
    context = browser.new_context(viewport={"width": width, "height": 800}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_site}{prefix}/places/here/")
    page.get_by_role("link", name=words["give"]).click()
    page.locator("[name=login]").fill(lan.email)
    page.locator("[name=password]").fill("secret")
    page.locator("main form button").first.click()

    page.wait_for_url(f"{live_site}{prefix}/places/here/contribute/")
    assert fits(page)
    assert page.locator("#id_author").input_value() == "Lan"
    page.locator("#id_photos").set_input_files(
        [upload(1, "temple.jpg"), {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"words"}]
    )
    page.get_by_label("CC BY 4.0").check()
    page.get_by_label(words["mine"]).check()
    page.get_by_role("button", name=words["send"]).click()
    page.get_by_role("heading", name=words["refused"]).wait_for()
    assert "notes.txt" in page.locator(".refused").inner_text()
    page.get_by_text(words["again"]).wait_for()
    assert page.get_by_label("CC BY 4.0").is_checked()
    assert fits(page)

    page.locator("#id_photos").set_input_files([upload(1, "temple.jpg"), upload(2, "gate.jpg")])
    page.get_by_role("button", name=words["send"]).click()
    page.wait_for_url(f"{live_site}{prefix}/places/contributions/")
    assert page.get_by_text(words["waits"], exact=True).count() == 2
    assert fits(page)

    first, second = LandmarkImage.objects.order_by("pk")
    curation.publish([first])
    curation.reject([second], reason="Mờ / blurred")
    page.reload()
    page.get_by_text("Mờ / blurred").wait_for()
    page.get_by_role("link", name=words["published"]).click()
    page.get_by_text("CC BY 4.0").wait_for()
    assert page.url == f"{live_site}{prefix}/places/photos/{first.pk}/"
    page.go_back()
    page.locator(f"#photo-{first.pk} summary").click()
    page.get_by_role("button", name=words["really"]).click()
    assert page.get_by_text(words["turned"], exact=True).count() == 2
    first.refresh_from_db()
    assert first.state == "rejected"
    context.close()


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("prefix", ["", "/en"])
def test_a_photo_is_reported_from_its_credit(browser, live_site, prefix, width):
    image, words = LandmarkImageFactory(published=True), WORDS[prefix]
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto(f"{live_site}{prefix}/places/photos/{image.pk}/")
    page.get_by_role("link", name=words["report"], exact=True).click()
    assert page.locator("#id_about").input_value() == f"{live_site}{prefix}/places/photos/{image.pk}/"
    assert fits(page)
    page.get_by_label(words["shows"]).check()
    page.get_by_label(words["more"]).fill("Tôi đứng trước cổng.")
    page.get_by_label(words["name"]).fill("Minh")
    page.get_by_label(words["email"]).fill("minh@example.org")
    page.get_by_label(words["true"]).check()
    page.get_by_role("button", name=words["go"]).dblclick()  # twice, as impatient people press
    page.get_by_role("heading", name=words["thanks"]).wait_for()
    assert fits(page)
    assert TakedownRequest.objects.get().image == image
    context.close()
