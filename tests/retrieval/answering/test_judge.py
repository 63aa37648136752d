import numpy as np
import pytest

from retrieval.answering import judge
from retrieval.answering.arrays import Arrays
from retrieval.ranking.confidence import IS, ONE_OF, UNKNOWN, Curve
from retrieval.ranking.verification import AFFINE
from retrieval.ranking.voting import PlaceVote

HILLS, BRIDGE, TOWER = 1, 2, 3
CURVE = Curve((), np.zeros(0), np.zeros(0), np.zeros(1), accept=0.5, certain=0.8)


def place(landmark: int, probability: float, *, inliers: int | None = None) -> PlaceVote:
    return PlaceVote(landmark, probability, 1, 0.9, inliers, 0, probability=probability)


def judged(*places: PlaceVote, overlaps: dict | None = None) -> str:
    catalogue = Arrays({}, {}, [], overlaps=overlaps or {})
    return judge(places, curve=CURVE, catalogue=catalogue, verifier=AFFINE)[1]


def test_what_is_known_is_the_sum_of_all_places():
    known, _verdict = judge(
        [place(HILLS, 0.5), place(TOWER, 0.25)], curve=CURVE, catalogue=Arrays({}, {}, []), verifier=None
    )
    assert known == 0.75


def test_no_place_is_known_where_there_is_none():
    assert judge([], curve=CURVE, catalogue=Arrays({}, {}, []), verifier=None) == (0.0, UNKNOWN)


def test_places_that_hold_each_other_are_answered_together():
    both = place(BRIDGE, 0.5), place(HILLS, 0.4)
    assert judged(*both) == ONE_OF
    assert judged(*both, overlaps={BRIDGE: {HILLS}}) == IS


@pytest.mark.parametrize(
    ("rival", "verdict"),
    [
        (None, IS),
        (11, IS),  # AFFINE finds 12 credible
        (29, IS),
        (30, ONE_OF),
    ],
)
def test_no_place_is_answered_alone_where_another_has_half_its_inliers(rival: int | None, verdict: str):
    assert judged(place(TOWER, 0.95, inliers=60), place(BRIDGE, 0.01, inliers=rival)) == verdict


def test_a_place_that_holds_the_first_is_no_rival():
    places = place(BRIDGE, 0.9, inliers=60), place(HILLS, 0.05, inliers=55)
    assert judged(*places, overlaps={BRIDGE: {HILLS}}) == IS
