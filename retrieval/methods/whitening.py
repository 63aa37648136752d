"""Affine projections of descriptors: PCA, whitened or not, and the whitening learned from matching pairs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


def l2(vectors: np.ndarray, *, epsilon: float = 1e-6) -> np.ndarray:
    """Each row at unit length, (N, D) or (D,); a zero row stays zero (Radenovic's epsilon)."""
    return vectors / (np.linalg.norm(vectors, axis=-1, keepdims=True) + epsilon)


@dataclass(frozen=True)
class Projection:
    """x -> L2(matrix (x - mean))."""

    mean: np.ndarray  # (D,) float32
    matrix: np.ndarray  # (d, D) float32, the strongest component first

    @property
    def dimensions(self) -> int:
        return len(self.matrix)

    def apply(self, vectors: np.ndarray) -> np.ndarray:
        """(N, D) or (D,) -> (N, d) or (d,) float32, L2-normalised."""
        return l2((vectors - self.mean) @ self.matrix.T).astype(np.float32)

    def save(self, path: Path, **facts: Any) -> None:
        """Write the arrays and the facts of their making (strings and numbers).

        The matrix is stored as float16 with its largest entry at 1: apply() ends in L2, scale is no matter.
        """
        matrix = (self.matrix / np.abs(self.matrix).max()).astype(np.float16)
        np.savez_compressed(path, mean=self.mean.astype(np.float32), matrix=matrix, **facts)

    @classmethod
    def read(cls, path: Path) -> "Projection":
        with np.load(path, allow_pickle=False) as arrays:
            return cls(mean=arrays["mean"], matrix=arrays["matrix"].astype(np.float32))


def pca(
    vectors: np.ndarray,
    *,
    dimensions: int,
    exponent: float = 0.0,
    shrinkage: float = 0.0,
    centre: bool = True,
) -> Projection:
    """Principal components of (N, D) vectors, learned without labels.

    exponent: each component is divided by its variance to this power; 0 rotates only, 0.5 whitens (Jegou &
    Chum 2012), between them lies a part of it.
    shrinkage: 0..1, how far each variance is drawn to their mean before that, against directions that few
    samples flatter.
    centre: False takes the components about the origin, for vectors whose mean elsewhere will be another.
    """
    mean = vectors.mean(axis=0, dtype=np.float64) * centre
    centred = vectors - mean
    variances, axes = np.linalg.eigh(centred.T @ centred / len(vectors))
    variances = (1 - shrinkage) * variances + shrinkage * variances.mean()
    keep = np.argsort(variances)[::-1][:dimensions]
    scale = np.maximum(variances[keep], 1e-12 * variances.max()) ** -exponent
    return Projection(mean.astype(np.float32), (axes[:, keep] * scale).T.astype(np.float32))


def learned_whitening(
    vectors: np.ndarray,
    *,
    queries: np.ndarray,
    positives: np.ndarray,
    dimensions: int,
    regularisation: float = 0.0,
) -> Projection:
    """Whitening from matching pairs: it shrinks what differs within pairs, then keeps what varies most.

    vectors: (N, D), L2-normalised. queries, positives: (P,) row numbers of the pairs. regularisation: how many
    times the differences' mean variance is added to each, for pairs too few to know all D of them; the
    published code adds none.
    Source: Radenovic et al., TPAMI 2018 (after Mikolajczyk & Matas 2007): m the mean of the query vectors, S
    the covariance of the pairs' differences, P = inv(chol(S)), then a rotation by the eigenvectors of all.
    """
    vectors = np.asarray(vectors, dtype=np.float64)
    mean = vectors[queries].mean(axis=0)
    differences = vectors[queries] - vectors[positives]
    covariance = differences.T @ differences / len(differences)
    covariance += regularisation * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    whiten = np.linalg.inv(_cholesky(covariance))
    projected = (vectors - mean) @ whiten.T
    variances, axes = np.linalg.eigh(projected.T @ projected)
    keep = np.argsort(variances)[::-1][:dimensions]
    return Projection(mean.astype(np.float32), (axes[:, keep].T @ whiten).astype(np.float32))


def _cholesky(covariance: np.ndarray) -> np.ndarray:
    """The lower Cholesky factor, the diagonal raised by as little as makes the matrix positive definite."""
    raised, size = 0.0, np.trace(covariance) / len(covariance) or 1.0
    while True:
        try:
            return np.linalg.cholesky(covariance + raised * np.eye(len(covariance)))
        except np.linalg.LinAlgError:
            raised = max(raised * 10, 1e-10 * size)
