import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.answering import approaches
from retrieval.evaluation import benchmark
from retrieval.evaluation.datasets import Dataset, DatasetError, QueryTruth, from_folder
from retrieval.evaluation.metrics import CLASSIC, REVISITED, Truth
from retrieval.methods.base import Box, LocalFeatures
from retrieval.ranking.verification import Verifier
from tests.retrieval.evaluation.pictures import BLUE, BY_CORNERS, GREEN, RED, Colours, Corners, alone, draw


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three places of three photos, told apart by colour."""
    seed = 0
    for name, colour in (("red", RED), ("green", GREEN), ("blue", BLUE)):
        for number in range(3):
            draw(tmp_path / "places" / name / f"{number}.png", colour, seed=(seed := seed + 1))
    return tmp_path / "places"


def test_a_method_that_tells_every_place_reaches_one_on_all_figures(folder: Path):
    report = benchmark.run(from_folder(folder), alone(Colours()))
    assert report.places
    assert report.places[0].value == 1
    (setup,) = report.setups
    assert (setup.setup, setup.queries) == ("all", 9)
    assert setup.mean_average_precision.value == 1
    assert [interval.value for interval in setup.mean_precision] == [1, 1, 1]
    assert report.checkpoint.name == "mean-colour"


def test_a_photo_in_the_wrong_folder_costs_what_it_should(folder: Path):
    draw(folder / "green" / "stray.png", RED, seed=99)
    report = benchmark.run(from_folder(folder), alone(Colours()))
    assert report.places
    assert report.places[0].value == pytest.approx(9 / 10)
    assert report.setups[0].mean_precision[0].value <= 9 / 10


def test_verification_orders_what_the_vectors_cannot_tell(folder: Path):
    dataset = from_folder(folder)
    green = [query for query in dataset.queries if query.landmark == "green"]
    only_green = Dataset(
        dataset.name, dataset.images, tuple(green), CLASSIC, dataset.landmarks, dataset.duplicate_groups
    )
    report = benchmark.run(only_green, alone(Corners(), verifier=BY_CORNERS))
    assert report.setups[0].mean_average_precision.value == 1
    assert report.places
    assert report.places[0].value == 1


def test_graded_queries_are_scored_under_each_setup_that_leaves_them_positives(folder: Path):
    images = tuple(sorted(folder.glob("*/*.png")))  # blue 0-2, green 3-5, red 6-8
    others = frozenset(range(6))
    queries = (
        QueryTruth(images[6], Truth(easy=others, hard=frozenset({7, 8}), junk=frozenset({6}))),
        QueryTruth(images[0], Truth(easy=frozenset(range(3, 9)), junk=frozenset({0}))),
    )
    report = benchmark.run(Dataset("graded", images, queries, REVISITED), alone(Colours()))
    names = [(setup.setup, setup.queries) for setup in report.setups]
    assert names == [("easy", 2), ("medium", 2), ("hard", 1)]
    # The first query finds all it should at once; behind the second come its two negatives, blue like it.
    late = sum((found / (found + 2) + (found + 1) / (found + 3)) / 2 for found in range(6)) / 6
    means = [setup.mean_average_precision.value for setup in report.setups]
    assert means == pytest.approx([(1 + late) / 2, (1 + late) / 2, 1])
    assert report.places == ()


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
    report = benchmark.run(Dataset("boxes", images, queries, CLASSIC), alone(method))
    assert method.described == [None] * 9 + [box]
    assert report.photos_described == 10


@pytest.mark.parametrize(("kind", "verifier"), [(Colours, None), (Corners, BY_CORNERS)])
def test_a_second_run_describes_nothing_again_and_reaches_the_same(
    folder: Path, tmp_path: Path, kind: type[Colours], verifier: Verifier | None
):
    dataset, resumed = from_folder(folder), kind()
    first = benchmark.run(dataset, alone(kind(), verifier=verifier), cache_dir=tmp_path / "kept")
    second = benchmark.run(dataset, alone(resumed, verifier=verifier), cache_dir=tmp_path / "kept")
    assert resumed.described == []
    assert (second.setups, second.places) == (first.setups, first.places)
    assert second.seconds_per_photo == first.seconds_per_photo


def test_a_changed_photo_is_described_anew(folder: Path, tmp_path: Path):
    benchmark.run(from_folder(folder), alone(Colours()), cache_dir=tmp_path / "kept")
    draw(folder / "red" / "0.png", RED, seed=77)
    method = Colours()
    benchmark.run(from_folder(folder), alone(method), cache_dir=tmp_path / "kept")
    assert len(method.described) == 1


def test_a_stopped_run_goes_on_where_it_stopped(folder: Path, tmp_path: Path):
    def stop(stage: str, done: int, total: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        benchmark.run(from_folder(folder), alone(Colours()), progress=stop, cache_dir=tmp_path / "kept")
    method = Colours()
    benchmark.run(from_folder(folder), alone(method), cache_dir=tmp_path / "kept")
    assert len(method.described) == 5


def test_progress_counts_each_stage_to_its_end(folder: Path):
    told: list[tuple[str, int, int]] = []
    benchmark.run(from_folder(folder), alone(Colours()), progress=lambda *now: told.append(now))
    assert told[0] == ("describing", 0, 9)
    assert ("describing", 9, 9) in told
    assert told[-1] == ("ranking", 9, 9)


def test_missing_and_broken_photos_are_named(folder: Path):
    dataset = from_folder(folder)
    broken = folder / "red" / "0.png"
    broken.write_bytes(b"no picture")
    with pytest.raises(DatasetError, match="red/0.png"):
        benchmark.run(dataset, alone(Colours()))
    broken.unlink()
    with pytest.raises(DatasetError, match="1 photos are not there, the first .*red/0.png"):
        benchmark.run(dataset, alone(Colours()))


def test_a_box_outside_its_photo_is_refused_with_the_photos_name(folder: Path):
    image = next(folder.glob("*/*.png"))
    query = QueryTruth(image, Truth(ok=frozenset({0})), Box(500, 500, 600, 600))
    with pytest.raises(DatasetError, match=image.name):
        benchmark.run(Dataset("outside", (image,), (query,), CLASSIC), alone(Colours()))


def test_the_right_place_may_stand_second_or_third(folder: Path):
    dataset = from_folder(folder)
    stray = draw(folder / "green" / "stray.png", RED, seed=99)
    images = dataset.images
    red = frozenset(index for index, name in enumerate(dataset.landmarks) if name == "red")
    # A red photo that should be green: red has the larger share, green comes after it.
    query = QueryTruth(stray, Truth(ok=frozenset(range(9)) - red), landmark="green")
    report = benchmark.run(replace(dataset, images=images, queries=(query,)), alone(Colours()))
    assert [place.value for place in report.places] == [0, 1]


def test_no_more_are_compared_closely_than_the_approach_looks_at(folder: Path):
    dataset, compared = from_folder(folder), []

    def counted(query: LocalFeatures, image: LocalFeatures):
        compared.append((query, image))
        return BY_CORNERS.matches(query, image)

    counting = replace(BY_CORNERS, matches=counted)
    assert benchmark.run(dataset, alone(Corners(), verifier=counting, depth=3)).verified == 3
    assert len(compared) == 3 * len(dataset.queries)
    assert benchmark.run(dataset, alone(Corners())).verified == 0
    assert len(compared) == 3 * len(dataset.queries)


def test_photos_of_places_outside_measure_rejection_by_each_signal(folder: Path, tmp_path: Path):
    grey = tuple(draw(tmp_path / f"{seed}.png", (120, 120, 120), seed=seed) for seed in (50, 51))
    report = benchmark.run(replace(from_folder(folder), outside=grey), alone(Colours()))
    assert [found.signal for found in report.rejection] == ["similarity", "share", "share x similarity"]
    similarity = report.rejection[0]
    assert (similarity.inside, similarity.outside) == (9, 2)
    assert similarity.auroc.value == similarity.true_accepts.value == 1
    assert benchmark.run(from_folder(folder), alone(Colours())).rejection == ()


def test_distractors_are_ranked_and_vote_for_no_place(folder: Path, tmp_path: Path):
    more = [draw(tmp_path / f"more-{seed}.png", RED, seed=70 + seed) for seed in range(30)]
    report = benchmark.run(from_folder(folder).with_distractors(more), alone(Colours()))
    assert report.main is not None
    assert report.main.mean_average_precision.value < 1
    assert report.places[0].value == 1


def test_each_query_is_kept_with_its_first_images_and_its_place(folder: Path):
    report = benchmark.run(from_folder(folder), alone(Colours()))
    assert len(report.queries) == 9
    one = report.queries[0]
    assert (one.average_precision, one.place) == (1, "blue")
    assert [shown.hit for shown in one.first] == [True] * 2 + [False] * 6
    assert one.query.path not in [shown.path for shown in one.first]


def test_what_a_visitor_waits_holds_the_description(folder: Path):
    report = benchmark.run(from_folder(folder), alone(Colours()))
    assert report.seconds_per_query > report.seconds_per_photo > 0


@pytest.mark.shared_data
@pytest.mark.weights
def test_cnn_irwnha_knows_the_places_of_real_photos(shared_data: Path, tmp_path: Path):
    catalogue = shared_data / "vietnam-landmarks"
    shutil.copy(catalogue / "landmarks.csv", tmp_path)
    for place in filter(Path.is_dir, catalogue.iterdir()):
        (tmp_path / place.name).mkdir()
        for photo in sorted(place.iterdir())[:6]:  # of 20: all of them would take some two minutes
            (tmp_path / place.name / photo.name).symlink_to(photo)
    report = benchmark.run(from_folder(tmp_path), approaches.find("cnn_irwnha").load())
    assert report.photos_described == 32 * 6
    assert report.places
    assert report.places[0].value >= 0.76


def test_places_are_counted_by_kind_where_the_dataset_names_one(folder: Path):
    draw(folder / "green" / "stray.png", RED, seed=99)
    (folder / "landmarks.csv").write_text("landmark,kind\nred,building\ngreen,scene\nblue,\n")
    report = benchmark.run(from_folder(folder), alone(Colours()))
    assert [(kind, count) for kind, count, _ in report.kinds] == [("building", 3), ("scene", 4)]
    assert [figure.value for *_, figure in report.kinds] == [1, pytest.approx(3 / 4)]
