"""Leave one out: how many of a place's photos find it."""

import numpy as np
import pytest

from places import curation
from places.models import LandmarkImage
from retrieval import index, indexing, place_accuracy
from retrieval.models import Descriptor
from retrieval.place_accuracy import Failed
from tests.factories import LandmarkFactory, LandmarkImageFactory
from tests.retrieval.index.test_index import GEM, direction
from tests.retrieval.test_lookalikes import photo_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def temple():
    """Three photos close together, and one that stands among those of a tower."""
    temple, tower = LandmarkFactory(slug="temple"), LandmarkFactory(slug="tower")
    for angle in (0, 2, 4, 91):
        photo_at(angle, temple)
    for angle in (88, 90, 92, 94):
        photo_at(angle, tower)
    return temple


def of(landmark, **how) -> place_accuracy.PlaceAccuracy:
    return place_accuracy.of_place(landmark, method=GEM, **how)


def test_it_counts_the_photos_that_find_their_place_and_names_those_that_do_not(temple):
    found = of(temple)
    odd = temple.images.last()
    tower = odd.landmark._meta.model.objects.get(slug="tower")
    assert (found.landmark, found.asked, found.right) == (temple.pk, 4, 3)
    assert found.failed == (Failed(odd.pk, tower.pk),)
    assert (found.method, found.version) == (GEM.name, GEM.checkpoint.name)
    assert found.share.value == 0.75
    assert 0 <= found.share.low < 0.75 < found.share.high <= 1


def test_a_near_duplicate_is_no_hit(temple):
    odd = temple.images.last()
    photo_at(91, temple, near_duplicate_of=odd)
    found = of(temple)
    assert (found.asked, found.right) == (5, 3)
    assert {failed.image for failed in found.failed} == {odd.pk, odd.near_duplicates.get().pk}


def test_a_place_on_the_same_ground_is_neither_right_nor_wrong(temple):
    temple.overlaps_with.add(
        *LandmarkImage.objects.exclude(landmark=temple).values_list("landmark", flat=True)
    )
    found = of(temple)
    assert (found.asked, found.right, found.failed) == (4, 4, ())


@pytest.mark.parametrize("copies", [0, 3])
def test_a_photo_that_has_no_other_of_its_place_is_not_asked(copies):
    alone = LandmarkFactory()
    first = photo_at(10, alone)
    for _copy in range(copies):
        photo_at(10, alone, near_duplicate_of=first)
    photo_at(12, LandmarkFactory())
    found = of(alone)
    assert (found.asked, found.right, found.share, found.failed) == (0, 0, None, ())


def test_it_tells_what_a_place_was_before_a_photo_came(temple):
    odd = temple.images.last()
    before = of(temple, without=[odd.pk])
    assert (before.asked, before.right) == (3, 3)
    assert of(temple).share.value < before.share.value


def test_what_is_withdrawn_or_not_described_is_not_counted(temple):
    odd, first = temple.images.last(), temple.images.first()
    curation.reject([odd], reason="too dark")
    Descriptor.objects.filter(image=first).delete()
    found = of(temple)
    assert (found.asked, found.right) == (2, 2)


def test_a_descriptor_left_behind_by_a_photo_that_is_not_published_finds_nothing(temple):
    odd = temple.images.last()
    LandmarkImage.objects.filter(pk=odd.pk).update(
        state=LandmarkImage.State.CANDIDATE, photo="", thumbnail=""
    )
    assert (of(temple).asked, of(temple).right) == (3, 3)


def test_all_places_in_one_pass_are_what_each_is_alone(temple, monkeypatch):
    for number in range(6):
        photo_at(40 + number, LandmarkFactory() if number % 3 == 0 else temple)
    alone = {
        pk: of(place) for pk, place in temple._meta.model.objects.in_bulk().items() if place.images.exists()
    }
    monkeypatch.setattr(place_accuracy, "ASKED_AT_ONCE", 3)  # a place's photos are then asked apart
    told = []
    everywhere = place_accuracy.of_places(method=GEM, progress=lambda *step: told.append(step))
    assert everywhere == alone
    assert place_accuracy.of_places([temple.pk], method=GEM) == {temple.pk: alone[temple.pk]}
    assert told[-1] == ("asking the photos", 14, 14)


def test_one_place_and_all_places_take_a_fixed_number_of_queries(temple, django_assert_num_queries):
    with django_assert_num_queries(4):
        of(temple)
    with django_assert_num_queries(4):
        place_accuracy.of_places(method=GEM)


def test_nothing_described_is_no_failure():
    place = LandmarkFactory()
    assert of(place).share is None
    assert place_accuracy.of_places(method=GEM) == {}


def test_it_is_read_in_batches(temple, monkeypatch):
    """What is held of the others is one batch, however many there are."""
    held = []
    whole = place_accuracy.index.batches_of

    def watched(method, **how):
        for ids, vectors in whole(method, **how, size=3):
            held.append(len(ids))
            yield ids, vectors

    expected = of(temple)
    monkeypatch.setattr(place_accuracy.index, "batches_of", watched)
    assert of(temple) == expected
    assert max(held) == 3
    assert np.sum(held) == 4 + 8


def wait_at(degrees: float, landmark=None, **row) -> LandmarkImage:
    """A photo that waits for a curator, described."""
    image = LandmarkImageFactory(landmark=landmark, size=(64, 48), **row)
    assert index.put_waiting(image, method=GEM, vector=direction(np.radians(degrees)))
    return image


def test_it_tells_what_a_place_will_be_once_a_photo_is_accepted(temple):
    waiting = wait_at(3, temple)
    before, after = of(temple), of(temple, also=[waiting.pk])
    assert (before.asked, before.right) == (4, 3)
    assert (after.asked, after.right) == (5, 4)
    curation.publish([waiting])  # and before it is described: the same can be told then
    assert (of(temple, without=[waiting.pk]), of(temple, also=[waiting.pk])) == (before, after)
    assert indexing.describe_image(waiting, names=[GEM.name])
    assert (of(temple, without=[waiting.pk]), of(temple)) == (before, after)


def test_it_tells_what_two_places_will_be_once_a_photo_is_moved(temple):
    odd, tower = temple.images.last(), LandmarkImage.objects.last().landmark
    before, after = of(tower), of(tower, also=[odd.pk])
    assert (before.right, before.asked, after.right, after.asked) == (4, 4, 5, 5)
    assert of(temple, without=[odd.pk]).right == 3


def test_a_photo_whose_place_is_not_known_yet_may_be_accepted_anywhere(temple):
    assert of(temple, also=[wait_at(3).pk]).right == 4
