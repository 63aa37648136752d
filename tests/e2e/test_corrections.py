"""A visitor without JavaScript says what a photo shows in fact, on a phone and on a desk."""

import pytest
from django.contrib.sessions.backends.db import SessionStore

from retrieval.models import Correction
from tests.factories import LandmarkFactory, LandmarkImageFactory
from tests.retrieval.test_views import answered

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize(
    ("prefix", "other", "send", "sentence", "back"),
    [
        ("", "Thật ra là …", "Gửi", "thật ra đây là Văn Miếu Huế", "Rút lại"),
        ("/en", "It is in fact …", "Send", "it is in fact Huế Temple of Literature", "Take it back"),
    ],
)
def test_an_answer_is_corrected_without_javascript(
    browser, live_site, width, prefix, other, send, sentence, back
):
    for slug, vi, en in (
        ("van-mieu", "Văn Miếu", "Temple of Literature"),
        ("van-mieu-hue", "Văn Miếu Huế", "Huế Temple of Literature"),
        ("van-mieu-mao-dien", "Văn Miếu Mao Điền", "Mao Điền Temple of Literature"),
    ):
        LandmarkFactory(slug=slug, name_vi=vi, name_en=en)
    session = SessionStore()
    session.create()
    query = answered(LandmarkImageFactory(published=True), session_key=session.session_key)
    context = browser.new_context(viewport={"width": width, "height": 800}, java_script_enabled=False)
    context.add_cookies([{"name": "sessionid", "value": session.session_key, "url": live_site}])
    page = context.new_page()
    page.goto(f"{live_site}{prefix}/searches/{query.pk}/")

    def fits() -> bool:
        return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    page.get_by_text(other).click()
    page.locator("#id_place").fill("mieu")
    assert fits()
    page.get_by_role("button", name=send, exact=True).click()
    page.locator("[name=landmark][value=van-mieu-hue]").check()
    assert fits()
    page.get_by_role("button", name=send, exact=True).click()
    page.get_by_text(sentence).wait_for()
    assert page.url.endswith(f"{query.pk}/#correction")
    assert Correction.objects.get().landmark.slug == "van-mieu-hue"
    page.get_by_role("button", name=back).click()
    page.get_by_text(other).wait_for()
    assert not Correction.objects.exists()
    context.close()
