from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retrieval.answering.approaches import Loaded, alone
from retrieval.evaluation import calibration
from retrieval.evaluation.benchmark import Database
from retrieval.evaluation.calibration import Asked
from retrieval.evaluation.datasets import from_folder
from retrieval.ranking.confidence import UNKNOWN, Case, Curve
from tests.retrieval.evaluation.pictures import BLUE, GREEN, RED, Colours, draw

NAMES = ("similarity",)


def known(group: str, similarity: float, *, others: float = 0.1) -> Asked:
    return Asked(group, Case(np.array([[similarity], [others]]), 0), stranger=False)


def strange(group: str, similarity: float, *, others: float = 0.1) -> Asked:
    return Asked(group, Case(np.array([[similarity], [others]]), None), stranger=True)


def told_apart() -> list[Asked]:
    """Ten landmarks whose photos are far nearer than those of strangers."""
    dice = np.random.default_rng(1)
    both = ((known, 0.9), (strange, 0.3))
    return [
        kind(f"place {n}", near + dice.normal(0, 0.03))
        for n in range(10)
        for kind, near in both
        for _ in "abc"
    ]


def plain_curve(**thresholds: float) -> Curve:
    return Curve(NAMES, np.zeros(1), np.ones(1), np.array([1.0, 0.0]), **thresholds)


def test_what_similarity_tells_apart_is_accepted_and_refused_almost_without_fault():
    curve, figures = calibration.calibrate(told_apart(), names=NAMES)
    assert (figures.inside, figures.outside) == (30, 30)
    assert figures.auroc.value == 1
    assert figures.place_top1.value == 1
    assert figures.true_accepts == 1
    assert figures.false_accepts <= 0.05
    chances = curve.probabilities(np.array([[0.2], [0.1]]))
    assert curve.verdict(best=chances.max(), known=chances.sum()) == UNKNOWN


def test_a_landmark_is_judged_by_a_curve_that_never_saw_it():
    asked = told_apart()
    # One landmark's strangers look like known places: a curve that had seen them would doubt such similarity.
    misleading = [strange("place 0", 0.9) for _ in range(60)]
    chances = calibration.held_out([*asked, *misleading], names=NAMES)
    unwarned = [
        c.sum() for one, c in zip([*asked, *misleading], chances, strict=True) if one.group == "place 0"
    ]
    warned = [
        c.sum() for one, c in zip(asked, chances, strict=False) if one.group == "place 1" and not one.stranger
    ]
    assert np.mean(unwarned[-60:]) > np.mean(warned)


def test_two_landmarks_are_too_few_to_learn_from_some_and_report_on_others():
    asked = [known("a", 0.9), strange("a", 0.2), known("b", 0.8), strange("b", 0.3)]
    with pytest.raises(ValueError, match="2 landmarks"):
        calibration.held_out(asked, names=NAMES)


def test_at_most_one_stranger_in_twenty_is_accepted_by_the_threshold():
    asked = [strange("a", 0.0) for _ in range(20)] + [known("b", 0.0)]
    chances = [np.array([n / 100]) for n in range(20)] + [np.array([0.5])]
    curve = calibration.with_thresholds(plain_curve(), asked, chances)
    accepted = [c for one, c in zip(asked, chances, strict=True) if one.stranger and c.sum() >= curve.accept]
    assert len(accepted) == 1


def test_one_place_alone_is_answered_where_nineteen_of_twenty_such_answers_are_right():
    asked = [known("a", 1.0) for _ in range(19)] + [strange("b", 1.0)] + [strange("c", 1.0)]
    chances = [np.array([0.9, 0.0])] * 19 + [np.array([0.8, 0.0])] + [np.array([0.7, 0.0])]
    assert calibration.with_thresholds(plain_curve(), asked, chances).certain == pytest.approx(0.8)


def test_the_calibration_error_is_the_mean_gap_between_confidence_and_being_right():
    asked = [known("a", 0.0), known("b", 0.0), strange("c", 0.0), strange("d", 0.0)]
    chances = [np.array([0.85, 0.0]), np.array([0.85, 0.0]), np.array([0.85, 0.0]), np.array([0.05, 0.0])]
    figures = calibration.figures(asked, chances, curve=plain_curve(accept=0.5, certain=0.8))
    # Of three answers of 0.85 two are right, off by 0.183; one of 0.05 is not, off by 0.05.
    assert figures.calibration_error == pytest.approx((3 * (0.85 - 2 / 3) + 0.05) / 4)
    assert [(one.answers, round(one.right, 3)) for one in figures.bins] == [(1, 0.0), (3, 0.667)]
    assert figures.false_accepts == 0.5
    assert figures.certain_right == pytest.approx(2 / 3)


def test_thirty_true_strangers_and_no_landmark_left_out_are_what_figures_speak_of():
    left_out = [replace(one, left_out=True) for one in told_apart() if one.stranger]
    known_ones = [one for one in told_apart() if not one.stranger]
    strangers = [strange("nowhere", 0.4) for _ in range(30)]
    asked = [*known_ones, *left_out, *strangers]
    kept, chances = calibration.judged(asked, [np.zeros(1)] * len(asked))
    assert kept == [*known_ones, *strangers]
    assert len(chances) == len(kept)
    few = [*known_ones, *left_out, *strangers[:29]]
    assert calibration.judged(few, [np.zeros(1)] * len(few))[0] == few


def test_each_photo_asks_and_asks_again_as_if_its_place_were_not_there(tmp_path: Path):
    for seed, (name, colour) in enumerate([("red", RED), ("green", GREEN), ("blue", BLUE)] * 2):
        draw(tmp_path / "places" / name / f"{seed}.png", colour, seed=seed)
    dataset = from_folder(tmp_path / "places")
    approach = Loaded(alone(Colours), {"colours": Colours()}, None)
    database = Database(dataset, approach)
    asked = calibration.ask(
        list(calibration.questions_of(dataset, database)), approach=approach, catalogue=database.catalogue
    )
    assert [one.stranger for one in asked] == [False, True] * 6
    assert all(one.case.right == 0 for one in asked if not one.stranger)  # by its one other photo
    assert all(one.case.right is None and len(one.case.signals) == 2 for one in asked if one.stranger)
    assert all(one.case.signals.shape[1] == len(calibration.names(approach)) for one in asked)
