"""What visitors let curators have: a look at a search, or its photo; nothing without their consent."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import gettext

from places import curation
from places.contributing import LICENCES
from places.models import Landmark, LandmarkImage
from retrieval import offers
from retrieval.models import Offer, Query
from tests.factories import CuratorFactory, LandmarkFactory, LandmarkImageFactory, UserFactory
from tests.retrieval.test_views import answered, asked, text_of

pytestmark = pytest.mark.django_db

CC_BY = LICENCES["CC BY 4.0"]
SITE = "https://pictures.example.org/"


@pytest.fixture
def temple() -> Landmark:
    return LandmarkFactory(slug="van-mieu", name_vi="Văn Miếu", name_en="Temple of Literature")


@pytest.fixture
def query(client) -> Query:
    """An answered search of the visitor behind the client."""
    return answered(LandmarkImageFactory(published=True), session_key=client.session.session_key)


def send(client: Client, query: Query, **fields):
    return client.post(f"/searches/{query.pk}/offer/", fields, follow=True)


def give(client: Client, query: Query, **changed):
    fields = {"author": "An Nguyễn", "licence": "CC BY 4.0", "may_license": "on"}
    return send(client, query, **fields | changed)


def published(query: Query, landmark: Landmark) -> LandmarkImage:
    offer = offers.offer(query, author="An Nguyễn", licence=CC_BY)
    return offers.accept(offer, landmark=landmark, actor=CuratorFactory(), site=SITE)


# What a visitor consents to


def test_a_look_gives_no_photo(client, query):
    page = send(client, query)
    assert not Offer.objects.get(query=query).gives_photo
    assert "Người biên tập sẽ xem" in text_of(page)


def test_a_photo_is_given_with_a_name_and_a_licence(client, query):
    give(client, query)
    offer = Offer.objects.get(query=query)
    assert (offer.author, offer.licence) == ("An Nguyễn", "CC BY 4.0")


@pytest.mark.parametrize("missing", [{"author": ""}, {"licence": "none"}, {"may_license": ""}])
def test_a_photo_without_one_of_them_is_not_given_and_the_page_says_why(client, query, missing):
    response = give(client, query, **missing)
    assert response.status_code == 400
    assert "errorlist" in response.content.decode()
    assert not Offer.objects.exists()


def test_nobody_offers_the_search_of_another(query):
    assert send(Client(), query).status_code == 404
    assert not Offer.objects.exists()


@pytest.mark.parametrize(
    "cannot", [{"private": True}, {"state": Query.State.WAITING}, {"from_image": True}, {"part_of": True}]
)
def test_what_is_private_running_or_not_a_photo_of_the_visitors_is_not_offered(cannot):
    made = {"from_image": lambda: LandmarkImageFactory(published=True), "part_of": asked}
    fields = {
        name: made[name]() if value is True and name in made else value for name, value in cannot.items()
    }
    query = asked(**{"state": Query.State.ANSWERED, "session_key": "somebody"} | fields)
    with pytest.raises(offers.CannotBeOffered):
        offers.offer(query)


def test_the_last_word_counts_until_a_curator_has_looked(query):
    offers.offer(query)
    assert offers.offer(query, author="An", licence=CC_BY).gives_photo
    offers.settle(Offer.objects.all(), actor=CuratorFactory())
    assert offers.offer(query).gives_photo


def test_the_database_keeps_no_photo_without_its_licence(query):
    with (
        pytest.raises(IntegrityError, match="a_photo_is_given_with_author_and_licence"),
        transaction.atomic(),
    ):
        Offer.objects.create(query=query, author="An")


def test_what_waits_for_a_curator_is_not_forgotten_with_old_searches(query, settings):
    settings.VISITORS_SEARCHES_KEPT_DAYS = 1
    Query.objects.update(asked_at="2020-01-01T00:00Z")
    assert Query.objects.old().exists()
    offer = offers.offer(query)
    assert not Query.objects.old().exists()
    offers.settle(Offer.objects.filter(pk=offer.pk), actor=CuratorFactory())
    assert Query.objects.old().exists()


# What curators make of it


def test_a_given_photo_is_published_with_its_attribution_and_its_own_page_as_source(query, temple, client):
    image = published(query, temple)
    assert (image.author, image.licence, image.licence_url) == ("An Nguyễn", CC_BY.name, CC_BY.url)
    assert image.source_url == f"{SITE}places/photos/{image.pk}/"
    assert client.get(reverse("places:photo", args=[image.pk])).status_code == 200
    assert "trong bộ sưu tập" in text_of(client.get(query.get_absolute_url()))


def test_a_photo_that_is_not_given_cannot_be_published(query, temple):
    with pytest.raises(offers.NotOffered):
        offers.accept(offers.offer(query), landmark=temple, actor=CuratorFactory(), site=SITE)
    assert not LandmarkImage.objects.filter(landmark=temple).exists()


def test_a_photo_that_is_gone_or_refused_waits_as_before(query, temple, monkeypatch):
    def refuse(images, *, actor):
        return curation.Outcome(refused=[(image, curation.Refused("no")) for image in images])

    monkeypatch.setattr(curation, "publish", refuse)
    offer = offers.offer(query, author="An", licence=CC_BY)
    with pytest.raises(curation.Refused):
        offers.accept(offer, landmark=temple, actor=CuratorFactory(), site=SITE)
    assert Offer.objects.waiting().exists()
    assert not LandmarkImage.objects.filter(landmark=temple).exists()


def test_taking_the_consent_back_withdraws_the_published_photo(client, query, temple):
    image = published(query, temple)
    client.post(f"/searches/{query.pk}/offer/delete/")
    image.refresh_from_db()
    assert image.state == LandmarkImage.State.REJECTED
    assert not Offer.objects.exists()


def test_the_photo_stays_when_the_search_is_forgotten(query, temple):
    image = published(query, temple)
    query.delete()
    assert LandmarkImage.objects.published().filter(pk=image.pk).exists()


# The queue


@pytest.fixture
def desk(client) -> Client:
    desk = Client()
    desk.force_login(CuratorFactory())
    return desk


def act(desk: Client, action: str, offer: Offer, **fields):
    form = {"action": action, "_selected_action": [offer.pk]} | fields
    return desk.post(reverse("admin:retrieval_offer_changelist"), form, follow=True)


def test_the_queue_tells_why_each_search_is_worth_a_look(desk):
    said = {
        Offer.Why.FAILED: {"state": Query.State.FAILED, "reason": Query.Reason.GAVE_UP},
        Offer.Why.UNKNOWN: {"state": Query.State.ANSWERED, "verdict": Query.Verdict.UNKNOWN},
        Offer.Why.NARROW: {"state": Query.State.ANSWERED, "verdict": Query.Verdict.ONE_OF},
        Offer.Why.GIVEN: {"state": Query.State.ANSWERED, "verdict": Query.Verdict.IS},
    }
    for why, fields in said.items():
        offer = offers.offer(asked(session_key="somebody", **fields))
        assert Offer.objects.with_why().get(pk=offer.pk).why == why
        page = desk.get(reverse("admin:retrieval_offer_changelist"), {"why": why})
        assert page.context["cl"].result_count == 1


def test_a_curator_publishes_from_the_queue(desk, query, temple):
    offer = offers.offer(query, author="An", licence=CC_BY)
    act(desk, "accept", offer, landmark=temple.pk)
    offer.refresh_from_db()
    assert offer.image.landmark == temple
    assert offer.image.state == LandmarkImage.State.PUBLISHED


def test_without_a_landmark_nothing_is_published_and_the_curator_is_told(desk, query):
    offer = offers.offer(query, author="An", licence=CC_BY)
    page = act(desk, "accept", offer)
    assert gettext("Say where to: choose the landmark.") in text_of(page)
    assert Offer.objects.waiting().filter(pk=offer.pk).exists()


def test_a_curator_settles_what_needs_nothing(desk, query):
    act(desk, "settle", offers.offer(query))
    assert not Offer.objects.waiting().exists()


def test_only_the_desk_sees_the_photo(desk, query):
    address = reverse("admin:retrieval_offer_photo", args=[offers.offer(query).pk])
    assert desk.get(address)["Content-Type"] == "image/webp"
    visitor = Client()
    visitor.force_login(UserFactory())
    assert visitor.get(address).status_code == 302


def test_the_queue_has_the_same_number_of_queries_for_one_and_for_many(desk):
    address = reverse("admin:retrieval_offer_changelist")
    counts = []
    desk.get(address)  # what waits is counted, and kept for a moment
    for _number in range(2):
        offers.offer(answered(LandmarkImageFactory(published=True), session_key="somebody"))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            desk.get(address)
        counts.append(len(queries))
    assert counts[0] == counts[1]
