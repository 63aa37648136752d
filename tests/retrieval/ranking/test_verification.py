import numpy as np
import pytest

from retrieval.ranking.verification import match, verify
from tests.retrieval.ranking.features import at, scattered, seen_from_elsewhere

TURNED = ((0.5, -0.3), (0.2, 0.6))
MIRRORED = ((-1, 0), (0, 1))
FLATTENED = ((1, 0), (0, 0.02))


def test_a_picture_verifies_itself_with_every_feature():
    features = scattered(300, seed=1)
    assert verify(features, features).inliers == 300


def test_an_affine_view_among_clutter_keeps_just_the_matches_that_move_together():
    query = scattered(60, seed=1)
    view = seen_from_elsewhere(query, linear=TURNED, shift=(200, 40))
    lost = scattered(60, seed=2).keypoints[30:]  # half of the features are found in places of no sense
    image = at(np.concatenate([view.keypoints[:30], lost]), descriptors=query.descriptors)
    verification = verify(query, image)
    assert 30 <= verification.inliers <= 33  # a stray one may fall into place by chance
    assert verification.query_points.shape == verification.image_points.shape == (verification.inliers, 2)
    expected = verification.query_points @ np.array(TURNED).T + (200, 40)
    assert np.median(np.abs(expected - verification.image_points)) < 0.01


def test_unrelated_pictures_have_no_credible_inliers():
    assert max(verify(scattered(1000, seed=1), scattered(1000, seed=s)).inliers for s in range(2, 7)) < 8


def test_the_same_pair_is_verified_alike_every_time():
    query, image = scattered(500, seed=1), scattered(500, seed=2, dimensions=40)
    first, second = verify(query, image, max_distance=1.4), verify(query, image, max_distance=1.4)
    assert first.inliers == second.inliers
    assert np.array_equal(first.query_points, second.query_points)


def test_the_tolerance_grows_with_the_size_of_the_picture():
    query = scattered(200, seed=1)
    jitter = np.random.default_rng(3).normal(0, 4, (200, 2))
    small = at(query.keypoints + jitter, descriptors=query.descriptors)
    large = at((query.keypoints + jitter) * 5, descriptors=query.descriptors)
    assert verify(query, small).inliers == verify(query, large).inliers > 150


@pytest.mark.parametrize("linear", [MIRRORED, FLATTENED], ids=["mirrored", "flattened"])
def test_a_view_that_no_camera_could_take_is_refused(linear: tuple):
    query = scattered(200, seed=1)
    assert verify(query, seen_from_elsewhere(query, linear=linear, shift=(800, 0))).inliers == 0


def test_three_matches_are_no_evidence():
    three = scattered(3, seed=1)
    assert verify(three, three).inliers == 0


@pytest.mark.parametrize("place", ["one point", "one line"])
def test_keypoints_that_fix_no_map_give_no_inliers(place: str):
    along = np.zeros((50, 2)) if place == "one point" else np.stack([np.arange(50), np.arange(50)], axis=1)
    features = at(along, descriptors=scattered(50, seed=1).descriptors)
    assert verify(features, features).inliers == 0


def test_a_picture_without_features_verifies_nothing():
    assert verify(scattered(0, seed=1), scattered(10, seed=2)).inliers == 0
    assert verify(scattered(10, seed=1), scattered(0, seed=2)).inliers == 0


def test_matches_are_mutual_and_within_the_distance():
    image = at(np.zeros((3, 2)), descriptors=np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]]))
    near_first = [[1, 0.1, 0], [1, 0.3, 0]]  # both are nearest to the image's first, which prefers the first
    far_from_all = [[-1, -1, 0.5]]
    query = at(np.zeros((3, 2)), descriptors=np.array(near_first + far_from_all))
    assert match(query, image).tolist() == [[0, 0]]
    assert match(query, image, max_distance=0.05).tolist() == []


def test_equal_descriptors_match_once():
    plain = np.ones((30, 4))  # a flat sky: every feature like every other
    query, image = scattered(30, seed=1), scattered(30, seed=2)
    sky = match(at(query.keypoints, descriptors=plain), at(image.keypoints, descriptors=plain))
    assert sky.tolist() == [[0, 0]]
