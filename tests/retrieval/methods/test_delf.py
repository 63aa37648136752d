import numpy as np
import pytest

from retrieval import methods
from retrieval.methods.delf import LEAST_NORM, aggregate
from tests.retrieval.methods.drawn import blob


def test_local_features_are_aggregated_by_the_mean_of_their_cubes():
    cells = np.array([[2, 0], [0, 1]], np.float32)
    # The cubes' sums are 8 and 1, their roots 2 and 1.
    np.testing.assert_allclose(aggregate(cells), np.array([2, 1]) / 5**0.5, atol=1e-5)


@pytest.fixture
def delf():
    return methods.load("delf")


@pytest.mark.weights
def test_the_strongest_keypoints_lie_on_the_one_thing_to_see(delf):
    local = delf.describe(blob(width=640, height=480, at=(448, 160))).local
    assert np.linalg.norm(np.median(local.keypoints[:20], axis=0) - [448, 160]) < 24  # the disc's radius


@pytest.mark.weights
def test_a_picture_of_nothing_has_a_vector_but_no_local_features(delf):
    description = delf.describe(np.full((480, 640, 3), 128, np.uint8))
    assert len(description.local) == 0
    assert np.linalg.norm(description.vector) == pytest.approx(1, abs=1e-4)


@pytest.mark.weights
def test_every_kept_feature_draws_attention(delf):
    local = delf.describe(blob(width=640, height=480, at=(448, 160))).local
    assert 0 < len(local) < 1000
    assert local.scores.min() >= LEAST_NORM
