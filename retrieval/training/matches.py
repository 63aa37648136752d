"""Which photos show the same thing, found by geometry alone: no label is read, "no human annotation".

The published method takes its pairs from structure from motion; here verified inliers of DELF make them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from retrieval import methods
from retrieval.evaluation.descriptions import Describer
from retrieval.methods.base import LocalFeatures
from retrieval.ranking.similarity import most_similar
from retrieval.ranking.verification import AFFINE
from retrieval.training.fine_tuning import Progress, new_tail, vectors_of
from retrieval.training.maps import Maps
from retrieval.training.photos import Photos

NEIGHBOURS = 30  # photos compared closely with each
# Of the pairs of a Vietnamese data set with as many inliers, 97 in 100 showed the same place; with 12, 93.
INLIERS = 20


@dataclass(frozen=True)
class Matches:
    """Pairs of photos that share a view, and the clusters that pairs join."""

    pairs: np.ndarray  # (P, 2) int64, numbers of photos
    clusters: np.ndarray  # (N,) int64, one per photo

    @property
    def both_ways(self) -> tuple[np.ndarray, np.ndarray]:
        """Queries and their positives, (2P,) each: every pair asks both ways round."""
        return np.concatenate([self.pairs[:, 0], self.pairs[:, 1]]), np.concatenate(
            [self.pairs[:, 1], self.pairs[:, 0]]
        )


def find_matches(
    vectors: np.ndarray,
    local: Sequence[LocalFeatures],
    *,
    duplicate_groups: Sequence[int],
    inliers: int = INLIERS,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Matches:
    """Compare each photo with its NEIGHBOURS most similar and keep the pairs with enough inliers.

    vectors: (N, D), L2-normalised; local: the photos' local features, N. Near-duplicates (photos of one group)
    join a cluster, but make no pair: they teach nothing. Raises ValueError where not one pair is found.
    """
    seen: dict[tuple[int, int], int] = {}
    for here, vector in enumerate(vectors):
        progress(here, len(vectors))
        nearest, _ = most_similar(vector, vectors, k=NEIGHBOURS + 1)
        for there in map(int, nearest):
            pair = (min(here, there), max(here, there))
            if here != there and pair not in seen:
                first, second = local[pair[0]], local[pair[1]]
                seen[pair] = max(AFFINE(first, second).inliers, AFFINE(second, first).inliers)
    progress(len(vectors), len(vectors))
    joined = sorted(pair for pair, count in seen.items() if count >= inliers)
    pairs = [(a, b) for a, b in joined if duplicate_groups[a] != duplicate_groups[b]]
    if not pairs:
        raise ValueError(f"no two of {len(vectors)} photos share {inliers} inliers: nothing to learn from")
    return Matches(np.array(pairs), _clusters(len(vectors), joined))


def _clusters(count: int, pairs: Sequence[tuple[int, int]]) -> np.ndarray:
    """Each photo's cluster, (N,): the smallest number among the photos that pairs lead to."""
    cluster = np.arange(count)
    for a, b in pairs:
        low, high = sorted((cluster[a], cluster[b]))
        cluster[cluster == high] = low
    return cluster


def match_photos(photos: Photos, maps: Maps, *, cache_dir: Path, progress: Progress) -> Matches:
    """The matches among photos: neighbours by the published trunk's GeM, inliers by DELF's local features.

    Neither was learned from the photos. cache_dir keeps the local features for the next time.
    """
    describer = Describer(methods.load("delf"), cache_dir=cache_dir)
    local = []
    for done, path in enumerate(photos.paths):
        progress("local features", done, len(photos))
        features = describer.describe(path).description.local
        assert features is not None
        local.append(LocalFeatures.from_bytes(features.to_bytes()))  # as the index keeps them
    progress("local features", len(photos), len(photos))
    return find_matches(
        vectors_of(new_tail(), maps, photos, progress=progress),
        local,
        duplicate_groups=photos.duplicate_groups,
        progress=lambda done, total: progress("matching", done, total),
    )
