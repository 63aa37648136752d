"""What every method promises, kept with its real weights."""

import numpy as np
import pytest

from retrieval import methods
from retrieval.methods.base import Box, LocalFeatures
from tests.retrieval.methods.drawn import scene

pytestmark = pytest.mark.weights


@pytest.fixture(params=sorted(name for name, cls in methods.available().items() if cls.ranks))
def method(request):
    """A method whose vectors make a ranking."""
    return methods.load(request.param)


def test_a_vector_is_as_its_checkpoint_says(method):
    vector = method.describe(scene(1)).vector
    assert vector.shape == (method.checkpoint.dimensions,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-4)


def test_the_same_picture_is_described_the_same(method):
    first, second = method.describe(scene(1)), method.describe(scene(1))
    np.testing.assert_array_equal(first.vector, second.vector)
    if first.local is not None:
        np.testing.assert_array_equal(first.local.descriptors, second.local.descriptors)


def test_a_box_of_the_whole_picture_is_no_box(method):
    picture = scene(1)
    height, width = picture.shape[:2]
    boxed = method.describe(picture, box=Box(0, 0, width, height))
    np.testing.assert_array_equal(boxed.vector, method.describe(picture).vector)


def test_a_box_beyond_the_edges_is_cut_at_them(method):
    beyond = method.describe(scene(1), box=Box(200, -50, 9000, 9000))
    np.testing.assert_array_equal(beyond.vector, method.describe(scene(1), box=Box(200, 0, 480, 360)).vector)


def test_a_box_changes_what_is_described(method):
    boxed = method.describe(scene(1), box=Box(0, 0, 200, 200)).vector
    assert boxed @ method.describe(scene(1)).vector < 0.99


def test_an_empty_box_is_refused(method):
    with pytest.raises(ValueError, match="shows nothing"):
        method.describe(scene(1), box=Box(480, 0, 600, 100))


def test_the_same_street_seen_from_a_step_aside_is_nearer_than_another_street(method):
    here, aside, elsewhere = (
        method.describe(picture).vector for picture in (scene(1), scene(1, shift=(30, 12)), scene(2))
    )
    assert here @ aside > here @ elsewhere + 0.05


@pytest.mark.parametrize("size", [(1, 1), (300, 8), (8, 300), (33, 31), (2000, 40)])
def test_tiny_and_narrow_pictures_are_described(method, size):
    width, height = size
    description = method.describe(
        scene(1, width=640, height=480)[:height, :width].repeat(max(1, width // 640 + 1), axis=1)
    )
    assert np.isfinite(description.vector).all()
    assert np.linalg.norm(description.vector) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_picture_of_one_grey_is_described(method, value):
    description = method.describe(np.full((120, 160, 3), value, np.uint8))
    assert np.linalg.norm(description.vector) == pytest.approx(1, abs=1e-4)


def test_a_view_into_a_larger_picture_is_described_as_its_copy(method):
    large = scene(1)
    view = large[10:300:2, 20:400]
    np.testing.assert_array_equal(method.describe(view).vector, method.describe(view.copy()).vector)


@pytest.fixture(
    params=sorted(name for name, cls in methods.available().items() if cls.checkpoint.local_dimensions)
)
def looking(request):
    """A method that says it finds local features."""
    return methods.load(request.param)


def test_local_features_are_as_the_checkpoint_says_and_best_first(looking):
    features = looking.describe(scene(1, width=800, height=600)).local
    assert 100 < len(features) <= 1024
    assert features.descriptors.shape == (len(features), looking.checkpoint.local_dimensions)
    np.testing.assert_allclose(np.linalg.norm(features.descriptors, axis=1), 1, atol=1e-4)
    assert (np.diff(features.scores) <= 0).all()
    arrays = (features.keypoints, features.scales, features.scores, features.descriptors)
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}
    assert features.size == (800, 600)
    assert features.scales.min() > 0
    assert features.scales.max() <= 1


def test_keypoints_lie_in_their_picture(looking):
    features = looking.describe(scene(1, width=641, height=479)).local
    assert (features.keypoints >= 0).all()
    assert (features.keypoints <= [640, 478]).all()


def test_keypoints_of_a_box_lie_in_the_box_in_pixels_of_the_picture(looking):
    features = looking.describe(scene(1), box=Box(200, 100, 400, 300)).local
    assert (features.keypoints >= [200, 100]).all()
    assert (features.keypoints <= [399, 299]).all()


def test_packed_local_features_still_find_their_own(looking):
    features = looking.describe(scene(1)).local
    packed = LocalFeatures.from_bytes(features.to_bytes())
    nearest = (packed.descriptors[:200] @ features.descriptors.T).argmax(axis=1)
    same = (features.descriptors[nearest] * features.descriptors[:200]).sum(axis=1)
    assert (same > 0.999).all()


def test_pictures_of_nothing_and_of_hardly_a_pixel_have_features_or_none(looking):
    for picture in (np.full((120, 160, 3), 128, np.uint8), np.zeros((1, 1, 3), np.uint8), scene(1)[:8]):
        features = looking.describe(picture).local
        assert features.size == picture.shape[1::-1]
        assert len(LocalFeatures.from_bytes(features.to_bytes())) == len(features)
