import numpy as np
import pytest

from retrieval.evaluation.rejection import auroc, measure, true_accepts


def test_auroc_is_the_share_of_pairs_in_the_right_order_even_pairs_counting_half():
    # Of the six pairs .9>.8, .9>.2, .2=.2, .5>.2 and the wrong .2<.8, .5<.8: (3 + 1/2) / 6.
    assert auroc(np.array([0.9, 0.2, 0.5]), np.array([0.8, 0.2])) == pytest.approx(3.5 / 6)


@pytest.mark.parametrize(("inside", "expected"), [([3.0, 4.0], 1.0), ([0.0, 0.5], 0.0), ([1.0, 2.0], 0.5)])
def test_auroc_is_one_where_all_is_told_and_half_where_nothing_is(inside, expected):
    assert auroc(np.array(inside), np.array([1.0, 2.0])) == expected


def test_true_accepts_are_those_above_the_threshold_that_a_twentieth_of_strangers_pass():
    outside = np.arange(20.0)  # one of the twenty, 19, may pass: the threshold is 18
    assert true_accepts(np.array([17.0, 18.0, 18.5, 30.0]), outside) == 0.5


def test_with_few_strangers_none_may_pass():
    assert true_accepts(np.array([1.0, 2.0, 3.0]), np.array([0.0, 2.0])) == pytest.approx(1 / 3)


def test_a_measurement_names_its_signal_and_its_numbers_and_holds_its_value_in_its_interval():
    random = np.random.default_rng(0)
    found = measure("share", random.normal(1, 1, 60).tolist(), random.normal(0, 1, 40).tolist())
    assert (found.signal, found.inside, found.outside) == ("share", 60, 40)
    assert found.auroc.low < found.auroc.value < found.auroc.high
    assert found.auroc.value == pytest.approx(0.76, abs=0.08)  # normals one deviation apart: 0.760
    assert found == measure("share", *[np.asarray(part) for part in _again()])


def _again():
    random = np.random.default_rng(0)
    return random.normal(1, 1, 60), random.normal(0, 1, 40)


def test_without_photos_of_both_kinds_nothing_is_measured():
    with pytest.raises(ValueError, match="inside and outside"):
        measure("share", [1.0], [])
