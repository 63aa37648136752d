import itertools
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from places.models import LandmarkImage
from retrieval import index, indexing, methods, serving, tuning
from retrieval.evaluation.benchmark import MethodReport, SetupReport
from retrieval.evaluation.datasets import Dataset
from retrieval.evaluation.descriptions import Describer
from retrieval.evaluation.metrics import RECALL_LEVELS, Interval
from retrieval.methods.weights import sha256
from retrieval.methods.whitening import Projection
from retrieval.models import Descriptor, Evaluation, ServableCheckpoint
from retrieval.training import catalogue, fine_tuning, maps
from tests.factories import LandmarkFactory, LandmarkImageFactory, drawn_photo
from tests.retrieval.conftest import Quick
from tests.retrieval.training.small import SmallTrunk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_methods"), pytest.mark.thorough]

WINS, LOSES = ((0.5, 0.8), (0.6, 0.8)), ((0.6, 0.8), (0.5, 0.8))
BUNDLED = methods.find("cnn_irwnha").checkpoint


def around(value: float) -> Interval:
    return Interval(value, value - 0.05, value + 0.05)


def report_of(checkpoint, figures: tuple[float, float]) -> MethodReport:
    """A report with this mAP and this share of places named first."""
    precision, first = map(around, figures)
    setup = SetupReport("all", 12, precision, (precision,) * 3, (1.0,) * len(RECALL_LEVELS))
    return MethodReport(
        method="cnn_irwnha", label="CNN-IRwNHA", checkpoint=checkpoint, cropped=False, verified=0, expansion="",
        main=setup, setups=(setup,), places=(first, first), kinds=(), rejection=(), queries=(), photos_described=30,
        seconds_per_photo=0.1, seconds_per_query=0.2,
    )  # fmt: skip


def photo(landmark, author: str, **fields) -> LandmarkImage:
    """A small published photo, without the files that nobody here is served."""
    published = {"state": LandmarkImage.State.PUBLISHED, "photo": "photo.jpg", "thumbnail": "photo.webp"}
    return LandmarkImageFactory(landmark=landmark, author=author, size=(48, 32), **published, **fields)


@pytest.fixture
def landmarks():
    """Two landmarks, ten photos each by five authors, two by each."""
    both = LandmarkFactory(slug="citadel"), LandmarkFactory(slug="lake")
    for landmark, author, _number in itertools.product(both, "ABCDE", range(2)):
        photo(landmark, f"{landmark.slug} {author}")
    return both


@pytest.fixture
def learning(monkeypatch, settings, tmp_path):
    """What the tuning is asked to learn and to measure, with a network of few weights and figures to be set."""
    settings.VAR_DIR = tmp_path / "var"
    monkeypatch.setenv("WEIGHTS_DIR", str(tmp_path / "weights"))
    seen = SimpleNamespace(figures=WINS, learned=[], asked=[], measured=[])

    def tune(photos, kept, *, overlaps, into, start, seed, recipe, progress):
        seen.learned.append(
            SimpleNamespace(photos=photos, overlaps=overlaps, into=into, start=start, recipe=recipe)
        )
        into.mkdir(parents=True, exist_ok=True)
        (into / "curve.csv").write_text("epoch,loss\n1,0.50000\n")
        return fine_tuning.Tail(SmallTrunk())

    def run(dataset, approach, **_options):
        checkpoint = approach.approach.checkpoint
        seen.asked.append(dataset)
        seen.measured.append(checkpoint.name)
        return report_of(checkpoint, seen.figures[(len(seen.measured) - 1) % 2])

    half = Projection(np.zeros(16, np.float32), np.eye(4, 16, dtype=np.float32))
    monkeypatch.setattr(maps, "Maps", lambda folder, *, seed: None)
    monkeypatch.setattr(catalogue, "tune", tune)
    monkeypatch.setattr(catalogue, "learn_projection", lambda *_args, **_options: half)
    monkeypatch.setattr(tuning.benchmark, "run", run)
    return seen


@pytest.fixture
def tune(tmp_path):
    def call(**options) -> tuning.Outcome:
        return tuning.tune(**({"work": tmp_path / "work", "progress": lambda *_: None} | options))

    return call


def of_paths(paths) -> set[LandmarkImage]:
    return {LandmarkImage.objects.get(sha256=path.stem) for path in paths}


def questions(dataset: Dataset) -> list[Path]:
    return [query.path for query in dataset.queries]


def sides(learning) -> tuple[set[LandmarkImage], set[LandmarkImage]]:
    """The photos last learned from, and those last asked with."""
    return of_paths(learning.learned[-1].photos.paths), of_paths(questions(learning.asked[-1]))


# What is learned, and what is asked


def test_a_fifth_of_each_landmarks_photos_is_held_out_to_ask_with(landmarks, learning, tune):
    tune()
    learned, held = sides(learning)
    assert learned | held == set(LandmarkImage.objects.all())
    assert not learned & held
    assert sorted(image.landmark.slug for image in held) == ["citadel"] * 2 + ["lake"] * 2


def test_no_author_of_a_landmark_is_on_both_sides(landmarks, learning, tune):
    for number in range(4):
        photo(landmarks[0], f"guest {number % 2}")
    tune()
    learned, held = sides(learning)
    assert held
    assert not authors(learned) & authors(held)


def authors(images) -> set[tuple[int, str]]:
    return {(image.landmark_id, image.author) for image in images}


def test_a_copy_of_a_learned_photo_by_another_author_asks_nothing(landmarks, learning, tune):
    tune()
    learned, held = sides(learning)
    copy = min(held, key=lambda image: image.pk)
    original = next(image for image in learned if image.landmark == copy.landmark)
    LandmarkImage.objects.filter(pk=copy.pk).update(near_duplicate_of=original)
    tune()
    assert sides(learning) == (learned, held - {copy})


def test_the_same_catalogue_is_divided_the_same_way_and_its_run_goes_on(landmarks, learning, tune):
    tune()
    tune()
    first, second = learning.learned
    assert first.photos == second.photos
    assert first.into == second.into
    photo(landmarks[0], "newcomer")
    tune()
    assert learning.learned[2].into != first.into


@pytest.fixture
def visitors(tmp_path):
    """A folder of photos from another source."""
    (tmp_path / "visitors" / "lake").mkdir(parents=True)
    (tmp_path / "visitors" / "lake" / "1.jpg").write_bytes(drawn_photo(1, (48, 32)))
    return tmp_path / "visitors"


def test_with_photos_from_another_source_all_of_the_catalogue_is_learned(landmarks, learning, tune, visitors):
    tune(queries=visitors)
    assert of_paths(learning.learned[0].photos.paths) == set(LandmarkImage.objects.all())
    assert questions(learning.asked[0]) == [visitors / "lake" / "1.jpg"]


def test_only_published_photos_are_learned_from(landmarks, learning, tune):
    LandmarkImageFactory(landmark=landmarks[0], author="waiting")
    tune()
    learned, held = sides(learning)
    assert len(learned | held) == 20


def test_landmarks_that_overlap_are_named_to_the_training(landmarks, learning, tune):
    landmarks[0].overlaps_with.add(landmarks[1])
    tune()
    assert learning.learned[0].overlaps == {"citadel": {"lake"}, "lake": {"citadel"}}
    assert all(query.truth.junk for query in learning.asked[0].queries)


def test_near_duplicates_are_those_that_the_catalogue_knows(landmarks, learning, tune, visitors):
    first, second = LandmarkImage.objects.filter(author="lake A")
    LandmarkImage.objects.filter(pk=second.pk).update(near_duplicate_of=first)
    tune(queries=visitors)
    dataset = learning.asked[0]
    group_of = {
        path.stem: group for path, group in zip(dataset.images, dataset.duplicate_groups, strict=True)
    }
    assert group_of[first.sha256] == group_of[second.sha256]
    assert len(set(group_of.values())) == 19


def test_a_photo_that_has_left_the_catalogue_leaves_what_was_exported(landmarks, learning, tune, tmp_path):
    tune()
    gone = of_paths(learning.learned[0].photos.paths).pop()
    name = f"{gone.sha256}.jpg"
    assert list((tmp_path / "work").rglob(name))
    LandmarkImage.objects.filter(pk=gone.pk).delete()
    tune()
    assert not list((tmp_path / "work").rglob(name))
    for table in (tmp_path / "work").rglob("images.csv"):
        with table.open(newline="") as file:
            assert gone.sha256 not in file.read()


def test_a_photo_whose_export_was_stopped_is_exported_whole(landmarks, learning, tune, tmp_path, monkeypatch):
    with monkeypatch.context() as full:
        full.setattr(Path, "replace", refuse)
        with pytest.raises(OSError, match="no space"):
            tune()
    tune()
    for path in (*learning.asked[0].images, *questions(learning.asked[0])):
        assert sha256(path) == path.stem
    assert not list((tmp_path / "work").rglob("*.unfinished"))


def refuse(*_args):
    raise OSError("no space left on device")


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_landmarks_cannot_be_tuned_to(count, learning, tune):
    for landmark in LandmarkFactory.create_batch(count):
        for author in "ABCDE":
            photo(landmark, author)
    with pytest.raises(tuning.CannotTune):
        tune()
    assert learning.learned == []


def test_photos_of_one_author_each_cannot_be_divided(learning, tune):
    for landmark in LandmarkFactory.create_batch(2):
        for _number in range(5):
            photo(landmark, "the only one")
    with pytest.raises(tuning.CannotTune, match="two authors: nothing can be held out"):
        tune()


# What comes of it


@pytest.mark.parametrize(
    ("before", "after", "won"),
    [
        ((0.5, 0.8), (0.6, 0.8), True),
        ((0.5, 0.8), (0.6, 0.9), True),
        ((0.5, 0.8), (0.6, 0.7), False),
        ((0.5, 0.8), (0.5, 0.9), False),
        ((0.6, 0.8), (0.5, 0.9), False),
    ],
)
def test_it_wins_where_it_ranks_better_and_names_no_fewer_places(before, after, won):
    reports = report_of(BUNDLED, before), report_of(BUNDLED, after)
    assert tuning.Outcome(ServableCheckpoint(), *reports, Path("visitors")).won == won


def test_without_queries_to_measure_by_nothing_wins():
    report = replace(report_of(BUNDLED, (0.5, 0.8)), main=None)
    assert not tuning.Outcome(ServableCheckpoint(), report, report, Path("visitors")).won


def test_what_won_has_described_the_catalogue_before_it_serves_and_the_old_descriptions_stay(
    landmarks, learning, tune, monkeypatch
):
    indexing.describe_missing(names=["cnn_irwnha"])
    described = []

    def serve(row):
        described.append(Descriptor.objects.filter(version=row.name).count())
        assert serving.find("cnn_irwnha").checkpoint == BUNDLED
        real(row)

    real = serving.serve
    monkeypatch.setattr(tuning.serving, "serve", serve)
    outcome = tune()
    assert outcome.won
    assert described == [20]
    assert Descriptor.objects.filter(version=BUNDLED.name).count() == 20
    assert serving.find("cnn_irwnha").checkpoint.name == outcome.checkpoint.name
    assert not index.missing(serving.find("cnn_irwnha")).exists()


def test_what_was_described_for_measuring_is_not_described_again_for_serving(
    landmarks, learning, tune, monkeypatch
):
    described = Counter()
    describe = Quick.describe

    def counted(method, image, *, box=None):
        described[method.checkpoint.name] += 1
        return describe(method, image, box=box)

    def run(dataset, approach, *, cache_dir, **_options):
        method = approach.describers["cnn_irwnha"]
        describer = Describer(method, cache_dir=cache_dir)
        for path in (*dataset.images, *questions(dataset)):
            describer.describe(path)
        return report_of(method.checkpoint, WINS[method.checkpoint != BUNDLED])

    monkeypatch.setattr(Quick, "describe", counted)
    monkeypatch.setattr(tuning.benchmark, "run", run)
    outcome = tune()
    assert described[outcome.checkpoint.name] == 20
    assert Descriptor.objects.filter(version=outcome.checkpoint.name).count() == 20


def test_what_lost_changes_nothing_for_visitors(landmarks, learning, tune):
    indexing.describe_missing(names=["cnn_irwnha"])
    learning.figures = LOSES
    outcome = tune()
    assert not outcome.won
    assert serving.find("cnn_irwnha").checkpoint == BUNDLED
    assert set(Descriptor.objects.values_list("version", flat=True)) == {BUNDLED.name}
    assert not ServableCheckpoint.objects.get().serving


def test_both_are_measured_on_the_same_questions_and_kept_for_the_methods_page(landmarks, learning, tune):
    outcome = tune()
    assert learning.measured == [BUNDLED.name, outcome.checkpoint.name]
    assert learning.asked[0] is learning.asked[1]
    rows = {row.checkpoint: row for row in Evaluation.objects.all()}
    assert rows[BUNDLED.name].figures["mAP"] == 0.5
    assert rows[outcome.checkpoint.name].figures["mAP"] == 0.6
    assert rows[BUNDLED.name].content_hash == rows[outcome.checkpoint.name].content_hash


def test_the_next_tuning_is_measured_against_what_serves(landmarks, learning, tune):
    first = tune()
    tune()
    assert learning.measured[2] == first.checkpoint.name


def test_the_weights_lie_beside_their_card_under_the_name_of_their_hash(landmarks, learning, tune, tmp_path):
    outcome = tune(seed=4, epochs=3)
    (weights,) = (tmp_path / "weights").glob("*.npz")
    name = f"cnn_irwnha-{sha256(weights)[:16]}"
    assert weights.stem == name
    checkpoint = serving.checkpoint_of(outcome.checkpoint)
    assert checkpoint.files == (*BUNDLED.files, name)
    assert "16 labelled photographs of the catalogue's 2 landmarks" in checkpoint.training_set
    card = weights.with_suffix(".md").read_text()
    assert sha256(weights) in card
    assert "- seed: 4" in card
    assert learning.learned[0].recipe.epochs == 3


def test_learning_goes_on_from_the_bundled_tail(landmarks, learning, tune):
    tune()
    assert learning.learned[-1].start.name == "cnn_irwnha_tail.npz"
