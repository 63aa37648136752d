import numpy as np
import pytest

from retrieval.evaluation import confusions
from retrieval.evaluation.confusions import Confusion, measure


def at(*degrees: float) -> np.ndarray:
    """Unit vectors in a plane, so that the similarity of two is the cosine of the angle between them."""
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def measured(photos: list[tuple[float, int]], *, groups: list[int] | None = None, **options):
    """Photos as (degrees, landmark), each a group of its own unless told."""
    degrees, landmarks = zip(*photos, strict=True)
    return measure(at(*degrees), np.array(landmarks), np.array(groups or range(len(photos))), **options)


def test_photos_are_counted_whose_nearest_shows_the_other_landmark_in_both_directions():
    # 40 is nearer to 44 of the other landmark than to 30 of its own, and 44 nearer to 40 than to 60.
    found = measured([(0, 7), (30, 7), (40, 7), (44, 9), (60, 9), (70, 9)])
    assert list(found) == [(7, 9)]
    assert found[7, 9] == Confusion(
        confusions=2, photos=6, similarity=pytest.approx(np.cos(np.radians(4))), nearest=(2, 3)
    )


def test_landmarks_apart_are_not_confused():
    assert measured([(0, 1), (5, 1), (80, 2), (85, 2)]) == {}


def test_the_lower_landmark_stands_first_wherever_its_photos_stand():
    found = measured([(4, 9), (0, 3), (40, 3), (44, 9)])
    assert list(found) == [(3, 9)]
    assert found[3, 9].confusions == 4
    assert found[3, 9].nearest in ((1, 0), (2, 3))


def test_near_duplicates_are_never_nearest_to_each_other():
    # Without its copy under the other landmark, 0 is nearest to -10 of its own.
    photos = [(0, 1), (-10, 1), (1, 2), (60, 2), (65, 2)]
    assert measured(photos)[1, 2].confusions == 2
    found = measured(photos, groups=[0, 1, 0, 3, 4])
    assert found[1, 2].confusions == 1  # the copy, whose landmark has nothing else there
    assert found[1, 2].nearest == (1, 2)


def test_landmarks_that_overlap_are_passed_over_as_if_they_were_not_there():
    photos = [(0, 1), (40, 1), (1, 2), (60, 2), (44, 3), (75, 3)]
    for overlaps in ([(1, 2)], [(2, 1)]):
        found = measured(photos, overlaps=overlaps)
        assert (1, 2) not in found
        # 40 is nearest to 44, and 44 to 40; 0, which was nearest to 1, has 40 of its own.
        assert found[1, 3].confusions == 2


def test_a_photo_alone_of_its_landmark_is_not_looked_at_but_may_be_taken_for_another():
    found = measured([(0, 1), (-20, 1), (2, 2)])
    assert found[1, 2].confusions == 1
    assert found[1, 2].photos == 2


def test_of_two_as_near_a_photos_own_landmark_is_the_nearest():
    assert measured([(10, 1), (10, 1), (10, 2), (10, 2)]) == {}


def test_a_pair_asked_about_is_measured_though_none_of_it_is_confused():
    found = measured([(0, 1), (5, 1), (60, 2), (65, 2)], also=[(1, 2), (2, 8)])
    assert found[1, 2] == Confusion(
        confusions=0, photos=4, similarity=pytest.approx(np.cos(np.radians(55))), nearest=(1, 2)
    )
    assert found[2, 8] == Confusion(confusions=0, photos=0, similarity=0.0, nearest=None)


def test_landmarks_whose_photos_are_all_near_duplicates_have_no_nearest_photos():
    found = measured([(0, 1), (5, 2)], groups=[0, 0], also=[(1, 2)])
    assert found[1, 2] == Confusion(confusions=0, photos=0, similarity=0.0, nearest=None)


def test_without_photos_nothing_is_found():
    assert measure(np.zeros((0, 2), np.float32), np.zeros(0, int), np.zeros(0, int)) == {}


def test_blocks_change_nothing_and_progress_ends_with_all(monkeypatch):
    dice = np.random.default_rng(0)
    vectors = dice.normal(size=(50, 3)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = vectors, dice.integers(0, 5, 50), np.arange(50)
    whole = measure(*rows)
    monkeypatch.setattr(confusions, "BLOCK", 7)
    told: list[tuple[int, int]] = []
    assert measure(*rows, progress=lambda stage, done, total: told.append((done, total))) == whole
    assert told[-1] == (50, 50)


def test_the_counts_are_those_of_each_photo_ranked_by_itself():
    dice = np.random.default_rng(1)
    vectors = dice.normal(size=(40, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    landmarks = dice.integers(0, 4, 40)
    similarities = vectors @ vectors.T
    np.fill_diagonal(similarities, -2)
    nearest = landmarks[similarities.argmax(axis=1)]
    for (one, other), found in measure(vectors, landmarks, np.arange(40)).items():
        there = ((landmarks == one) & (nearest == other)) | ((landmarks == other) & (nearest == one))
        assert found.confusions == there.sum()
