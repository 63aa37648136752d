import numpy as np
import pytest

from retrieval.methods import engine, weights
from retrieval.methods.base import Box
from retrieval.methods.gem import MultiScaleGem


@pytest.fixture
def seen(monkeypatch):
    """The sizes (width, height) of the pictures that the network is given; it answers with rows of ones."""
    sizes = []

    def network(picture):
        sizes.append((picture.shape[1], picture.shape[0]))
        return np.ones(2000, np.float32)

    monkeypatch.setattr(weights, "find", lambda name: None)
    monkeypatch.setattr(engine, "build", lambda build, *, identity: network)
    return sizes


def picture(width: int, height: int) -> np.ndarray:
    return np.zeros((height, width, 3), np.uint8)


@pytest.mark.parametrize("size", [(4000, 3000), (800, 600), (200, 150)])
def test_a_whole_picture_is_seen_at_three_sizes_whatever_its_own(seen, size):
    MultiScaleGem()(picture(*size))
    assert seen == [(640, 480), (448, 352), (320, 256)]  # 453 x 339 and 320 x 240 to multiples of 32


def test_a_box_is_resized_as_its_picture_is(seen):
    MultiScaleGem()(picture(1000, 800), box=Box(0, 0, 900, 450))
    assert seen[0] == (576, 288)


def test_a_small_box_is_enlarged_to_what_still_tells_something(seen):
    MultiScaleGem()(picture(1000, 800), box=Box(100, 100, 300, 200))
    assert seen[0] == (448, 224)


def test_the_two_maps_are_pooled_each_for_itself(seen):
    last, near = MultiScaleGem()(picture(800, 600))
    assert (last.shape, near.shape) == ((1280,), (720,))
    assert np.linalg.norm(last) == pytest.approx(1, abs=1e-4)
    assert np.linalg.norm(near) == pytest.approx(1, abs=1e-4)
