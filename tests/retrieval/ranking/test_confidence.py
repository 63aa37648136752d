import json

import numpy as np
import pytest

from retrieval.ranking.confidence import IS, ONE_OF, UNKNOWN, VERDICTS, Case, Curve, learn, shares

NAMES = ("likeness", "noise")
PLAIN = Curve(NAMES, mean=np.zeros(2), scale=np.ones(2), weights=np.array([2.0, -1.0, 0.5]))


def row(*signals: float) -> np.ndarray:
    return np.array([signals])


def drawn(count: int, *, weights: tuple[float, float, float], places: int = 4) -> list[Case]:
    """Answers whose truths were drawn by the odds that a curve of these weights gives them."""
    random = np.random.default_rng(5)
    cases = []
    for _ in range(count):
        signals = random.normal((3, -1), (2, 0.5), (random.integers(0, places + 1), 2))
        standard = (signals - (3, -1)) / (2, 0.5)
        chances = shares(standard @ np.array(weights[:2]) + weights[2])
        choice = random.choice(len(signals) + 1, p=[*chances, 1 - chances.sum()])
        cases.append(Case(signals, None if choice == len(signals) else int(choice)))
    return cases


def test_shares_add_up_to_one_with_that_of_none():
    assert shares(np.zeros(1)) == pytest.approx([1 / 2])
    assert shares(np.zeros(3)) == pytest.approx([1 / 4] * 3)
    assert shares(np.log([2.0, 3.0])) == pytest.approx([2 / 6, 3 / 6])  # and 1/6 for none
    assert shares(np.zeros(0)).shape == (0,)


@pytest.mark.parametrize("utility", [-1e4, -700.0, 700.0, 1e4])
def test_no_utility_is_too_large_or_too_small(utility: float):
    chances = shares(np.array([utility, utility - 1]))
    assert np.isfinite(chances).all()
    assert 0 <= chances.sum() <= 1 + 1e-12
    assert chances.sum() == pytest.approx(float(utility > 0), abs=1e-9)


def test_a_utility_is_the_weighted_sum_of_the_standardised_signals_and_a_constant():
    curve = Curve(NAMES, mean=np.array([1.0, 2.0]), scale=np.array([2.0, 4.0]), weights=PLAIN.weights)
    assert curve.utilities(np.array([[3.0, 2.0], [1.0, 6.0]])) == pytest.approx([2 + 0.5, -1 + 0.5])
    assert PLAIN.probabilities(row(0, 0.5)) == pytest.approx([0.5])


def test_without_places_there_are_no_probabilities_and_the_place_is_unknown():
    assert PLAIN.probabilities(np.zeros((0, 2))).shape == (0,)
    assert PLAIN.verdict(best=0.0, known=0.0) == UNKNOWN


@pytest.mark.parametrize(
    ("best", "known", "verdict"),
    [
        (0.81, 0.91, IS),
        (0.8, 0.8, IS),
        (0.79, 0.99, ONE_OF),
        (0.3, 0.5, ONE_OF),
        (0.3, 0.49, UNKNOWN),
    ],
)
def test_the_verdict_follows_the_sum_and_the_likeliest(best: float, known: float, verdict: str):
    assert PLAIN.verdict(best=best, known=known) == verdict
    assert verdict in VERDICTS


def test_a_curve_comes_back_from_json_as_it_went():
    curve = Curve(NAMES, np.array([0.1, 1 / 3]), np.array([1e-9, 2]), np.array([2, -1, 0.5]), 0.4, 0.9)
    again = Curve.from_json(json.loads(json.dumps(curve.as_json())))
    for name in ("mean", "scale", "weights"):
        assert np.array_equal(getattr(again, name), getattr(curve, name))
    assert (again.names, again.accept, again.certain) == (NAMES, 0.4, 0.9)


@pytest.mark.parametrize("lost", ["names", "mean", "scale", "weights", "accept", "certain"])
def test_anything_else_is_no_curve(lost: str):
    kept = PLAIN.as_json()
    del kept[lost]
    with pytest.raises(KeyError):
        Curve.from_json(kept)


def test_the_weights_by_which_the_truths_were_drawn_are_learned_again():
    cases = drawn(6000, weights=(1.5, -0.7, -0.4))
    curve = learn(cases, names=NAMES, strength=0.01)
    assert curve.names == NAMES
    assert curve.mean == pytest.approx([3, -1], abs=0.1)
    assert curve.scale == pytest.approx([2, 0.5], rel=0.03)
    assert curve.weights == pytest.approx([1.5, -0.7, -0.4], abs=0.12)


def test_what_is_learned_says_how_often_it_is_right():
    cases = drawn(6000, weights=(1.5, -0.7, -0.4))
    curve = learn(cases[:3000], names=NAMES)
    known = np.array([curve.probabilities(case.signals).sum() for case in cases[3000:]])
    truths = np.array([case.right is not None for case in cases[3000:]])
    for low, high in ((0.1, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1)):
        within = (known >= low) & (known < high)
        assert within.sum() > 100
        assert truths[within].mean() == pytest.approx(known[within].mean(), abs=0.06)


def test_few_cases_are_believed_less_than_many():
    few, many = (learn(drawn(count, weights=(1.5, -0.7, -0.4)), names=NAMES) for count in (20, 2000))
    assert 0 < few.weights[0] < many.weights[0] - 0.2


def test_how_common_strangers_are_is_believed_at_once():
    cases = [Case(row(1, 1), 0)] * 30 + [Case(row(1, 1), None)] * 10
    assert learn(cases, names=NAMES).probabilities(row(1, 1)) == pytest.approx([0.75], abs=1e-4)


def test_signals_that_tell_apart_without_fail_end_in_numbers():
    cases = [Case(row(1, 0), 0), Case(row(-1, 0), None)] * 500
    curve = learn(cases, names=NAMES)
    assert np.isfinite(curve.weights).all()
    assert curve.probabilities(row(1, 0))[0] > 0.9
    assert curve.probabilities(row(-1, 0))[0] < 0.1


def test_identical_signals_teach_nothing_and_raise_nothing():
    cases = [Case(np.ones((3, 2)), 1), Case(np.ones((3, 2)), None), Case(np.ones((1, 2)), 0)]
    curve = learn(cases, names=NAMES)
    assert np.isfinite(curve.weights).all()
    assert curve.weights[:2] == pytest.approx([0, 0])
    assert np.ptp(curve.probabilities(np.ones((3, 2)))) == 0


def test_signals_that_repeat_each_other_share_the_weight():
    cases = [Case(case.signals[:, [0, 0]], case.right) for case in drawn(500, weights=(1.5, 0, 0))]
    weights = learn(cases, names=NAMES).weights
    assert weights[0] == pytest.approx(weights[1])
    assert weights[0] > 0.3


def test_an_answer_without_places_teaches_that_nothing_is_known():
    curve = learn([Case(row(1, 0), 0), Case(np.zeros((0, 2)), None)], names=NAMES)
    assert np.isfinite(curve.weights).all()


@pytest.mark.parametrize("right", [0, None])
def test_a_confidence_needs_photos_of_both_kinds(right: int | None):
    with pytest.raises(ValueError, match="of known places and from photos of unknown ones"):
        learn([Case(row(1, 0), right)] * 5, names=NAMES)
    with pytest.raises(ValueError, match="of known places"):
        learn([], names=NAMES)
