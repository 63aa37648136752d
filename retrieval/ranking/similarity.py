"""The exact ranking by similarity: what every index is measured against."""

import numpy as np


def most_similar(query: np.ndarray, database: np.ndarray, *, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k rows of the database nearest to the query, nearest first; equal rows in the order of their index.

    query: (D,) float32, L2-normalised. database: (N, D) float32, L2-normalised rows. ValueError for k < 1 or
    another D. Returns indices (min(k, N),) int64 and cosine similarities (min(k, N),) float32.
    """
    if k < 1:
        raise ValueError(f"k must be 1 or more, not {k}")
    if database.ndim != 2 or query.shape != database.shape[1:]:
        raise ValueError(f"a query of shape {query.shape} does not fit a database of shape {database.shape}")
    similarities = (database @ query).astype(np.float32)
    order = np.argsort(-similarities, kind="stable")[:k]
    return order, similarities[order]
