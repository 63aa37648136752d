import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from retrieval.methods import engine
from retrieval.methods.delf import StrongestCells
from retrieval.methods.gem import MultiScaleGem
from retrieval.methods.sir import AveragePooling
from retrieval.methods.whitening import l2
from tests.retrieval.methods.drawn import scene


def tiny_network():
    """The mean colour of a picture's cells, by way of an entrance that halves the sides."""
    from torch import nn

    return nn.AvgPool2d(2), nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())


def no_network():
    raise AssertionError("a kept conversion makes its network needless")


def tiny_graphs() -> dict[str, engine.Graph]:
    """A product of two matrices, and their sums by column."""
    import torch
    from torch import nn

    class Product(nn.Module):
        def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            return x @ y

    class Sums(nn.Module):
        def forward(self, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return x.sum(0), y.sum(0)

    examples = torch.rand(3, 2), torch.rand(2, 5)
    shapes = (-1, 2), (2, -1)
    return {name: engine.Graph(m, examples, shapes) for name, m in (("product", Product()), ("sums", Sums()))}


@pytest.fixture
def kept(monkeypatch, tmp_path) -> Path:
    monkeypatch.setenv("MODEL_CACHE_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("INFERENCE_DEVICE", "cpu")
    monkeypatch.setenv("INFERENCE_PRECISION", "f32")
    monkeypatch.setenv("INFERENCE_THREADS", "1")
    return tmp_path / "models"


def test_a_picture_of_any_size_goes_in_and_an_array_comes_out(kept):
    run = engine.build(tiny_network, identity="tiny")
    for size in ((64, 64), (32, 96)):
        picture = scene(1, width=size[1], height=size[0])
        output = run(picture)
        assert output.dtype == np.float32
        np.testing.assert_allclose(output, picture.mean((0, 1)), rtol=1e-4)


def test_an_output_is_not_overwritten_by_the_next_picture(kept):
    run = engine.build(tiny_network, identity="tiny")
    black = run(np.zeros((32, 32, 3), np.uint8))
    run(np.full((32, 32, 3), 255, np.uint8))
    assert (black == 0).all()


def test_a_conversion_is_kept_and_used_again(kept):
    first = engine.build(tiny_network, identity="tiny")(scene(1))
    assert sorted(path.suffix for path in kept.iterdir()) == [".bin", ".bin", ".xml", ".xml"]
    np.testing.assert_array_equal(engine.build(no_network, identity="tiny")(scene(1)), first)


def test_another_identity_is_another_conversion(kept):
    engine.build(tiny_network, identity="tiny")
    with pytest.raises(AssertionError, match="needless"):
        engine.build(no_network, identity="other")


def test_a_folder_that_cannot_be_written_costs_only_time(kept, caplog):
    kept.write_text("a file where the folder should be")
    assert engine.build(tiny_network, identity="tiny")(scene(1)).shape == (3,)
    assert "not kept" in caplog.text


def test_graphs_take_and_give_several_arrays_of_any_length_and_are_kept(kept):
    def built(graphs) -> dict[str, engine.GraphEngine]:
        return engine.build_graphs(graphs, names=("product", "sums"), identity="tiny graphs", exact=True)

    first = built(tiny_graphs)
    for rows, columns in ((4, 3), (7, 1)):
        x, y = np.ones((rows, 2), np.float32), np.full((2, columns), 3, np.float32)
        [product] = first["product"](x, y)
        np.testing.assert_array_equal(product, np.full((rows, columns), 6))
        sums = first["sums"](x, y)
        assert [each.tolist() for each in sums] == [[rows] * 2, [6] * columns]
    [again] = built(no_network)["product"](x, y)
    np.testing.assert_array_equal(again, product)


def halving() -> dict[str, engine.Chain]:
    """Takes half of what is left, at most three times, as long as it is more than a limit; ends by how often it did."""
    import torch
    from torch import nn

    class Half(nn.Module):
        def forward(self, values: torch.Tensor, limit: torch.Tensor) -> tuple[torch.Tensor, ...]:
            left = values[: (values.shape[0] + 1) // 2]
            return left.sum() > limit[0], left, limit

    class After(nn.Module):
        def __init__(self, steps: int):
            super().__init__()
            self.steps = steps

        def forward(self, values: torch.Tensor, limit: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return values * 10, torch.full((1,), self.steps, dtype=torch.int32) + 0 * limit.int()

    state, shapes = (torch.ones(7), torch.ones(1)), ((-1,), (1,))
    steps = [engine.Graph(Half(), state, shapes) for _ in range(3)]
    return {"halving": engine.Chain(steps, [engine.Graph(After(n), state, shapes) for n in range(1, 4)])}


@pytest.mark.parametrize(
    ("limit", "left", "steps"), [(9, 4, 1), (3, 2, 2), (1.5, 1, 3), (0, 1, 3)], ids=["1", "2", "3", "all"]
)
def test_a_chain_goes_on_until_a_step_says_that_it_was_the_last(limit, left, steps, kept):
    ours = engine.build_graphs(halving, names=("halving",), identity="halving", exact=True)["halving"]
    torchs = engine.TorchGraph(halving()["halving"], device="cpu")
    for run in (ours, torchs):
        values, count = run(np.ones(8, np.float32), np.array([limit], np.float32))
        assert values.tolist() == [10.0] * left
        assert count.tolist() == [steps]


@pytest.mark.weights
@pytest.mark.parametrize("make", [AveragePooling, MultiScaleGem, StrongestCells])
def test_torch_runs_a_batch_as_the_engine_runs_each_picture(make, kept, monkeypatch):
    """On a CPU here: a GPU differs in the device alone."""
    built = {}

    def remembered(network: engine.Network, *, identity: str) -> engine.Engine:
        built.update(network=network, engine=engine._OpenVinoEngine(network, identity=identity))
        return built["engine"]

    monkeypatch.setattr(engine, "build", remembered)
    make()
    batches = engine._torch_engine(built["network"], device="cpu")
    pictures = np.stack([scene(seed, width=96, height=64) for seed in range(3)])
    for output, picture in zip(batches._run(pictures), pictures, strict=True):
        np.testing.assert_allclose(output, built["engine"](picture), rtol=1e-3, atol=1e-3)


@pytest.mark.weights
def test_a_warm_process_loads_no_torch():
    code = "\n".join(
        [
            "import sys; from retrieval import methods",
            "for name in methods.available(): methods.load(name)",
            "print('torch' in sys.modules, 'django' in sys.modules)",
        ]
    )
    environment = os.environ | {"INFERENCE_DEVICE": "cpu"}
    for _ in range(2):  # the first may convert
        printed = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
        ).stdout
    assert printed.strip() == "False False"


@pytest.mark.weights
def test_bfloat16_describes_as_f32_does(monkeypatch):
    def described(precision: str) -> np.ndarray:
        monkeypatch.setenv("INFERENCE_PRECISION", precision)
        pool = MultiScaleGem()
        return np.array([np.concatenate(pool(scene(seed))) for seed in range(4)])

    exact, fast = described("f32"), described("bf16")
    exact, fast = (l2(vectors - exact.mean(axis=0)) for vectors in (exact, fast))
    assert (exact * fast).sum(axis=1).min() > 0.997


@pytest.mark.weights
@pytest.mark.shared_data
def test_real_photos_are_described_as_torch_in_float32_describes_them(shared_data):
    import torch

    from retrieval.methods import gem, weights
    from retrieval.methods.backbones import MapsGem, efficientnet_lite2
    from retrieval.methods.preprocessing import decode

    trunk = efficientnet_lite2(weights.find("efficientnet-lite2"))
    reference = torch.nn.Sequential(trunk.entrance(), MapsGem(trunk, p=gem.P)).eval()

    def eagerly(picture: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return reference(torch.tensor(picture).permute(2, 0, 1)[None].float())[0].numpy()

    photos = sorted((shared_data / "multi-view").glob("*/*.[jp][pn]g"))[::16]
    pictures = [size for photo in photos for size in gem.sizes(decode(photo.read_bytes()))]
    pool = gem.MultiScaleGem()
    exact = np.array([eagerly(picture) for picture in pictures])
    ours = np.array([pool._network(picture) for picture in pictures])
    assert len(photos) >= 4
    assert (l2(exact) * l2(ours)).sum(axis=1).min() > 0.999
