import json
from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.evaluation import benchmark, report
from retrieval.evaluation.datasets import Dataset, QueryTruth, from_folder
from retrieval.evaluation.metrics import REVISITED, Truth
from tests.retrieval.evaluation.pictures import BLUE, RED, Colours, alone, draw


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    for seed, (place, colour) in enumerate([("red", RED), ("red", RED), ("blue", BLUE), ("blue", BLUE)]):
        draw(tmp_path / "places" / place / f"{seed}.png", colour, seed=seed)
    return from_folder(tmp_path / "places")


def written(dataset: Dataset) -> dict:
    """The report as a reader of report.json finds it."""
    return json.loads(json.dumps(report.as_json(dataset, [benchmark.run(dataset, alone(Colours()))])))


def test_a_report_states_the_datasets_facts(dataset: Dataset):
    assert written(dataset)["dataset"] == {
        "name": "places",
        "content_hash": dataset.content_hash,
        "split": "",
        "images": 4,
        "queries": 4,
        "queries_left_out": 0,
        "outside": 0,
        "cropped": False,
        "landmarks": 2,
    }


def test_figures_are_plain_numbers_by_the_methods_name_with_intervals_beside_them(dataset: Dataset):
    figures = written(dataset)["methods"]["colours"]
    names = ("mAP", "mP@1", "mP@5", "mP@10", "place_top1", "place_top3")
    assert [figures[name] for name in names] == [1] * 6
    assert figures["intervals"] == {name: [1, 1] for name in names}
    assert figures["seconds_per_query"] > 0
    assert figures["seconds_per_photo"] > 0
    assert figures["precision_recall"]["recall"][0::10] == [0, 0.5, 1]
    assert set(figures["precision_recall"]["precision"]) == {1}


def test_no_figure_stands_without_checkpoint_training_set_and_cropping(dataset: Dataset):
    figures = written(dataset)["methods"]["colours"]
    assert (figures["checkpoint"], figures["training_set"], figures["cropped"]) == (
        "mean-colour",
        "none",
        False,
    )


def test_graded_truth_has_its_figures_by_setup_and_medium_stands_for_all(dataset: Dataset):
    truth = Truth(easy=frozenset({1}), hard=frozenset({3}), junk=frozenset({0}))
    graded = Dataset("graded", dataset.images, (QueryTruth(dataset.images[0], truth),), REVISITED)
    figures = written(graded)["methods"]["colours"]
    assert list(figures["setups"]) == ["easy", "medium", "hard"]
    assert (figures["setup"], figures["mAP"]) == ("medium", figures["setups"]["medium"]["mAP"])
    assert figures["setups"]["easy"]["mAP"] == 1
    # Behind the other red one: 0.25 alone; with the easy one found first, (1 + (1/2 + 2/3) / 2) / 2.
    assert figures["setups"]["hard"]["mAP"] == 0.25
    assert figures["mAP"] == pytest.approx(0.791667, abs=1e-6)
    assert "place_top1" not in figures


def test_rejection_is_told_by_signal(dataset: Dataset, tmp_path: Path):
    outside = (draw(tmp_path / "grey.png", (120, 120, 120), seed=9),)
    found = written(replace(dataset, outside=outside))["methods"]["colours"]["rejection"]["similarity"]
    assert (found["inside"], found["outside"], found["false_accepts"]) == (4, 1, 0.05)
    assert (found["AUROC"], found["intervals"]["AUROC"]) == (1, [1, 1])
