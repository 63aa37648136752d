import numpy as np
import pytest

from retrieval.ranking.expansion import alpha_query_expansion, augment, superglobal

EAST, NORTH, WEST, SLANT, NOWHERE = (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.6, 0.8), (0.0, 0.0)


def rows(*vectors: tuple[float, float]) -> np.ndarray:
    return np.array(vectors, np.float32).reshape(-1, 2)


def unit(*vector: float) -> np.ndarray:
    return np.array(vector) / np.linalg.norm(vector)


def drawn(count: int, *, near: np.ndarray, noise: float, seed: int) -> np.ndarray:
    """Unit vectors scattered about one direction."""
    vectors = near + noise * np.random.default_rng(seed).standard_normal((count, len(near)))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_a_neighbour_weighs_by_a_power_of_its_similarity_and_the_query_weighs_one():
    query, found = rows(EAST)[0], rows(SLANT)
    assert alpha_query_expansion(query, found, alpha=1) == pytest.approx(unit(1.36, 0.48))  # 0.6 of SLANT
    assert alpha_query_expansion(query, found) == pytest.approx(unit(1.1296, 0.1728))  # 0.6^3 of it


def test_alpha_zero_is_the_plain_mean():
    expanded = alpha_query_expansion(rows(EAST)[0], rows(NORTH, EAST), alpha=0)
    assert expanded == pytest.approx(unit(2, 1))


def test_neighbours_that_look_away_do_not_push():
    assert alpha_query_expansion(rows(EAST)[0], rows(NORTH, WEST)) == pytest.approx(EAST)


def test_a_query_that_found_nothing_stays_as_it_came():
    expanded = alpha_query_expansion(rows(SLANT)[0], rows())
    assert expanded == pytest.approx(SLANT)
    assert expanded.dtype == np.float32


def test_each_image_moves_towards_its_own_neighbours_alone():
    images = rows(EAST, NORTH)
    neighbours = np.stack([rows(SLANT, WEST), rows(SLANT, NOWHERE)])  # the second has one neighbour only
    moved = augment(images, neighbours, alpha=1)
    assert moved.dtype == np.float32
    assert moved == pytest.approx(np.stack([unit(1.36, 0.48), unit(0.48, 1.64)]))


def test_augmentation_draws_images_of_one_place_together():
    place = drawn(20, near=np.ones(64), noise=1.0, seed=1)
    neighbours = np.stack([np.delete(place, image, axis=0) for image in range(20)])
    moved = augment(place, neighbours)
    assert (moved @ moved.T).min() > (place @ place.T).min() + 0.2


@pytest.mark.parametrize(
    ("images", "neighbours"), [((3, 2), (2, 1, 2)), ((3, 2), (3, 1, 4)), ((3, 2), (3, 2))]
)
def test_neighbours_that_do_not_fit_are_refused(images: tuple, neighbours: tuple):
    with pytest.raises(ValueError, match="do not fit"):
        augment(np.ones(images, np.float32), np.ones(neighbours, np.float32))


def test_superglobal_scores_are_those_of_the_paper():
    # One neighbour each: EAST's is SLANT (0.6), SLANT's is NORTH (0.8), NORTH's is SLANT. With beta 0.5
    # r = (1.18, 0.24)/1.3, (0.6, 1.2)/1.4, (0.24, 1.32)/1.4; the best two are the first two, so that
    # e = (1.18/1.3, 1.2/1.4).
    scores = superglobal(rows(EAST)[0], rows(EAST, SLANT, NORTH), neighbours=1, beta=0.5, best=2)
    first = np.array([1.18 / 1.3, 0.6 / 1.4, 0.24 / 1.4])
    second = np.array([1.18 / 1.3, 0.6 * 1.18 / 1.3 + 0.8 * 1.2 / 1.4, 1.2 / 1.4])
    assert scores == pytest.approx((first + second) / 2)
    assert scores.dtype == np.float32


def test_an_image_like_the_best_ones_overtakes_a_stranger_that_is_nearer_to_the_query():
    axes = np.eye(12)
    place = np.stack([unit(*(axes[0] + 0.6 * axes[1] + 0.1 * axes[3 + i])) for i in range(5)])
    hidden, stranger = unit(*(0.5 * axes[0] + axes[1])), unit(*(0.55 * axes[0] + axes[2]))
    shortlist = np.vstack([place, stranger, hidden]).astype(np.float32)
    query = axes[0].astype(np.float32)
    assert query @ stranger > query @ hidden
    scores = superglobal(query, shortlist, best=5)
    assert np.argsort(-scores)[-2:].tolist() == [6, 5]


def test_an_image_alone_is_scored_by_itself():
    # r = x and e = x: the mean of q.x and x.x
    assert superglobal(rows(EAST)[0], rows(SLANT)) == pytest.approx([0.8])


def test_equal_images_are_scored_alike():
    query = rows(SLANT)[0]
    assert superglobal(query, rows(*[EAST] * 30)) == pytest.approx(np.full(30, (0.6 + 1) / 2))


def test_a_shortlist_of_none_has_no_scores():
    assert superglobal(rows(EAST)[0], rows()).shape == (0,)


@pytest.mark.parametrize(
    "shortlist", [rows(NOWHERE), rows(EAST, NOWHERE, NOWHERE), rows(*[EAST, WEST] * 20)], ids=len
)
@pytest.mark.parametrize("query", [EAST, NOWHERE])
def test_vectors_that_say_nothing_or_the_opposite_give_numbers(query: tuple, shortlist: np.ndarray):
    found = rows(query)[0]
    assert np.isfinite(superglobal(found, shortlist)).all()
    assert np.isfinite(superglobal(found, shortlist, neighbours=0)).all()
    for alpha in (0, 3):
        assert np.isfinite(alpha_query_expansion(found, shortlist, alpha=alpha)).all()
        assert np.isfinite(augment(shortlist, shortlist[:, None], alpha=alpha)).all()


def test_a_query_of_another_dimension_is_refused():
    with pytest.raises(ValueError, match="does not fit"):
        superglobal(np.ones(3, np.float32), rows(EAST))
    with pytest.raises(ValueError, match="do not fit"):
        alpha_query_expansion(np.ones(3, np.float32), rows(EAST))
