import json
import shutil
from pathlib import Path

import pytest

from retrieval.evaluation import benchmark
from retrieval.evaluation.datasets import Dataset, DatasetError, QueryTruth, from_folder
from retrieval.evaluation.metrics import CLASSIC, REVISITED, Truth
from retrieval.methods import load
from retrieval.methods.base import Box
from tests.retrieval.evaluation.pictures import BLUE, GREEN, RED, Colours, Corners, draw


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three places of three photos, told apart by colour."""
    seed = 0
    for name, colour in (("red", RED), ("green", GREEN), ("blue", BLUE)):
        for number in range(3):
            draw(tmp_path / "places" / name / f"{number}.png", colour, seed=(seed := seed + 1))
    return tmp_path / "places"


def test_a_method_that_tells_every_place_reaches_one_on_all_figures(folder: Path):
    report = benchmark.run(from_folder(folder), Colours())
    assert report.place_top1 is not None
    assert report.place_top1.value == 1
    (setup,) = report.setups
    assert (setup.setup, setup.queries) == ("all", 9)
    assert setup.mean_average_precision.value == 1
    assert [interval.value for interval in setup.mean_precision] == [1, 1, 1]
    assert report.checkpoint == "mean-colour"


def test_a_photo_in_the_wrong_folder_costs_what_it_should(folder: Path):
    draw(folder / "green" / "stray.png", RED, seed=99)
    report = benchmark.run(from_folder(folder), Colours())
    assert report.place_top1 is not None
    assert report.place_top1.value == pytest.approx(9 / 10)
    assert report.setups[0].mean_precision[0].value <= 9 / 10


def test_verification_orders_what_the_vectors_cannot_tell(folder: Path):
    dataset = from_folder(folder)
    green = [query for query in dataset.queries if query.landmark == "green"]
    only_green = Dataset(
        dataset.name, dataset.images, tuple(green), CLASSIC, dataset.landmarks, dataset.duplicate_groups
    )
    report = benchmark.run(only_green, Corners())
    assert report.setups[0].mean_average_precision.value == 1
    assert report.place_top1 is not None
    assert report.place_top1.value == 1


def test_graded_queries_are_scored_under_each_setup_that_leaves_them_positives(folder: Path):
    images = tuple(sorted(folder.glob("*/*.png")))  # blue 0-2, green 3-5, red 6-8
    others = frozenset(range(6))
    queries = (
        QueryTruth(images[6], Truth(easy=others, hard=frozenset({7, 8}), junk=frozenset({6}))),
        QueryTruth(images[0], Truth(easy=frozenset(range(3, 9)), junk=frozenset({0}))),
    )
    report = benchmark.run(Dataset("graded", images, queries, REVISITED), Colours())
    names = [(setup.setup, setup.queries) for setup in report.setups]
    assert names == [("easy", 2), ("medium", 2), ("hard", 1)]
    # The first query finds all it should at once; behind the second come its two negatives, blue like it.
    late = sum((found / (found + 2) + (found + 1) / (found + 3)) / 2 for found in range(6)) / 6
    means = [setup.mean_average_precision.value for setup in report.setups]
    assert means == pytest.approx([(1 + late) / 2, (1 + late) / 2, 1])
    assert report.place_top1 is None


def test_each_photo_is_described_once_and_each_box_once(folder: Path):
    images = tuple(sorted(folder.glob("*/*.png")))
    box = Box(0, 0, 40, 40)
    asked = Truth(ok=frozenset({1}), junk=frozenset({0}))
    queries = (
        QueryTruth(images[0], asked),
        QueryTruth(images[0], asked, box),
        QueryTruth(images[0], asked, box),
    )
    method = Colours()
    report = benchmark.run(Dataset("boxes", images, queries, CLASSIC), method)
    assert method.described == [None] * 9 + [box]
    assert report.photos_described == 10


@pytest.mark.parametrize("kind", [Colours, Corners])
def test_a_second_run_describes_nothing_again_and_reaches_the_same(
    folder: Path, tmp_path: Path, kind: type[Colours]
):
    first = benchmark.run(from_folder(folder), kind(), cache_dir=tmp_path / "kept")
    resumed = kind()
    second = benchmark.run(from_folder(folder), resumed, cache_dir=tmp_path / "kept")
    assert resumed.described == []
    assert (second.setups, second.place_top1) == (first.setups, first.place_top1)
    assert second.seconds_describing == first.seconds_describing


def test_a_changed_photo_is_described_anew(folder: Path, tmp_path: Path):
    benchmark.run(from_folder(folder), Colours(), cache_dir=tmp_path / "kept")
    draw(folder / "red" / "0.png", RED, seed=77)
    method = Colours()
    benchmark.run(from_folder(folder), method, cache_dir=tmp_path / "kept")
    assert len(method.described) == 1


def test_a_stopped_run_goes_on_where_it_stopped(folder: Path, tmp_path: Path):
    def stop(stage: str, done: int, total: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        benchmark.run(from_folder(folder), Colours(), progress=stop, cache_dir=tmp_path / "kept")
    method = Colours()
    benchmark.run(from_folder(folder), method, cache_dir=tmp_path / "kept")
    assert len(method.described) == 5


def test_progress_counts_each_stage_to_its_end(folder: Path):
    told: list[tuple[str, int, int]] = []
    benchmark.run(from_folder(folder), Colours(), progress=lambda *now: told.append(now))
    assert told[0] == ("describing", 0, 9)
    assert ("describing", 9, 9) in told
    assert told[-1] == ("ranking", 9, 9)


def test_missing_and_broken_photos_are_named(folder: Path):
    dataset = from_folder(folder)
    broken = folder / "red" / "0.png"
    broken.write_bytes(b"no picture")
    with pytest.raises(DatasetError, match="red/0.png"):
        benchmark.run(dataset, Colours())
    broken.unlink()
    with pytest.raises(DatasetError, match="1 photos are not there, the first .*red/0.png"):
        benchmark.run(dataset, Colours())


def test_a_box_outside_its_photo_is_refused_with_the_photos_name(folder: Path):
    image = next(folder.glob("*/*.png"))
    query = QueryTruth(image, Truth(ok=frozenset({0})), Box(500, 500, 600, 600))
    with pytest.raises(DatasetError, match=image.name):
        benchmark.run(Dataset("outside", (image,), (query,), CLASSIC), Colours())


def test_a_report_is_plain_json_with_the_datasets_facts(folder: Path):
    dataset = from_folder(folder)
    figures = json.loads(json.dumps(benchmark.report(dataset, [benchmark.run(dataset, Colours())])))
    assert figures["dataset"] == {
        "name": "places",
        "content_hash": dataset.content_hash,
        "images": 9,
        "queries": 9,
        "queries_left_out": 0,
        "landmarks": 3,
    }
    (method,) = figures["methods"]
    assert (method["method"], method["checkpoint"]) == ("colours", "mean-colour")
    assert method["place_top1"] == {"value": 1.0, "low": 1.0, "high": 1.0}


@pytest.mark.shared_data
@pytest.mark.weights
def test_cnn_irwnha_knows_the_places_of_real_photos(shared_data: Path, tmp_path: Path):
    catalogue = shared_data / "vietnam-landmarks"
    shutil.copy(catalogue / "landmarks.csv", tmp_path)
    for place in filter(Path.is_dir, catalogue.iterdir()):
        (tmp_path / place.name).mkdir()
        for photo in sorted(place.iterdir())[:6]:  # of 20: all of them would take some two minutes
            (tmp_path / place.name / photo.name).symlink_to(photo)
    report = benchmark.run(from_folder(tmp_path), load("cnn_irwnha"))
    assert report.photos_described == 32 * 6
    assert report.place_top1 is not None
    assert report.place_top1.value >= 0.76
