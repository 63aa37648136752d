"""A photo that is withdrawn leaves nothing behind, wherever it has been; and that can be shown."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection

from places import curation, finishing
from places.models import LandmarkImage
from retrieval import traces
from retrieval.models import (
    DescribeFailure,
    Descriptor,
    Effect,
    Hit,
    LocalFeatureSet,
    LookAlike,
    MovedVector,
    Neighbour,
    Part,
    PlaceGuess,
    Query,
    WaitingDescriptor,
)
from tests.factories import LandmarkFactory, LandmarkImageFactory
from tests.retrieval.test_views import asked

pytestmark = pytest.mark.django_db

BY = {"method": "delf", "version": "v1"}


@pytest.fixture
def image() -> LandmarkImage:
    """A published photo that stands in every table there is."""
    image, other = LandmarkImageFactory(size=(1000, 700)), LandmarkFactory()
    curation.publish([image])
    finishing.make_renditions(image)
    image.refresh_from_db()
    first, second = sorted([image.landmark, other], key=lambda landmark: landmark.pk)
    Descriptor.objects.create(image=image, vector=[1.0, 0.0], **BY)
    LocalFeatureSet.objects.create(image=image, features=b"", count=0, **BY)
    DescribeFailure.objects.create(image=image, reason="a test", **BY)
    query = asked(session_key="somebody", from_image=image)
    Hit.objects.create(query=asked(session_key="somebody"), image=image, rank=0, similarity=0.9)
    for side in ("first_image", "second_image"):
        LookAlike.objects.update_or_create(
            first=first,
            second=second,
            defaults={"confusions": 1, "photos": 2, "similarity": 0.5, side: image, "detail_en": "x", **BY},
        )
    WaitingDescriptor.objects.create(image=image, vector=[1.0, 0.0], **BY)
    Part.objects.create(name="here", first_slot=0, end_slot=1)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE descriptors_on_here PARTITION OF retrieval_movedvector FOR VALUES IN ('here')"
        )
    MovedVector.objects.create(id=1, part="here", image=image, vector=[1.0, 0.0], **BY)
    for each in (image, LandmarkImageFactory(size=(64, 48))):
        guess = PlaceGuess.objects.create(image=each, **BY)
    Neighbour.objects.create(guess=guess, image=image, rank=0, similarity=0.9)
    counts = dict.fromkeys(("asked_before", "right_before", "asked_after", "right_after"), 0)
    Effect.objects.create(landmark=image.landmark, **counts, **BY).images.add(image)
    assert query.from_image == image
    return image


def test_while_it_is_shown_all_of_it_is_found(image):
    found = traces.of(image)
    assert all(found.files.values())
    nowhere = [name for name, count in found.rows.items() if not count]
    assert nowhere == [], "this test puts the photo into every table that could name one"


def test_once_it_is_withdrawn_nothing_is_left(image, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        curation.reject([image], reason="A test.")
    image.refresh_from_db()
    assert traces.of(image).left == []
    assert LookAlike.objects.exists(), "what curators wrote of the places stays"
    assert not Query.objects.filter(session_key="somebody").exclude(hits=None).exists()


def test_the_command_proves_it_and_fails_where_something_is_left(
    image, capsys, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        curation.reject([image], reason="A test.")
    call_command("prove_withdrawn")
    assert capsys.readouterr().out.startswith("1 withdrawn photos: no row in ")
    Hit.objects.create(query=asked(session_key="somebody"), image=image, rank=0, similarity=0.9)
    with pytest.raises(CommandError, match="Of 1 of 1"):
        call_command("prove_withdrawn", str(image.pk))
    assert "Hit.image" in capsys.readouterr().out


def test_a_file_that_is_left_is_found(image, django_capture_on_commit_callbacks):
    name = image.photo.name
    with django_capture_on_commit_callbacks(execute=True):
        curation.reject([image], reason="A test.")
    default_storage.save(name, ContentFile(b"left"))
    assert traces.of(image).left == [name]


def test_what_is_not_withdrawn_is_not_proved(image):
    with pytest.raises(CommandError, match=str(image.pk)):
        call_command("prove_withdrawn", str(image.pk))
