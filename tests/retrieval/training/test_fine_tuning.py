import numpy as np
import pytest
import torch

from retrieval.methods.gem import CnnIrwnha
from retrieval.methods.whitening import Projection
from retrieval.training.fine_tuning import (
    P_RATE,
    Run,
    as_facts,
    describe,
    new_tail,
    optimiser_for,
    varied,
    vectors_of,
    write,
)
from retrieval.training.gem import Recipe
from retrieval.training.maps import VIEWS
from tests.retrieval.training.small import OUTPUTS, SIZES, DrawnMaps, photos_of, same_weights

FACTS = {"rate": 0.1, "seed": 3}


@pytest.fixture
def learned():
    torch.manual_seed(0)
    return torch.nn.Linear(3, 2)


def run_in(folder, learned, **facts) -> Run:
    optimiser = torch.optim.AdamW(learned.parameters(), lr=0.1)
    return Run(folder, facts=FACTS | facts, learned=learned, optimiser=optimiser)


def one_epoch(run: Run) -> None:
    sample = torch.from_numpy(run.rng.normal(size=3).astype(np.float32))
    run.learned(sample).sum().backward()
    run.optimiser.step()
    run.optimiser.zero_grad()
    run.end_epoch(loss=run.epoch / 8)


def test_a_stopped_run_goes_on_from_its_last_whole_epoch(learned, tmp_path):
    start = {name: value.clone() for name, value in learned.state_dict().items()}
    through = run_in(tmp_path / "through", learned)
    for _epoch in range(3):
        one_epoch(through)
    again = torch.nn.Linear(3, 2)
    again.load_state_dict(start)
    one_epoch(run_in(tmp_path / "stopped", again))
    resumed = run_in(tmp_path / "stopped", other := torch.nn.Linear(3, 2))
    assert resumed.epoch == 1
    one_epoch(resumed)
    one_epoch(resumed)
    assert same_weights(other, learned)
    curves = [(tmp_path / run / "curve.csv").read_text() for run in ("through", "stopped")]
    assert curves[0] == curves[1] == "epoch,loss\n1,0.00000\n2,0.12500\n3,0.25000\n"


def test_an_epoch_whose_state_was_not_kept_has_one_line_in_the_curve(learned, tmp_path, monkeypatch):
    run = run_in(tmp_path, learned)
    one_epoch(run)

    def stop(*_args):
        raise KeyboardInterrupt

    with monkeypatch.context() as stopped:
        stopped.setattr(torch, "save", stop)
        with pytest.raises(KeyboardInterrupt):
            one_epoch(run)
    resumed = run_in(tmp_path, torch.nn.Linear(3, 2))
    assert resumed.epoch == 1
    one_epoch(resumed)
    assert (tmp_path / "curve.csv").read_text().splitlines() == ["epoch,loss", "1,0.00000", "2,0.12500"]


@pytest.mark.parametrize("other", [{"seed": 4}, {"rate": 0.2}, {"photos": 12}])
def test_a_folder_that_holds_a_run_of_other_facts_is_refused(learned, tmp_path, other):
    one_epoch(run_in(tmp_path, learned))
    with pytest.raises(ValueError, match="holds a run of another recipe, seed or training set"):
        run_in(tmp_path, learned, **other)


def test_the_exponent_learns_faster_than_the_layers_and_is_not_drawn_to_zero(small_trunk):
    tail = new_tail()
    layers, exponent = optimiser_for(tail, rate=1e-3).param_groups
    assert exponent["params"] == [tail.p]
    assert exponent["lr"] == pytest.approx(P_RATE * layers["lr"])
    assert (exponent["weight_decay"], layers["weight_decay"] > 0) == (0, True)
    assert {id(one) for one in layers["params"]} == {id(one) for one in tail.layers.parameters()}


@pytest.mark.thorough
def test_what_learns_beside_a_tail_learns_as_fast_as_its_exponent(small_trunk):
    beside = torch.nn.Parameter(torch.zeros(2))
    groups = optimiser_for(new_tail(), rate=1e-3, beside=[beside]).param_groups
    assert groups[-1]["params"][0] is beside
    assert [group["lr"] for group in groups] == pytest.approx([1e-3, 1e-2, 1e-2])


def test_every_layer_of_a_new_tail_learns(small_trunk):
    tail = new_tail()
    assert all(value.requires_grad for value in tail.parameters())
    assert not tail.training


def test_a_varied_map_is_a_part_of_one_of_the_photos_maps(small_trunk):
    maps, photo = DrawnMaps(), photos_of("lake").paths[0]
    whole = [cells for view in range(VIEWS) for cells in maps.of(photo, view=view)]
    both = whole + [cells[:, :, ::-1] for cells in whole]
    for seed in range(20):
        part = varied(maps, photo, rng=np.random.default_rng(seed))
        height, width = part.shape[1:]
        assert height % 2 == width % 2 == 0
        assert height * width >= 0.3 * SIZES[-1][0] * SIZES[-1][1]
        assert any(holds(cells, part) for cells in both)


def holds(cells: np.ndarray, part: np.ndarray) -> bool:
    if cells.shape[1] < part.shape[1] or cells.shape[2] < part.shape[2]:
        return False
    windows = np.lib.stride_tricks.sliding_window_view(cells, part.shape[1:], axis=(1, 2))
    return bool((windows == part[:, None, None]).all((0, 3, 4)).any())


def test_the_same_dice_vary_a_map_the_same_way():
    photo = photos_of("lake").paths[0]
    one, same, other = (varied(DrawnMaps(), photo, rng=np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_every_photo_gets_one_vector_of_its_three_scales(small_trunk):
    told = []
    tail, photos = new_tail(), photos_of("lake", each=2)
    vectors = vectors_of(tail, DrawnMaps(), photos, progress=lambda *now: told.append(now))
    assert vectors.shape == (2, OUTPUTS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    scales = np.stack([describe(tail, cells).detach() for cells in DrawnMaps().of(photos.paths[0])])
    cubes = np.cbrt((scales.astype(np.float64) ** 3).mean(axis=0))
    np.testing.assert_allclose(vectors[0], cubes / np.linalg.norm(cubes), atol=1e-5)
    assert told == [("describing", 0, 2), ("describing", 1, 2), ("describing", 2, 2)]


@pytest.fixture
def projection():
    return Projection(np.zeros(OUTPUTS, np.float32), np.eye(4, OUTPUTS, dtype=np.float32))


def test_a_written_tail_holds_its_weights_its_projection_and_how_it_was_made(
    small_trunk, projection, tmp_path
):
    tail = new_tail()
    with torch.no_grad():
        tail.p += 1
    facts = as_facts(Recipe(), training_set="drawn maps", seed=5)
    sha256 = write(tail, projection, tmp_path / "new" / "tail.npz", weight=1.5, facts=facts)
    with np.load(tmp_path / "new" / "tail.npz", allow_pickle=False) as kept:
        assert (float(kept["weight"]), int(kept["seed"]), float(kept["margin"])) == (1.5, 5, 0.85)
        assert str(kept["training_set"]) == "drawn maps"
    assert len(sha256) == 64
    again = new_tail(tmp_path / "new" / "tail.npz")
    assert again.p.item() == 4
    assert Projection.read(tmp_path / "new" / "tail.npz").matrix.tolist() == projection.matrix.tolist()


def test_a_learned_tail_is_one_more_part_of_the_bundled_checkpoint(
    small_trunk, projection, tmp_path, monkeypatch
):
    monkeypatch.setenv("WEIGHTS_DIR", str(tmp_path))
    written = tmp_path / "tail.npz"
    sha256 = write(new_tail(), projection, written, weight=1, facts={"training_set": "drawn maps"})
    name = f"cnn_irwnha-{sha256[:16]}"
    written.rename(tmp_path / f"{name}.npz")
    bundled, learned = CnnIrwnha.checkpoint, CnnIrwnha.with_learned(name)
    assert learned.name == f"{bundled.name}-{sha256[:16]}"
    assert learned.dimensions == bundled.dimensions + 4
    assert learned.files == (*bundled.files, name)
    assert learned.training_set.endswith("the other tail: drawn maps")


def test_weights_of_another_network_are_refused_by_name(small_trunk, tmp_path):
    np.savez(tmp_path / "other.npz", p=np.float16(3))
    with pytest.raises(ValueError, match=r"other\.npz: weights of another network"):
        new_tail(tmp_path / "other.npz")
