"""The hostile files are many, differ, and are what they are called."""

from collections import Counter

import pytest

from tests.factories import drawn_photo
from tests.soak.fuzz import FEWEST
from tests.soak.hostile import MARK, Upload, uploads


@pytest.fixture(scope="module")
def files() -> list[Upload]:
    return list(uploads(drawn_photo(1, (640, 480))))


def test_there_are_enough_of_every_kind_and_no_two_are_called_the_same(files):
    assert len(files) >= FEWEST
    assert max(Counter(file.what for file in files).values()) == 1
    for word in (
        "cut at 99 %",
        "damaged",
        "as a JPEG",
        "photo and HTML",
        "SVG, script",
        "PNG of 65000",
        "named",
    ):
        assert any(word in file.what for file in files), word


def test_none_is_larger_than_what_a_form_takes(files, settings):
    assert max(len(file.data) for file in files) < settings.PHOTO_MAX_BYTES


def test_what_is_smuggled_in_can_be_found_again(files):
    assert sum(MARK in file.data for file in files) > 20


def test_they_are_the_same_each_time(files):
    again = list(uploads(drawn_photo(1, (640, 480))))
    assert again == files
