import numpy as np

from retrieval.methods.whitening import Projection, l2, learned_whitening, pca


def test_l2_gives_unit_rows_and_leaves_a_zero_row_zero():
    np.testing.assert_allclose(l2(np.array([[3.0, 4.0], [0, 0]])), [[0.6, 0.8], [0, 0]], atol=1e-6)


def test_a_projection_subtracts_the_mean_first():
    projection = Projection(mean=np.array([1.0, 1.0]), matrix=np.array([[2.0, 0.0]]))
    np.testing.assert_allclose(projection.apply(np.array([[0.0, 5.0], [3.0, 5.0]])), [[-1], [1]], atol=1e-5)


def test_pca_keeps_the_direction_that_varies_most():
    # Along (3, 4) the variance is 50, across it 2.
    vectors = np.array([[3, 4], [-3, -4], [6, 8], [-6, -8], [4, -3], [-4, 3]]) / 1.0 + [10, 20]
    vectors[4:] = [10.4 + 0.4, 20 - 0.6], [10 - 0.8, 20 + 0.6]
    vectors[4] = [10.8, 19.4]
    projection = pca(vectors, dimensions=1)
    np.testing.assert_allclose(projection.mean, [10, 20], atol=1e-5)
    np.testing.assert_allclose(np.abs(projection.matrix), [[0.6, 0.8]], atol=1e-5)


def test_pca_without_an_exponent_only_rotates():
    vectors = np.random.default_rng(0).normal(size=(50, 4)) * [4, 3, 2, 1]
    matrix = pca(vectors, dimensions=4).matrix
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(4), atol=1e-5)


def test_an_exponent_of_a_half_gives_every_component_variance_one():
    vectors = np.random.default_rng(0).normal(size=(500, 4)) * [9, 3, 1, 0.1]
    projection = pca(vectors, dimensions=4, exponent=0.5)
    white = (vectors - projection.mean) @ projection.matrix.T
    np.testing.assert_allclose(white.T @ white / len(white), np.eye(4), atol=1e-3)


def test_shrinkage_draws_the_variances_together():
    # Variances 9 and 1: half shrunk they are 7 and 3, so whitening divides by their roots.
    vectors = np.array([[3, 1], [3, -1], [-3, 1], [-3, -1.0]])
    projection = pca(vectors, dimensions=2, exponent=0.5, shrinkage=0.5)
    np.testing.assert_allclose(np.abs(projection.matrix), [[7**-0.5, 0], [0, 3**-0.5]], atol=1e-5)


def test_learned_whitening_shrinks_what_differs_within_pairs():
    # Four pairs differ by (2, 0), (-2, 0), (0, 1), (0, -1): S = diag(2, 0.5), P = diag(1 / sqrt 2, sqrt 2).
    # The mean of the queries is 0, and the projected vectors vary most along the second axis.
    vectors = np.array(
        [[1, 4], [-1, 4], [-1, -4], [1, -4], [0, 0.5], [0, -0.5], [0, -0.5], [0, 0.5]], dtype=float
    )
    whitening = learned_whitening(
        vectors, queries=np.array([0, 2, 4, 6]), positives=np.array([1, 3, 5, 7]), dimensions=2
    )
    np.testing.assert_allclose(whitening.mean, [0, 0], atol=1e-6)
    np.testing.assert_allclose(np.abs(whitening.matrix), [[0, 2**0.5], [2**-0.5, 0]], atol=1e-4)


def test_learned_whitening_bears_pairs_that_never_differ_in_some_direction():
    vectors = np.random.default_rng(0).normal(size=(6, 8))
    whitening = learned_whitening(
        vectors, queries=np.array([0, 2, 4]), positives=np.array([1, 3, 5]), dimensions=4
    )
    assert np.isfinite(whitening.matrix).all()


def test_a_saved_projection_is_read_back(tmp_path):
    rng = np.random.default_rng(0)
    saved = Projection(rng.normal(size=64).astype(np.float32), rng.normal(size=(16, 64)).astype(np.float32))
    saved.save(tmp_path / "p.npz", training_set="noise", seed=0)
    read = Projection.read(tmp_path / "p.npz")
    vectors = rng.normal(size=(20, 64))
    assert ((read.apply(vectors) * saved.apply(vectors)).sum(axis=1) > 1 - 1e-5).all()
    assert str(np.load(tmp_path / "p.npz")["training_set"]) == "noise"
