import math

import numpy as np
import pytest
import torch

from retrieval.training import catalogue
from retrieval.training.catalogue import DIMENSIONS, WEIGHT, MarginSoftmax, Recipe, learn_projection, tune
from retrieval.training.fine_tuning import new_tail, write
from tests.retrieval.training.small import OUTPUTS, DrawnMaps, Stopped, photos_of, same_weights, stop_at

PHOTOS = photos_of("bridge", "lake", "tower")
RECIPE = Recipe(epochs=2, batch=4, rate=1e-3)
NOTHING_IGNORED = torch.zeros(3, dtype=torch.bool)


def tuned(into, **changes):
    arguments = {"overlaps": {}, "into": into, "recipe": RECIPE} | changes
    return tune(arguments.pop("photos", PHOTOS), DrawnMaps(), **arguments)


@pytest.fixture
def head():
    """Three landmarks to the right, above and to the left; only the centres' directions count."""
    return MarginSoftmax(torch.tensor([[2.0, 0.0], [0.0, 3.0], [-1.0, 0.0]]), scale=10, margin=0.3)


VECTOR = torch.tensor([0.6, 0.8])  # its cosines with them: 0.6, 0.8, -0.6


def test_the_margin_is_taken_from_the_right_landmarks_cosine_alone(head):
    # 10 (0.6 - 0.3) = 3 for the right one, 8 and -6 for the others.
    wanted = math.log(math.exp(3) + math.exp(8) + math.exp(-6)) - 3
    assert head(VECTOR, 0, ignored=NOTHING_IGNORED).item() == pytest.approx(wanted, abs=1e-5)
    # 10 (0.8 - 0.3) = 5, and 6 and -6.
    wanted = math.log(math.exp(5) + math.exp(6) + math.exp(-6)) - 5
    assert head(VECTOR, 1, ignored=NOTHING_IGNORED).item() == pytest.approx(wanted, abs=1e-5)


def test_from_landmarks_that_overlap_a_vector_is_not_pushed_away(head):
    ignored = torch.tensor([False, True, False])
    wanted = math.log(math.exp(3) + math.exp(-6)) - 3
    loss = head(VECTOR, 0, ignored=ignored)
    assert loss.item() == pytest.approx(wanted, abs=1e-6)
    loss.backward()
    assert not head.centres.grad[1].any()
    assert head.centres.grad[0].any()


def test_a_head_learns_centres_of_its_own(head):
    given = torch.eye(2)
    own = MarginSoftmax(given, scale=10, margin=0.3)
    with torch.no_grad():
        own.centres += 1
    assert torch.equal(given, torch.eye(2))


@pytest.mark.parametrize(("done", "share"), [(0.05, 0.5), (0.1, 1), (0.55, 0.5), (1, 0)])
def test_the_rate_rises_evenly_and_falls_as_a_cosine(done, share):
    assert catalogue._share_of_rate(done, 0.1) == pytest.approx(share, abs=1e-9)


def test_tuning_teaches_which_photos_belong_together(small_trunk, tmp_path):
    tuned(tmp_path / "run", recipe=Recipe(epochs=4, batch=4, rate=1e-3))
    header, *lines = (tmp_path / "run" / "curve.csv").read_text().splitlines()
    assert header == "epoch,loss,right,p"
    figures = np.array([line.split(",") for line in lines], float)
    assert figures[-1, 1] < 0.8 * figures[0, 1]
    assert figures[-1, 2] >= figures[0, 2]


def test_landmarks_that_overlap_are_not_told_apart(small_trunk, tmp_path):
    overlaps = {"bridge": {"lake"}, "lake": {"bridge"}}
    tuned(tmp_path / "apart", photos=photos_of("bridge", "lake"))
    tuned(tmp_path / "beside", photos=photos_of("bridge", "lake"), overlaps=overlaps)
    lines = (tmp_path / "beside" / "curve.csv").read_text().splitlines()[1:]
    assert [float(line.split(",")[1]) for line in lines] == [0, 0]
    assert float((tmp_path / "apart" / "curve.csv").read_text().splitlines()[1].split(",")[1]) > 0


def test_a_tuning_stopped_between_epochs_ends_as_one_that_was_not(small_trunk, tmp_path):
    through = tuned(tmp_path / "through")
    with pytest.raises(Stopped):
        tuned(tmp_path / "stopped", progress=stop_at("epoch 2 of 2"))
    assert same_weights(through, tuned(tmp_path / "stopped"))
    curves = [(tmp_path / run / "curve.csv").read_text() for run in ("through", "stopped")]
    assert curves[0] == curves[1]


@pytest.mark.parametrize(
    "other", [{"seed": 1}, {"recipe": Recipe(epochs=2, margin=0.1)}, {"photos": photos_of("bridge", "lake")}]
)
def test_a_folder_of_another_tuning_is_refused(small_trunk, tmp_path, other):
    tuned(tmp_path)
    with pytest.raises(ValueError, match="holds a run of another recipe, seed or training set"):
        tuned(tmp_path, **other)


def test_the_same_seed_gives_the_same_file_and_another_seed_another(small_trunk, tmp_path):
    digests = []
    for run, seed in (("one", 0), ("same", 0), ("other", 1)):
        tail = tuned(tmp_path / run, seed=seed)
        projection = learn_projection(tail, DrawnMaps(), PHOTOS, progress=lambda *_: None)
        digests.append(write(tail, projection, tmp_path / run / "tail.npz", weight=WEIGHT, facts={}))
    assert digests[0] == digests[1] != digests[2]


def test_tuning_can_begin_where_an_earlier_one_ended(small_trunk, tmp_path):
    first = tuned(tmp_path / "first")
    projection = learn_projection(first, DrawnMaps(), PHOTOS, progress=lambda *_: None)
    assert projection.dimensions == min(DIMENSIONS, OUTPUTS)
    write(first, projection, tmp_path / "tail.npz", weight=WEIGHT, facts={})
    none = Recipe(epochs=0)
    again = tuned(tmp_path / "again", start=tmp_path / "tail.npz", recipe=none)
    torch.testing.assert_close(again.state_dict(), first.state_dict(), atol=2e-3, rtol=0)
    assert same_weights(tuned(tmp_path / "anew", recipe=none), new_tail())


def test_one_landmark_is_nothing_to_tell_apart(small_trunk, tmp_path):
    with pytest.raises(ValueError, match="1 landmarks with photos: nothing to tell apart"):
        tuned(tmp_path, photos=photos_of("bridge"))
