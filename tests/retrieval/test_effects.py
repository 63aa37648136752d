"""What accepting a photo did to its place: measured by itself, once, and for what curators accepted alone."""

import pytest

from places.models import CurationEvent, LandmarkImage
from retrieval import effects
from retrieval.models import DescribeFailure, Effect
from tests.factories import CuratorFactory, LandmarkFactory
from tests.retrieval.index.test_index import GEM
from tests.retrieval.test_lookalikes import photo_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def temple():
    """Two photos that do not find each other: a tower's stand between them."""
    temple, tower = LandmarkFactory(slug="temple"), LandmarkFactory(slug="tower")
    photo_at(0, temple)
    photo_at(40, temple)
    for angle in (18, 20, 22):
        photo_at(angle, tower)
    return temple


def accepted(image: LandmarkImage, **who) -> LandmarkImage:
    event = {"verb": CurationEvent.Verb.PUBLISH, "actor": CuratorFactory()} | who
    CurationEvent.objects.create(image=image, **event)
    return image


def undescribed(landmark) -> LandmarkImage:
    image = photo_at(5, landmark)
    image.descriptors.all().delete()
    return image


def test_the_accuracy_of_the_place_without_and_with_the_photo_is_kept(temple):
    image = accepted(photo_at(1, temple))
    (effect,) = effects.of_all_accepted()
    assert (effect.landmark, list(effect.images.all())) == (temple, [image])
    assert (effect.before, effect.after) == ("0/2", "2/3")
    assert (effect.method, effect.version) == (GEM.name, GEM.checkpoint.name)


def test_photos_of_one_place_that_are_accepted_together_count_together(temple):
    for angle in (1, 39):
        accepted(photo_at(angle, temple))
    (effect,) = effects.of_all_accepted()
    assert (effect.images.count(), effect.before, effect.after) == (2, "0/2", "4/4")


def test_each_photo_is_measured_once(temple):
    accepted(photo_at(1, temple))
    effects.of_all_accepted()
    assert effects.of_all_accepted() == []
    assert Effect.objects.count() == 1


def test_what_an_import_publishes_is_not_measured(temple):
    accepted(photo_at(1, temple), actor=None)
    assert effects.of_all_accepted() == []


def test_a_place_waits_until_all_its_accepted_photos_are_described(temple):
    accepted(photo_at(1, temple))
    late = accepted(undescribed(temple))
    assert effects.of_all_accepted() == []
    DescribeFailure.objects.create(
        image=late, method=GEM.name, version=GEM.checkpoint.name, reason="not readable"
    )
    assert len(effects.of_all_accepted()) == 1


def test_the_first_photo_of_a_place_has_no_accuracy_before(temple):
    new = LandmarkFactory(slug="new")
    accepted(photo_at(120, new))
    (effect,) = effects.of_all_accepted()
    assert (effect.before, effect.after) == ("", "")
    assert str(effect) == f"{new}: – → –"
