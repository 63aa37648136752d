"""Re-ranking on vectors alone: queries and database images moved towards their nearest neighbours."""

import numpy as np

ALPHA = 3.0  # Radenovic's, for GeM
# SuperGlobal's, for the nearest 400 images of a query
NEIGHBOURS = 9
BETA = 0.15
BEST = 10


def alpha_query_expansion(
    query: np.ndarray, neighbours: np.ndarray, *, alpha: float = ALPHA, trust: np.ndarray | None = None
) -> np.ndarray:
    """The query moved towards the images found: q + sum of max(q.x, 0)^alpha x, brought to unit length.

    query: (D,), neighbours: (n, D), the nearest images, both float32, L2-normalised. alpha 0 is the plain mean.
    trust: (n,), 0..1, by which each image's weight is multiplied: how likely it is to show what the query shows,
    where something else than similarity tells. Returns (D,) float32; a query without neighbours as it came.
    ValueError for another D.
    Radenovic, Tolias & Chum, Fine-tuning CNN image retrieval with no human annotation (TPAMI 2018).
    """
    return augment(query[None], neighbours[None], alpha=alpha, trust=trust)[0]


def each_others_nearest(vectors: np.ndarray, *, n: int) -> np.ndarray:
    """For each of some images its n nearest among them, itself left out: (M, D) -> (M, min(n, M - 1), D)."""
    similarities = vectors @ vectors.T
    np.fill_diagonal(similarities, -np.inf)
    nearest = np.argsort(-similarities, axis=1, kind="stable")[:, : min(n, max(len(vectors) - 1, 0))]
    return vectors[nearest]


def augment(
    vectors: np.ndarray, neighbours: np.ndarray, *, alpha: float = ALPHA, trust: np.ndarray | None = None
) -> np.ndarray:
    """Database images moved towards their nearest neighbours, weighed as in `alpha_query_expansion`.

    vectors: (M, D), neighbours: (M, n, D), those of each but itself, both float32, L2-normalised; rows of zeros
    stand for neighbours that are missing. trust: (n,), see there. Returns (M, D) float32, L2-normalised; zero vectors stay zero.
    ValueError where the shapes do not fit.
    """
    if neighbours.ndim != 3 or vectors.shape != (neighbours.shape[0], neighbours.shape[2]):
        raise ValueError(
            f"neighbours of shape {neighbours.shape} do not fit vectors of shape {vectors.shape}"
        )
    similarities = (neighbours @ vectors[:, :, None])[:, :, 0]
    weights = similarities.clip(min=0) ** alpha * (1.0 if trust is None else trust)
    summed = vectors + (weights[:, None, :] @ neighbours)[:, 0]
    lengths = np.linalg.norm(summed, axis=1, keepdims=True)
    return (summed / np.maximum(lengths, 1e-12)).astype(np.float32)


def superglobal(
    query: np.ndarray,
    shortlist: np.ndarray,
    *,
    neighbours: int = NEIGHBOURS,
    beta: float = BETA,
    best: int = BEST,
) -> np.ndarray:
    """How near each shortlisted image is to the query once both are refined by the shortlist: (M,) float32.

    query: (D,), shortlist: (M, D), both float32, L2-normalised. ValueError for another D.

    refined:  r_i = (x_i + beta sum_j s_ij x_j) / (1 + beta sum_j s_ij), over the `neighbours` images of the
              shortlist that are nearest to x_i, s_ij = max(x_i.x_j, 0)
    expanded: e = the greatest of each component over the `best` r_i, those of the highest q.r_i
    score:    (q.r_i + e.x_i) / 2

    Neither r_i nor e is brought to unit length, so scores order one shortlist and may exceed 1. Two departures of
    the authors' code are not followed: it takes e.r_i for e.x_i, and weighs by negative similarities too.
    Shao et al., Global features are all you need for image retrieval and reranking (ICCV 2023).
    """
    if shortlist.ndim != 2 or query.shape != shortlist.shape[1:]:
        raise ValueError(
            f"a query of shape {query.shape} does not fit a shortlist of shape {shortlist.shape}"
        )
    if not len(shortlist):
        return np.zeros(0, np.float32)
    refined = _refined(shortlist, neighbours=neighbours, beta=beta)
    first = refined @ query
    leading = np.argsort(-first, kind="stable")[:best]
    expanded = refined[leading].max(axis=0)
    return ((first + shortlist @ expanded) / 2).astype(np.float32)


def _refined(shortlist: np.ndarray, *, neighbours: int, beta: float) -> np.ndarray:
    """Each image's mean with its neighbours in the shortlist, itself at weight 1: (M, D), see `superglobal`."""
    similarities = shortlist @ shortlist.T
    np.fill_diagonal(similarities, -np.inf)  # nobody is their own neighbour, though a copy may be
    nearest = np.argsort(-similarities, axis=1, kind="stable")[:, :neighbours]
    weights = np.zeros_like(similarities)
    chosen = beta * np.take_along_axis(similarities, nearest, axis=1).clip(min=0)
    np.put_along_axis(weights, nearest, chosen, axis=1)
    np.fill_diagonal(weights, 1)
    # One product of matrices: gathering the neighbours would copy the shortlist nine times.
    return (weights / weights.sum(axis=1, keepdims=True)) @ shortlist
