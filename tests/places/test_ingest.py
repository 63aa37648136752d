import csv
from dataclasses import fields
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from PIL import ExifTags, Image

from places import ingest, photo, quality, storage
from places.models import LandmarkImage, LandmarkImageQuerySet
from tests.factories import (
    LandmarkFactory,
    LandmarkImageFactory,
    UserFactory,
    drawn_photo,
    drawn_picture,
    encoded,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def landmark():
    return LandmarkFactory()


def originals() -> int:
    """How many originals the private store holds, over all folders."""
    return sum(path.is_file() for path in Path(storage.private().path("originals")).rglob("*"))


def test_a_photo_is_kept_untouched_as_a_candidate_with_all_that_is_known_of_it(landmark):
    facts = Image.Exif()
    facts.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2024:05:06 07:08:09"
    facts.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (21.0, 1.5, 0.0), 3: "E", 4: (105.0, 51.0, 0.0)})
    data, user = drawn_photo(1, exif=facts), UserFactory()
    image = ingest.add(
        data,
        landmark=landmark,
        author="An",
        licence="CC0",
        licence_url="https://example.org/cc0",
        source_url="https://example.org/1",
        contributed_by=user,
    )
    image = LandmarkImage.objects.get(pk=image.pk)
    assert (image.state, image.landmark, image.contributed_by) == ("candidate", landmark, user)
    assert (image.author, image.licence) == ("An", "CC0 1.0")
    assert image.licence_url == "https://example.org/cc0"
    assert (image.width, image.height) == (640, 480)
    assert image.taken_at == datetime(2024, 5, 6, 0, 8, 9, tzinfo=UTC)
    assert (image.taken_latitude, image.taken_longitude) == (pytest.approx(21.025), pytest.approx(105.85))
    assert storage.original_bytes(image) == data
    assert image.original.name.endswith(f"{image.sha256}.jpg")
    assert not image.photo
    assert not image.thumbnail
    assert quality.Quality(*(getattr(image, figure.name) for figure in fields(quality.Quality))) == (
        quality.measure(ingest.as_measured(data))
    )
    assert image.lettering is image.face_share is None  # there is no time for that yet


@pytest.mark.parametrize(("format", "extension"), [("PNG", "png"), ("HEIF", "heic"), ("AVIF", "avif")])
def test_an_original_is_named_for_what_it_is(landmark, format, extension):
    assert ingest.add(drawn_photo(1, format=format), landmark=landmark).original.name.endswith(
        f".{extension}"
    )


def test_a_file_that_is_there_already_is_a_duplicate_of_the_first(landmark):
    first = ingest.add(drawn_photo(1), landmark=landmark)
    with pytest.raises(ingest.Duplicate) as refused:
        ingest.add(drawn_photo(1), landmark=LandmarkFactory())
    assert refused.value.existing == first
    assert str(first) in str(refused.value)


def test_of_two_who_add_one_file_at_once_the_second_is_told_and_leaves_nothing(landmark, monkeypatch):
    data = drawn_photo(1)
    first = ingest.add(data, landmark=landmark)
    before, there = originals(), ingest._there
    answers = iter([lambda digests: {}, there])  # looked before the first was there
    monkeypatch.setattr(ingest, "_there", lambda digests: next(answers)(digests))
    with pytest.raises(ingest.Duplicate) as refused:
        ingest.add(data, landmark=landmark)
    assert refused.value.existing == first
    assert originals() == before
    assert storage.original_bytes(first) == data


def test_rows_that_cannot_be_saved_leave_no_file(landmark, monkeypatch):
    ingest.add(drawn_photo(1), landmark=landmark)
    before = originals()

    def fail(*_args, **_kwargs):
        raise DatabaseError

    monkeypatch.setattr(LandmarkImageQuerySet, "bulk_create", fail)
    with pytest.raises(DatabaseError):
        # Seeds of its own: what other tests left of the same picture would be taken away with it.
        ingest.add_all([ingest.Draft(drawn_photo(seed), landmark=landmark) for seed in (90_210, 90_211)])
    assert originals() == before


def test_of_many_each_has_its_own_fate_and_one_that_is_refused_holds_up_none(landmark):
    there = ingest.add(drawn_photo(9), landmark=landmark)
    again = drawn_photo(1)
    outcomes = ingest.add_all(
        [
            ingest.Draft(again, source_url="javascript:alert(1)"),
            ingest.Draft(b"nonsense"),
            ingest.Draft(again, landmark=landmark),
            ingest.Draft(drawn_photo(9)),
            ingest.Draft(drawn_photo(2), author="\0"),
            ingest.Draft(again),
            ingest.Draft(encoded(drawn_picture(1), quality=40)),
            ingest.Draft(drawn_photo(3), group="g"),
            ingest.Draft(drawn_photo(4), group="g"),
        ]
    )
    wrong, nonsense, first, known, zero, twice, near, lead, follower = outcomes
    assert [type(each).__name__ for each in (wrong, nonsense, known, twice)] == [
        "ValidationError", "PhotoRefused", "Duplicate", "Duplicate",
    ]  # fmt: skip
    assert (known.existing, twice.existing) == (there, first)
    assert isinstance(zero, Exception)
    assert (first.near_duplicate_of, follower.near_duplicate_of) == (
        near,
        lead,
    )  # it waited for the wrong one
    assert (near.near_duplicate_of, lead.near_duplicate_of) == (None, None)
    assert LandmarkImage.objects.count() == 5
    assert all(storage.original_bytes(image) for image in LandmarkImage.objects.all())


def test_what_a_killed_run_left_behind_is_written_anew_where_it_is_not_whole(landmark):
    data = drawn_photo(1)
    image = ingest.add(data, landmark=landmark)
    before, name = originals(), image.original.name
    image.delete()
    Path(storage.private().path(name)).write_bytes(data[:1000])
    again = ingest.add(data, landmark=landmark)
    assert again.original.name == name
    assert storage.original_bytes(again) == data
    assert originals() == before


def test_the_nearest_of_many_are_found_by_an_index_in_a_fixed_number_of_queries(django_assert_num_queries):
    rows = LandmarkImage.objects.bulk_create(
        LandmarkImage(
            sha256=f"{number:064x}", original="none", perceptual_hash=number * 0x9E3779B97F4A7C15 % 2**63,
            width=1, height=1,
        )
        for number in range(1, 3001)
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE places_landmarkimage")
    asked = [row.perceptual_hash ^ 0b1000000010000000100000001 for row in rows[:50]]
    with django_assert_num_queries(2), CaptureQueriesContext(connection) as queries:
        found = ingest.nearest_of(asked)
    assert [near.image for near in found] == rows[:50]
    assert {near.difference for near in found} == {4}
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {queries[0]['sql']}")
        assert "images_by_bands_of_their_hash" in str(cursor.fetchall())


@pytest.mark.parametrize(
    "told", [{"source_url": "javascript:alert(1)"}, {"licence_url": "nonsense"}, {"author": "x" * 301}]
)
def test_an_attribution_that_cannot_be_kept_is_refused_before_anything_is_written(landmark, told):
    with pytest.raises(ValidationError):
        ingest.add(drawn_photo(1), landmark=landmark, **told)
    assert not LandmarkImage.objects.exists()


@pytest.mark.parametrize("data", [b"nonsense", drawn_photo(1)[:20_000]])
def test_what_cannot_be_read_to_its_end_is_refused(landmark, data):
    with pytest.raises(photo.PhotoRefused):
        ingest.add(data, landmark=landmark)
    assert not LandmarkImage.objects.exists()


@pytest.mark.parametrize(
    "copy",
    [
        encoded(drawn_picture(1), quality=40),
        encoded(drawn_picture(1).resize((320, 240)), "WEBP"),
        encoded(drawn_picture(1).point(lambda level: int(level * 0.8)), "PNG"),
    ],
    ids=["compressed", "smaller", "darker"],
)
def test_a_copy_of_a_picture_is_marked_as_a_near_duplicate(landmark, copy):
    first = ingest.add(drawn_photo(1), landmark=landmark)
    assert ingest.add(copy, landmark=landmark).near_duplicate_of == first


def test_another_picture_is_not_marked(landmark):
    ingest.add(drawn_photo(1), landmark=landmark)
    for seed in range(2, 8):
        assert ingest.add(drawn_photo(seed), landmark=landmark).near_duplicate_of is None


def test_all_copies_point_to_the_first_never_to_one_another(landmark):
    first = ingest.add(drawn_photo(1), landmark=landmark)
    second = ingest.add(drawn_photo(1, quality=60), landmark=landmark)
    third = ingest.add(drawn_photo(1, quality=59), landmark=landmark)
    told = ingest.add(drawn_photo(2), landmark=landmark, near_duplicate_of=second)
    assert [image.near_duplicate_of for image in (second, third, told)] == [first] * 3
    assert {image.group for image in (first, second, third, told)} == {first.pk}


@pytest.mark.parametrize("bits", [-(2**63), -1, 0, 1, 2**63 - 1])
def test_the_nearest_is_found_by_the_bits_that_differ_whatever_their_sign(bits):
    near = LandmarkImageFactory(perceptual_hash=bits ^ 0b1011)
    LandmarkImageFactory(perceptual_hash=bits ^ 0b11111111)
    LandmarkImageFactory(perceptual_hash=bits ^ 0b111111111)
    [found] = ingest.nearest_of([bits])
    assert (found.image, found.difference) == (near, 3)


@pytest.mark.parametrize(("bits", "is_near"), [(0b11111111, True), (0b111111111, False)])
def test_a_picture_that_differs_in_nine_bits_is_another(bits, is_near):
    LandmarkImageFactory(perceptual_hash=bits)
    assert (ingest.nearest_of([0]) != [None]) == is_near


def test_a_hash_has_64_bits_half_of_them_set():
    found = ingest.perceptual_hash(drawn_picture(1))
    assert -(2**63) <= found < 2**63
    assert (found & (2**64 - 1)).bit_count() == 32


@pytest.mark.shared_data
def test_the_near_duplicates_of_the_real_catalogue_are_found(shared_data):
    folder = shared_data / "vietnam-landmarks"
    with open(folder / "images.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    hashes = [ingest.perceptual_hash(ingest.as_measured((folder / row["path"]).read_bytes())) for row in rows]
    told, found = set(), set()
    for (one, row), (other, second) in combinations(zip(hashes, rows, strict=True), 2):
        pair = (row["path"], second["path"])
        if row["near_duplicate_group"] == second["near_duplicate_group"]:
            told.add(pair)
        if ((one ^ other) & (2**64 - 1)).bit_count() <= ingest.NEAR:
            found.add(pair)
    assert told <= found
    assert len(found - told) <= 1  # one pair that is a copy, cropped, though not told
