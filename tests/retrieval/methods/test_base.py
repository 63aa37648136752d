import numpy as np
import pytest

from retrieval.methods.base import Box, LocalFeatures


def features(
    count: int = 1000, *, width: int = 4000, height: int = 3000, dimensions: int = 40
) -> LocalFeatures:
    rng = np.random.default_rng(0)
    descriptors = rng.normal(size=(count, dimensions)).astype(np.float32)
    descriptors /= np.linalg.norm(descriptors, axis=1, keepdims=True)
    return LocalFeatures(
        keypoints=(rng.random((count, 2)) * [width, height]).astype(np.float32),
        scales=rng.choice([0.125, 0.25, 2**-0.5, 1], count).astype(np.float32),
        scores=np.sort(rng.uniform(1, 90, count))[::-1].astype(np.float32),
        descriptors=descriptors,
        size=(width, height),
    )


def test_a_box_knows_its_sides():
    assert (Box(10, 20, 40, 100).width, Box(10, 20, 40, 100).height) == (30, 80)


def test_fractions_become_pixels():
    assert Box.from_fractions(0.25, 0, 1, 0.5, width=800, height=601) == Box(200, 0, 800, 300)


def test_a_box_is_cut_at_the_edges_of_its_image():
    assert Box(-5, 10, 900, 700).clip(width=800, height=600) == Box(0, 10, 800, 600)


@pytest.mark.parametrize(
    "box", [Box(800, 0, 900, 100), Box(5, 5, 5, 50), Box(50, 50, 20, 80), Box(-20, -20, 0, 0)]
)
def test_a_box_that_shows_nothing_is_refused(box):
    with pytest.raises(ValueError, match="shows nothing"):
        box.clip(width=800, height=600)


def test_packed_features_come_back_within_the_stated_errors():
    before = features()
    after = LocalFeatures.from_bytes(before.to_bytes())
    assert np.abs(after.keypoints - before.keypoints).max() < 4000 / 131070 + 1e-3
    assert (after.descriptors * before.descriptors).sum(axis=1).min() > 1 - 1e-3
    assert (after.descriptors * before.descriptors).sum(axis=1).mean() > 1 - 2e-4
    np.testing.assert_allclose(np.linalg.norm(after.descriptors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(after.scales, before.scales, rtol=1 / 2048)
    np.testing.assert_allclose(after.scores, before.scores, rtol=1 / 2048)
    arrays = (after.keypoints, after.scales, after.scores, after.descriptors)
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}
    assert after.size == (4000, 3000)


def test_a_thousand_features_take_48_kilobytes():
    assert len(features().to_bytes()) == 48_024


def test_a_keypoint_of_the_widest_picture_moves_half_a_pixel_at_most():
    before = features(width=65_000, height=100)
    after = LocalFeatures.from_bytes(before.to_bytes())
    assert np.abs(after.keypoints - before.keypoints).max() <= 0.5


def test_no_features_are_packed_as_none():
    none = LocalFeatures.from_bytes(features(0).to_bytes())
    assert (len(none), none.size) == (0, (4000, 3000))


def test_features_are_read_from_a_databases_memoryview():
    assert len(LocalFeatures.from_bytes(memoryview(features(7).to_bytes()))) == 7


@pytest.mark.parametrize(
    "change", [lambda b: b[:5], lambda b: b[:-1], lambda b: b"XX" + b[2:], lambda b: b[:2] + b"\x63" + b[3:]]
)
def test_bytes_that_are_not_packed_features_are_refused(change):
    with pytest.raises(ValueError, match="not packed local features"):
        LocalFeatures.from_bytes(change(features(3).to_bytes()))
