import numpy as np
import pytest

from retrieval.ranking.similarity import most_similar

EAST, NORTH, SLANT = (1.0, 0.0), (0.0, 1.0), (0.6, 0.8)


def rows(*vectors: tuple[float, float]) -> np.ndarray:
    return np.array(vectors, np.float32)


def test_the_nearest_rows_come_first_with_their_cosines():
    indices, similarities = most_similar(rows(EAST)[0], rows(NORTH, EAST, SLANT), k=2)
    assert indices.tolist() == [1, 2]
    assert similarities == pytest.approx([1.0, 0.6])


def test_equal_rows_keep_the_order_of_their_index():
    indices, _ = most_similar(rows(EAST)[0], rows(NORTH, SLANT, EAST, SLANT, EAST), k=5)
    assert indices.tolist() == [2, 4, 1, 3, 0]


def test_k_beyond_the_database_gives_all_of_it():
    assert len(most_similar(rows(EAST)[0], rows(NORTH, SLANT), k=100)[0]) == 2


@pytest.mark.parametrize("k", [0, -1])
def test_k_below_one_is_refused(k: int):
    with pytest.raises(ValueError, match="k must be"):
        most_similar(rows(EAST)[0], rows(NORTH), k=k)


def test_a_query_of_another_dimension_is_refused():
    with pytest.raises(ValueError, match="does not fit"):
        most_similar(np.ones(3, np.float32), rows(NORTH), k=1)
