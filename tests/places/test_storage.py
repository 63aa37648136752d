import io

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from PIL import Image

from places import curation, renditions, storage
from places.models import LandmarkImage
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


def renditions_of(image: LandmarkImage) -> dict[str, tuple]:
    """The format and size of each file among the renditions of a photo, by its folder and ending."""
    found = {}
    for rendition in storage.RENDITIONS:
        name = rendition.name(storage.photo_path(image, ""))
        if default_storage.exists(name):
            with default_storage.open(name) as file, Image.open(io.BytesIO(file.read())) as picture:
                found[f"{rendition.side}.{name.rsplit('.', 1)[-1]}"] = (picture.format, *picture.size)
    return found


@pytest.fixture
def large() -> LandmarkImage:
    image = LandmarkImageFactory(size=(2000, 1000))
    curation.publish([image])
    renditions.make(image.pk)
    image.refresh_from_db()
    return image


def test_a_published_photo_has_every_size_and_format(large):
    assert large.has_renditions
    assert renditions_of(large) == {
        "480.avif": ("AVIF", 480, 240),
        "960.avif": ("AVIF", 960, 480),
        "1600.avif": ("AVIF", 1600, 800),
        "960.webp": ("WEBP", 960, 480),
        "1600.webp": ("WEBP", 1600, 800),
    }


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((300, 400), {"480.avif": ("AVIF", 300, 400)}),
        ((480, 100), {"480.avif": ("AVIF", 480, 100)}),
        (
            (481, 100),
            {"480.avif": ("AVIF", 480, 100), "960.avif": ("AVIF", 481, 100), "960.webp": ("WEBP", 481, 100)},
        ),
    ],
)
def test_a_small_photo_is_neither_enlarged_nor_written_twice(size, expected):
    image = LandmarkImageFactory(size=size)
    curation.publish([image])
    renditions.make(image.pk)
    assert renditions_of(image) == expected


def test_withdrawing_a_photo_removes_every_size_and_format(large, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        curation.reject([large], reason="Not the place")
    large.refresh_from_db()
    assert not large.has_renditions
    assert renditions_of(large) == {}


def test_renditions_are_not_made_of_what_was_withdrawn_meanwhile():
    image = LandmarkImageFactory(size=(700, 500))
    renditions.make(image.pk)
    assert renditions_of(image) == {}


def test_photos_of_before_get_their_renditions_by_a_command_that_goes_on_where_it_was(capsys):
    old = [LandmarkImageFactory(published=True, size=(600, 400)) for _number in range(2)]
    waiting = LandmarkImageFactory()
    call_command("make_renditions", dry_run=True)
    assert "2 photos lack" in capsys.readouterr().out
    assert renditions_of(old[0]) == {}
    call_command("make_renditions")
    assert "2 photos have their renditions now, 0 failed" in capsys.readouterr().out
    assert all(len(renditions_of(image)) == 3 for image in old)
    assert renditions_of(waiting) == {}
    call_command("make_renditions")
    assert "0 photos have" in capsys.readouterr().out


def test_a_photo_whose_original_is_gone_does_not_stop_the_command(capsys):
    lost, whole = LandmarkImageFactory.create_batch(2, published=True)
    lost.original.storage.delete(lost.original.name)
    call_command("make_renditions")
    told = capsys.readouterr()
    assert "1 photos have their renditions now, 1 failed" in told.out
    assert f"photo {lost.pk}" in told.err
    assert list(LandmarkImage.objects.without_renditions()) == [lost]
    assert renditions_of(whole)


def test_what_a_stopped_run_left_is_written_anew(capsys):
    image = LandmarkImageFactory(published=True)
    [rendition] = storage.renditions(image)
    name = rendition.name(image.photo.name)
    default_storage.save(name, io.BytesIO(b"half"))
    call_command("make_renditions")
    assert renditions_of(image) == {"480.avif": ("AVIF", 320, 240)}
    default_storage.delete(name)
