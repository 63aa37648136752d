import numpy as np
import pytest

from retrieval.evaluation.metrics import (
    CLASSIC,
    RECALL_LEVELS,
    REVISITED,
    Truth,
    average_precision,
    mean_interval,
    positive_ranks,
    precision_at,
    precision_recall,
    score,
)

EASY, MEDIUM, HARD = REVISITED


# Golden values of the official implementation.


@pytest.mark.parametrize(
    ("ranks", "positives", "expected"),
    [([0, 2, 5], 3, 0.677778), ([0, 2, 5], 4, 0.508333), ([1], 1, 0.25)],
)
def test_average_precision_equals_the_official_codes(ranks: list[int], positives: int, expected: float):
    assert average_precision(ranks, positives=positives) == pytest.approx(expected, abs=5e-7)


def test_a_ranking_with_junk_scores_as_in_the_official_code():
    truth = Truth(ok=frozenset({1, 0, 2}), junk=frozenset({5, 3}))
    figures = score([5, 1, 7, 0, 3, 2, 6, 4], truth, setup=CLASSIC[0])
    assert figures is not None
    assert figures.average_precision == pytest.approx(0.763889, abs=5e-7)
    assert figures.precision == (1, 0.75, 0.75)


# Checked by hand.


def test_a_perfect_ranking_scores_one():
    assert average_precision([0, 1, 2], positives=3) == 1


def test_a_positive_never_found_adds_nothing():
    assert average_precision([0], positives=2) == 0.5
    assert average_precision([], positives=2) == 0


def test_the_trapezoid_of_one_late_positive_is_half_its_precision():
    assert average_precision([9], positives=1) == pytest.approx((0 + 1 / 10) / 2)


def test_junk_leaves_the_ranking_before_ranks_are_counted():
    assert positive_ranks([8, 4, 9, 2, 3], positives={4, 3}, junk={8, 2}) == [0, 2]


def test_precision_stops_at_the_last_positive():
    assert precision_at([0, 1], k=10) == 1
    assert precision_at([0, 3], k=10) == 0.5
    assert precision_at([0, 3], k=2) == 0.5
    assert precision_at([2], k=1) == 0
    assert precision_at([], k=5) == 0


def test_each_setup_reads_the_grades_its_own_way():
    truth = Truth(easy=frozenset({1}), hard=frozenset({2}), junk=frozenset({3}))
    ranking = [3, 2, 0, 1]  # junk, hard, negative, easy
    easy, medium, hard = (score(ranking, truth, setup=setup) for setup in REVISITED)
    assert easy is not None
    assert medium is not None
    assert hard is not None
    assert easy.average_precision == pytest.approx(0.25)  # 0, 1: the easy one stands at rank 1
    assert medium.average_precision == pytest.approx((1 + (1 / 2 + 2 / 3) / 2) / 2)  # ranks 0 and 2
    assert hard.average_precision == 1  # 2, 0: rank 0


def test_a_query_without_positives_under_a_setup_has_no_score():
    assert score([0, 1], Truth(easy=frozenset({1})), setup=HARD) is None


def test_the_interval_holds_the_mean_and_narrows_with_more_queries():
    few, many = mean_interval([0, 1] * 10), mean_interval([0, 1] * 500)
    assert few.value == many.value == 0.5
    assert few.low < many.low < 0.5 < many.high < few.high
    assert many.high - many.low == pytest.approx(2 * 1.96 * np.sqrt(0.25 / 1000), rel=0.1)


def test_a_figure_that_never_varies_has_an_interval_of_no_width():
    assert mean_interval([1, 1, 1]) == mean_interval([1])


def test_the_same_scores_give_the_same_interval():
    values = np.random.default_rng(0).uniform(size=50).tolist()
    assert mean_interval(values) == mean_interval(values)


def test_a_mean_over_no_query_is_refused():
    with pytest.raises(ValueError, match="no query"):
        mean_interval([])


def test_a_precision_recall_curve_keeps_the_best_that_is_still_to_come():
    # Ranks 0, 2, 3 of 4 positives: precision 1, 2/3, 3/4 at recall 1/4, 2/4, 3/4; 2/3 gives way to 3/4.
    curve = dict(zip(RECALL_LEVELS, precision_recall([0, 2, 3], positives=4), strict=True))
    assert [curve[level] for level in (0.0, 0.25, 0.3, 0.5, 0.75, 0.8, 1.0)] == [1, 1, 0.75, 0.75, 0.75, 0, 0]


def test_a_query_that_finds_nothing_has_a_curve_at_nought():
    assert set(precision_recall([], positives=2)) == {0.0}
