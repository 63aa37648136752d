from collections.abc import Collection

import pytest

from retrieval.methods.base import LocalFeatures
from retrieval.ranking import Candidate, Ranked
from retrieval.ranking.reranking import AT_ONCE, rerank, winner
from retrieval.ranking.verification import AFFINE, Verification
from tests.retrieval.ranking.features import scattered, seen_from_elsewhere

CAVE, BRIDGE, TOWER = 10, 20, 30
QUERY = scattered(1, seed=0)


class Album:
    """Images that have as many inliers as is said here, in place of a verifier that would have to find them."""

    least = 12

    def __init__(self, inliers: dict[int, int]) -> None:
        self.kept = {image: scattered(count, seed=1) for image, count in inliers.items()}
        self.read: list[list[int]] = []
        self.compared = 0

    def features(self, images: Collection[int]) -> dict[int, LocalFeatures]:
        self.read.append(list(images))
        return {image: self.kept[image] for image in images if image in self.kept}

    def __call__(self, query: LocalFeatures, image: LocalFeatures) -> Verification:
        self.compared += 1
        return Verification(len(image), least=self.least)

    def rerank(self, images: Collection[int], *, depth: int = 100, **options) -> list[Ranked]:
        """images: in the order of their similarity."""
        candidates = [Candidate(image, 0.9 - place / 1000) for place, image in enumerate(images)]
        return rerank(QUERY, candidates, verifier=self, features=self.features, depth=depth, **options)


def ids(ranked: list[Ranked]) -> list[int]:
    return [image.id for image in ranked]


def verified(ranked: list[Ranked]) -> set[int]:
    return {image.id for image in ranked if image.inliers is not None}


def of(landmarks: dict[int, range]) -> dict[int, int]:
    return {image: landmark for landmark, images in landmarks.items() for image in images}


def test_the_picture_of_the_same_thing_overtakes_more_similar_ones():
    seen = scattered(200, seed=1)
    same = seen_from_elsewhere(seen, linear=((0.7, 0), (0, 0.7)), shift=(20, 5))
    kept = {1: scattered(200, seed=2), 2: same}
    candidates = [Candidate(1, 0.9), Candidate(2, 0.4)]
    ranked = rerank(seen, candidates, verifier=AFFINE, features=lambda images: kept, depth=100)
    assert ids(ranked) == [2, 1]
    assert ranked[0].inliers == 200
    found = ranked[0].verification
    assert found.query_points.shape == found.image_points.shape == (200, 2)
    assert found.image_points == pytest.approx(found.query_points * 0.7 + [20, 5], abs=2)


def test_images_stand_by_their_inliers_then_by_their_similarity():
    ranked = Album({1: 5, 2: 80, 3: 0, 4: 12}).rerank([1, 2, 3, 4])
    assert ids(ranked) == [2, 4, 1, 3]
    assert [image.inliers for image in ranked] == [80, 12, 5, 0]


def test_images_alike_in_both_are_ordered_by_id():
    candidates = [Candidate(7, 0.5), Candidate(3, 0.9), Candidate(2, 0.5)]
    ranked = rerank(None, candidates, verifier=AFFINE, features=lambda images: {}, depth=100)
    assert ranked == [Ranked(3, 0.9), Ranked(2, 0.5), Ranked(7, 0.5)]


def test_a_handful_of_inliers_does_not_reorder():
    ranked = Album({1: 0, 2: 11}).rerank([1, 2])
    assert ids(ranked) == [1, 2]
    assert ranked[1].inliers == 11


def test_no_more_than_the_depth_are_looked_at():
    album = Album(dict.fromkeys(range(30), 3))
    ranked = album.rerank(range(30), depth=10)
    assert verified(ranked) == set(range(10))
    assert album.compared == 10
    assert ids(ranked) == list(range(30))


def test_a_query_without_local_features_has_nothing_looked_at():
    album = Album({1: 40})
    ranked = rerank(
        None, [Candidate(1, 0.5)], verifier=album, features=album.features, depth=9, landmark_of={1: CAVE}
    )
    assert [(image.id, image.similarity, image.inliers) for image in ranked] == [(1, 0.5, None)]
    assert album.read == []


def test_an_image_without_local_features_stands_by_its_similarity_and_was_not_verified():
    ranked = Album({2: 5}).rerank([1, 2, 3])
    assert ids(ranked) == [1, 2, 3]
    assert [image.inliers for image in ranked] == [None, 5, None]


def test_no_candidates_give_no_ranking():
    assert Album({}).rerank([]) == []
    assert Album({}).rerank([], landmark_of={1: CAVE}) == []


def test_once_one_place_is_settled_no_more_is_looked_at():
    album = Album(dict.fromkeys(range(50), 0) | {2: 36})
    ranked = album.rerank(range(50), landmark_of=of({CAVE: range(50)}))
    assert verified(ranked) == {0, 1, 2}
    assert ids(ranked)[0] == 2
    assert [len(some) for some in album.read] == [AT_ONCE]


def test_fewer_inliers_settle_nothing():
    album = Album(dict.fromkeys(range(50), 0) | {2: 35})
    assert len(verified(album.rerank(range(50), landmark_of=of({CAVE: range(50)})))) == 50


def test_nothing_is_settled_while_another_place_has_evidence_too():
    album = Album(dict.fromkeys(range(50), 0) | {1: 12, 2: 200})
    landmarks = of({BRIDGE: range(2), CAVE: range(2, 50)})
    assert len(verified(album.rerank(range(50), landmark_of=landmarks))) == 50


def test_the_next_place_is_looked_at_once_before_an_answer_is_settled():
    album = Album(dict.fromkeys(range(50), 0) | {0: 200})
    landmarks = of({CAVE: range(20), BRIDGE: range(20, 50)})
    assert verified(album.rerank(range(50), landmark_of=landmarks)) == {0, 20}


def test_a_photo_filed_under_two_places_settles_for_neither():
    album = Album(dict.fromkeys(range(50), 0) | {0: 200, 20: 200})
    landmarks = of({CAVE: range(20), BRIDGE: range(20, 50)})
    assert len(verified(album.rerank(range(50), depth=9, landmark_of=landmarks))) >= 9


def test_images_that_show_no_place_neither_settle_an_answer_nor_take_turns():
    album = Album(dict.fromkeys(range(8), 0) | {0: 200})
    landmarks = of({CAVE: range(6, 8)})
    album.rerank(range(8), depth=8, landmark_of=landmarks)
    assert album.compared == 8


def test_without_landmarks_all_within_the_depth_are_looked_at_in_their_order():
    album = Album(dict.fromkeys(range(20), 0) | {0: 500})
    assert verified(album.rerank(range(20), depth=12)) == set(range(12))
    assert [image for some in album.read for image in some] == list(range(12))


def test_places_take_turns_four_images_each():
    album = Album(dict.fromkeys(range(14), 0))
    landmarks = of({CAVE: range(10), BRIDGE: range(10, 12), TOWER: range(12, 14)})
    album.rerank(range(14), depth=10, landmark_of=landmarks)
    assert [image for some in album.read for image in some] == [0, 1, 2, 3, 10, 11, 12, 13, 4, 5]


def test_turns_choose_who_is_looked_at_and_not_who_stands_first():
    album = Album(dict.fromkeys(range(14), 0))
    landmarks = of({CAVE: range(10), BRIDGE: range(10, 14)})
    assert ids(album.rerank(range(14), depth=8, landmark_of=landmarks)) == list(range(14))


@pytest.mark.parametrize(
    ("inliers", "answer"),
    [
        ({}, None),
        ({1: 35}, None),
        ({1: 36}, CAVE),
        ({1: 36, 2: 11}, CAVE),
        ({1: 36, 2: 12}, None),
        ({1: 36, 3: 12}, CAVE),
        ({4: 90}, None),  # it shows no place
    ],
)
def test_an_answer_is_settled_by_three_times_the_least_and_by_one_place_alone(inliers, answer):
    found = {image: Verification(count, least=12) for image, count in inliers.items()}
    assert winner(found, {1: CAVE, 2: BRIDGE, 3: CAVE}, least=12) == answer
