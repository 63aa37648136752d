import numpy as np
import pytest

from retrieval.methods.base import LocalFeatures
from retrieval.ranking.verification import AFFINE
from tests.retrieval.ranking.delf_own_way import inliers_delf_own_way
from tests.retrieval.ranking.features import partly_seen, scattered

SEEN_AGAIN = [120, 15, 480, 60, 30, 240]  # of 1000


@pytest.fixture(scope="module")
def query() -> LocalFeatures:
    return scattered(1000, seed=0)


def test_true_matches_stand_in_the_order_that_delfs_own_way_puts_them_in(query: LocalFeatures):
    images = [partly_seen(query, count, seed=count) for count in SEEN_AGAIN]
    theirs = [inliers_delf_own_way(query, image) for image in images]
    ours = [AFFINE(query, image).inliers for image in images]
    assert np.argsort(ours).tolist() == np.argsort(theirs).tolist() == np.argsort(SEEN_AGAIN).tolist()
    assert theirs == pytest.approx(SEEN_AGAIN, rel=0.1, abs=2)  # it did find them: no order of accidents
    assert ours == pytest.approx(theirs, rel=0.1, abs=2)


def test_neither_way_takes_a_picture_of_other_things_for_a_match(query: LocalFeatures):
    for seed in (1, 2, 3):
        stranger = scattered(1000, seed=seed)
        assert inliers_delf_own_way(query, stranger) < AFFINE.least
        assert AFFINE(query, stranger).inliers < AFFINE.least


def test_a_picture_without_features_has_no_inliers_in_delfs_own_way_either(query: LocalFeatures):
    assert inliers_delf_own_way(scattered(0, seed=1), query) == 0
    assert inliers_delf_own_way(query, scattered(0, seed=1)) == 0
