import numpy as np
import pytest

from retrieval.ranking import Candidate, Ranked
from retrieval.ranking.signals import STRANGERS, Shortlist, named_by, names, signals
from retrieval.ranking.verification import Verification
from retrieval.ranking.voting import PlaceVote

CAVE, BRIDGE, TOWER = 10, 20, 30
LANDMARKS = {1: CAVE, 2: CAVE, 3: BRIDGE}  # 4 is a distractor
SHORTLIST = Shortlist(
    [Candidate(1, 0.9), Candidate(2, 0.8), Candidate(3, 0.5), Candidate(4, 0.3)],
    np.array([[1, 0], [0.8, 0.6], [0.6, 0.8], [0, 1]], np.float32),
)


def place(landmark: int, share: float = 0.5) -> PlaceVote:
    return PlaceVote(landmark, share, votes=1, best_similarity=0.5, best_inliers=None, best_image=1)


def measured(*places: PlaceVote, shortlists=(SHORTLIST,), ranked=(), verified=False, **options):
    """Of each place, column by its name."""
    table = signals(
        places,
        shortlists=shortlists,
        ranked=ranked,
        landmark_of=LANDMARKS,
        verified=verified,
        **options,
    )
    columns = names([f"m{number}" for number in range(len(shortlists))], verified=verified)
    assert table.shape == (len(places), len(columns))
    assert table.dtype == np.float64
    return [dict(zip(columns, row, strict=True)) for row in table.tolist()]


def test_a_place_has_its_similarity_margin_distinction_support_and_count():
    cave, bridge = measured(place(CAVE), place(BRIDGE))
    assert cave["similarity by m0"] == pytest.approx(0.9)
    assert cave["margin by m0"] == pytest.approx(0.9 - 0.5)
    # Strangers come as near as 0.6 and 0 to its first image, as 0.96 and 0.6 to its second.
    assert cave["distinction by m0"] == pytest.approx(0.9 - 0.3)
    assert cave["support by m0"] == pytest.approx((0.9 + 0.8) / 2)
    assert cave["count by m0"] == pytest.approx(np.log(3))
    assert bridge["similarity by m0"] == pytest.approx(0.5)
    assert bridge["margin by m0"] == pytest.approx(0.5 - 0.9)
    assert bridge["distinction by m0"] == pytest.approx(0.5 - (0.6 + 0.96 + 0.8) / 3)
    assert bridge["support by m0"] == pytest.approx(0.5)
    assert bridge["count by m0"] == pytest.approx(np.log(2))


def test_a_place_that_a_shortlist_lacks_stands_at_its_end():
    _, tower = measured(place(CAVE), place(TOWER))
    assert (tower["similarity by m0"], tower["support by m0"]) == (0.3, 0.3)
    assert tower["margin by m0"] == pytest.approx(0.3 - 0.9)
    assert (tower["distinction by m0"], tower["count by m0"]) == (0, 0)


def test_the_nearest_strangers_alone_tell_how_common_a_sight_is():
    near, far = [[0.5, np.sqrt(0.75)]] * STRANGERS, [[0.0, 1.0]] * 20
    vectors = np.array([[1, 0], *near, *far], np.float32)
    shortlist = Shortlist([Candidate(i + 1, 0.7) for i in range(len(vectors))], vectors)
    table = signals([place(CAVE)], shortlists=[shortlist], ranked=[], landmark_of={1: CAVE}, verified=False)
    assert table[0, 2] == pytest.approx(0.7 - 0.5)


def test_an_only_place_without_strangers_is_as_distinct_as_it_is_similar():
    shortlist = Shortlist([Candidate(1, 0.9)], np.array([[1, 0]], np.float32))
    [cave] = measured(place(CAVE), shortlists=[shortlist])
    assert cave["margin by m0"] == cave["distinction by m0"] == pytest.approx(0.9)


def test_shares_and_the_methods_that_agree():
    other = Shortlist([Candidate(3, 0.4), Candidate(1, 0.3)], np.array([[1, 0], [0, 1]], np.float32))
    cave, bridge = measured(place(CAVE, 0.7), place(BRIDGE, 0.2), shortlists=[SHORTLIST, other, SHORTLIST])
    assert (cave["share of votes"], bridge["share of votes"]) == (0.7, 0.2)
    assert (cave["agreement"], bridge["agreement"]) == pytest.approx((2 / 3, 1 / 3))


def test_a_distractor_that_comes_first_names_nothing():
    ahead = Shortlist([Candidate(4, 0.9), Candidate(1, 0.3)], np.eye(2, dtype=np.float32))
    [cave] = measured(place(CAVE), shortlists=[ahead])
    assert cave["agreement"] == 1
    by_name = {"first": SHORTLIST, "second": ahead, "third": Shortlist([], np.zeros((0, 2), np.float32))}
    assert named_by(CAVE, shortlists=by_name, landmark_of=LANDMARKS) == ("first", "second")
    assert named_by(TOWER, shortlists=by_name, landmark_of=LANDMARKS) == ()


def test_the_two_best_images_of_a_place_count_by_the_logarithm_of_their_inliers():
    ranked = [
        Ranked(1, 0.9, Verification(7)),
        Ranked(2, 0.8, Verification(40)),
        Ranked(3, 0.5, Verification(3)),
        Ranked(4, 0.3, Verification(99)),  # a distractor's
    ]
    cave, bridge = measured(place(CAVE), place(BRIDGE), ranked=ranked, verified=True)
    assert cave["inliers"] == pytest.approx(np.log(41))
    assert cave["second inliers"] == pytest.approx(np.log(8))
    assert cave["margin of inliers"] == pytest.approx(np.log(41) - np.log(4))
    assert (bridge["inliers"], bridge["second inliers"]) == pytest.approx((np.log(4), 0))
    assert bridge["margin of inliers"] == pytest.approx(np.log(4) - np.log(41))


def test_images_that_were_not_looked_at_closely_have_no_inliers():
    [cave] = measured(place(CAVE), ranked=[Ranked(1, 0.9), Ranked(2, 0.8)], verified=True)
    assert (cave["inliers"], cave["second inliers"], cave["margin of inliers"]) == (0, 0, 0)


def test_the_box_is_told_by_its_logarithm_of_all_places_alike():
    assert [one["box"] for one in measured(place(CAVE), place(BRIDGE), box=0.25)] == pytest.approx(
        [np.log(0.25)] * 2
    )
    assert measured(place(CAVE))[0]["box"] == 0
    assert np.isfinite(measured(place(CAVE), box=0.0)[0]["box"])


@pytest.mark.parametrize("verified", [True, False])
@pytest.mark.parametrize("methods", [1, 3])
def test_without_places_there_are_columns_and_no_rows(methods: int, verified: bool):
    nothing = Shortlist([], np.zeros((0, 2), np.float32))
    assert measured(shortlists=[nothing] * methods, verified=verified) == []
    assert len(measured(place(CAVE), shortlists=[nothing] * methods, verified=verified)) == 1
