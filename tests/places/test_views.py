import pytest

from places.templatetags.covers import scene
from tests.factories import LandmarkFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("category", ["", "pagoda", "bay", "cave", "church"])
def test_every_place_has_a_scene_to_stand_for_its_photo(category):
    from django.contrib.staticfiles import finders

    assert finders.find(scene(LandmarkFactory.build(category=category, province=None)))
