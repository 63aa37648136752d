import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from retrieval.methods import delf, gem, sir
from retrieval.methods.base import LocalFeatures
from retrieval.methods.preprocessing import crop
from retrieval.methods.weights import sha256
from retrieval.methods.whitening import Projection
from retrieval.training.projections import learn_projections
from tests.retrieval.methods.drawn import scene


def colours(image, *, box=None):
    """A description that needs no network: 12 rows of the picture's mean colours, (36,)."""
    view, _ = crop(image, box)
    return np.concatenate([part.mean((0, 1)) for part in np.array_split(view, 12)])


def two_colours(image, *, box=None):
    return colours(image, box=box), colours(image, box=box) ** 2


def cells(image, *, box=None):
    rows = colours(image, box=box) + np.arange(150)[:, None]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return LocalFeatures(np.zeros((150, 2)), np.ones(150), np.arange(150, 0, -1.0), rows)


@pytest.fixture(autouse=True)
def no_networks(monkeypatch):
    monkeypatch.setattr(sir, "AveragePooling", lambda: colours)
    monkeypatch.setattr(gem, "MultiScaleGem", lambda: two_colours)
    monkeypatch.setattr(delf, "StrongestCells", lambda: cells)


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos" / "a place"
    folder.mkdir(parents=True)
    for seed in range(3):
        Image.fromarray(scene(seed)).save(folder / f"{seed}.jpg")
    (folder / "broken.jpg").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("not a photo")
    return tmp_path / "photos"


def test_every_projection_is_written_with_its_facts(photos, tmp_path):
    written = learn_projections(
        [photos], into=tmp_path / "out", training_set="three drawn streets", seed=5, regions=4
    )
    assert set(written) == {
        "sir.npz",
        "cnn_irwnha_last.npz",
        "cnn_irwnha_near.npz",
        "delf.npz",
        "delf_local.npz",
    }
    for name, digest in written.items():
        path = tmp_path / "out" / name
        assert sha256(path) == digest
        facts = np.load(path)
        assert (str(facts["training_set"]), int(facts["seed"])) == ("three drawn streets", 5)
        assert (int(facts["photos"]), int(facts["regions"])) == (3, 15)
    assert Projection.read(tmp_path / "out" / "delf_local.npz").matrix.shape == (36, 36)


def test_the_same_seed_learns_the_same(photos, tmp_path):
    first, second = (
        learn_projections([photos], into=tmp_path / out, training_set="streets", regions=3)
        for out in ("one", "two")
    )
    assert first == second


def test_another_seed_looks_at_other_regions(photos, tmp_path):
    first, second = (
        learn_projections([photos], into=tmp_path / str(seed), training_set="streets", seed=seed, regions=3)
        for seed in (0, 1)
    )
    assert first["sir.npz"] != second["sir.npz"]


def test_progress_is_told_photo_by_photo(photos, tmp_path):
    told = []
    learn_projections(
        [photos],
        into=tmp_path,
        training_set="streets",
        regions=0,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_folders_without_a_photo_are_refused(tmp_path):
    with pytest.raises(ValueError, match="no photograph"):
        learn_projections([tmp_path], into=tmp_path, training_set="nothing")


def test_the_command_writes_them_and_says_their_hashes(photos, tmp_path, capsys):
    call_command("learn_projections", photos, into=tmp_path / "out", training_set="three drawn streets")
    assert (
        f"{sha256(tmp_path / 'out' / 'sir.npz')}  {tmp_path / 'out' / 'sir.npz'}" in capsys.readouterr().out
    )
    with pytest.raises(CommandError, match="no folder"):
        call_command("learn_projections", tmp_path / "nowhere", into=tmp_path, training_set="none")
