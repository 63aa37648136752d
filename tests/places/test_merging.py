"""Two landmarks that are one: what goes where, and what still leads there."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation

from places.merging import CannotMerge, merge
from places.models import CurationEvent, Fact, Landmark, LandmarkImage
from tests.factories import CuratorFactory, FactFactory, LandmarkFactory, LandmarkImageFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair() -> tuple[Landmark, Landmark]:
    """A landmark that is there twice; the first is to go."""
    return (
        LandmarkFactory(slug="ngoc", name_vi="Đền Ngọc", name_en="Ngọc Temple", other_names=["Den Ngoc"]),
        LandmarkFactory(slug="ngoc-son", name_vi="Đền Ngọc Sơn", name_en="ngọc temple", other_names=["NS"]),
    )


def test_the_photos_go_to_the_other_each_with_a_line_of_history(pair):
    gone, into = pair
    shown, waiting = LandmarkImageFactory(landmark=gone, published=True), LandmarkImageFactory(landmark=gone)
    curator = CuratorFactory()
    merge(gone, into=into, actor=curator)
    assert set(into.images.all()) == {shown, waiting}
    assert into.images.published().get() == shown
    told = CurationEvent.objects.values_list("image", "actor", "verb", "detail")
    assert set(told) == {(image.pk, curator.pk, "move", "ngoc → ngoc-son") for image in (shown, waiting)}


def test_names_that_the_other_lacks_become_its_other_names(pair):
    gone, into = pair
    merge(gone, into=into)
    into.refresh_from_db()
    assert into.other_names == ["NS", "Đền Ngọc", "Den Ngoc"]


def test_facts_and_overlaps_that_the_other_lacks_become_its_own(pair):
    gone, into = pair
    lake = LandmarkFactory()
    gone.overlaps_with.add(lake, into)
    FactFactory(landmark=gone, kind="hours", text_en="Of the one that goes.")
    FactFactory(landmark=gone, kind="price", text_en="Of the one that goes.")
    FactFactory(landmark=into, kind="price", text_en="Its own.")
    merge(gone, into=into)
    assert {fact.kind: fact.text_en for fact in into.facts.all()} == {
        "hours": "Of the one that goes.",
        "price": "Its own.",
    }
    assert list(into.overlaps_with.all()) == [lake]
    assert Fact.objects.count() == 3


def test_a_merged_landmark_stands_no_more_but_its_row_stays(pair):
    gone, into = pair
    merge(gone, into=into)
    assert list(Landmark.objects.standing()) == [into]
    assert Landmark.objects.get(slug="ngoc").merged_into == into
    assert Landmark.objects.known_as("ngoc").get() == into
    assert not Landmark.objects.known_as("ngoc-son").exists()


def test_an_old_address_leads_to_one_place_however_many_were_merged_into_it(pair):
    gone, into = pair
    into.former_slugs = ["old"]
    into.save()
    for landmark in (gone, LandmarkFactory()):
        merge(landmark, into=into)
    assert Landmark.objects.known_as("old").get() == into


def test_mergers_do_not_chain(pair):
    gone, into = pair
    earlier = LandmarkFactory(slug="earlier")
    merge(earlier, into=gone)
    merge(gone, into=into)
    earlier.refresh_from_db()
    assert earlier.merged_into == into
    with pytest.raises(CannotMerge, match="Ngọc"):
        merge(LandmarkFactory(), into=gone)
    with pytest.raises(CannotMerge):
        merge(gone, into=LandmarkFactory())


def test_a_landmark_cannot_be_merged_into_itself(pair):
    with pytest.raises(CannotMerge):
        merge(pair[0], into=pair[0])
    with pytest.raises(IntegrityError, match="a_landmark_is_not_merged_into_itself"), transaction.atomic():
        Landmark.objects.filter(pk=pair[0].pk).update(merged_into=pair[0].pk)


def test_a_merger_that_fails_changes_nothing(pair, monkeypatch):
    gone, into = pair
    image = LandmarkImageFactory(landmark=gone)

    def fail(*_args, **_kwargs):
        raise RuntimeError

    monkeypatch.setattr("places.merging._hand_over", fail)
    with pytest.raises(RuntimeError):
        merge(gone, into=into)
    image.refresh_from_db()
    assert image.landmark == gone
    assert not CurationEvent.objects.exists()


# At the curators' desk


@pytest.fixture
def act():
    """Ask for the merger as the list of landmarks does; gives the page that answers."""
    desk = Client()
    desk.force_login(CuratorFactory())

    def post(*landmarks: Landmark, **told) -> str:
        chosen = {"action": "merge", "_selected_action": [landmark.pk for landmark in landmarks]} | told
        with translation.override("en"):
            address = reverse("admin:places_landmark_changelist")
        return desk.post(address, chosen, follow=True).content.decode()

    return post


def test_a_curator_merges_after_confirming(pair, act):
    gone, into = pair
    assert "Ngọc Temple is now part of" in act(gone, into=into.pk, sure="on")
    gone.refresh_from_db()
    assert gone.merged_into == into


@pytest.mark.parametrize(
    ("told", "said"), [({}, "choose the landmark"), ({"into": True}, "it cannot be undone")]
)
def test_without_a_choice_or_a_confirmation_nothing_is_merged(pair, act, told, said):
    gone, into = pair
    assert said in act(gone, **({"into": into.pk} if told else {}))
    assert not Landmark.objects.exclude(merged_into=None).exists()


def test_what_cannot_be_merged_is_told_and_does_not_hold_up_the_rest(pair, act):
    gone, into = pair
    page = act(into, gone, into=into.pk, sure="on")
    assert "A place cannot be merged into itself." in page
    gone.refresh_from_db()
    assert gone.merged_into == into


def test_a_changed_slug_stays_a_way_to_the_page(pair):
    desk, place = Client(), pair[0]
    desk.force_login(CuratorFactory())
    told = {"slug": "new", "name_vi": "Mới", "name_en": "New", "kind": "scene"}
    inline = {"facts-TOTAL_FORMS": 0, "facts-INITIAL_FORMS": 0}
    address = reverse("admin:places_landmark_change", args=[place.pk])
    assert desk.post(address, told | inline).status_code == 302
    place.refresh_from_db()
    assert (place.slug, place.former_slugs) == ("new", ["ngoc"])
    assert desk.get("/places/ngoc/")["Location"] == "/places/new/"


# In the API


def test_the_api_lists_standing_landmarks_and_redirects_from_the_others(client, pair):
    gone, into = pair
    merge(gone, into=into)
    listed = client.get("/api/v1/landmarks/").json()["results"]
    assert [landmark["slug"] for landmark in listed] == ["ngoc-son"]
    response = client.get("/api/v1/landmarks/ngoc/")
    assert response.status_code == 301
    assert response["Location"] == "http://testserver/api/v1/landmarks/ngoc-son/"
    assert client.get("/api/v1/landmarks/atlantis/").status_code == 404


def test_photos_cannot_be_given_to_a_merged_landmark(pair):
    gone, into = pair
    merge(gone, into=into)
    field = LandmarkImage._meta.get_field("landmark")
    assert list(field.formfield().queryset.complex_filter(field.get_limit_choices_to())) == [into]
