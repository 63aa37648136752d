import pytest
from django.core.files.storage import default_storage

from places import storage
from tests.factories import LandmarkImageFactory

pytestmark = pytest.mark.django_db


def test_files_lie_by_the_content_of_their_original():
    image = LandmarkImageFactory(published=True)
    shelf = f"{image.sha256[:2]}/{image.sha256[2:4]}/{image.sha256}"
    assert image.original.name == f"originals/{shelf}.jpg"
    assert image.photo.name == f"photos/{shelf}.jpg"
    assert image.thumbnail.name == f"thumbnails/{shelf}.webp"


def test_an_original_is_out_of_the_public_store():
    image = LandmarkImageFactory(published=True)
    assert not default_storage.exists(image.original.name)
    assert not storage.private().exists(image.photo.name)


def test_a_file_that_a_photo_is_served_by_is_not_removed():
    image = LandmarkImageFactory(published=True)
    storage.delete_served([image.photo.name, image.thumbnail.name, ""])
    assert default_storage.exists(image.photo.name)
    assert default_storage.exists(image.thumbnail.name)
    names = [image.photo.name, image.thumbnail.name]
    image.delete()
    storage.delete_served(names)
    assert not any(default_storage.exists(name) for name in names)
