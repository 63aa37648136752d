"""What tune_to_catalogue says and does once the tuning itself has ended."""

from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from retrieval import calibrating, serving, tuning
from retrieval.answering.bundled import Calibrated
from retrieval.evaluation.datasets import DatasetError
from retrieval.management.commands import tune_to_catalogue as command
from retrieval.methods.weights import MissingWeights
from retrieval.models import NightlyTuning, ServableCheckpoint
from tests.retrieval.test_tuning import BUNDLED, LOSES, WINS, report_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_methods")]


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs the command on a tuning that ends as told; gives what it printed."""

    def call(ends: object = None, **options) -> str:
        def end(**_options):
            if isinstance(ends, BaseException):
                raise ends
            return ends

        monkeypatch.setattr(tuning, "tune", end)
        call_command("tune_to_catalogue", **options)
        return capsys.readouterr().out

    return call


@pytest.fixture(autouse=True)
def calibrated(monkeypatch, quick_methods) -> list:
    """Stands in for the learning of confidences, which has tests of its own; hears what is calibrated with what."""
    asked: list = []

    def calibrate(approach, *, queries, **_options):
        asked.append((approach.approach.name, queries))
        figures = {"calibration_error": 0.04}
        return Calibrated(approach.approach.name, "tuned", None, figures, "")

    monkeypatch.setattr(calibrating, "calibrate", calibrate)
    monkeypatch.setattr(calibrating, "keep", asked.append)
    return asked


def test_what_won_is_calibrated_from_the_photos_that_measured_it(run, calibrated):
    said = run(outcome_of(WINS)).splitlines()[3:]
    assert said == [
        f"{name} is calibrated anew: calibration error 0.040." for name in ("Consensus", "CNN-IRwNHA")
    ]
    assert calibrated[0] == ("consensus", Path("visitors"))
    assert calibrated[1].method == "consensus"
    assert calibrated[2] == ("cnn_irwnha", Path("visitors"))


def test_what_lost_leaves_the_confidences_as_they_were(run, calibrated):
    run(outcome_of(LOSES))
    assert calibrated == []


def outcome_of(figures) -> tuning.Outcome:
    before, after = figures
    tuned = report_of(replace(BUNDLED, name="tuned"), after)
    return tuning.Outcome(ServableCheckpoint(), report_of(BUNDLED, before), tuned, Path("visitors"))


def test_the_command_says_both_figures_and_the_verdict(run):
    before, after, verdict, *_calibrated = run(outcome_of(WINS)).splitlines()
    assert before.startswith("before: mAP 0.500 [0.450, 0.550], P@1 0.500")
    assert before.endswith(f"place top-1 0.800 [0.750, 0.850]  (12 queries; {BUNDLED.name})")
    assert after.startswith("after:  mAP 0.600")
    assert after.endswith("(12 queries; tuned)")
    assert verdict == "It won, and serves."
    assert run(outcome_of(LOSES)).endswith("It did not win: all stays as it was.\n")


@pytest.mark.parametrize(
    "error",
    [
        tuning.CannotTune("Fewer than two landmarks."),
        DatasetError("photos: no such folder"),
        MissingWeights("efficientnet-lite2", "it is nowhere"),
        ValueError("another recipe"),
    ],
)
def test_the_command_says_in_one_sentence_why_it_cannot_tune(run, error):
    with pytest.raises(CommandError) as raised:
        run(error)
    assert str(raised.value) == str(error)


def test_a_second_tuning_leaves_the_first_at_work(run, monkeypatch):
    @contextmanager
    def taken(_name):
        yield False

    monkeypatch.setattr(command, "claim", taken)
    with pytest.raises(CommandError, match="Another tuning is at work"):
        run(outcome_of(WINS))


def test_undo_serves_the_bundled_checkpoint_again(run):
    serving.serve(
        ServableCheckpoint.objects.create(method="cnn_irwnha", name="tuned", facts=facts_of("tuned"))
    )
    assert "The bundled checkpoint serves" in run(undo=True)
    assert serving.find("cnn_irwnha").checkpoint == BUNDLED


def facts_of(name: str) -> dict:
    return asdict(replace(BUNDLED, name=name))


@pytest.fixture
def night():
    return NightlyTuning.objects.create(pk=1, on=True, outcome="as last night")


def test_by_day_the_curators_are_told_nothing(run, night):
    run(outcome_of(WINS))
    night.refresh_from_db()
    assert night.outcome == "as last night"


def test_at_night_the_curators_read_what_came_of_it(run, night):
    printed = run(outcome_of(WINS), nightly=True)
    night.refresh_from_db()
    assert night.outcome == printed.strip()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (tuning.CannotTune("Fewer than two landmarks."), "Fewer than two landmarks."),
        (RuntimeError("the network broke"), "RuntimeError: the network broke"),
        (KeyError("WEIGHTS_DIR"), "KeyError: 'WEIGHTS_DIR'"),
        (KeyboardInterrupt(), "KeyboardInterrupt: "),
    ],
)
def test_at_night_the_curators_read_what_went_wrong_whatever_it_was(run, night, error, told):
    with pytest.raises((CommandError, type(error))):
        run(error, nightly=True)
    night.refresh_from_db()
    assert night.outcome == told
