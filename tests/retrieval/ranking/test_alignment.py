import numpy as np
import pytest

from retrieval.ranking.alignment import FEWEST, evenly, image_onto_query, pack, unpack
from retrieval.ranking.verification import Verification

TURN = np.array([[0.8, -0.3], [0.25, 0.9]])
SHIFT = np.array([120.0, 40.0])


def places(count: int, *, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).uniform(200, 2000, (count, 2))


def matches(image: np.ndarray, *, linear: np.ndarray = TURN) -> np.ndarray:
    """Each point of the image beside where a map carries it in the query."""
    return np.column_stack([image @ linear.T + SHIFT + 400, image])


def test_matches_come_back_to_the_nearest_pixel():
    query = np.array([[0, 0.4], [65535, 12.6]], np.float32)
    image = np.array([[1.5, 3999.2], [7, 8]], np.float32)
    packed = pack(Verification(2, query, image))
    assert len(packed) == 16
    assert unpack(packed).tolist() == [[0, 0, 2, 3999], [65535, 13, 7, 8]]
    assert unpack(memoryview(packed)).tolist() == unpack(packed).tolist()


def test_points_beyond_what_is_kept_lie_at_its_edge():
    packed = pack(Verification(1, np.array([[-3.0, 70000.0]]), np.array([[1.0, 2.0]])))
    assert unpack(packed).tolist() == [[0, 65535, 1, 2]]


def test_no_matches_are_no_bytes():
    assert pack(Verification()) == b""
    assert unpack(b"").shape == (0, 4)


def test_bytes_that_are_no_matches_are_refused():
    with pytest.raises(ValueError, match="size"):
        unpack(b"12345")


def test_the_map_carries_the_image_onto_the_query_though_pixels_were_rounded():
    image = places(40)
    packed = matches(image).round().astype(np.uint16)
    assert image_onto_query(packed) == pytest.approx(np.column_stack([TURN, SHIFT + 400]), rel=0.01, abs=2)


def test_a_few_matches_fix_no_map():
    assert image_onto_query(matches(places(FEWEST))) is not None
    assert image_onto_query(matches(places(FEWEST - 1))) is None
    assert image_onto_query(np.zeros((0, 4), np.uint16)) is None


def test_points_at_one_place_or_on_one_line_fix_no_map():
    along = np.linspace(0, 1000, 20)[:, None] * [1, 2]
    assert image_onto_query(matches(along)) is None
    assert image_onto_query(matches(places(20), linear=np.array([[1.0, 1.0], [2.0, 2.0]]))) is None
    assert image_onto_query(np.full((20, 4), 7, np.uint16)) is None


def test_no_photo_is_shown_mirrored():
    assert image_onto_query(matches(places(20), linear=np.array([[-1.0, 0.0], [0.0, 1.0]]))) is None


def test_all_matches_are_drawn_where_they_are_few():
    few = matches(places(5))
    assert evenly(few, at_most=5) is few


def test_matches_in_a_crowd_do_not_push_out_those_apart():
    crowd, corners = places(200) / 100, np.array([[0, 0], [3000, 0], [0, 3000], [3000, 3000]])
    image = np.vstack([crowd, corners])
    chosen = evenly(np.column_stack([image, image]), at_most=10)
    assert len(chosen) == len(np.unique(chosen, axis=0)) == 10
    assert {tuple(row[:2]) for row in chosen} >= {(3000, 0), (0, 3000), (3000, 3000)}


def test_the_same_matches_are_chosen_each_time():
    many = matches(places(300))
    assert evenly(many, at_most=60).tolist() == evenly(many, at_most=60).tolist()
