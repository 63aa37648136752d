import numpy as np
import pytest
import torch
from django.core.management import CommandError, call_command

from retrieval.management.commands import train_delf_attention as command
from retrieval.methods.backbones import Attention, load_arrays
from retrieval.methods.delf import Delf
from retrieval.methods.weights import MissingWeights, sha256
from retrieval.training.attention import Recipe, least_score, pooled, train_attention, write
from tests.retrieval.evaluation.pictures import BLUE, RED, draw
from tests.retrieval.training.small import (
    DrawnMaps,
    SmallTrunk,
    Stopped,
    photos_of,
    same_weights,
    stop_at,
)

PHOTOS = photos_of("bridge", "lake")
RECIPE = Recipe(epochs=2, batch=4)


def trained(into, **changes):
    arguments = {"into": into, "recipe": RECIPE} | changes
    return train_attention(arguments.pop("photos", PHOTOS), DrawnMaps(), **arguments)


def test_cells_are_pooled_by_their_attention():
    cells = torch.tensor([[[[1.0, 5.0]], [[2.0, 0.0]]]])
    attention = torch.tensor([[[[3.0, 1.0]]]])
    # (3 * 1 + 1 * 5) / 4 and (3 * 2 + 1 * 0) / 4
    assert pooled(cells, attention).tolist() == [[2.0, 1.5]]


@pytest.mark.thorough
def test_training_teaches_to_tell_landmarks_apart(small_trunk, tmp_path):
    trained(tmp_path, recipe=Recipe(epochs=3, batch=2))
    header, *lines = (tmp_path / "curve.csv").read_text().splitlines()
    assert header == "epoch,loss,right"
    losses = [float(line.split(",")[1]) for line in lines]
    assert losses[-1] < losses[0]


def test_a_training_stopped_between_epochs_ends_as_one_that_was_not(small_trunk, tmp_path):
    through = trained(tmp_path / "through")
    with pytest.raises(Stopped):
        trained(tmp_path / "stopped", progress=stop_at("epoch 2 of 2"))
    assert same_weights(through, trained(tmp_path / "stopped"))
    curves = [(tmp_path / run / "curve.csv").read_text() for run in ("through", "stopped")]
    assert curves[0] == curves[1]


@pytest.mark.parametrize("other", [{"seed": 1}, {"recipe": Recipe(epochs=2, batch=8)}])
def test_a_folder_of_another_training_is_refused(small_trunk, tmp_path, other):
    trained(tmp_path)
    with pytest.raises(ValueError, match="holds a run of another recipe, seed or training set"):
        trained(tmp_path, **other)


def test_the_same_seed_gives_the_same_file_and_another_seed_another(small_trunk, tmp_path):
    names = [
        write(trained(tmp_path / run, seed=seed), tmp_path / run, least=1, facts={}).name
        for run, seed in (("one", 0), ("same", 0), ("other", 1))
    ]
    assert names[0] == names[1] != names[2]


def test_one_landmark_is_nothing_to_tell_apart(small_trunk, tmp_path):
    with pytest.raises(ValueError, match="1 landmarks with photos: nothing to tell apart"):
        trained(tmp_path, photos=photos_of("bridge"))


@pytest.mark.parametrize("share", [0.25, 0.5])
def test_the_least_score_is_what_this_share_of_the_cells_reach(small_trunk, share):
    attention = Attention()
    least = least_score(attention, DrawnMaps(), PHOTOS, share=share)
    expand = SmallTrunk().expand_stride_16()
    scores = [
        attention(expand(torch.from_numpy(DrawnMaps().of(path)[0].astype(np.float32))[None]))
        for path in PHOTOS.paths
    ]
    reached = torch.stack(scores) >= least
    assert reached.float().mean().item() == pytest.approx(share, abs=0.01)


def test_a_written_attention_is_named_for_its_hash_and_holds_its_facts(tmp_path):
    attention = Attention()
    path = write(attention, tmp_path / "new", least=2.5, facts={"training_set": "drawn maps", "seed": 5})
    assert path.name == f"delf-{sha256(path)[:16]}.npz"
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    with np.load(path, allow_pickle=False) as kept:
        assert (float(kept["least_score"]), int(kept["seed"])) == (2.5, 5)
    load_arrays(again := Attention(), path)
    torch.testing.assert_close(again.state_dict(), attention.state_dict(), atol=1e-4, rtol=1e-3)


def test_a_learned_attention_takes_the_place_of_the_untrained_one(tmp_path, monkeypatch):
    monkeypatch.setenv("WEIGHTS_DIR", str(tmp_path))
    name = write(Attention(), tmp_path, least=2.5, facts={"training_set": "drawn maps"}).stem
    bundled, learned = Delf.checkpoint, Delf.with_learned(name)
    assert learned.name == f"{bundled.name}-{name}"
    assert learned.files == (*bundled.files, name)
    assert "trained attention" in learned.architecture
    assert "L2 norm" not in learned.architecture
    assert learned.training_set == f"{bundled.training_set}; attention: drawn maps"
    assert learned.dimensions == bundled.dimensions


def test_an_attention_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("WEIGHTS_DIR", str(tmp_path))
    with pytest.raises(MissingWeights, match="'delf-0123456789abcdef'"):
        Delf.with_learned("delf-0123456789abcdef")


@pytest.fixture
def folder(tmp_path):
    for seed, colour in enumerate((RED, RED, BLUE, BLUE)):
        draw(tmp_path / "photos" / ("red" if colour == RED else "blue") / f"{seed}.png", colour, seed=seed)
    return tmp_path / "photos"


@pytest.fixture
def run(small_trunk, tmp_path, monkeypatch, capsys):
    """Runs the command on maps that need no network; gives what it printed."""
    monkeypatch.setattr(command, "Maps", lambda folder, *, seed: DrawnMaps())

    def call(*folders, **options):
        given = {
            "into": tmp_path / "out",
            "training_set": "four drawn photos",
            "work": tmp_path / "work",
            "epochs": 1,
        }
        call_command("train_delf_attention", *folders, **(given | options))
        return capsys.readouterr().out

    return call


def test_the_command_writes_the_attention_with_its_card_and_says_its_hash(run, folder, tmp_path):
    printed = run(folder)
    (written,) = (tmp_path / "out").glob("*.npz")
    assert printed == f"{sha256(written)}  {written}\n"
    with np.load(written) as kept:
        assert (str(kept["training_set"]), int(kept["photos"])) == ("four drawn photos", 4)
        assert float(kept["least_score"]) > 0
    card = written.with_suffix(".md").read_text()
    assert sha256(written) in card
    assert "| epoch | loss | right |" in card


def test_the_command_learns_from_the_landmarks_of_the_named_split_alone(run, tmp_path):
    names = ("citadel", "lake", "market", "pagoda")
    for seed, landmark in enumerate(names * 2):
        draw(tmp_path / "here" / landmark / f"{seed}.png", RED, seed=seed)
    (tmp_path / "here" / "landmarks.csv").write_text("landmark\n" + "\n".join(names))
    run(tmp_path / "here")
    (written,) = (tmp_path / "out").glob("*.npz")
    assert int(np.load(written)["photos"]) == 4
    with pytest.raises(CommandError, match="1 landmarks with photos"):
        run(tmp_path / "here", split="test")


def test_the_command_says_in_one_sentence_why_it_cannot_train(run, folder, tmp_path, monkeypatch):
    with pytest.raises(CommandError, match="nowhere: no such folder"):
        run(tmp_path / "nowhere")
    run(folder)
    with pytest.raises(CommandError, match="holds a run of another recipe"):
        run(folder, epochs=2)

    def missing(folder, *, seed):
        raise MissingWeights("efficientnet-lite2", "it is in none of its places")

    monkeypatch.setattr(command, "Maps", missing)
    with pytest.raises(CommandError, match="'efficientnet-lite2'.* run: make install"):
        run(folder)
