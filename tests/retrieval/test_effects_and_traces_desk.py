"""The desk's pages of what accepted photos changed, and of what is left of withdrawn ones."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from places import curation
from places.models import LandmarkImage, TakedownRequest
from retrieval.models import Descriptor, Effect
from tests.factories import CuratorFactory, LandmarkFactory, LandmarkImageFactory

pytestmark = pytest.mark.django_db
BEFORE_AND_AFTER = {"asked_before": 8, "right_before": 4, "asked_after": 10, "right_after": 9}


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def desk() -> Client:
    client = Client()
    client.force_login(CuratorFactory())
    return client


def text(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def effect(*images: LandmarkImage, **figures) -> Effect:
    made = Effect.objects.create(
        landmark=images[0].landmark, method="m", version="v", **BEFORE_AND_AFTER | figures
    )
    made.images.set(images)
    return made


def withdrawn() -> LandmarkImage:
    image = LandmarkImageFactory(published=True, size=(64, 48))
    curation.reject([image], reason="blurred", actor=CuratorFactory())
    image.refresh_from_db()
    return image


def test_an_effect_shows_its_place_before_and_after_and_the_photos_as_pictures(desk):
    image = LandmarkImageFactory(published=True, size=(64, 48))
    effect(image)
    page = desk.get(reverse("admin:retrieval_effect_changelist"))
    assert f"{image.landmark.name_vi}" in text(page) or image.landmark.name_en in text(page)
    assert all(said in text(page) for said in ("4/8", "9/10", "+40"))
    assert f'<img src="{image.thumbnail.url}"' in page.content.decode()


def test_an_effect_on_a_place_that_could_not_be_asked_before_has_no_difference():
    assert effect(LandmarkImageFactory(size=(64, 48)), asked_before=0, right_before=0).difference is None


def test_the_effects_take_a_fixed_number_of_queries(desk, django_assert_max_num_queries):
    address, counts = reverse("admin:retrieval_effect_changelist"), []
    desk.get(address)
    for _round in range(2):
        for _number in range(2):
            place = LandmarkFactory()
            effect(*(LandmarkImageFactory(landmark=place, size=(64, 48)) for _photo in range(2)))
        with django_assert_max_num_queries(20) as captured:
            desk.get(address)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_a_withdrawn_photo_is_proven_gone(desk, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        image = withdrawn()
    page = desk.get(reverse("admin:retrieval_trace", args=[image.pk]))
    assert "Nothing is left of it" in text(page)
    assert "Descriptor.image" in text(page)


def test_what_is_left_is_named(desk):
    image = withdrawn()
    Descriptor.objects.create(image=image, method="m", version="v", vector=[1.0, 0.0])
    page = desk.get(reverse("admin:retrieval_trace", args=[image.pk]))
    assert "Something is left of it." in text(page)
    assert "Descriptors Descriptor.image 1" in text(page)


def test_of_a_photo_that_is_shown_the_page_says_what_withdrawing_would_remove(desk):
    image = LandmarkImageFactory(published=True, size=(64, 48))
    page = text(desk.get(reverse("admin:retrieval_trace", args=[image.pk])))
    assert "It is not withdrawn." in page
    assert "Nothing is left" not in page


def test_withdrawn_photos_are_listed_with_who_and_why_in_a_fixed_number_of_queries(
    desk, django_assert_max_num_queries
):
    address, counts = reverse("admin:retrieval_traces"), []
    LandmarkImageFactory(published=True, size=(64, 48))
    assert "No photo is withdrawn." in text(desk.get(address))
    for _round in range(2):
        image = withdrawn()
        with django_assert_max_num_queries(20) as captured:
            page = desk.get(address)
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert f"#{image.pk}" in text(page)
    assert reverse("admin:retrieval_trace", args=[image.pk]) in page.content.decode()


def test_the_photos_pages_and_its_takedown_lead_to_the_proof(desk):
    image = withdrawn()
    asked = TakedownRequest.objects.create(
        key="0" * 32, name="An", email="an@example.org", language="vi", about="x", reason="other",
        explanation="x", image=image,
    )  # fmt: skip
    proof = reverse("admin:retrieval_trace", args=[image.pk])
    for page in (
        reverse("admin:places_desk_look", args=[image.pk]),
        reverse("admin:places_landmarkimage_change", args=[image.pk]),
        reverse("admin:places_takedownrequest_change", args=[asked.pk]),
    ):
        assert proof in desk.get(page).content.decode(), page
