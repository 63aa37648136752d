from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from retrieval.methods.base import Checkpoint, Description, LocalFeatures, Method
from retrieval.training import matches
from retrieval.training.matches import INLIERS, Matches, find_matches, match_photos
from retrieval.training.photos import Photos
from tests.retrieval.methods.drawn import scene
from tests.retrieval.ranking.features import scattered, seen_from_elsewhere
from tests.retrieval.training.small import DrawnMaps

WEST, MIDDLE, EAST, ELSEWHERE = range(4)
NO_DUPLICATES = (0, 1, 2, 3)


def together(*parts: LocalFeatures) -> LocalFeatures:
    arrays = (np.concatenate([getattr(part, name) for part in parts]) for name in FIELDS)
    return LocalFeatures(*arrays, size=parts[0].size)


FIELDS = ("keypoints", "scales", "scores", "descriptors")


def moved(features: LocalFeatures) -> LocalFeatures:
    return seen_from_elsewhere(features, linear=[[0.9, 0.1], [-0.1, 0.9]], shift=(30, 90))


@pytest.fixture
def local():
    """Of a long street: its west end, its middle with a part of both ends, its east end; and another street."""
    west, east = scattered(40, seed=1), scattered(40, seed=2)
    return [west, together(moved(west), east), moved(east), scattered(40, seed=3)]


@pytest.fixture
def vectors():
    return np.eye(4, dtype=np.float32)


def test_photos_that_share_a_view_are_pairs(vectors, local):
    found = find_matches(vectors, local, duplicate_groups=NO_DUPLICATES)
    assert found.pairs.tolist() == [[WEST, MIDDLE], [MIDDLE, EAST]]


def test_what_pairs_join_is_one_cluster_though_its_ends_share_nothing(vectors, local):
    assert find_matches(vectors, local, duplicate_groups=NO_DUPLICATES).clusters.tolist() == [0, 0, 0, 3]


def test_clusters_that_meet_late_become_one(vectors, local):
    order = [EAST, WEST, ELSEWHERE, MIDDLE]
    found = find_matches(vectors, [local[one] for one in order], duplicate_groups=NO_DUPLICATES)
    assert found.pairs.tolist() == [[0, 3], [1, 3]]
    assert found.clusters.tolist() == [0, 0, 2, 0]


def test_near_duplicates_join_a_cluster_and_make_no_pair(vectors, local):
    found = find_matches(vectors, local, duplicate_groups=(7, 7, 2, 3))
    assert found.pairs.tolist() == [[MIDDLE, EAST]]
    assert found.clusters.tolist() == [0, 0, 0, 3]


def test_too_few_inliers_are_nothing_to_learn_from(vectors):
    street = scattered(INLIERS - 1, seed=1)
    local = [street, moved(street), scattered(40, seed=2), scattered(40, seed=3)]
    with pytest.raises(ValueError, match="no two of 4 photos share 20 inliers"):
        find_matches(vectors, local, duplicate_groups=NO_DUPLICATES)
    found = find_matches(vectors, local, duplicate_groups=NO_DUPLICATES, inliers=INLIERS - 1)
    assert found.pairs.tolist() == [[0, 1]]


def test_near_duplicates_alone_are_nothing_to_learn_from(vectors, local):
    with pytest.raises(ValueError, match="nothing to learn from"):
        find_matches(vectors, local, duplicate_groups=(7, 7, 7, 3))


def test_a_photo_is_compared_with_its_most_similar_alone(local, monkeypatch):
    monkeypatch.setattr(matches, "NEIGHBOURS", 1)
    beside = np.array([[1, 0], [0.8, 0.6], [0, 1], [0.1, 0.99]], np.float32)
    found = find_matches(beside, local, duplicate_groups=NO_DUPLICATES)
    assert found.pairs.tolist() == [[WEST, MIDDLE]]


def test_every_pair_asks_both_ways_round():
    queries, positives = Matches(np.array([[0, 1], [1, 2]]), np.array([0, 0, 0])).both_ways
    assert queries.tolist() == [0, 1, 1, 2]
    assert positives.tolist() == [1, 2, 0, 1]


def test_progress_is_told_photo_by_photo(vectors, local):
    told = []
    find_matches(
        vectors,
        local,
        duplicate_groups=NO_DUPLICATES,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]


class Streets(Method):
    """Finds the same features in all that is bright, others in all that is dark; counts what it described."""

    name, label, summary, paper = "delf", "Streets", "Compares streets.", "none"
    checkpoint = Checkpoint("streets", "none", 3, "none", "MIT", "none")

    def __init__(self) -> None:
        self.described = 0

    def describe(self, image, *, box=None) -> Description:
        self.described += 1
        return Description(np.array([1, 0, 0], np.float32), scattered(40, seed=int(image.mean() > 100)))


@pytest.fixture
def photos(tmp_path):
    for number, brightness in enumerate((1.0, 0.9, 0.2, 0.95)):
        Image.fromarray((scene(1) * brightness).astype(np.uint8)).save(tmp_path / f"{number}.png")
    paths: tuple[Path, ...] = tuple(sorted(tmp_path.glob("*.png")))
    return Photos(paths, ("here", "there", "here", "there"), (0, 1, 2, 0))


def test_photos_are_matched_by_what_they_show_and_not_by_their_labels(
    small_trunk, photos, tmp_path, monkeypatch
):
    method = Streets()
    monkeypatch.setattr(matches.methods, "load", lambda name: method)
    stages = []
    for _time in range(2):
        found = match_photos(
            photos, DrawnMaps(), cache_dir=tmp_path / "kept", progress=lambda now, *_: stages.append(now)
        )
        assert found.pairs.tolist() == [[0, 1], [1, 3]]
        assert found.clusters.tolist() == [0, 0, 2, 0]
    assert method.described == 4
    assert list(dict.fromkeys(stages)) == ["local features", "describing", "matching"]
