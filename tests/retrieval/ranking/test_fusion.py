import pytest

from retrieval.ranking import Candidate
from retrieval.ranking.fusion import fuse


def ranking(*images: int) -> list[Candidate]:
    """These images in this order; how similar they are does not matter where rankings are fused."""
    return [Candidate(image, 0.9 - place / 100) for place, image in enumerate(images)]


def test_each_ranking_gives_its_weight_by_the_reciprocal_of_the_rank():
    fused = fuse([ranking(1, 2), ranking(2, 3)], weights=[1, 0.5])
    most = 1.5 / 61
    assert [image.id for image in fused] == [2, 1, 3]
    assert [image.similarity for image in fused] == pytest.approx(
        [(1 / 62 + 0.5 / 61) / most, (1 / 61) / most, (0.5 / 62) / most]
    )


def test_an_image_first_in_every_ranking_has_one():
    assert fuse([ranking(7, 8), ranking(7, 9), ranking(7)], weights=[1, 0.25, 0.1])[0] == Candidate(
        7, pytest.approx(1)
    )


def test_a_light_ranking_does_not_turn_the_order_of_a_heavy_one_at_its_head():
    assert fuse([ranking(1, 2, 3), ranking(3, 2, 1)], weights=[1, 0.1])[0].id == 1
    assert fuse([ranking(1, 2, 3), ranking(3, 2, 1)], weights=[0.1, 1])[0].id == 3


def test_one_ranking_keeps_its_order_and_its_similarities():
    alone = ranking(5, 3, 4)
    assert fuse([alone], weights=[0.1]) == alone


def test_images_of_equal_scores_are_ordered_by_id():
    assert [image.id for image in fuse([ranking(9, 4), ranking(4, 9)], weights=[1, 1])] == [4, 9]


def test_a_ranking_without_images_adds_nothing():
    assert [image.id for image in fuse([ranking(2, 1), []], weights=[1, 1])] == [2, 1]
    assert fuse([[], []], weights=[1, 1]) == []
    assert fuse([], weights=[]) == []


@pytest.mark.parametrize("weights", [[], [1], [1, 1, 1]])
def test_each_ranking_needs_a_weight(weights: list[float]):
    with pytest.raises(ValueError, match="weights for 2 rankings"):
        fuse([ranking(1), ranking(2)], weights=weights)
