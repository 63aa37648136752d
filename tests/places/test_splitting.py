"""One landmark that is two: what goes where, what leads where, and how it is undone."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import translation

from places.merging import merge
from places.models import CurationEvent, Landmark, LandmarkImage
from places.splitting import CannotSplit, split
from tests.factories import CuratorFactory, LandmarkFactory, LandmarkImageFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator():
    return CuratorFactory()


@pytest.fixture
def citadel() -> Landmark:
    """A place in which another is hidden, with three photos of which the last two are copies."""
    place = LandmarkFactory(
        slug="dai-noi", name_vi="Đại Nội", name_en="Imperial City", other_names=["Ngọ Môn", "Kinh thành"]
    )
    LandmarkImageFactory(landmark=place, published=True)
    first = LandmarkImageFactory(landmark=place, published=True)
    LandmarkImageFactory(landmark=place, near_duplicate_of=first)
    return place


def gate(**told) -> Landmark:
    return Landmark(
        **{"slug": "ngo-mon", "name_vi": "Ngọ Môn", "name_en": "Noon Gate", "kind": "building"} | told
    )


def test_the_photos_and_their_copies_go_to_the_new_place_each_with_a_line_of_history(citadel, curator):
    stays, first, copy = citadel.images.order_by("pk")
    new = split(citadel, new=gate(), images=[copy], actor=curator)
    assert list(new.images.order_by("pk")) == [first, copy]
    assert citadel.images.get() == stays
    assert LandmarkImage.objects.published().filter(landmark=new).get() == first
    told = CurationEvent.objects.values_list("image", "actor", "verb", "detail")
    assert set(told) == {(image.pk, curator.pk, "move", "dai-noi → ngo-mon") for image in (first, copy)}


def test_a_name_that_is_the_new_places_is_the_olds_no_longer(citadel, curator):
    new = split(citadel, new=gate(), images=citadel.images.all()[:1], actor=curator)
    citadel.refresh_from_db()
    assert citadel.other_names == ["Kinh thành"]
    assert new.split_from == citadel
    assert list(citadel.split_off.all()) == [new]


def test_an_address_that_once_led_to_the_old_leads_to_the_new(citadel, curator, client):
    Landmark.objects.filter(pk=citadel.pk).update(former_slugs=["ngo-mon", "hue"])
    split(citadel, new=gate(), images=citadel.images.all()[:1], actor=curator)
    citadel.refresh_from_db()
    assert citadel.former_slugs == ["hue"]
    assert client.get("/places/ngo-mon/").status_code == 200
    assert client.get("/places/hue/")["Location"] == "/places/dai-noi/"


def test_the_two_overlap_where_the_one_stands_in_the_other(citadel, curator):
    around = LandmarkFactory()
    citadel.overlaps_with.add(around)
    first, second = citadel.images.order_by("pk")[:2]
    new = split(citadel, new=gate(), images=[first], actor=curator)
    assert set(new.overlaps_with.all()) == {citadel, around}
    apart = split(citadel, new=gate(slug="x"), images=[second], overlaps=False, actor=curator)
    assert not apart.overlaps_with.exists()


def test_both_pages_name_the_other(citadel, curator, client):
    split(citadel, new=gate(), images=citadel.images.all()[:1], actor=curator)
    assert 'Tách từ</dt><dd><a href="/places/dai-noi/">' in client.get("/places/ngo-mon/").content.decode()
    assert '<a href="/places/ngo-mon/">Ngọ Môn</a>' in client.get("/places/dai-noi/").content.decode()


def test_merging_it_back_undoes_it(citadel, curator, client):
    images = set(citadel.images.all())
    new = split(citadel, new=gate(), images=citadel.images.all()[:1], actor=curator)
    merge(new, into=citadel, actor=curator)
    citadel.refresh_from_db()
    assert set(citadel.images.all()) == images
    assert set(citadel.other_names) == {"Ngọ Môn", "Kinh thành", "Noon Gate"}
    assert client.get("/places/ngo-mon/")["Location"] == "/places/dai-noi/"
    assert "/places/ngo-mon/" not in client.get("/places/dai-noi/").content.decode()


def test_where_the_old_is_merged_the_new_was_split_from_the_one_that_stands(citadel, curator):
    new = split(citadel, new=gate(), images=citadel.images.all()[:1], actor=curator)
    into = LandmarkFactory()
    merge(citadel, into=into)
    new.refresh_from_db()
    assert new.split_from == into


@pytest.mark.parametrize(
    ("told", "refused"),
    [
        ({"slug": "taken"}, ValidationError),
        ({"slug": "leads-elsewhere"}, CannotSplit),
        ({"name_vi": ""}, ValidationError),
    ],
)
def test_what_cannot_be_leaves_everything_as_it_was(citadel, curator, told, refused):
    LandmarkFactory(slug="taken", former_slugs=["leads-elsewhere"])
    with pytest.raises(refused):
        split(citadel, new=gate(**told), images=citadel.images.all()[:1], actor=curator)
    citadel.refresh_from_db()
    assert citadel.other_names == ["Ngọ Môn", "Kinh thành"]
    assert citadel.images.count() == 3
    assert not CurationEvent.objects.exists()


def test_photos_of_other_places_do_not_go_along(citadel, curator):
    with pytest.raises(CannotSplit):
        split(citadel, new=gate(), images=[LandmarkImageFactory()], actor=curator)


def test_a_merged_place_is_not_split_and_none_is_its_own_part(citadel, curator):
    merge(citadel, into=LandmarkFactory())
    with pytest.raises(CannotSplit, match="Đại Nội"):
        split(citadel, new=gate(), images=[], actor=curator)
    with pytest.raises(IntegrityError, match="a_landmark_is_not_split_from_itself"):
        Landmark.objects.filter(pk=citadel.pk).update(split_from=citadel.pk)


# At the desk


@pytest.fixture
def desk(curator) -> Client:
    client = Client()
    client.force_login(curator)
    return client


def page(landmark: Landmark) -> str:
    with translation.override("en"):
        return reverse("admin:places_landmark_split", args=[landmark.pk])


def test_a_curator_chooses_looks_and_splits(desk, citadel, curator):
    stays, first, copy = citadel.images.order_by("pk")
    assert desk.get(page(citadel)).content.decode().count('name="images"') == 3
    told = {
        "images": [first.pk], "name_vi": "Ngọ Môn", "name_en": "Noon Gate", "kind": "building",
        "other_names": ["Ngọ Môn"], "overlaps": "on",
    }  # fmt: skip
    preview = desk.post(page(citadel), told)
    assert preview.status_code == 200
    assert "Noon Gate becomes a place of its own" in preview.content.decode()
    assert "2 of 3, near-duplicates" in preview.content.decode()
    assert Landmark.objects.count() == 1
    desk.post(page(citadel), told | {"sure": "1"})
    new = Landmark.objects.get(slug="noon-gate")
    assert set(new.images.all()) == {first, copy}
    assert (new.province, new.other_names) == (citadel.province, ["Ngọ Môn"])
    assert set(LogEntry.objects.values_list("object_id", "user")) == {
        (str(each.pk), curator.pk) for each in (new, citadel)
    }
    history = desk.get(f"/en/admin/places/landmark/{citadel.pk}/history/").content.decode()
    assert "Noon Gate was split from it." in history


@pytest.mark.parametrize(
    "told", [{}, {"images": ["0"]}, {"images": ["x"]}, {"name_en": "Đại Nội!", "slug": "dai-noi"}]
)
def test_a_choice_that_cannot_be_is_told_and_changes_nothing(desk, citadel, told):
    answer = desk.post(page(citadel), {"name_vi": "A", "kind": "scene", "sure": "1"} | told)
    assert answer.status_code == 400
    assert Landmark.objects.count() == 1


def test_only_those_who_may_change_landmarks_can_split(citadel):
    client = Client()
    client.force_login(UserFactory(is_staff=True))
    assert client.get(page(citadel)).status_code == 403
