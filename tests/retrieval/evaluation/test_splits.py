import pytest

from retrieval.evaluation.splits import SPLITS, deal


def test_every_landmark_is_dealt_to_one_split():
    kinds = {f"place-{number}": "building" for number in range(40)}
    dealt = deal(kinds, overlaps={})
    assert dealt.keys() == kinds.keys()
    assert set(dealt.values()) == set(SPLITS)


def test_half_is_for_learning_and_a_quarter_each_for_choosing_and_testing():
    dealt = list(deal({f"place-{number}": "" for number in range(40)}, overlaps={}).values())
    assert [dealt.count(split) for split in SPLITS] == [20, 10, 10]


def test_each_kind_is_dealt_by_itself():
    kinds = {f"{kind}-{number}": kind for kind in ("building", "scene") for number in range(8)}
    dealt = deal(kinds, overlaps={})
    for kind in ("building", "scene"):
        splits = [split for name, split in dealt.items() if kinds[name] == kind]
        assert [splits.count(split) for split in SPLITS] == [4, 2, 2]


def test_landmarks_that_overlap_even_through_others_go_together():
    kinds = {f"place-{number}": "" for number in range(12)}
    overlaps = {"place-0": {"place-5"}, "place-5": {"place-0", "place-9"}, "place-9": {"place-5"}}
    dealt = deal(kinds, overlaps=overlaps)
    assert len({dealt[name] for name in ("place-0", "place-5", "place-9")}) == 1


def test_an_overlap_with_a_landmark_that_is_not_dealt_is_passed_over():
    assert deal({"here": ""}, overlaps={"here": {"elsewhere"}}) == {"here": "train"}


def test_the_deal_depends_on_names_alone():
    kinds = {"a": "", "b": "", "c": "", "d": ""}
    backwards = dict(reversed(kinds.items()))
    assert deal(kinds, overlaps={}) == deal(backwards, overlaps={})
    # SHA-256 of c, d, b, a begin with 2e, 18, 3e, ca: d, c, b, a is their order.
    assert deal(kinds, overlaps={}) == {"d": "train", "c": "test", "b": "train", "a": "choose"}


@pytest.mark.shared_data
def test_the_vietnamese_landmarks_are_dealt_sixteen_eight_eight(shared_data):
    from retrieval.evaluation.datasets import from_folder

    catalogue = shared_data / "vietnam-landmarks"
    sizes = [len(set(from_folder(catalogue, split=split).landmarks)) for split in SPLITS]
    assert sum(sizes) == 32
    assert sizes[2] == 8
