"""Geometric verification: do the local features of two pictures agree on one affine map between them?"""

from dataclasses import dataclass, field

import cv2
import numpy as np

from retrieval.methods.base import LocalFeatures

MAX_DISTANCE = 0.9  # between L2-normalised descriptors; detect-to-retrieve's bound
TRIALS = 1000
MIN_MATCHES = 4  # three points fix an affine map exactly, so fewer than four are no evidence
TOLERANCE = 20 / 1024  # DELF's 20 px at an input of 1024 px, as a share of the picture's longest side
MAX_STRETCH = 8.0  # a map that scales one direction this many times more than another flattens the picture
NO_POINTS = np.zeros((0, 2), np.float32)


@dataclass(frozen=True)
class Verification:
    """What survived: the matched keypoints, row by row, in pixels of the query and of the database image."""

    inliers: int = 0
    query_points: np.ndarray = field(default_factory=NO_POINTS.copy)  # (M, 2) float32
    image_points: np.ndarray = field(default_factory=NO_POINTS.copy)  # (M, 2) float32


def match(query: LocalFeatures, image: LocalFeatures, *, max_distance: float = MAX_DISTANCE) -> np.ndarray:
    """Rows of both that are each other's nearest neighbour within max_distance: (M, 2) int64."""
    if not len(query) or not len(image):
        return np.zeros((0, 2), np.int64)
    similarities = query.descriptors @ image.descriptors.T
    nearest = similarities.argmax(axis=1)
    best = similarities[np.arange(len(query)), nearest]
    # |a - b|^2 = 2 - 2ab for unit vectors. Comparing maxima is ten times faster here than a second argmax.
    kept = np.flatnonzero((best >= 1 - max_distance**2 / 2) & (best == similarities.max(axis=0)[nearest]))
    columns, first = np.unique(nearest[kept], return_index=True)  # equal descriptors: the first alone
    return np.stack([kept[first], columns], axis=1)


def verify(query: LocalFeatures, image: LocalFeatures, *, max_distance: float = MAX_DISTANCE) -> Verification:
    """Match two pictures' features and keep the matches that one affine map explains.

    A match is an inlier when the map carries its query keypoint to within TOLERANCE of the image's longest
    side, taken as the extent of its keypoints, from the image keypoint. Maps that mirror or flatten the
    picture are refused. Fewer than four matches, or keypoints that fix no map, give zero inliers.
    """
    pairs = match(query, image, max_distance=max_distance)
    if len(pairs) < MIN_MATCHES:
        return Verification()
    here = np.ascontiguousarray(query.keypoints[pairs[:, 0]], np.float32)
    there = np.ascontiguousarray(image.keypoints[pairs[:, 1]], np.float32)
    extent = float(np.ptp(image.keypoints, axis=0).max())
    try:  # cv2's sampling starts from one fixed seed at every call, whatever its global generator is set to
        affine, mask = cv2.estimateAffine2D(
            here, there, method=cv2.USAC_MAGSAC, ransacReprojThreshold=max(extent * TOLERANCE, 1.0),
            maxIters=TRIALS, confidence=0.999,
        )  # fmt: skip
    except cv2.error:  # degenerate keypoints
        return Verification()
    if affine is None or not _plausible(affine[:, :2]):
        return Verification()
    kept = mask.ravel().astype(bool)
    inliers = int(kept.sum())
    return Verification(inliers, here[kept], there[kept]) if inliers >= MIN_MATCHES else Verification()


def _plausible(linear: np.ndarray) -> bool:
    """Whether a change of viewpoint can make this (2, 2) linear map: no mirror, no collapse onto a line."""
    if not np.isfinite(linear).all() or np.linalg.det(linear) <= 0:
        return False
    largest, smallest = np.linalg.svd(linear, compute_uv=False)
    return bool(largest <= MAX_STRETCH * smallest)
