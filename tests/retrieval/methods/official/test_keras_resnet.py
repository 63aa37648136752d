"""Keras' own numbers, repeated, for a file in the format that Keras publishes.

keras_resnet.npz holds what Keras 3.15.1 gives for the two drawn pictures and a box: the file of `write` as weights,
    model = keras.applications.ResNet152(include_top=False, weights=str(path))
    maps = model(keras.applications.resnet.preprocess_input(squeezed.astype("float32")[None]))
averaged over the map and divided by the length; squeezed is cv2.resize(picture, (256, 256)) with INTER_AREA on the way
down and INTER_LINEAR on the way up. A ResNet152 in torch, written from the paper, gave the same.
"""

from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

from retrieval import methods
from retrieval.methods import weights
from retrieval.methods.base import Box
from retrieval.methods.official.keras_resnet import REFERENCES, Extractor
from retrieval.methods.official.tensorflow_runtime import keras
from retrieval.methods.weights import MissingWeights, UnusableWeights
from tests.retrieval.methods.drawn import scene

pytestmark = pytest.mark.weights
GOLDEN = Path(__file__).with_name("keras_resnet.npz")
PICTURES = (scene(3, width=400, height=300), scene(4, width=150, height=200))
BOX = Box(30, 20, 130, 140)
BLOCKS = (3, 8, 36, 3)


def layers(blocks: tuple[int, ...]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Each layer with weights, in the order of Keras' files, and a convolution's shape or (channels,)."""
    yield "conv1_conv", (7, 7, 3, 64)
    yield "conv1_bn", (64,)
    before = 64
    for stage, count in enumerate(blocks):
        narrow, wide = 64 << stage, 256 << stage
        for block in range(1, count + 1):
            name = f"conv{stage + 2}_block{block}"
            yield f"{name}_1_conv", (1, 1, before, narrow)
            yield f"{name}_1_bn", (narrow,)
            yield f"{name}_2_conv", (3, 3, narrow, narrow)
            yield f"{name}_2_bn", (narrow,)
            if block == 1:
                yield f"{name}_0_conv", (1, 1, before, wide)
            yield f"{name}_3_conv", (1, 1, narrow, wide)
            if block == 1:
                yield f"{name}_0_bn", (wide,)
            yield f"{name}_3_bn", (wide,)
            before = wide


def drawn(rng: np.random.Generator, layer: str, shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    """A layer's values, which keep activations about as large as they come, through all layers."""

    def normal(*size: int) -> np.ndarray:
        return rng.standard_normal(size, np.float32)

    channels = shape[-1]
    if len(shape) == 4:
        fan_in = shape[0] * shape[1] * shape[2]
        return {
            "kernel": normal(*shape) * np.float32((2 / fan_in) ** 0.5),
            "bias": normal(channels) * np.float32(0.1),
        }
    adds = 0.3 if layer.endswith("3_bn") else 1.0  # what each block adds to what it was given
    return {
        "gamma": np.float32(adds) + np.float32(0.1) * normal(channels),
        "beta": np.float32(0.1) * normal(channels),
        "moving_mean": np.float32(0.1) * normal(channels),
        "moving_variance": 1 + (np.float32(0.1) * normal(channels)) ** 2,
    }


def write(path: Path, *, blocks: tuple[int, ...] = BLOCKS) -> Path:
    """A file as Keras 2 wrote its published ones, drawn from a seed: names and shapes theirs."""
    rng = np.random.default_rng(152)
    names = [name for name, _ in layers(blocks)]
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [name.encode() for name in names]
        file.attrs["backend"] = b"tensorflow"
        file.attrs["keras_version"] = b"2.2.4"
        for name, shape in layers(blocks):
            group = file.create_group(name)
            values = drawn(rng, name, shape)
            group.attrs["weight_names"] = [f"{name}/{kind}:0".encode() for kind in values]
            for kind, value in values.items():
                group[f"{name}/{kind}:0"] = value
    return path


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    return write(tmp_path_factory.mktemp("checkpoints") / "resnet152.h5")


@pytest.fixture(scope="module")
def extractor(file) -> Extractor:
    return Extractor(file)


@pytest.fixture
def built_before(extractor, monkeypatch):
    """The network without its weights is there: building it takes seconds."""
    monkeypatch.setattr(keras().applications, "ResNet152", lambda **options: extractor._network)


def assert_same(found: list[np.ndarray], key: str) -> None:
    """Of the vectors, and of the way from one to the other: random networks find all pictures much alike."""
    with np.load(GOLDEN) as golden:
        expected = golden[key]
    vectors = np.array(found)
    assert vectors.dtype == np.float32
    assert vectors.shape == expected.shape
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    cosines = (vectors * expected).sum(axis=1)
    way, expected_way = vectors[0] - vectors[1], expected[0] - expected[1]
    along = way @ expected_way / np.linalg.norm(way) / np.linalg.norm(expected_way)
    print(f"{key}: least cosine {cosines.min():.7f}, of the differences {along:.7f}")
    assert cosines.min() > 0.9999
    assert along > 0.9999


def test_whole_pictures_are_described_as_keras_does(extractor):
    assert_same([extractor.extract(picture) for picture in PICTURES], "whole")


@pytest.mark.usefixtures("built_before")
def test_the_published_checkpoint_is_a_choice_of_sir_whose_boxes_are_cut_out_first(file, monkeypatch):
    monkeypatch.setattr(weights, "find", lambda name: file)
    method = methods.find("sir", checkpoint="keras-resnet152-avg")()
    found = [method.describe(picture, box=BOX).vector for picture in PICTURES]
    assert_same(found, "box")
    assert found[0].shape == (method.checkpoint.dimensions,)


def refusal(path: Path) -> str:
    with pytest.raises(UnusableWeights) as raised:
        Extractor(path)
    assert str(path) in str(raised.value)
    return str(raised.value)


def test_a_file_with_another_digest_is_not_opened(tmp_path, monkeypatch):
    monkeypatch.setenv("WEIGHTS_DIR", str(tmp_path))
    (tmp_path / weights.FILES["keras-resnet152"].filename).write_bytes(b"another")
    with pytest.raises(MissingWeights, match="notop.h5 has another MD5 than the published file"):
        methods.find("sir", checkpoint="keras-resnet152-avg")()


@pytest.mark.usefixtures("built_before")
@pytest.mark.parametrize("kept", [0, 10, 1_000_000])
def test_a_file_cut_off_is_called_incomplete(file, tmp_path, kept):
    path = tmp_path / "cut.h5"
    with file.open("rb") as whole:
        path.write_bytes(whole.read(kept))
    assert "incomplete or damaged" in refusal(path)


@pytest.mark.usefixtures("built_before")
def test_a_file_of_another_network_is_refused_with_what_is_wrong(tmp_path):
    assert "not the weights of a ResNet152: Layer count mismatch" in refusal(
        write(tmp_path / "resnet26.h5", blocks=(2, 2, 2, 2))
    )


@pytest.mark.usefixtures("built_before")
def test_a_file_of_another_project_is_refused(tmp_path):
    path = tmp_path / "foreign.h5"
    with h5py.File(path, "w") as other:
        other["values"] = np.zeros(3)
    assert "not the weights of a ResNet152" in refusal(path)


def test_the_reference_names_a_file_at_its_authors_with_its_digest():
    [checkpoint] = REFERENCES
    [name] = checkpoint.files
    assert weights.FILES[name].address.startswith(
        "https://storage.googleapis.com/tensorflow/keras-applications/"
    )
    assert weights.FILES[name].md5
