"""Geometric verification as DELF's authors do it: the reference for ours, in results and in time.

After match_images.py and detect_to_retrieve/image_reranking.py of tensorflow/models, research/delf: each of the
query's features takes its nearest in a k-d tree of the image's, and scikit-image's RANSAC fits an affine map.
"""

import numpy as np
from scipy.spatial import cKDTree
from skimage.measure import ransac
from skimage.transform import AffineTransform

from retrieval.methods.base import LocalFeatures
from retrieval.ranking.verification import LEAST_MATCHES, MAX_DISTANCE, TOLERANCE, TRIALS

SAMPLE = 3  # matches that fix an affine map


def inliers_delf_own_way(query: LocalFeatures, image: LocalFeatures, *, seed: int = 0) -> int:
    """How many matches one affine map explains, to within our tolerance; several may share a feature of the image."""
    distances, nearest = cKDTree(image.descriptors).query(
        query.descriptors, distance_upper_bound=MAX_DISTANCE
    )
    near = np.isfinite(distances)
    if near.sum() < LEAST_MATCHES["affine"]:
        return 0
    _, kept = ransac(
        (query.keypoints[near], image.keypoints[nearest[near]]),
        AffineTransform,
        min_samples=SAMPLE,
        residual_threshold=max(max(image.size) * TOLERANCE, 1.0),
        max_trials=TRIALS,
        rng=seed,
    )
    return 0 if kept is None else int(kept.sum())
