import numpy as np
import pytest
import torch
from django.core.management import CommandError, call_command

from retrieval.management.commands import train_gem as command
from retrieval.methods.weights import MissingWeights, sha256
from retrieval.methods.whitening import l2
from retrieval.training.fine_tuning import new_tail, write
from retrieval.training.gem import (
    WEIGHT,
    Recipe,
    contrastive_loss,
    hardest,
    learn_projection,
    train_gem,
)
from retrieval.training.matches import Matches
from tests.retrieval.evaluation.pictures import BLUE, RED, draw
from tests.retrieval.training.small import DrawnMaps, Stopped, photos_of, same_weights, stop_at

PHOTOS = photos_of("bridge", "lake", "tower")
MATCHES = Matches(
    pairs=np.array([[0, 1], [1, 2], [3, 4], [4, 5], [6, 7], [7, 8]]), clusters=np.repeat([0, 3, 6], 3)
)
RECIPE = Recipe(epochs=2, tuples=6, negatives=2, rate=1e-3)


def trained(into, **changes):
    return train_gem(PHOTOS, MATCHES, DrawnMaps(), **({"into": into, "recipe": RECIPE} | changes))


def test_the_loss_is_half_the_squared_distances_to_the_positive_and_short_of_the_margin():
    query, positive = torch.tensor([1.0, 0.0]), torch.tensor([0.6, 0.8])
    negatives = torch.tensor([[0.8, 0.6], [-1.0, 0.0]])
    # To the positive 0.8, squared; to the negatives 0.6324555 and 2, of which the margin asks 0.85.
    loss = contrastive_loss(query, positive, negatives, margin=0.85)
    assert loss.item() == pytest.approx((0.8 + (0.85 - 0.6324555) ** 2) / 2, abs=1e-5)


def test_a_tuple_that_is_as_it_should_be_costs_nothing():
    query, negatives = torch.tensor([1.0, 0.0]), torch.tensor([[0.0, 1.0], [-1.0, 0.0]])
    assert contrastive_loss(query, query, negatives, margin=0.85).item() == 0


def test_a_negative_as_near_as_can_be_still_has_a_direction_to_leave_in():
    query = torch.tensor([1.0, 0.0], requires_grad=True)
    contrastive_loss(query, query.detach(), query.detach()[None], margin=0.85).backward()
    assert torch.isfinite(query.grad).all()
    assert query.grad.abs().sum() > 0


VECTORS = l2(np.array([[1, 0], [1, 0.01], [1, 0.2], [1, 0.1], [1, 0.4], [1, 0.3], [0, 1]], np.float64))
CLUSTERS = np.array([0, 0, 2, 2, 4, 5, 4])


def test_the_hardest_negatives_come_most_similar_first_one_a_cluster_and_none_of_the_querys():
    assert hardest(0, vectors=VECTORS, clusters=CLUSTERS, count=5) == [3, 5, 4]


def test_no_more_negatives_are_mined_than_asked_for():
    assert hardest(0, vectors=VECTORS, clusters=CLUSTERS, count=2) == [3, 5]


def test_training_brings_what_shares_a_view_together(small_trunk, tmp_path):
    trained(tmp_path / "run", recipe=Recipe(epochs=4, tuples=6, negatives=2, rate=1e-3))
    header, *lines = (tmp_path / "run" / "curve.csv").read_text().splitlines()
    assert header == "epoch,loss,p"
    losses = [float(line.split(",")[1]) for line in lines]
    assert losses[-1] < 0.8 * losses[0]


def test_the_rates_fall_by_the_same_share_every_epoch(small_trunk, tmp_path):
    trained(tmp_path, recipe=Recipe(epochs=3, tuples=1, negatives=1, rate=1e-3, decay=0.5))
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    rates = [group["lr"] for group in state["optimiser"]["param_groups"]]
    assert rates == pytest.approx([1e-3 * np.exp(-1), 1e-2 * np.exp(-1)])


def test_a_training_stopped_between_epochs_ends_as_one_that_was_not(small_trunk, tmp_path):
    through = trained(tmp_path / "through")
    with pytest.raises(Stopped):
        trained(tmp_path / "stopped", progress=stop_at("epoch 2 of 2"))
    assert (tmp_path / "stopped" / "state.pt").exists()
    resumed = trained(tmp_path / "stopped")
    assert same_weights(through, resumed)
    curves = [(tmp_path / run / "curve.csv").read_text() for run in ("through", "stopped")]
    assert curves[0] == curves[1]


def test_a_finished_training_is_not_done_again(small_trunk, tmp_path):
    first = trained(tmp_path)
    stages = []
    assert same_weights(first, trained(tmp_path, progress=lambda now, *_: stages.append(now)))
    assert stages == []


@pytest.mark.parametrize("other", [{"seed": 1}, {"recipe": Recipe(epochs=2, margin=0.7)}])
def test_a_folder_of_another_training_is_refused(small_trunk, tmp_path, other):
    trained(tmp_path)
    with pytest.raises(ValueError, match="holds a run of another recipe, seed or training set"):
        trained(tmp_path, **other)


def test_the_same_seed_gives_the_same_file_and_another_seed_another(small_trunk, tmp_path):
    digests = []
    for run, seed in (("one", 0), ("same", 0), ("other", 1)):
        tail = trained(tmp_path / run, seed=seed)
        projection = learn_projection(tail, DrawnMaps(), PHOTOS, progress=lambda *_: None)
        digests.append(write(tail, projection, tmp_path / run / "tail.npz", weight=WEIGHT, facts={}))
    assert digests[0] == digests[1] != digests[2]


def test_the_projection_turns_a_vector_and_hardly_whitens_it(small_trunk):
    projection = learn_projection(new_tail(), DrawnMaps(), PHOTOS, progress=lambda *_: None)
    assert not projection.mean.any()
    lengths = np.linalg.norm(projection.matrix, axis=1)
    assert lengths.max() / lengths.min() < 3


@pytest.fixture
def folder(tmp_path):
    for seed, colour in enumerate((RED, RED, BLUE, BLUE)):
        draw(tmp_path / "photos" / ("red" if colour == RED else "blue") / f"{seed}.png", colour, seed=seed)
    return tmp_path / "photos"


@pytest.fixture
def run(small_trunk, tmp_path, monkeypatch, capsys):
    """Runs the command on maps and matches that need no network; gives what it printed."""
    found = Matches(np.array([[0, 1], [2, 3]]), np.array([0, 0, 2, 2]))
    monkeypatch.setattr(command, "Maps", lambda folder, *, seed: DrawnMaps())
    monkeypatch.setattr(command, "match_photos", lambda *_args, **_options: found)

    def call(*folders, **options):
        given = {
            "into": tmp_path / "out",
            "training_set": "four drawn photos",
            "work": tmp_path / "work",
            "epochs": 2,
        }
        call_command("train_gem", *folders, **(given | options))
        return capsys.readouterr().out

    return call


def test_the_command_writes_the_tail_with_its_card_and_says_its_hash(run, folder, tmp_path):
    printed = run(folder)
    written = tmp_path / "out" / "cnn_irwnha_tail.npz"
    assert printed == f"{sha256(written)}  {written}\n"
    with np.load(written) as kept:
        facts = {name: kept[name].item() for name in ("training_set", "photos", "pairs", "epochs", "weight")}
    assert facts == {
        "training_set": "four drawn photos",
        "photos": 4,
        "pairs": 2,
        "epochs": 2,
        "weight": WEIGHT,
    }
    card = written.with_suffix(".md").read_text()
    assert sha256(written) in card
    assert "- training set: four drawn photos" in card
    assert "| epoch | loss | p |" in card


def test_the_command_says_in_one_sentence_why_it_cannot_train(run, folder, tmp_path, monkeypatch):
    with pytest.raises(CommandError, match="nowhere: no such folder"):
        run(tmp_path / "nowhere")
    run(folder)
    with pytest.raises(CommandError, match="holds a run of another recipe"):
        run(folder, epochs=3)

    def missing(folder, *, seed):
        raise MissingWeights("efficientnet-lite2", "it is in none of its places")

    monkeypatch.setattr(command, "Maps", missing)
    with pytest.raises(CommandError, match="'efficientnet-lite2'.* run: make install"):
        run(folder)
