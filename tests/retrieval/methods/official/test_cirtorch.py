"""The authors' extraction, repeated: their code's numbers for files in their format.

cirtorch.npz holds what cnnimageretrieval-pytorch (github.com/filipradenovic/cnnimageretrieval-pytorch, commit
1e66a41) gives for the two drawn pictures, saved as PNG: for each file of `write`, the file read as examples/test.py
reads it, then
    extract_vectors(net, [picture], 160, transform, bbxs=bbxs, ms=list(scales), msp=net.pool.p.item() or 1)
and, where the key ends in "lw", whitenapply(vectors, Lw["m"], Lw["P"]). Changed for today's libraries alone:
Image.ANTIALIAS is Image.LANCZOS, .cuda() does nothing, and the loader has no workers.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from retrieval import methods
from retrieval.methods import engine, weights
from retrieval.methods.base import Box
from retrieval.methods.official import cirtorch
from retrieval.methods.official.cirtorch import REFERENCES, SCALES, SCALES_WHITENED, Extractor, sized
from retrieval.methods.official.cirtorch_network import read
from retrieval.methods.official.trunks import torchvision_models
from retrieval.methods.weights import UnusableWeights
from tests.retrieval.methods.drawn import scene

pytestmark = pytest.mark.thorough

torch.set_num_threads(1)
GOLDEN = Path(__file__).with_name("cirtorch.npz")
LONGEST = 160
PICTURES = (scene(3, width=240, height=180), scene(4, width=150, height=200))
BOX = Box(30, 20, 130, 140)
P = {"vgg16": 2.5, "resnet50": 3.2, "resnet101": 2.9}


def write(path: Path, architecture: str, **options: Any) -> Path:
    """A file as the authors write theirs, drawn from a seed: names, shapes and facts theirs, values random."""
    rng = np.random.default_rng(len(architecture) + ord(architecture[-2]))
    with torch.device("meta"):
        model = getattr(torchvision_models(), architecture)(weights=None)
    is_vgg = architecture.startswith("vgg")
    layers = list(model.features)[:-1] if is_vgg else list(model.children())[:-2]
    dimensions = 512 if is_vgg else 2048
    state = {
        f"features.{name}": drawn(rng, name, tuple(tensor.shape))
        for name, tensor in torch.nn.Sequential(*layers).state_dict().items()
    }
    state["pool.p"] = torch.tensor([P[architecture]])
    facts: dict[str, Any] = {
        "architecture": architecture,
        "local_whitening": False,
        "pooling": "gem",
        "regional": False,
        "whitening": not is_vgg,
        "mean": [0.485, 0.456, 0.406],
        "std": [0.229, 0.224, 0.225],
        "outputdim": dimensions,
    }
    if is_vgg:
        facts["Lw"] = {
            "retrieval-SfM-120k": {
                count: {"m": rng.random((512, 1)) / 16, "P": rng.normal(size=(512, 512))}
                for count in ("ss", "ms")
            }
        }
    else:
        matrix = rng.standard_normal((dimensions, dimensions), np.float32) / dimensions**0.5
        state |= {
            "whiten.weight": torch.from_numpy(matrix),
            "whiten.bias": torch.from_numpy(-matrix.sum(1) / dimensions**0.5),
        }
    torch.save({"meta": facts, "state_dict": state}, path, **options)
    return path


def drawn(rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> torch.Tensor:
    """Values for one tensor that keep activations about as large as they come, through all layers."""
    if name.endswith("num_batches_tracked"):
        return torch.tensor(0)
    if len(shape) == 4:
        fan_in = shape[1] * shape[2] * shape[3]
        return torch.from_numpy(rng.standard_normal(shape, np.float32) * np.float32((2 / fan_in) ** 0.5))
    values = rng.standard_normal(shape, np.float32) * np.float32(0.1)
    if name.endswith("running_var"):
        values = 1 + values**2
    elif name.endswith("bn3.weight"):  # what each block adds
        values = 0.3 + values
    elif name.endswith("weight"):
        values = 1 + values
    return torch.from_numpy(values)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("checkpoints")
    return {name: write(folder / f"{name}.pth", name) for name in P}


@pytest.fixture
def in_torch(monkeypatch):
    """Networks run as they are built: converting them takes most of a minute."""

    def build(network: Callable[[], tuple[nn.Module, nn.Module]], *, identity: str):
        layers = nn.Sequential(*network())

        def run(picture: np.ndarray) -> np.ndarray:
            with torch.inference_mode():
                return layers(torch.tensor(picture).permute(2, 0, 1)[None].float())[0].numpy()

        return run

    monkeypatch.setattr(engine, "build", build)


def assert_same(found: list[np.ndarray], key: str) -> None:
    """Of the vectors, and of the way from one picture's to the other's.

    Random networks find all pictures much alike: an error in a scale would hardly turn the vectors alone.
    """
    with np.load(GOLDEN) as golden:
        expected = golden[key]
    vectors = np.array(found)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert (vectors * expected).sum(axis=1).min() > 0.9999
    way, expected_way = vectors[0] - vectors[1], expected[0] - expected[1]
    assert way @ expected_way > 0.9999 * np.linalg.norm(way) * np.linalg.norm(expected_way)


@pytest.mark.usefixtures("in_torch")
@pytest.mark.parametrize("box", [None, BOX])
@pytest.mark.parametrize(("architecture", "scales"), [("vgg16", SCALES), ("resnet50", SCALES_WHITENED)])
def test_several_scales_are_averaged_as_the_authors_do(files, architecture, scales, box):
    extractor = Extractor(files[architecture], scales=scales, longest=LONGEST, whitened=False)
    found = [extractor.extract(picture, box=box) for picture in PICTURES]
    assert_same(found, f"{architecture}-{'box' if box else 'ms'}")


@pytest.mark.usefixtures("in_torch")
@pytest.mark.parametrize(("run", "scales"), [("ss", (1.0,)), ("ms", SCALES)])
def test_the_whitening_beside_a_network_is_the_one_for_its_number_of_scales(files, run, scales):
    extractor = Extractor(files["vgg16"], scales=scales, longest=LONGEST)
    assert_same([extractor.extract(picture) for picture in PICTURES], f"vgg16-{run}-lw")


@pytest.mark.usefixtures("in_torch")
@pytest.mark.parametrize("architecture", ["vgg16", "resnet50"])
def test_one_scale_is_the_network_alone(files, architecture):
    extractor = Extractor(files[architecture], scales=(1.0,), longest=LONGEST, whitened=False)
    assert_same([extractor.extract(picture) for picture in PICTURES], f"{architecture}-ss")


@pytest.mark.usefixtures("in_torch")
def test_a_published_checkpoint_is_run_by_the_rules_of_its_kind(files, monkeypatch):
    monkeypatch.setattr(weights, "find", lambda name: files["resnet101"])
    monkeypatch.setattr(cirtorch, "LONGEST", LONGEST)
    method = methods.find("cnn_irwnha", checkpoint="cirtorch-gl18-tl-resnet101-gem-w")()
    assert_same([method.describe(picture).vector for picture in PICTURES], "resnet101-ms")


def test_a_converted_network_describes_pictures_of_any_size_as_the_authors_do(files, monkeypatch):
    monkeypatch.setenv("INFERENCE_DEVICE", "cpu")
    monkeypatch.setenv("INFERENCE_PRECISION", "f32")
    monkeypatch.setenv("INFERENCE_THREADS", "1")
    monkeypatch.setenv("MODEL_CACHE_DIR", os.devnull)  # nothing is kept
    extractor = Extractor(files["vgg16"], scales=SCALES, longest=LONGEST)
    assert_same([extractor.extract(picture) for picture in PICTURES], "vgg16-ms-lw")
    assert_same([extractor.extract(picture, box=BOX) for picture in PICTURES], "vgg16-box-lw")


def test_a_box_is_resized_as_its_picture_and_nothing_is_enlarged():
    picture = np.zeros((600, 800, 3), np.uint8)
    assert sized(picture, longest=400).shape == (300, 400, 3)
    assert sized(picture, longest=400, box=Box(0, 0, 200, 100)).shape == (50, 100, 3)
    assert sized(picture, longest=1024).shape == (600, 800, 3)


def test_a_file_of_the_first_days_is_read_too(files, tmp_path):
    """Neither a zip archive nor NumPy's new names of modules, nor the counts that torch once did not keep."""
    state = torch.load(files["resnet50"], weights_only=True)
    counts = [name for name in state["state_dict"] if name.endswith("num_batches_tracked")]
    for name in counts:
        del state["state_dict"][name]
    state["meta"]["Lw"] = {"retrieval-SfM-120k": {"ss": {"m": np.ones((2, 1)), "P": np.eye(2)}}}
    old = tmp_path / "old.pth"
    torch.save(state, old, _use_new_zipfile_serialization=False)
    old.write_bytes(old.read_bytes().replace(b"numpy._core.multiarray", b"numpy.core.multiarray"))
    entrance, rest = read(old, scales=(1.0,))
    assert counts
    assert rest(entrance(torch.zeros(1, 3, 64, 64))).shape == (1, 2048)


def refusal(path: Path) -> str:
    with pytest.raises(UnusableWeights) as raised:
        read(path, scales=(1.0,))
    assert str(path) in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize("kept", [0, 10, 100_000])
@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_cut_off_is_called_incomplete(tmp_path, kept, zipped):
    path = tmp_path / "cut.pth"
    whole = {"meta": {}, "state_dict": {"a": torch.zeros(100_000)}}
    torch.save(whole, path, _use_new_zipfile_serialization=zipped)
    path.write_bytes(path.read_bytes()[:kept])
    assert "incomplete or damaged" in refusal(path)


class Runs:
    def __reduce__(self):
        return os.mkdir, ("proof",)


def test_a_file_that_would_run_code_is_refused_and_runs_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "code.pth"
    torch.save({"meta": Runs(), "state_dict": {}}, path)
    assert "would run code: posix.mkdir" in refusal(path)
    assert not Path("proof").exists()


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"architecture": "resnet101"}, "not those of a resnet101"),
        ({"architecture": "alexnet"}, "no trunk 'alexnet'"),
        ({"pooling": "gemmp"}, "pooling 'gemmp'"),
        ({"regional": True}, "regional"),
        ({"whitening": True}, "without 'whiten.weight'"),
    ],
)
def test_a_file_of_another_network_is_refused_with_what_is_wrong(files, tmp_path, facts, reason):
    whole = torch.load(files["vgg16"], weights_only=False)
    path = tmp_path / "other.pth"
    torch.save({**whole, "meta": whole["meta"] | facts}, path)
    assert reason in refusal(path)


def test_a_file_of_another_project_is_refused(tmp_path):
    path = tmp_path / "foreign.pth"
    torch.save({"weights": torch.zeros(2)}, path)
    assert "no meta and state_dict" in refusal(path)


@pytest.mark.parametrize("checkpoint", REFERENCES, ids=lambda one: one.name)
def test_a_reference_names_a_file_at_its_authors(checkpoint):
    [name] = checkpoint.files
    file = weights.FILES[name]
    assert file.address.startswith("http://cmp.felk.cvut.cz/cnnimageretrieval/data/networks/")
    assert file.address.endswith(f"/{name}-{file.sha256}.pth")
    assert checkpoint.pooling.whitening == name.endswith("-w")
