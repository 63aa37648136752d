"""The authors' extraction, repeated: their code's numbers for an archive in their format.

delf_gld.npz holds what tensorflow/models' research/delf gives for the drawn pictures. Its network (commit 7cd29f8,
June 2019: feature_extractor.py, delf_v1.py, and slim's resnet_v1), with the values of `drawn` for its variables, was
saved as a SavedModel; its extractor (commit 85f5292: extractor.py, utils.py, datum_io.py) ran that with
delf_gld_config.pbtxt and the PCA of `projection`, max_image_size 1024, and for a box the crop with resize_factor
max(crop) / max(picture); "small" is max_image_size 120 instead, "few" max_feature_num 20. Its descriptors are kept as float16. The vectors, which the authors do not
have, are its attention times its descriptors, of the extraction repeated with a score_threshold of 0.
"""

import io
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retrieval import methods
from retrieval.methods import weights
from retrieval.methods.base import Box, Description, Method
from retrieval.methods.official import delf_gld
from retrieval.methods.official.datum import read_datum
from retrieval.methods.official.delf_gld import LEAST_SCORE, REFERENCES, SCALES, Extractor, sized, unpacked
from retrieval.methods.official.tensorflow_runtime import tensorflow
from retrieval.methods.weights import MissingWeights, UnusableWeights
from retrieval.methods.whitening import l2
from tests.retrieval.methods.drawn import scene

pytestmark = pytest.mark.weights
GOLDEN = Path(__file__).with_name("delf_gld.npz")
NAME = "delf_gld_20190411"
PICTURE = scene(3, width=190, height=150)
BOX = Box(41, 22, 150, 131)
WHOLE = Box(0, 0, 190, 150)
CHANNELS = 1024
UNITS = {"block1": (64, 3), "block2": (128, 4), "block3": (256, 6)}


def drawn(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Values for a variable of the published network, by its name there: activations keep their size."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    values = rng.standard_normal(shape, np.float32)
    if name.startswith("attention") and "conv2" in name:
        return values * np.float32(6) if name.endswith("weights") else np.full(shape, 315, np.float32)
    if len(shape) == 4:
        return values * np.float32((2 / (shape[0] * shape[1] * shape[2])) ** 0.5)
    values *= np.float32(0.1)
    if name.endswith("moving_variance"):
        return 1 + values**2
    if name.endswith("gamma"):
        return values + np.float32(0.3 if "/conv3/" in name else 1)
    return values


def projection() -> tuple[np.ndarray, np.ndarray]:
    """A mean, (1024,), and a matrix, (1024, 1024), float32, of the shapes of the archive's PCA."""
    rng = np.random.default_rng(128)
    return rng.random(CHANNELS, np.float32) / 32, rng.standard_normal((CHANNELS, CHANNELS), np.float32) / 32


def network(tf: Any) -> Callable[[Any], tuple[Any, Any]]:
    """A picture, (1, H, W, 3), -> scores and features, (1, h, w, 1) and (1, h, w, 1024): the published network."""
    variables: dict[str, Any] = {}

    def variable(name: str, shape: tuple[int, ...]) -> Any:
        if name not in variables:
            variables[name] = tf.compat.v1.Variable(tf.zeros(shape), name=name)
        return variables[name]

    def convolution(x: Any, name: str, *, size: int, to: int, stride: int = 1, relu: bool = True) -> Any:
        if size > 1:
            x = tf.pad(x, [[0, 0], [size // 2, (size - 1) // 2], [size // 2, (size - 1) // 2], [0, 0]])
        x = tf.nn.conv2d(x, variable(f"{name}/weights", (size, size, x.shape[3], to)), stride, "VALID")
        mean, variance, beta, gamma = (
            variable(f"{name}/BatchNorm/{kind}", (to,))
            for kind in ("moving_mean", "moving_variance", "beta", "gamma")
        )
        x = tf.nn.batch_normalization(x, mean, variance, beta, gamma, 1e-5)
        return tf.nn.relu(x) if relu else x

    def unit(x: Any, name: str, *, narrow: int, stride: int) -> Any:
        wide = 4 * narrow
        if x.shape[3] == wide:
            shortcut = x[:, ::stride, ::stride]
        else:
            shortcut = convolution(x, f"{name}/shortcut", size=1, to=wide, stride=stride, relu=False)
        y = convolution(x, f"{name}/conv1", size=1, to=narrow)
        y = convolution(y, f"{name}/conv2", size=3, to=narrow, stride=stride)
        return tf.nn.relu(shortcut + convolution(y, f"{name}/conv3", size=1, to=wide, relu=False))

    def run(x: Any) -> tuple[Any, Any]:
        x = convolution(x, "resnet_v1_50/conv1", size=7, to=64, stride=2)
        x = tf.nn.max_pool2d(x, 3, 2, "SAME")
        for block, (narrow, count) in UNITS.items():
            for at in range(1, count + 1):
                name = f"resnet_v1_50/{block}/unit_{at}/bottleneck_v1"
                x = unit(x, name, narrow=narrow, stride=2 if at == count else 1)
        head = "attention_block/attention/compute"
        y = convolution(x, f"{head}/conv1", size=1, to=512)
        score = tf.nn.conv2d(y, variable(f"{head}/conv2/weights", (1, 1, 512, 1)), 1, "VALID")
        return tf.nn.softplus(score + variable(f"{head}/conv2/biases", (1,))), x

    return run


def save(folder: Path) -> None:
    """The published graph, as the authors' code of 2019 builds and saves it."""
    tf = tensorflow()
    v1 = tf.compat.v1
    v1.disable_control_flow_v2()  # loops as TensorFlow had them then
    with v1.Graph().as_default(), v1.Session() as session:
        picture = v1.placeholder(tf.uint8, [None, None, 3], "input_image")
        scales = v1.placeholder(tf.float32, [None], "input_scales")
        most = v1.placeholder(tf.int32, [], "input_max_feature_num")
        least = v1.placeholder(tf.float32, [], "input_abs_thres")
        pixels = (tf.cast(picture, tf.float32)[None] - 128) / 128
        size = tf.cast(tf.shape(picture)[:2], tf.float32)
        run = network(tf)
        run(pixels)  # so that the variables stand outside the loop

        def cells(scale: Any) -> tuple[Any, ...]:
            resized = v1.image.resize_bilinear(pixels, tf.cast(tf.round(size * scale), tf.int32))
            scores, features = run(resized)
            rows, columns = tf.shape(features)[1], tf.shape(features)[2]
            y, x = tf.meshgrid(tf.range(rows), tf.range(columns), indexing="ij")
            centres = tf.cast(tf.reshape(tf.stack([y, x, y, x], axis=2), [-1, 4]), tf.float32) * 32
            boxes = (centres + [-145, -145, 145, 145]) / scale
            scores = tf.reshape(scores, [-1])
            enough = scores >= least
            found = boxes, tf.reshape(features, [-1, CHANNELS]), tf.fill(tf.shape(scores), 1 / scale), scores
            return tuple(tf.boolean_mask(value, enough) for value in found)

        def more(at: Any, *found: Any) -> tuple[Any, ...]:
            return at + 1, *(tf.concat(pair, 0) for pair in zip(found, cells(scales[at]), strict=True))

        none = tuple(tf.zeros(shape) for shape in ((0, 4), (0, CHANNELS), (0,), (0,)))
        shapes = tuple(map(tf.TensorShape, ((), (None, 4), (None, CHANNELS), (None,), (None,))))
        _, *found = tf.while_loop(
            lambda at, *found: at < tf.shape(scales)[0],
            more,
            (tf.constant(0), *none),
            shape_invariants=shapes,
        )
        best = tf.image.non_max_suppression(found[0], found[3], tf.minimum(most, tf.shape(found[3])[0]), 1.0)
        names = ("boxes", "features", "scales", "scores")
        outputs = {name: tf.gather(value, best) for name, value in zip(names, found, strict=True)}
        outputs["scores"] = outputs["scores"][:, None]
        outputs = {name: tf.identity(value, name=name) for name, value in outputs.items()}
        inputs = {tensor.op.name: tensor for tensor in (picture, scales, most, least)}
        values = {one.initial_value: drawn(one.op.name, tuple(one.shape)) for one in v1.global_variables()}
        session.run(v1.global_variables_initializer(), values)
        v1.saved_model.simple_save(session, str(folder), inputs, outputs)
    v1.enable_control_flow_v2()


def datum(array: np.ndarray) -> bytes:
    """The array as a DatumProto."""

    def varint(value: int) -> bytes:
        return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)

    def field(number: int, value: bytes) -> bytes:
        return bytes([number << 3 | 2]) + varint(len(value)) + value

    shape, values = b"".join(map(varint, array.shape)), array.astype("<f4").tobytes()
    return field(1, field(1, shape)) + field(2, field(1, values))


def pack(folder: Path, archive: Path) -> Path:
    with tarfile.open(archive, "w:gz", compresslevel=0) as files:  # random numbers do not shrink
        files.add(folder, arcname=NAME)
    return archive


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """What the archive holds."""
    folder = tmp_path_factory.mktemp("delf") / NAME
    save(folder / "model")
    (folder / "pca").mkdir()
    mean, matrix = projection()
    (folder / "pca" / "mean.datum").write_bytes(datum(mean))
    (folder / "pca" / "pca_proj_mat.datum").write_bytes(datum(matrix))
    return folder


@pytest.fixture(scope="module")
def archive(folder) -> Path:
    return pack(folder, folder.with_name(f"{NAME}.tar.gz"))


@pytest.fixture(scope="module")
def method(archive) -> Method:
    """DELF as somebody runs it who has fetched the archive."""
    weights.record(archive)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEIGHTS_DIR", str(archive.parent))
        return methods.find("delf", checkpoint=NAME)()


def assert_same(found: Description, key: str, *, box: Box = WHOLE) -> None:
    """Each of the authors' features is there, and no other, in whatever order equal scores come."""
    with np.load(GOLDEN) as golden:
        places, descriptors, at, scores = (
            golden[f"{key}-{kind}"] for kind in ("locations", "descriptors", "scales", "attention")
        )
        vector = golden[f"{key}-vector"]
    expected = np.column_stack([places[:, ::-1] + [box.left, box.top], 1000 / at])
    local = found.local
    assert local is not None
    assert len(local) == len(expected)
    named = np.column_stack([local.keypoints, 1000 * SCALES[-1] * local.scales])
    distances = np.linalg.norm(expected[:, None] - named[None], axis=2)
    same = distances.argmin(axis=1)
    assert len(set(same)) == len(same)
    cosines = (local.descriptors[same] * l2(descriptors.astype(np.float32))).sum(axis=1)
    print(
        f"{key}: {len(same)} features, farthest keypoint {distances.min(axis=1).max():.5f} px, "
        f"least cosine {cosines.min():.7f}, of the vectors {found.vector @ vector:.7f}"
    )
    assert distances.min(axis=1).max() < 0.5
    assert cosines.min() > 0.999
    assert found.vector @ vector > 0.9999
    np.testing.assert_allclose(local.scores[same], scores, rtol=1e-4)
    assert (np.diff(local.scores) <= 0).all()
    arrays = (found.vector, local.keypoints, local.scales, local.scores, local.descriptors)
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}
    assert local.size == (190, 150)


def test_the_features_of_a_picture_are_the_authors(method):
    assert_same(method.describe(PICTURE), "whole")


def test_a_box_is_cut_out_and_its_keypoints_are_put_back_into_the_picture(method):
    assert_same(method.describe(PICTURE, box=BOX), "box", box=BOX)


def test_a_large_picture_and_its_boxes_are_made_smaller_alike(method, monkeypatch):
    monkeypatch.setattr(delf_gld, "LONGEST", 120)
    assert_same(method.describe(PICTURE), "small")
    assert_same(method.describe(PICTURE, box=BOX), "small_box", box=BOX)


def test_no_more_features_are_kept_than_the_strongest(method, monkeypatch):
    monkeypatch.setattr(delf_gld, "MOST", 20)
    assert_same(method.describe(PICTURE), "few")


def test_a_description_is_as_the_checkpoint_says(method):
    assert [method.checkpoint] == list(REFERENCES)
    found = method.describe(PICTURE)
    assert found.vector.shape == (method.checkpoint.dimensions,)
    assert found.local.descriptors.shape[1] == method.checkpoint.local_dimensions


@pytest.mark.parametrize("size", [(1, 1), (300, 8), (10, 10)])
def test_tiny_pictures_have_a_vector_and_those_under_ten_pixels_no_features(method, size):
    found = method.describe(np.zeros((size[1], size[0], 3), np.uint8))
    assert np.linalg.norm(found.vector) == pytest.approx(1, abs=1e-4)
    assert (found.local.scores >= LEAST_SCORE).all()
    assert len(found.local) == 0 or min(size) >= 10


def test_keypoints_lie_in_their_picture_whatever_its_size(method):
    keypoints = method.describe(PICTURE[:149, :187]).local.keypoints
    assert (keypoints >= 0).all()
    assert (keypoints <= [186, 148]).all()


def test_nothing_is_enlarged_and_sizes_are_rounded():
    picture = np.zeros((150, 201, 3), np.uint8)
    assert sized(picture, scale=1) is picture
    assert sized(picture, scale=0.5).shape == (75, 100, 3)


def test_an_archive_is_unpacked_once_beside_itself(archive, method):
    before = sorted(archive.parent.iterdir())
    inside = unpacked(archive)
    (inside / "seen").touch()
    assert unpacked(archive) == inside
    assert (inside / "seen").exists()
    assert sorted(archive.parent.iterdir()) == before
    assert inside.parent.parent == archive.parent


def refusal(archive: Path, *, naming: Path | None = None) -> str:
    """naming: what the error must name; None is the archive itself."""
    with pytest.raises(UnusableWeights) as raised:
        Extractor(archive)
    assert str(naming or archive) in str(raised.value)
    return str(raised.value)


def test_an_archive_that_changed_since_it_was_fetched_is_not_opened(tmp_path, monkeypatch):
    monkeypatch.setenv("WEIGHTS_DIR", str(tmp_path))
    archive = tmp_path / f"{NAME}.tar.gz"
    archive.write_bytes(b"as fetched")
    weights.record(archive)
    archive.write_bytes(b"as changed")
    with pytest.raises(MissingWeights, match=f"{NAME}.tar.gz has changed since it was fetched"):
        methods.find("delf", checkpoint=NAME)()


@pytest.mark.parametrize("kept", [0, 10, 5_000_000])
def test_an_archive_cut_off_is_called_incomplete_and_leaves_nothing(archive, tmp_path, kept):
    cut = tmp_path / archive.name
    with archive.open("rb") as whole:
        cut.write_bytes(whole.read(kept))
    assert "incomplete or damaged" in refusal(cut)
    assert list(tmp_path.iterdir()) == [cut]


def test_an_archive_that_would_write_elsewhere_is_refused(tmp_path):
    archive = tmp_path / f"{NAME}.tar.gz"
    with tarfile.open(archive, "w:gz") as files:
        files.addfile(tarfile.TarInfo("../escaped"), io.BytesIO())
    assert "not safe to unpack" in refusal(archive)
    assert list(tmp_path.iterdir()) == [archive]


def test_an_archive_of_something_else_is_refused(tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    with tarfile.open(archive := tmp_path / f"{NAME}.tar.gz", "w:gz") as files:
        files.add(other, arcname="delf_v1_20171026")
    assert f"holds no folder {NAME}" in refusal(archive)


@pytest.fixture
def own_copy(folder, archive, tmp_path) -> Path:
    """An archive of the test's own, whose unpacked folder it may change."""
    copy = tmp_path / archive.name
    copy.symlink_to(archive)
    return copy


@pytest.mark.parametrize(
    ("name", "array", "reason"),
    [
        ("mean.datum", np.zeros(40), "no projection of 40 to 128"),
        ("pca_proj_mat.datum", np.zeros((40, CHANNELS)), "no projection of 1024 to 128"),
        ("mean.datum", None, "incomplete"),
    ],
)
def test_a_pca_of_another_network_is_refused_with_what_is_wrong(own_copy, name, array, reason):
    file = unpacked(own_copy) / "pca" / name
    file.write_bytes(file.read_bytes()[:1000] if array is None else datum(array))
    assert reason in refusal(own_copy, naming=file.parent)


def test_a_network_without_its_variables_is_called_incomplete(own_copy):
    model = unpacked(own_copy) / "model"
    [values] = (model / "variables").glob("variables.data*")
    values.write_bytes(values.read_bytes()[:1_000_000])
    assert "incomplete or damaged" in refusal(own_copy, naming=model)


def test_a_saved_model_without_the_tensors_of_delf_is_refused_with_their_names(own_copy):
    tf = tensorflow()
    model = unpacked(own_copy) / "model"
    with tf.compat.v1.Graph().as_default(), tf.compat.v1.Session() as session:
        image = tf.compat.v1.placeholder(tf.uint8, [None, None, 3], "input_image")
        for path in sorted(model.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        model.rmdir()
        tf.compat.v1.saved_model.simple_save(session, str(model), {"i": image}, {"o": image + 1})
    assert "input_abs_thres" in refusal(own_copy, naming=model)


def test_a_saved_model_of_tensorflow_2_is_refused(own_copy):
    tf = tensorflow()
    model = unpacked(own_copy) / "model"
    tf.saved_model.save(tf.Module(), str(model))
    assert "not a graph of DELF" in refusal(own_copy, naming=model)


@pytest.mark.parametrize(
    "data", [b"", b"\x0a", datum(np.ones(3))[:-1], datum(np.ones((2, 3))).replace(b"\x02\x03", b"\x02\x04")]
)
def test_a_damaged_array_is_refused_by_name(tmp_path, data):
    path = tmp_path / "mean.datum"
    path.write_bytes(data)
    with pytest.raises(UnusableWeights, match="mean.datum"):
        read_datum(path)


def test_arrays_are_read_packed_or_value_by_value(tmp_path):
    path = tmp_path / "mean.datum"
    path.write_bytes(datum(np.arange(300)))
    np.testing.assert_array_equal(read_datum(path), np.arange(300, dtype=np.float32))
    ones = np.float32(1).tobytes()
    path.write_bytes(b"\x0a\x02\x08\x02" + b"\x12\x0a" + (b"\x0d" + ones) * 2)
    np.testing.assert_array_equal(read_datum(path), np.ones(2, np.float32))


def test_the_reference_names_its_authors_archive():
    [checkpoint] = REFERENCES
    [name] = checkpoint.files
    assert weights.FILES[name].address == f"https://storage.googleapis.com/delf/{NAME}.tar.gz"
    assert weights.FILES[name].filename == f"{NAME}.tar.gz"
