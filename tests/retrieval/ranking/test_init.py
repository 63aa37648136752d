import numpy as np
import pytest

from retrieval.methods.base import Description, LocalFeatures
from retrieval.ranking import CREDIBLE_INLIERS, Candidate, Ranked, credible_inliers, rerank
from retrieval.ranking.verification import Verification
from tests.retrieval.ranking.features import scattered, seen_from_elsewhere

VECTOR = np.ones(1, np.float32)


def part(features: LocalFeatures, count: int) -> LocalFeatures:
    """The first `count` features alone."""
    rows = slice(count)
    return LocalFeatures(
        features.keypoints[rows], features.scales[rows], features.scores[rows], features.descriptors[rows]
    )


def test_without_verification_similarity_alone_orders_and_ties_go_by_id():
    candidates = [Candidate(7, 0.5), Candidate(3, 0.9), Candidate(2, 0.5)]
    ranked = rerank(Description(VECTOR), candidates, verify=False)
    assert ranked == [Ranked(3, 0.9), Ranked(2, 0.5), Ranked(7, 0.5)]


def test_with_verification_the_picture_of_the_same_thing_overtakes_more_similar_ones():
    seen = scattered(200, seed=1)
    same = seen_from_elsewhere(seen, linear=((0.7, 0), (0, 0.7)), shift=(20, 5))
    candidates = [Candidate(1, 0.9, scattered(200, seed=2)), Candidate(2, 0.4, same)]
    ranked = rerank(Description(VECTOR, seen), candidates, verify=True)
    assert [image.id for image in ranked] == [2, 1]
    assert ranked[0].inliers == 200
    kept = ranked[0].verification
    assert kept.query_points.shape == kept.image_points.shape == (200, 2)
    assert kept.image_points == pytest.approx(kept.query_points * 0.7 + [20, 5], abs=2)


def test_a_handful_of_inliers_does_not_reorder():
    seen = scattered(200, seed=1)
    few = part(seen, CREDIBLE_INLIERS - 1)
    ranked = rerank(
        Description(VECTOR, seen),
        [Candidate(1, 0.9, scattered(200, seed=2)), Candidate(2, 0.4, few)],
        verify=True,
    )
    assert [image.id for image in ranked] == [1, 2]
    assert ranked[1].inliers == CREDIBLE_INLIERS - 1


@pytest.mark.parametrize(("query", "image"), [(None, scattered(9, seed=1)), (scattered(9, seed=1), None)])
def test_a_picture_without_local_features_is_ranked_unverified(query: LocalFeatures, image: LocalFeatures):
    [ranked] = rerank(Description(VECTOR, query), [Candidate(1, 0.5, image)], verify=True)
    assert (ranked.id, ranked.similarity, ranked.verification, ranked.inliers) == (1, 0.5, None, None)


def test_no_candidates_give_no_ranking():
    assert rerank(Description(VECTOR), [], verify=True) == []


@pytest.mark.parametrize(
    ("inliers", "credible"), [(None, 0), (CREDIBLE_INLIERS - 1, 0), (CREDIBLE_INLIERS, CREDIBLE_INLIERS)]
)
def test_inliers_count_from_the_credible_number_on(inliers: int | None, credible: int):
    assert credible_inliers(Ranked(1, 0.5, None if inliers is None else Verification(inliers))) == credible
