import json
import pickle
import re
from pathlib import Path

import numpy as np
import pytest

from retrieval.evaluation.datasets import DatasetError, from_ground_truth
from retrieval.evaluation.metrics import CLASSIC, REVISITED, Truth
from retrieval.methods.base import Box

PLAIN = {
    "imlist": ["a", "b.png"],
    "qimlist": ["q"],
    "gnd": [{"bbx": [1.4, 2.6, 30, 40], "ok": [0], "junk": [1]}],
}


def write(path: Path, content: object) -> Path:
    path.write_bytes(pickle.dumps(content) if path.suffix == ".pkl" else json.dumps(content).encode())
    return path


@pytest.mark.parametrize("suffix", [".json", ".pkl"])
def test_a_ground_truth_gives_its_images_queries_and_boxes(tmp_path: Path, suffix: str):
    dataset = from_ground_truth(write(tmp_path / f"gnd{suffix}", PLAIN), images=Path("photos"))
    assert dataset.images == (Path("photos/a.jpg"), Path("photos/b.png"))
    assert dataset.setups == CLASSIC
    (query,) = dataset.queries
    assert query.path == Path("photos/q.jpg")
    assert query.box == Box(1, 3, 30, 40)
    assert query.truth == Truth(ok=frozenset({0}), junk=frozenset({1}))


def test_graded_truth_brings_the_revisited_setups(tmp_path: Path):
    graded = PLAIN | {"gnd": [{"easy": [0], "hard": [1], "junk": []}]}
    dataset = from_ground_truth(write(tmp_path / "gnd.json", graded), images=tmp_path)
    assert dataset.setups == REVISITED
    assert dataset.queries[0].box is None
    assert dataset.queries[0].truth == Truth(easy=frozenset({0}), hard=frozenset({1}))


def test_the_good_of_oxford5k_are_positives_too(tmp_path: Path):
    content = PLAIN | {"gnd": [{"good": [0], "ok": [1], "junk": []}]}
    dataset = from_ground_truth(write(tmp_path / "gnd.json", content), images=tmp_path)
    assert dataset.queries[0].truth.ok == {0, 1}


@pytest.mark.parametrize(
    "content",
    [
        [],
        {},
        PLAIN | {"imlist": None},
        PLAIN | {"qimlist": ["q", "r"]},
        PLAIN | {"gnd": [7]},
        PLAIN | {"gnd": [{"ok": [2]}]},
        PLAIN | {"gnd": [{"ok": [-1]}]},
        PLAIN | {"gnd": [{"ok": ["first"]}]},
        PLAIN | {"gnd": [{"ok": [0], "bbx": [1, 2, 3]}]},
        PLAIN | {"gnd": [{"ok": [0], "bbx": [9, 9, 9, 20]}]},
        PLAIN | {"qimlist": [], "gnd": []},
    ],
    ids=lambda content: str(content)[-50:],
)
def test_a_ground_truth_that_does_not_fit_together_is_refused(tmp_path: Path, content: object):
    with pytest.raises(DatasetError, match=re.escape(str(tmp_path / "gnd.json"))):
        from_ground_truth(write(tmp_path / "gnd.json", content), images=tmp_path)


@pytest.mark.parametrize(("name", "data"), [("gnd.json", b"{"), ("gnd.pkl", b"\x80\x03}q"), ("gnd.pkl", b"")])
def test_a_damaged_file_is_refused(tmp_path: Path, name: str, data: bytes):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DatasetError, match="not a readable ground truth"):
        from_ground_truth(tmp_path / name, images=tmp_path)


def test_a_missing_file_is_refused(tmp_path: Path):
    with pytest.raises(DatasetError, match="No such file"):
        from_ground_truth(tmp_path / "gnd.json", images=tmp_path)


def test_a_pickle_that_would_run_code_is_refused_before_it_does(tmp_path: Path):
    class Trap:
        def __reduce__(self):
            return Path.touch, (tmp_path / "sprung",)

    with pytest.raises(DatasetError, match="only plain lists, numbers and arrays"):
        from_ground_truth(write(tmp_path / "gnd.pkl", Trap()), images=tmp_path)
    assert not (tmp_path / "sprung").exists()


def test_an_array_of_the_pickle_is_read_as_the_list_it_is(tmp_path: Path):
    content = PLAIN | {
        "imlist": np.array(["a", "b.png"]),
        "gnd": [{"ok": np.array([0]), "junk": np.array([1])}],
    }
    dataset = from_ground_truth(write(tmp_path / "gnd.pkl", content), images=tmp_path)
    assert dataset.images == (tmp_path / "a.jpg", tmp_path / "b.png")
    assert dataset.queries[0].truth == Truth(ok=frozenset({0}), junk=frozenset({1}))


@pytest.mark.parametrize(("name", "more"), [("gnd_x.mat.json", {}), ("gnd_x.json", {"counts_from": 1})])
def test_what_came_from_a_mat_file_counts_from_one_and_holds_lists_of_one_bare(
    tmp_path: Path, name: str, more: dict
):
    content = {
        "imlist": ["a", "b", "c"],
        "qimlist": "q",
        "gnd": {"bbx": [1, 2, 30, 40], "ok": 1, "junk": [2, 3]},
    }
    dataset = from_ground_truth(write(tmp_path / name, content | more), images=tmp_path)
    assert dataset.name == "x"
    assert dataset.queries[0].truth == Truth(ok=frozenset({0}), junk=frozenset({1, 2}))


def test_counting_from_one_there_is_no_image_nought(tmp_path: Path):
    content = PLAIN | {"counts_from": 1, "gnd": [{"ok": [0]}]}
    with pytest.raises(DatasetError, match="ok holds 0, but there are 2 images from 1 on"):
        from_ground_truth(write(tmp_path / "gnd.json", content), images=tmp_path)


def test_labels_make_places_measurable(tmp_path: Path):
    content = PLAIN | {"labels": ["hue", "hoi-an"], "gnd": [{"ok": [0], "label": "hue"}]}
    dataset = from_ground_truth(write(tmp_path / "gnd.json", content), images=tmp_path)
    assert (dataset.landmarks, dataset.queries[0].landmark) == (("hue", "hoi-an"), "hue")


@pytest.mark.parametrize(
    "wrong", [{"labels": ["hue"]}, {"labels": ["hue", "hoi-an"]}], ids=["too few", "none on the query"]
)
def test_labels_that_do_not_fit_are_refused(tmp_path: Path, wrong: dict):
    with pytest.raises(DatasetError, match="label"):
        from_ground_truth(write(tmp_path / "gnd.json", PLAIN | wrong), images=tmp_path)


def test_a_ground_truth_without_any_positive_is_refused(tmp_path: Path):
    content = PLAIN | {"gnd": [{"junk": [0, 1]}]}
    with pytest.raises(DatasetError, match="no query has a positive"):
        from_ground_truth(write(tmp_path / "gnd.json", content), images=tmp_path)


@pytest.mark.shared_data
@pytest.mark.parametrize(("name", "images"), [("roxford5k", 4993), ("rparis6k", 6322)])
def test_the_official_ground_truths_load(shared_data: Path, name: str, images: int):
    dataset = from_ground_truth(shared_data / f"gnd_{name}.pkl", images=shared_data)
    assert len(dataset.images) == images
    assert len(dataset.queries) == 70
    assert dataset.setups == REVISITED
    assert all(query.box is not None for query in dataset.queries)
