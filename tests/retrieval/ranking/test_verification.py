from dataclasses import replace

import numpy as np
import pytest

from retrieval.methods.base import LocalFeatures
from retrieval.ranking import verification
from retrieval.ranking.verification import (
    AFFINE,
    LEAST_MATCHES,
    Verification,
    Verifier,
    fit,
    mutual_neighbours,
    stamped,
)
from tests.retrieval.ranking.features import at, scattered, seen_from_elsewhere

SIZE = (800, 800)
SIZES = {"query_size": SIZE, "image_size": SIZE}
TURNED = ((0.5, -0.3), (0.2, 0.6))
MIRRORED = ((-1, 0), (0, 1))
FLATTENED = ((1, 0), (0, 0.02))


def all_neighbours(query: LocalFeatures, image: LocalFeatures) -> np.ndarray:
    return mutual_neighbours(query, image, max_distance=1.4)


ANYTHING = replace(AFFINE, matches=all_neighbours)


def test_a_picture_verifies_itself_with_every_feature():
    features = scattered(300, seed=1)
    assert AFFINE(features, features).inliers == 300


def test_an_affine_view_among_clutter_keeps_just_the_matches_that_move_together():
    query = scattered(60, seed=1)
    view = seen_from_elsewhere(query, linear=TURNED, shift=(200, 40))
    lost = scattered(60, seed=2).keypoints[30:]  # half of the features are found in places of no sense
    image = at(np.concatenate([view.keypoints[:30], lost]), descriptors=query.descriptors)
    found = AFFINE(query, image)
    assert 30 <= found.inliers <= 33  # a stray one may fall into place by chance
    assert found.query_points.shape == found.image_points.shape == (found.inliers, 2)
    expected = found.query_points @ np.array(TURNED).T + (200, 40)
    assert np.median(np.abs(expected - found.image_points)) < 0.01


def test_unrelated_pictures_have_no_credible_inliers():
    assert max(AFFINE(scattered(1000, seed=1), scattered(1000, seed=s)).inliers for s in range(2, 7)) < 8


def test_the_same_pair_is_verified_alike_every_time():
    query, image = scattered(500, seed=1), scattered(500, seed=2, dimensions=40)
    first, second = ANYTHING(query, image), ANYTHING(query, image)
    assert first.inliers > 3
    assert first.inliers == second.inliers
    assert np.array_equal(first.query_points, second.query_points)


def test_the_tolerance_grows_with_the_size_of_the_picture():
    query = scattered(200, seed=1)
    jitter = np.random.default_rng(3).normal(0, 4, (200, 2))
    small = at(query.keypoints + jitter, descriptors=query.descriptors)
    large = at((query.keypoints + jitter) * 5, descriptors=query.descriptors, size=4000)
    assert AFFINE(query, small).inliers == pytest.approx(AFFINE(query, large).inliers, abs=2)
    assert AFFINE(query, small).inliers > 150


@pytest.mark.parametrize("linear", [MIRRORED, FLATTENED], ids=["mirrored", "flattened"])
def test_a_view_that_no_camera_could_take_is_refused(linear: tuple):
    query = scattered(200, seed=1)
    assert AFFINE(query, seen_from_elsewhere(query, linear=linear, shift=(800, 0))).inliers == 0


def test_three_matches_are_no_evidence():
    three = scattered(3, seed=1)
    assert AFFINE(three, three).inliers == 0


@pytest.mark.parametrize("place", ["one point", "one line"])
def test_keypoints_that_fix_no_map_give_no_inliers(place: str):
    along = np.zeros((50, 2)) if place == "one point" else np.stack([np.arange(50), np.arange(50)], axis=1)
    features = at(along, descriptors=scattered(50, seed=1).descriptors)
    assert AFFINE(features, features).inliers == 0


def test_a_picture_without_features_verifies_nothing():
    assert AFFINE(scattered(0, seed=1), scattered(10, seed=2)).inliers == 0
    assert AFFINE(scattered(10, seed=1), scattered(0, seed=2)).inliers == 0


def test_matches_are_mutual_and_within_the_distance():
    image = at(np.zeros((3, 2)), descriptors=np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]]))
    near_first = [[1, 0.1, 0], [1, 0.3, 0]]  # both are nearest to the image's first, which prefers the first
    far_from_all = [[-1, -1, 0.5]]
    query = at(np.zeros((3, 2)), descriptors=np.array(near_first + far_from_all))
    assert mutual_neighbours(query, image).tolist() == [[0, 0]]
    assert mutual_neighbours(query, image, max_distance=0.05).tolist() == []


def test_equal_descriptors_match_once():
    plain = np.ones((30, 4))  # a flat sky: every feature like every other
    query, image = scattered(30, seed=1), scattered(30, seed=2)
    sky = mutual_neighbours(at(query.keypoints, descriptors=plain), at(image.keypoints, descriptors=plain))
    assert sky.tolist() == [[0, 0]]


def projected(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """(N, 2) points after a homography."""
    x, y, w = matrix @ np.vstack([points.T, np.ones(len(points))])
    return np.stack([x / w, y / w], axis=1)


def two_views(count: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Where two cameras, one beside the other and turned a little, see random points in space."""
    random = np.random.default_rng(seed)
    space = random.uniform((-3, -3, 5), (3, 3, 12), (count, 3))
    angle = 0.1
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    seen = [points[:, :2] / points[:, 2:] * 600 + 400 for points in (space, space @ turn.T + (1, 0.2, 0))]
    return seen[0], seen[1]


LEANING = np.array([[0.9, 0.1, 30], [-0.15, 1.05, 60], [0.0002, 0.0001, 1]])


def test_a_wall_seen_from_elsewhere_is_found_among_clutter_by_its_homography():
    here = scattered(100, seed=1).keypoints
    there = projected(here, LEANING)
    there[60:] = scattered(40, seed=2).keypoints
    found = fit(here, there, model="homography", **SIZES)
    assert 60 <= found.inliers <= 62
    error = projected(found.query_points, LEANING) - found.image_points
    assert np.median(np.abs(error)) < 0.01


def test_a_scene_with_depth_is_found_among_clutter_by_the_cameras_geometry_and_by_no_map():
    here, there = two_views(120, seed=1)
    there[80:] = scattered(40, seed=2).keypoints
    assert 80 <= fit(here, there, model="fundamental", **SIZES).inliers <= 90
    assert fit(here, there, model="homography", **SIZES).inliers < 40


@pytest.mark.parametrize("model", LEAST_MATCHES)
@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 7, 8, 9, 50])
@pytest.mark.parametrize("place", ["one point", "one line", "two points", "nowhere"])
def test_points_that_fix_no_geometry_give_no_inliers_and_never_raise(place: str, count: int, model):
    steps = np.arange(count, dtype=np.float32)
    points = {
        "one point": np.full((count, 2), 7.0),
        "one line": np.stack([steps * 9, steps * 4 + 3], axis=1),
        "two points": np.stack([steps % 2 * 100, steps % 2 * 50], axis=1),
        "nowhere": np.full((count, 2), np.nan),
    }[place]
    assert fit(points, points, model=model, **SIZES).inliers == 0


@pytest.mark.parametrize("model", LEAST_MATCHES)
def test_matches_without_order_are_no_evidence_of_a_place(model):
    here, there = scattered(200, seed=1).keypoints, scattered(200, seed=2).keypoints
    assert fit(here, there, model=model, **SIZES).inliers < 20


CAPTION = np.stack([np.tile(np.linspace(500, 780, 20), 2), np.repeat([760.0, 780.0], 20)], axis=1)


@pytest.mark.parametrize("model", LEAST_MATCHES)
def test_a_caption_that_two_unrelated_pictures_bear_does_not_count(monkeypatch, model):
    chance = scattered(15, seed=1).keypoints, scattered(15, seed=2).keypoints
    here, there = (np.concatenate([CAPTION, points]) for points in chance)
    assert fit(here, there, model=model, **SIZES).inliers < 15
    monkeypatch.setattr(verification, "MARGIN", 0)  # as if no strip along the edges bore marks
    assert fit(here, there, model=model, **SIZES).inliers >= 40


@pytest.mark.parametrize("model", LEAST_MATCHES)
def test_the_same_place_under_the_same_caption_counts_without_the_caption(model):
    place = scattered(60, seed=1).keypoints * 0.7 + 50
    here = np.concatenate([CAPTION, place])
    there = np.concatenate([CAPTION, place * 0.8 + (90, 20)])
    assert fit(here, there, model=model, **SIZES).inliers == 60


@pytest.mark.parametrize("model", LEAST_MATCHES)
def test_a_photo_and_its_copy_count_to_the_edges(model):
    points = scattered(300, seed=1).keypoints
    smaller = (400, 400)
    assert fit(points, points / 2, model=model, query_size=SIZE, image_size=smaller).inliers == 300


def test_a_mark_lies_at_one_share_of_both_pictures_and_near_an_edge():
    here = np.array([[780, 780], [400, 400], [780, 780], [400, 10]])
    there = np.array([[390, 390], [200, 200], [300, 300], [200, 5]])
    marks = stamped(here, there, query_size=(800, 800), image_size=(400, 400))
    assert marks.tolist() == [True, False, False, True]


@pytest.mark.parametrize("least", [1, 150, 300, 301])
def test_a_verifier_says_from_how_many_inliers_on_they_are_evidence(least: int):
    features = scattered(300, seed=1)
    found = replace(AFFINE, least=least)(features, features)
    assert (found.inliers, found.least) == (300, least)
    assert found.credible_inliers == (300 if least <= 300 else 0)


def test_a_verifier_asks_its_own_matcher_and_its_own_geometry():
    here, there = two_views(120, seed=1)
    query, image = (at(points, descriptors=np.ones((120, 4))) for points in (here, there))

    def in_order(one: LocalFeatures, other: LocalFeatures) -> np.ndarray:
        return np.stack([np.arange(len(one)), np.arange(len(other))], axis=1)

    cameras = Verifier("cameras", features="delf", matches=in_order, model="fundamental", least=20)
    assert cameras(query, image).inliers == 120
    assert replace(cameras, model="homography")(query, image).inliers < 60
    assert AFFINE(query, image).inliers == 0  # its own matcher takes equal descriptors once


def test_nothing_found_is_no_evidence():
    assert (Verification().inliers, Verification().credible_inliers) == (0, 0)
