import pytest

from retrieval.ranking import Ranked
from retrieval.ranking.verification import Verification
from retrieval.ranking.voting import VOTERS, vote

CAVE, BRIDGE, TOWER = 10, 20, 30
CREDIBLE = 12


def verified(inliers: int) -> Verification:
    return Verification(inliers, least=CREDIBLE)


def test_the_place_of_the_nearest_images_comes_first_and_shares_sum_to_one():
    ranked = [Ranked(1, 0.9), Ranked(2, 0.8), Ranked(3, 0.3), Ranked(4, 0.2)]
    places = vote(ranked, landmark_of={1: CAVE, 2: CAVE, 3: BRIDGE, 4: TOWER})
    assert [place.landmark for place in places] == [CAVE, BRIDGE, TOWER]
    assert sum(place.score for place in places) == pytest.approx(1)
    assert all(0 < place.score < 1 for place in places)


def test_several_good_images_outvote_one_that_is_a_little_better():
    ranked = [Ranked(1, 0.82), Ranked(2, 0.81), Ranked(3, 0.80), Ranked(4, 0.3), Ranked(5, 0.3)]
    places = vote(ranked, landmark_of={1: CAVE, 2: BRIDGE, 3: BRIDGE, 4: TOWER, 5: TOWER})
    assert places[0].landmark == BRIDGE


def test_an_image_far_ahead_is_not_outvoted():
    ranked = [Ranked(1, 0.9), *(Ranked(i, 0.3) for i in range(2, 6))]
    assert vote(ranked, landmark_of={1: CAVE} | dict.fromkeys(range(2, 6), BRIDGE))[0].landmark == CAVE


def test_near_duplicates_vote_once():
    ranked = [Ranked(1, 0.81), Ranked(2, 0.80), Ranked(3, 0.80), Ranked(4, 0.1)]
    landmarks = {1: CAVE, 2: BRIDGE, 3: BRIDGE, 4: TOWER}
    assert vote(ranked, landmark_of=landmarks)[0].landmark == BRIDGE
    places = vote(ranked, landmark_of=landmarks, duplicate_group_of={1: 1, 2: 2, 3: 2, 4: 4})
    assert places[0].landmark == CAVE
    assert [(place.landmark, place.votes) for place in places] == [(CAVE, 1), (BRIDGE, 1), (TOWER, 1)]


def test_a_picture_filed_under_two_places_votes_once_for_each():
    places = vote(
        [Ranked(1, 0.8), Ranked(2, 0.8)],
        landmark_of={1: CAVE, 2: BRIDGE},
        duplicate_group_of={1: 5, 2: 5},
    )
    assert [place.score for place in places] == pytest.approx([0.5, 0.5])


def test_credible_inliers_carry_a_vote_and_a_handful_does_not():
    landmarks = {1: CAVE, 2: BRIDGE, 3: TOWER}
    few = [
        Ranked(1, 0.62, verified(0)),
        Ranked(2, 0.6, verified(CREDIBLE - 1)),
        Ranked(3, 0.1, verified(0)),
    ]
    assert vote(few, landmark_of=landmarks)[0].landmark == CAVE
    many = [
        Ranked(2, 0.6, verified(80)),
        Ranked(1, 0.62, verified(0)),
        Ranked(3, 0.1, verified(0)),
    ]
    assert vote(many, landmark_of=landmarks)[0].landmark == BRIDGE


def test_a_place_shows_its_best_evidence():
    ranked = [
        Ranked(1, 0.5, verified(40)),
        Ranked(2, 0.7, verified(3)),
        Ranked(3, 0.6, verified(0)),
    ]
    place, other = vote(ranked, landmark_of={1: CAVE, 2: CAVE, 3: BRIDGE})
    assert (place.landmark, place.votes, place.best_image) == (CAVE, 2, 1)
    assert (place.best_similarity, place.best_inliers) == (0.7, 40)
    assert (other.best_inliers, other.best_image) == (0, 3)


def test_unverified_places_have_no_inlier_count():
    assert vote([Ranked(1, 0.5)], landmark_of={1: CAVE})[0].best_inliers is None


def test_only_the_first_images_vote():
    ranked = [Ranked(i, 1 - i / 1000) for i in range(VOTERS + 5)]
    places = vote(ranked, landmark_of={i: i for i in range(VOTERS + 5)})
    assert {place.landmark for place in places} == set(range(VOTERS))


def test_images_of_no_landmark_do_not_vote():
    assert [place.landmark for place in vote([Ranked(1, 0.9), Ranked(2, 0.5)], landmark_of={2: CAVE})] == [
        CAVE
    ]
    assert vote([Ranked(1, 0.9)], landmark_of={}) == []
    assert vote([], landmark_of={1: CAVE}) == []


def test_equal_votes_are_ordered_by_landmark():
    places = vote([Ranked(2, 0.5), Ranked(1, 0.5)], landmark_of={1: BRIDGE, 2: CAVE})
    assert [place.landmark for place in places] == [CAVE, BRIDGE]
