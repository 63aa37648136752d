"""What waits for curators, counted together, and where each count leads."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from accounts import roles
from places.models import Contribution, LandmarkImage, TakedownRequest
from retrieval import queues
from retrieval.models import Correction, Offer, PlaceCoverage, PlaceGuess
from tests.factories import CuratorFactory, LandmarkFactory, LandmarkImageFactory, UserFactory
from tests.retrieval.test_views import asked

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
LONG_AGO = timezone.now() - timedelta(days=40)
GUESS = {"agreeing": 3, "asked": 4, "method": "m", "version": "v"}


@pytest.fixture(autouse=True)
def _counted_anew():
    cache.delete("queues")
    with translation.override("en"):
        yield


@pytest.fixture
def desk() -> Client:
    client = Client()
    client.force_login(CuratorFactory())
    return client


def photo(**fields) -> LandmarkImage:
    return LandmarkImageFactory(size=(64, 48), **fields)


def fill() -> dict[str, set[int]]:
    """One row or two in every queue, and beside each one that is not in it; the ids of those that are."""
    temple, tower = LandmarkFactory(slug="temple"), LandmarkFactory(slug="tower")
    plain, given, unplaced = (photo(landmark=temple) for _number in range(3))
    Contribution.objects.create(image=given, may_license=True)
    shown, wrong, lead = (photo(landmark=temple, published=True) for _number in range(3))
    copy = photo(landmark=temple, near_duplicate_of=lead)
    LandmarkImage.objects.filter(pk=plain.pk).update(added_at=LONG_AGO)
    told = {"name": "An", "email": "an@example.org", "language": "vi", "about": "x", "reason": "other"}
    takedown = TakedownRequest.objects.create(key="0" * 32, explanation="x", **told)
    TakedownRequest.objects.create(
        key="1" * 32, explanation="x", state="declined", handled_at=timezone.now(), **told
    )
    query = asked(session_key="s")
    corrections = [
        Correction.objects.create(query=query, session_key=key, said="wrong", **handled)
        for key, handled in (("a", {}), ("b", {"handled_at": timezone.now(), "is_true": True}))
    ]
    missed, narrow, other, done = (
        Offer.objects.create(query=asked(session_key="o", **fields), **handled)
        for fields, handled in (
            ({"state": "failed", "reason": "lost"}, {}),
            ({"state": "answered", "verdict": "one_of"}, {}),
            ({"state": "answered", "verdict": "is"}, {}),
            ({"state": "answered", "verdict": "unknown"}, {"handled_at": timezone.now()}),
        )
    )
    suggested = PlaceGuess.objects.create(image=unplaced, landmark=tower, **GUESS)
    doubted = PlaceGuess.objects.create(image=wrong, landmark=tower, **GUESS)
    PlaceGuess.objects.create(image=shown, landmark=temple, **GUESS)
    row = {"method": "m", "version": "v", "need": 50, "measured_at": timezone.now()}
    short = PlaceCoverage.objects.create(landmark=temple, published=3, **row)
    PlaceCoverage.objects.create(landmark=tower, published=30, **row)
    return {
        "photos": {plain.pk, given.pk, unplaced.pk, copy.pk},
        "contributions": {given.pk},
        "takedowns": {takedown.pk},
        "corrections": {corrections[0].pk},
        "missed": {missed.pk, narrow.pk},
        "offers": {other.pk},
        "suggested": {suggested.pk},
        "wrong_labels": {doubted.pk},
        "near_duplicates": {lead.pk},
        "short_of_photos": {short.pk},
    }


def test_every_queue_holds_what_waits_and_nothing_else():
    filled = fill()
    assert {queue.name: set(queue.rows().values_list("pk", flat=True)) for queue in queues.QUEUES} == filled


def test_all_queues_are_counted_in_one_query_with_how_long_the_oldest_waits(django_assert_num_queries):
    filled = fill()
    with django_assert_num_queries(1):
        counts = queues.count()
    assert {name: number for name, (number, _oldest) in counts.items()} == {
        name: len(rows) for name, rows in filled.items()
    }
    assert counts["photos"][1] == LONG_AGO
    assert counts["short_of_photos"][1] is None


def test_an_empty_queue_counts_nothing():
    assert [(each.count, each.oldest) for each in queues.waiting_for(CuratorFactory())] == [(0, None)] * 10


# Where each queue leads, what its page lists.
LISTED = {
    "photos": lambda page: [image.pk for image in page["page"].photos],
    "contributions": lambda page: [image.pk for image in page["page"].photos],
    "takedowns": lambda page: [row.pk for row in page["cl"].result_list],
    "corrections": lambda page: [row.pk for row in page["cl"].result_list],
    "missed": lambda page: [row.pk for row in page["cl"].result_list],
    "offers": lambda page: [row.pk for row in page["cl"].result_list],
    "suggested": lambda page: [row.pk for row in page["page"]],
    "wrong_labels": lambda page: [row.pk for row in page["page"]],
    "near_duplicates": lambda page: [row.pk for row in page["page"]],
}


@pytest.mark.parametrize("name", LISTED)
def test_a_queue_leads_to_the_rows_it_counts(desk, name):
    filled = fill()
    queue = next(each for each in queues.QUEUES if each.name == name)
    page = desk.get(queue.address)
    assert page.status_code == 200
    assert set(LISTED[name](page.context)) == filled[name]


def test_places_that_need_photos_lead_to_the_neediest(desk):
    fill()
    queue = next(each for each in queues.QUEUES if each.name == "short_of_photos")
    assert desk.get(queue.address).context["page"][0].landmark.slug == "temple"


# ---- The navigation


def links(client: Client) -> dict[str, list[str]]:
    groups = client.get(reverse("admin:index")).context["sidebar_navigation"]
    return {str(group["title"]): [item["link"] for item in group["items"]] for group in groups}


@pytest.mark.parametrize("role", roles.Role)
def test_the_navigation_shows_each_role_what_it_may_open_and_every_link_opens(client, role):
    user = UserFactory()
    roles.give(user, role, by=None)
    client.force_login(user)
    shown = links(client)
    assert set(shown) == {"", "To do", "Catalogue", "Measures"} | (
        {"People"} if role == "administrator" else set()
    )
    for address in {address for group in shown.values() for address in group}:
        assert client.get(address).status_code == 200, address


def test_the_navigation_says_how_much_waits(desk):
    filled = fill()
    page = desk.get(reverse("admin:index"))
    todo = next(group for group in page.context["sidebar_navigation"] if group["title"] == "To do")
    assert {item["badge"] for item in todo["items"]} == {len(rows) for rows in filled.values()}
    assert "Photos to review" in page.content.decode()


def test_where_one_is_stands_out_in_the_navigation(desk):
    queue = queues.QUEUES[0]
    groups = desk.get(queue.address).context["sidebar_navigation"]
    assert [str(item["title"]) for group in groups for item in group["items"] if item["active"]] == [
        "Photos to review"
    ]


def test_the_desk_is_entered_by_the_sites_own_log_in(client):
    answer = client.get(reverse("admin:index"), follow=True)
    assert answer.redirect_chain[-1][0].startswith(reverse("account_login"))
    client.force_login(UserFactory())
    assert client.get(reverse("admin:index"), follow=True).status_code == 403
