"""The published matcher, repeated; test_aliked.py says where its numbers come from."""

from pathlib import Path

import numpy as np
import pytest
import torch

from retrieval.methods.aliked import Aliked
from retrieval.methods.base import LocalFeatures
from retrieval.methods.lightglue import LightGlue, mutual, normalised
from retrieval.methods.lightglue_network import lightglue
from retrieval.methods.weights import UnusableWeights
from retrieval.ranking.verification import fit
from tests.retrieval.methods.drawn import scene

torch.set_num_threads(1)
GOLDEN = Path(__file__).with_name("aliked_lightglue.npz")
SIZE = (480, 352)
SIZES = {"query_size": SIZE, "image_size": SIZE}


def golden_features(name: str) -> LocalFeatures:
    golden = np.load(GOLDEN)
    scores = golden[f"{name}_scores"]
    return LocalFeatures(
        golden[f"{name}_keypoints"], np.ones_like(scores), scores, golden[f"{name}_descriptors"], SIZE
    )


def first(count: int, features: LocalFeatures) -> LocalFeatures:
    return LocalFeatures(
        features.keypoints[:count],
        features.scales[:count],
        features.scores[:count],
        features.descriptors[:count],
        features.size,
    )


def pairs_of(matches: np.ndarray) -> set[tuple[int, ...]]:
    return {tuple(pair) for pair in matches.tolist()}


@pytest.fixture(scope="module")
def whole() -> LightGlue:
    """The matcher without its shortcuts."""
    return in_precision("f32", adaptive=False)


@pytest.fixture(scope="module")
def adaptive() -> LightGlue:
    return in_precision("f32", adaptive=True)


def in_precision(precision: str, *, adaptive: bool) -> LightGlue:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("INFERENCE_PRECISION", precision)
        return LightGlue(adaptive=adaptive)


def test_the_longer_side_runs_from_minus_one_to_one():
    corners = np.array([[0, 0], [480, 352], [240, 176]], np.float32)
    ratio = 352 / 480
    np.testing.assert_allclose(normalised(corners, size=SIZE), [[-1, -ratio], [1, ratio], [0, 0]], atol=1e-6)


def test_matches_are_each_others_best_and_confident():
    scores = np.log(np.array([[0.8, 0.1, 0.01], [0.7, 0.05, 0.01], [0.01, 0.01, 0.09]]))
    rows, columns, confidence = mutual(scores)
    assert (rows.tolist(), columns.tolist()) == ([0], [0])
    assert confidence == pytest.approx([0.8])


@pytest.mark.parametrize("content", [b"", b"no weights", "another network's"])
def test_a_file_that_is_not_the_matchers_is_named(tmp_path, content):
    path = tmp_path / "lightglue.pth"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save({"input_proj.weight": torch.zeros(256, 256)}, path)
    with pytest.raises(UnusableWeights, match="lightglue.pth"):
        lightglue(path)


@pytest.mark.weights
def test_without_shortcuts_the_matches_are_those_of_the_published_code(whole):
    golden = np.load(GOLDEN)
    ours = whole.match(golden_features("a"), golden_features("b"))
    assert ours.layers == 9
    assert pairs_of(ours.pairs) == pairs_of(golden["whole_matches"])
    np.testing.assert_allclose(ours.confidence, golden["whole_confidence"], atol=1e-3)


@pytest.mark.weights
def test_adaptively_the_layers_and_matches_are_those_of_the_published_code(adaptive):
    golden = np.load(GOLDEN)
    ours = adaptive.match(golden_features("a"), golden_features("b"))
    assert ours.layers == 5
    theirs = pairs_of(golden["adaptive_matches"])
    assert len(theirs & pairs_of(ours.pairs)) >= len(theirs) - 2  # keypoints leave in multiples of 64 here
    assert len(ours) <= len(theirs) + 2


@pytest.mark.weights
def test_bfloat16_matches_as_f32_does(whole):
    exact, fast = (
        pairs_of(matcher.match(golden_features("a"), golden_features("b")).pairs)
        for matcher in (whole, in_precision("bf16", adaptive=False))
    )
    assert len(exact & fast) >= 0.95 * len(exact | fast)


@pytest.mark.weights
def test_the_order_of_the_pictures_and_of_the_keypoints_does_not_matter(whole):
    a, b = golden_features("a"), golden_features("b")
    turned = np.arange(len(b))[::-1]
    backwards = LocalFeatures(b.keypoints[turned], b.scales, b.scores[turned], b.descriptors[turned], SIZE)
    forth, back = whole.match(a, b).pairs, whole.match(backwards, a).pairs
    assert pairs_of(forth) == {(one, int(turned[other])) for other, one in back.tolist()}


@pytest.mark.weights
@pytest.mark.parametrize("shortcuts", ["whole", "adaptive"])
@pytest.mark.parametrize(("here", "there"), [(0, 5), (5, 0), (0, 0), (1, 50), (3, 2), (4, 4), (5, 90)])
def test_few_keypoints_or_none_never_raise(request, shortcuts, here, there):
    matches = request.getfixturevalue(shortcuts).match(
        first(here, golden_features("a")), first(there, golden_features("b"))
    )
    assert matches.pairs.shape == (len(matches.confidence), 2)
    assert matches.pairs.dtype == np.int64
    assert len(matches) <= min(here, there)


@pytest.mark.weights
@pytest.mark.parametrize("few", [1, 2, 4])
def test_a_picture_of_few_keypoints_spoils_no_later_one(few):
    matcher = in_precision("f32", adaptive=False)
    matcher.match(first(few, golden_features("a")), first(few, golden_features("b")))
    ours = matcher.match(golden_features("a"), golden_features("b"))
    assert pairs_of(ours.pairs) == pairs_of(np.load(GOLDEN)["whole_matches"])


@pytest.mark.weights
def test_a_street_is_recognised_from_beside_and_another_is_not(adaptive):
    extract = Aliked()
    street, beside, other = (
        extract.describe(scene(seed, width=480, height=352, shift=shift)).local
        for seed, shift in ((7, (0, 0)), (7, (40, -16)), (8, (0, 0)))
    )
    found = {}
    for name, image in (("beside", beside), ("other", other)):
        pairs = adaptive.match(street, image).pairs
        points = street.keypoints[pairs[:, 0]], image.keypoints[pairs[:, 1]]
        found[name] = fit(*points, model="homography", **SIZES)
    moved = found["beside"].image_points - found["beside"].query_points
    np.testing.assert_allclose(np.median(moved, axis=0), [40, -16], atol=0.1)
    assert found["beside"].inliers > 40
    assert found["other"].inliers < 12
