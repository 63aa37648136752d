import numpy as np
import pytest

from retrieval.answering import Label
from retrieval.answering.arrays import Arrays
from retrieval.ranking import Candidate
from tests.retrieval.ranking.features import scattered

EAST, SLANT, NORTH = (1.0, 0.0), (0.6, 0.8), (0.0, 1.0)


@pytest.fixture
def catalogue() -> Arrays:
    return Arrays(
        {"gem": np.array([NORTH, EAST, SLANT, EAST], np.float32)},
        {"delf": [scattered(count, seed=1).to_bytes() if count else None for count in (5, 0, 7, 9)]},
        [Label(10, 0), Label(20, 1), Label(None, 2), Label(20, 1)],
    )


def test_the_nearest_come_in_the_order_of_their_cosine_and_equals_by_number(catalogue: Arrays):
    found = catalogue.nearest(np.array(EAST, np.float32), method="gem", k=3)
    assert found == [Candidate(1, 1), Candidate(3, 1), Candidate(2, pytest.approx(0.6))]


def test_what_is_left_out_makes_room_for_others(catalogue: Arrays):
    fewer = catalogue.without([1, 2])
    assert [c.id for c in fewer.nearest(np.array(EAST, np.float32), method="gem", k=2)] == [3, 0]
    assert [c.id for c in fewer.nearest(np.array(EAST, np.float32), method="gem", k=9)] == [3, 0]
    assert [c.id for c in catalogue.nearest(np.array(EAST, np.float32), method="gem", k=1)] == [1]
    assert catalogue.without([0, 1, 2, 3]).nearest(np.array(EAST, np.float32), method="gem", k=9) == []


def test_leaving_out_others_takes_the_first_back_in(catalogue: Arrays):
    assert catalogue.without([1]).without([0]).left_out == {0}


def test_vectors_come_by_image(catalogue: Arrays):
    found = catalogue.vectors([2, 0], method="gem")
    assert np.array_equal([found[2], found[0]], np.array([SLANT, NORTH]).astype(np.float32))
    assert catalogue.vectors([], method="gem") == {}


def test_local_features_are_unpacked_and_who_has_none_is_left_out(catalogue: Arrays):
    found = catalogue.local_features([0, 1, 3], method="delf")
    assert {image: len(features) for image, features in found.items()} == {0: 5, 3: 9}
    assert found[0].size == (800, 800)


def test_labels_are_those_of_the_images_asked_for(catalogue: Arrays):
    assert catalogue.labels({2, 3}) == {2: Label(None, 2), 3: Label(20, 1)}
    assert catalogue.labels(set()) == {}


def test_a_catalogue_without_images_finds_nothing():
    empty = Arrays({"gem": np.zeros((0, 2), np.float32)}, {"delf": []}, [])
    assert empty.nearest(np.array(EAST, np.float32), method="gem", k=5) == []
    assert empty.vectors([], method="gem") == {}
    assert empty.local_features([], method="delf") == empty.labels([]) == {}
