"""The site kept on a phone: what it shows without a connection, and a photo that another app shares with it."""

import re
from collections.abc import Iterator

import pytest

from tests.e2e.chromium import until
from tests.factories import drawn_photo

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
SHARE = """([action, bytes]) => {
    const taken = new DataTransfer();
    for (const name of ["một.jpg", "hai.jpg"]) taken.items.add(new File([new Uint8Array(bytes)], name, {type: "image/jpeg"}));
    const form = document.createElement("form");
    Object.assign(form, {action, method: "post", enctype: "multipart/form-data"});
    const input = Object.assign(document.createElement("input"), {type: "file", name: "photo", multiple: true});
    input.files = taken.files;
    form.append(input);
    document.body.append(form);
    form.submit();
}"""


@pytest.fixture
def phone(browser, live_site) -> Iterator:
    """A phone on which the site's worker is at work."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, service_workers="allow")
    page = context.new_page()
    page.goto(f"{live_site}/about/")
    page.evaluate("navigator.serviceWorker.ready")
    page.goto(f"{live_site}/about/")  # a page is the worker's from its second visit on
    assert page.evaluate("Boolean(navigator.serviceWorker.controller)")
    yield page
    context.close()


@pytest.mark.parametrize(
    ("address", "heading", "again"),
    [("/places/", "Bạn đang ngoại tuyến", "Thử lại"), ("/en/places/", "You are offline", "Try again")],
)
def test_without_a_connection_the_offline_page_is_shown_with_its_looks_and_leads_back(
    phone, live_site, address, heading, again
):
    phone.context.set_offline(True)
    phone.goto(live_site + address)
    assert phone.locator("h1").inner_text().replace("\n", " ") == heading
    assert phone.url == live_site + address
    assert phone.evaluate("getComputedStyle(document.querySelector('.fault')).display") == "grid"
    assert phone.evaluate("[...document.images].every((image) => image.naturalWidth > 0)")
    phone.context.set_offline(False)
    phone.get_by_role("link", name=again).click()
    until(phone, "document.title.startsWith('Khám phá') || document.title.startsWith('Explore')")


def test_the_worker_keeps_no_page_of_a_visitor_and_no_photo(phone, live_site):
    phone.goto(f"{live_site}/searches/")
    phone.goto(f"{live_site}/")
    kept = phone.evaluate("""async () => {
        const caches_ = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
        const requests = (await Promise.all(caches_.map((cache) => cache.keys()))).flat();
        return requests.map((request) => new URL(request.url).pathname);
    }""")
    assert {path for path in kept if not path.startswith("/static/")} == {"/offline/", "/en/offline/"}


@pytest.mark.parametrize("home", ["/", "/en/"])
def test_a_shared_photo_is_in_the_form_when_the_home_page_opens(phone, live_site, home):
    phone.evaluate(SHARE, [f"{home}share/", list(drawn_photo(1, (64, 48)))])
    phone.wait_for_url(re.compile(r"/(\?shared=2)?$"))
    until(phone, "document.querySelector('[data-photo]')?.naturalWidth === 64")
    names = phone.evaluate("[...document.querySelector('#photo').files].map((file) => file.name)")
    assert names == ["một.jpg", "hai.jpg"]
    assert phone.url == live_site + home
    phone.reload()
    assert phone.evaluate("caches.has('shared')") is False  # once
