"""A curator reviews photos by keyboard alone; and the desk's pages are sound, accessible and fit a phone."""

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts import roles
from places import curation
from places.models import LandmarkImage
from retrieval import guessing
from tests.e2e.test_every_page import STANDARDS
from tests.factories import LandmarkFactory, LandmarkImageFactory, UserFactory
from tests.retrieval.index.test_index import GEM
from tests.retrieval.test_lookalikes import photo_at

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

PAGES = {
    "index": "admin:index",
    "photos": "admin:places_desk",
    "history": "admin:places_desk_history",
    "wrong labels": "admin:retrieval_wrong_labels",
    "suggested places": "admin:retrieval_suggested_places",
    "near-duplicates": "admin:retrieval_near_duplicates",
    "coverage": "admin:retrieval_place_coverage",
    "traces": "admin:retrieval_traces",
    "descriptors": "admin:retrieval_descriptor_changelist",
    "effects": "admin:retrieval_effect_changelist",
    "landmarks": "admin:places_landmark_changelist",
    "takedowns": "admin:places_takedownrequest_changelist",
    "searches given": "admin:retrieval_offer_changelist",
}
# The desk's own part of the page: what stands around it is django-unfold's.
OURS = "[data-review], .ask, .review"


@pytest.fixture
def curator(django_db_serialized_rollback):
    user = UserFactory(email="curator@example.org", first_name="Hoa")
    roles.give(user, roles.Role.CURATOR, by=None)
    return user


@pytest.fixture
def desk(browser, live_site, curator):
    """Opens a page of the desk as a curator; what went wrong in it gathers in `wrong`."""
    client = Client()
    client.force_login(curator)
    contexts = []

    def desk(name: str, *, language: str = "vi", width: int = 1440, asked: str = ""):
        context = browser.new_context(viewport={"width": width, "height": 900})
        contexts.append(context)
        context.add_cookies(
            [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_site}]
        )
        page = context.new_page()
        page.wrong = []
        page.on("pageerror", lambda error: page.wrong.append(f"script: {error}"))
        page.on("console", lambda said: said.type == "error" and page.wrong.append(said.text))
        with translation.override(language):
            page.goto(live_site + reverse(name) + asked)
        return page

    yield desk
    for context in contexts:
        context.close()


def states() -> list[tuple[str, str]]:
    return list(LandmarkImage.objects.order_by("-pk").values_list("state", "landmark__slug"))


def test_photos_are_published_rejected_moved_merged_and_undone_without_a_mouse(desk):
    temple = LandmarkFactory(slug="temple", name_vi="Đền Ngọc Sơn", name_en="Ngoc Son Temple")
    LandmarkFactory(slug="tower", name_vi="Tháp Rùa", name_en="Turtle Tower")
    images = [LandmarkImageFactory(landmark=temple, size=(320, 240)) for _number in range(5)]
    page = desk("admin:places_desk", language="en", asked="?state=candidate")
    tile = '[data-photo="{}"]'
    latest = [image.pk for image in reversed(images)]

    page.get_by_role("button", name="Review by keyboard").press("Enter")
    assert page.evaluate("document.activeElement.closest('[data-photo]').dataset.photo") == str(latest[0])

    page.keyboard.press("p")
    page.locator(tile.format(latest[0])).get_by_text("Published").first.wait_for()
    # The keys go on by themselves to the next photo.
    page.keyboard.press("r")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    page.locator(tile.format(latest[1])).get_by_text("Rejected").first.wait_for()

    page.keyboard.press("m")
    page.keyboard.type("thap rua")
    page.locator("[role=option][aria-selected=true]").wait_for()
    page.keyboard.press("Enter")  # takes the place
    page.keyboard.press("Enter")  # sends
    page.locator(tile.format(latest[2])).get_by_text("Turtle Tower").first.wait_for()

    for key in (" ", "ArrowRight", " ", "g"):  # of the last two the one at hand is kept
        page.keyboard.press(key)
    page.locator(tile.format(latest[3])).get_by_text("Rejected").first.wait_for()
    assert states() == [
        ("published", "temple"), ("rejected", "temple"), ("candidate", "tower"), ("rejected", "temple"),
        ("candidate", "temple"),
    ]  # fmt: skip
    kept = LandmarkImage.objects.get(pk=latest[4])
    assert LandmarkImage.objects.get(pk=latest[3]).group == kept.group

    for number in (3, 2, 1, 0):
        page.keyboard.press("u")
        page.locator(tile.format(latest[number])).get_by_text("Undone").first.wait_for()
    assert set(states()) == {("candidate", "temple")}
    assert page.wrong == []


def test_the_second_of_two_curators_is_told_in_the_browser(desk, curator):
    image = LandmarkImageFactory(size=(320, 240))
    page = desk("admin:places_desk", language="vi", asked="?state=candidate")
    curation.reject([image], reason="blurred", actor=UserFactory(first_name="Lan"))
    page.locator("[data-look]").first.focus()
    page.keyboard.press("p")
    page.locator(".tile__said--refused").wait_for()
    assert "Lan" in page.locator("[data-press-said]").inner_text()
    assert states()[0][0] == "rejected"


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_desks_pages_are_sound_and_fit(desk, curator, language, width):
    places = [LandmarkFactory(name_vi=f"Đền số {number}", name_en=f"Temple {number}") for number in range(2)]
    for place, angles in zip(places, [(0, 2, 4, 6, 46), (40, 42, 44, 50, 52)], strict=True):
        for angle in angles:
            photo_at(angle, place)
    first, second = (LandmarkImageFactory(size=(320, 240)) for _number in range(2))
    LandmarkImage.objects.filter(pk=second.pk).update(near_duplicate_of=first)
    curation.reject([LandmarkImageFactory(size=(320, 240))], reason="blurred", actor=curator)
    guessing.look_at_all(method=GEM)
    found = {}
    for name, address in PAGES.items():
        page = desk(address, language=language, width=width)
        page.evaluate(AXE_SCRIPT)
        if page.locator(OURS).count():
            looked = page.evaluate(
                "([ours, standards]) => axe.run(document.querySelector(ours), {runOnly: {type: 'tag', values: standards}})",
                [OURS, STANDARDS],
            )
            for fault in looked["violations"]:
                page.wrong += [
                    f"{fault['id']}: {node['target']} {node['failureSummary']}" for node in fault["nodes"][:3]
                ]
        if not page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"):
            page.wrong.append("wider than the window")
        if page.wrong:
            found[name] = page.wrong
        page.context.close()
    assert found == {}
