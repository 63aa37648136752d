import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from retrieval.evaluation.datasets import DatasetError
from retrieval.methods import delf, gem, sir
from retrieval.methods.delf import Cells
from retrieval.methods.preprocessing import crop
from retrieval.methods.weights import sha256
from retrieval.methods.whitening import Projection
from retrieval.training.matches import Matches
from retrieval.training.photos import read_photos
from retrieval.training.whitening import FROM_PAIRS, NAMES, learn_whitening
from tests.retrieval.methods.drawn import scene

NOT_FROM_PAIRS = sorted(set(NAMES) - set(FROM_PAIRS))


def colours(image, *, box=None):
    """A description that needs no network: 12 rows of the picture's mean colours, (36,)."""
    view, _ = crop(image, box)
    return np.concatenate([part.mean((0, 1)) for part in np.array_split(view, 12)])


def two_colours(image, *, box=None):
    return colours(image, box=box), colours(image, box=box) ** 2


def cells(image, *, box=None):
    rows = colours(image, box=box) + np.arange(150)[:, None]
    return Cells(np.zeros((150, 2)), np.ones(150), np.arange(150, 0, -1.0), rows)


@pytest.fixture(autouse=True)
def no_networks(monkeypatch):
    monkeypatch.setattr(sir, "AveragePooling", lambda: colours)
    monkeypatch.setattr(gem, "MultiScaleGem", lambda: two_colours)
    monkeypatch.setattr(delf, "StrongestCells", lambda: cells)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "photos" / "a place"
    folder.mkdir(parents=True)
    for seed in range(4):
        Image.fromarray(scene(seed)).save(folder / f"{seed}.jpg")
    (folder / "notes.txt").write_text("not a photo")
    return tmp_path / "photos"


@pytest.fixture
def photos(folder):
    return read_photos([folder])


PAIRS = Matches(pairs=np.array([[0, 1], [2, 3]]), clusters=np.array([0, 0, 2, 2]))


def test_every_projection_is_written_with_its_facts(photos, tmp_path):
    written = learn_whitening(
        photos,
        into=tmp_path / "out",
        training_set="four drawn streets",
        matches=PAIRS,
        seed=5,
        regions=4,
    )
    assert sorted(written) == sorted(f"{name}.npz" for name in NAMES)
    for name, digest in written.items():
        path = tmp_path / "out" / name
        assert sha256(path) == digest
        facts = np.load(path)
        assert (str(facts["training_set"]), int(facts["seed"])) == ("four drawn streets", 5)
        assert (int(facts["photos"]), int(facts["regions"]), int(facts["pairs"])) == (4, 20, 2)
    assert Projection.read(tmp_path / "out" / "delf_local.npz").matrix.shape == (36, 36)


def test_pairs_teach_what_does_not_tell_places_apart(photos, tmp_path):
    """The same photos paired another way are whitened another way; what needs no pairs does not change."""
    other = Matches(pairs=np.array([[0, 2], [1, 3]]), clusters=np.array([0, 1, 0, 1]))
    first, second = (
        learn_whitening(photos, into=tmp_path / str(number), training_set="streets", matches=matches)
        for number, matches in enumerate((PAIRS, other))
    )
    rows = {
        name: [np.load(tmp_path / str(number) / f"{name}.npz")["matrix"] for number in (0, 1)]
        for name in NAMES
    }
    for name, (one, two) in rows.items():
        assert np.array_equal(one, two) == (name not in FROM_PAIRS)
    assert set(first) == set(second)


def test_without_pairs_only_what_needs_none_is_learned(photos, tmp_path):
    with pytest.raises(ValueError, match="cnn_irwnha_last, cnn_irwnha_near, delf: learned from pairs"):
        learn_whitening(photos, into=tmp_path, training_set="streets")
    assert set(learn_whitening(photos, into=tmp_path, training_set="streets", names=NOT_FROM_PAIRS)) == {
        "sir.npz",
        "delf_local.npz",
    }


def test_the_same_seed_learns_the_same(photos, tmp_path):
    first, second = (
        learn_whitening(photos, into=tmp_path / out, training_set="streets", matches=PAIRS, regions=3)
        for out in ("one", "two")
    )
    assert first == second


def test_another_seed_looks_at_other_regions(photos, tmp_path):
    first, second = (
        learn_whitening(
            photos,
            into=tmp_path / str(seed),
            training_set="streets",
            names=NOT_FROM_PAIRS,
            seed=seed,
            regions=3,
        )
        for seed in (0, 1)
    )
    assert first["sir.npz"] != second["sir.npz"]


def test_progress_is_told_photo_by_photo(photos, tmp_path):
    told = []
    learn_whitening(
        photos,
        into=tmp_path,
        training_set="streets",
        names=["sir"],
        regions=0,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_photo_that_cannot_be_read_is_named(folder, tmp_path):
    (folder / "a place" / "broken.jpg").write_bytes(b"no picture")
    with pytest.raises(DatasetError, match=r"broken\.jpg"):
        learn_whitening(read_photos([folder]), into=tmp_path, training_set="streets", names=["sir"])


def test_the_command_writes_them_and_says_their_hashes(folder, tmp_path, capsys):
    call_command(
        "learn_whitening",
        folder,
        into=tmp_path / "out",
        training_set="four drawn streets",
        only="sir",
        work=tmp_path / "work",
    )
    written = tmp_path / "out" / "sir.npz"
    assert f"{sha256(written)}  {written}" in capsys.readouterr().out
    assert sorted(path.name for path in written.parent.iterdir()) == ["sir.md", "sir.npz"]
    assert sha256(written) in written.with_suffix(".md").read_text()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [({"only": "sir,nothing"}, "nothing"), ({"folders": ["nowhere"]}, "nowhere")],
)
def test_the_command_refuses_what_is_not_there(folder, tmp_path, arguments, reason):
    folders = arguments.pop("folders", [folder])
    with pytest.raises(CommandError, match=reason):
        call_command(
            "learn_whitening", *folders, into=tmp_path, training_set="none", work=tmp_path, **arguments
        )
