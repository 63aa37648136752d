import numpy as np
import pytest

from retrieval import methods
from retrieval.answering import Label, answer, approaches
from retrieval.answering.approaches import Loaded
from retrieval.answering.arrays import Arrays
from retrieval.evaluation.leave_one_out import Overlaps, Photos, place_of, shortlists
from retrieval.methods.base import Description

NO_OVERLAPS = Overlaps([])


def at(degrees, landmarks, *, groups=None) -> Photos:
    """Photos in a plane: the similarity of two is the cosine of the angle between them. Ids count from 100."""
    angles = np.radians(degrees)
    ids = np.arange(100, 100 + len(angles))
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    return Photos(ids, vectors, np.array(landmarks), ids if groups is None else np.array(groups))


def nearest(photos: Photos, *, asked: int, **how) -> list[int]:
    row = photos[photos.ids == asked]
    [found] = shortlists(row, [photos], **({"overlaps": NO_OVERLAPS} | how))
    return [near.image for near in found]


def test_a_photo_finds_the_others_by_their_similarity_and_never_itself():
    photos = at([0, 50, 20, 90], [1, 1, 2, 2])
    assert nearest(photos, asked=100) == [102, 101, 103]
    assert nearest(photos, asked=103, k=2) == [101, 102]


def test_near_duplicates_and_places_on_the_same_ground_are_as_if_not_there():
    photos = at([0, 1, 2, 3], [1, 1, 2, 3], groups=[7, 7, 8, 9])
    assert nearest(photos, asked=100) == [102, 103]
    assert nearest(photos, asked=100, overlaps=Overlaps([(2, 1)])) == [103]
    assert nearest(photos, asked=102, overlaps=Overlaps([(2, 1)])) == [103]
    assert nearest(photos, asked=103, overlaps=Overlaps([(2, 1)])) == [102, 101, 100]


def test_equal_photos_stand_in_the_order_of_their_ids_whatever_the_batches():
    photos = at([0, 30, 30, 30, 30], [1, 2, 3, 4, 5])
    batches = [photos[3:], photos[:3]]
    [found] = shortlists(photos[:1], batches, overlaps=NO_OVERLAPS, k=3)
    assert [near.image for near in found] == [101, 102, 103]


@pytest.mark.parametrize("size", [1, 7, 40, 1000])
def test_batches_of_any_size_give_what_one_of_all_gives(size):
    photos = scattered(120)
    parts = [photos[start : start + size] for start in range(0, len(photos), size)]
    whole = shortlists(photos, [photos], overlaps=NO_OVERLAPS, k=10)
    found = shortlists(photos, parts, overlaps=NO_OVERLAPS, k=10)
    assert [[near.image for near in row] for row in found] == [[near.image for near in row] for row in whole]
    similarities = [[near.similarity for near in row] for row in found]
    np.testing.assert_allclose(similarities, [[n.similarity for n in row] for row in whole], atol=1e-6)


def test_a_photo_with_nothing_to_find_has_an_empty_shortlist_and_no_place():
    [found] = shortlists(at([0], [1]), [at([0], [1])], overlaps=NO_OVERLAPS)
    assert found == []
    assert place_of(found) is None


def test_the_place_is_the_one_that_a_visitors_search_answers():
    """The same junk, the same votes: what is told of a place is what is served."""
    photos, overlaps = scattered(150), [(0, 1), (4, 2)]
    beside = {one: {b if a == one else a for a, b in overlaps if one in (a, b)} for one in range(8)}
    gem = methods.find("cnn_irwnha")
    approach = Loaded(approaches.find(gem.name, verifier="none"), {}, None)
    catalogue = Arrays(
        {gem.name: photos.vectors},
        {},
        [
            Label(int(landmark), int(group))
            for landmark, group in zip(photos.landmarks, photos.groups, strict=True)
        ],
    )
    found = shortlists(photos, [photos[:80], photos[80:]], overlaps=Overlaps(overlaps))
    answered = []
    for row in range(len(photos)):
        junk = photos.groups == photos.groups[row]
        junk |= np.isin(photos.landmarks, list(beside[int(photos.landmarks[row])]))
        places = answer(
            {gem.name: Description(photos.vectors[row])},
            approach=approach,
            catalogue=catalogue.without(np.flatnonzero(junk).tolist()),
        ).places
        answered.append(places[0].landmark)
    assert [place_of(shortlist) for shortlist in found] == answered
    assert 0.3 < np.mean(np.array(answered) == photos.landmarks) < 0.95  # neither all nor none are easy


def scattered(count: int) -> Photos:
    """Photos of eight places, each a loose heap, one in ten of them in three copies."""
    dice = np.random.default_rng(3)
    landmarks = dice.integers(8, size=count)
    vectors = dice.normal(size=(8, 12))[landmarks] + dice.normal(scale=1.2, size=(count, 12))
    groups = np.arange(count)
    for first in range(0, count - 2, 10):
        groups[first : first + 3] = first
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Photos(np.arange(count), vectors.astype(np.float32), landmarks, groups)
