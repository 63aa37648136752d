import io

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, IntegrityError
from django.utils import translation
from PIL import Image

from places import curation, storage
from places.models import CurationEvent, LandmarkImage
from tests.factories import CuratorFactory, LandmarkFactory, LandmarkImageFactory, drawn_photo

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard():
    """What was announced, in order."""
    told = []

    def published(image_ids, **_kwargs):
        told.extend(("published", image_id) for image_id in image_ids)

    def withdrawn(image_ids, **_kwargs):
        told.extend(("withdrawn", image_id) for image_id in image_ids)

    curation.image_published.connect(published)
    curation.image_withdrawn.connect(withdrawn)
    yield told
    curation.image_published.disconnect(published)
    curation.image_withdrawn.disconnect(withdrawn)


def fresh(image: LandmarkImage) -> LandmarkImage:
    return LandmarkImage.objects.get(pk=image.pk)


def test_publishing_makes_the_served_files_and_announces_the_photo(heard):
    image, curator = LandmarkImageFactory(seed=1, size=(2000, 1500)), CuratorFactory()
    outcome = curation.publish([image], actor=curator)
    image = fresh(image)
    assert outcome.done == [image]
    assert image.state == "published"
    with image.photo.open() as file, Image.open(file) as picture:
        assert (picture.format, picture.size) == ("JPEG", (1600, 1200))
    with image.thumbnail.open() as file, Image.open(file) as picture:
        assert (picture.format, picture.size) == ("WEBP", (480, 360))
    assert heard == [("published", image.pk)]
    event = CurationEvent.objects.get()
    assert (event.image, event.actor, event.verb) == (image, curator, "publish")


def test_served_files_hold_nothing_of_the_originals_metadata():
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (21.0, 1.5, 0.0), 3: "E", 4: (105.0, 51.0, 0.0)})
    image = LandmarkImageFactory(data=drawn_photo(3, exif=exif))
    assert Image.open(io.BytesIO(storage.original_bytes(image))).getexif()
    curation.publish([image])
    for file in (fresh(image).photo, fresh(image).thumbnail):
        with file.open() as opened:
            assert not Image.open(opened).getexif()


def test_publishing_twice_changes_and_announces_nothing_more(heard):
    image = LandmarkImageFactory()
    curation.publish([image])
    assert curation.publish([image]) == curation.Outcome([], [])
    assert len(heard) == CurationEvent.objects.count() == 1


def test_what_lacks_attribution_is_refused_and_the_rest_published(heard):
    whole, bare = LandmarkImageFactory(), LandmarkImageFactory(author="", source_url="")
    with translation.override("en"):
        outcome = curation.publish([bare, whole])
    assert outcome.done == [whole]
    [(refused, reason)] = outcome.refused
    assert refused == bare
    assert reason.missing == ["author", "source_url"]
    assert str(reason) == "Missing: author, source."
    assert fresh(bare).state == "candidate"
    assert not fresh(bare).photo
    assert heard == [("published", whole.pk)]


@pytest.mark.parametrize(
    ("licence", "said"),
    [
        ("CC BY-NC-ND 2.0", "Its licence is not free: CC BY-NC-ND 2.0."),
        ("© 2020, all rights reserved", "Its licence is not free: All rights reserved."),
        ("as agreed with the paper", "“as agreed with the paper” is no licence that we know to be free."),
    ],
)
def test_a_licence_that_is_not_free_is_refused_with_the_reason(licence, said):
    image = LandmarkImageFactory(licence=licence)
    with translation.override("en"):
        [(refused, reason)] = curation.publish([image]).refused
    assert (refused, fresh(image).state) == (image, "candidate")
    assert said in str(reason)


@pytest.mark.parametrize("missing", ["author", "licence", "source_url"])
@pytest.mark.parametrize("empty", ["", " "])
def test_the_database_publishes_nothing_without_author_licence_and_source(missing, empty):
    image = LandmarkImageFactory(published=True)
    with pytest.raises(IntegrityError, match="what_is_published_has_author_licence_and_source"):
        LandmarkImage.objects.filter(pk=image.pk).update(**{missing: empty})


def test_holding_a_published_photo_withdraws_it_and_keeps_the_original(
    heard, django_capture_on_commit_callbacks
):
    image, curator = LandmarkImageFactory(published=True, is_sample=True), CuratorFactory()
    names = [image.photo.name, image.thumbnail.name]
    with django_capture_on_commit_callbacks(execute=True):
        assert curation.hold([image], actor=curator).done == [image]
    image = fresh(image)
    assert (image.state, image.is_sample, image.photo.name, image.thumbnail.name) == ("held", False, "", "")
    assert not any(default_storage.exists(name) for name in names)
    assert storage.original_bytes(image)
    assert heard == [("withdrawn", image.pk)]
    assert (CurationEvent.objects.get().verb, CurationEvent.objects.get().actor) == ("hold", curator)
    assert curation.hold([image]).done == []


def test_a_held_photo_can_be_published_once_its_licence_allows_it():
    image = LandmarkImageFactory(licence="")
    curation.hold([image])
    assert len(curation.publish([image]).refused) == 1
    LandmarkImage.objects.filter(pk=image.pk).update(licence="CC0 1.0")
    assert curation.publish([image]).done == [image]


@pytest.mark.parametrize("state", ["held", "candidate", "rejected"])
def test_the_database_keeps_no_served_files_for_what_is_not_published(state):
    image = LandmarkImageFactory(published=True)
    with pytest.raises(IntegrityError, match="what_is_not_published_has_no_served_files"):
        LandmarkImage.objects.filter(pk=image.pk).update(state=state)


def test_a_photo_whose_original_is_gone_is_refused_and_leaves_no_files():
    image, whole = LandmarkImageFactory(), LandmarkImageFactory()
    image.original.storage.delete(image.original.name)
    outcome = curation.publish([image, whole])
    assert [refused for refused, _reason in outcome.refused] == [image]
    assert outcome.done == [whole]
    assert not default_storage.exists(storage.photo_path(image, ""))


def test_a_damaged_original_is_refused():
    image = LandmarkImageFactory(original=ContentFile(drawn_photo(1)[:9000], name="a.jpg"))
    assert len(curation.publish([image]).refused) == 1


def test_publishing_that_fails_leaves_no_public_file(monkeypatch, heard):
    image = LandmarkImageFactory()

    def fail(*_args, **_kwargs):
        raise DatabaseError

    monkeypatch.setattr(CurationEvent.objects, "bulk_create", fail)
    with pytest.raises(DatabaseError):
        curation.publish([image])
    assert not default_storage.exists(storage.photo_path(image, ""))
    assert not default_storage.exists(storage.thumbnail_path(image, ""))
    assert heard == []


def test_rejecting_withdraws_a_published_photo_and_removes_its_served_files(
    heard, django_capture_on_commit_callbacks
):
    image = LandmarkImageFactory(published=True)
    names = [image.photo.name, image.thumbnail.name]
    assert all(default_storage.exists(name) for name in names)
    with django_capture_on_commit_callbacks(execute=True):
        curation.reject([image], reason="Not the place", actor=CuratorFactory())
    image = fresh(image)
    assert (image.state, image.state_reason) == ("rejected", "Not the place")
    assert not image.photo
    assert not any(default_storage.exists(name) for name in names)
    assert storage.original_bytes(image)
    assert heard == [("withdrawn", image.pk)]
    assert CurationEvent.objects.get().detail == "Not the place"


def test_rejecting_a_candidate_withdraws_nothing(heard):
    curation.reject([LandmarkImageFactory()], reason="blurred")
    assert heard == []


def test_a_rejection_needs_a_reason():
    with pytest.raises(ValueError, match="reason"):
        curation.reject([LandmarkImageFactory()], reason=" ")


def test_a_rejected_photo_can_be_published_after_all(django_capture_on_commit_callbacks):
    image = LandmarkImageFactory(published=True)
    with django_capture_on_commit_callbacks(execute=True):  # in one go, so that the removal comes last
        curation.reject([image], reason="blurred")
        curation.publish([image])
    image = fresh(image)
    assert (image.state, image.state_reason) == ("published", "")
    assert default_storage.exists(image.photo.name)
    assert default_storage.exists(image.thumbnail.name)


def test_a_moved_photo_keeps_its_state_and_its_files(heard):
    image, landmark = LandmarkImageFactory(published=True), LandmarkFactory()
    before = image.landmark.slug
    outcome = curation.move([image], landmark=landmark)
    assert outcome.done == [image]
    assert (fresh(image).landmark, fresh(image).state) == (landmark, "published")
    assert heard == []
    assert CurationEvent.objects.get().detail == f"{before} → {landmark.slug}"
    assert curation.move([image], landmark=landmark).done == []


def test_a_photo_deleted_meanwhile_does_not_stop_the_rest():
    gone, left = LandmarkImageFactory(), LandmarkImageFactory()
    LandmarkImage.objects.filter(pk=gone.pk).delete()
    assert curation.publish([gone, left]).done == [left]
