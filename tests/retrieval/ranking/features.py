"""Local features drawn at random, and the same things seen from another place."""

import numpy as np

from retrieval.methods.base import LocalFeatures

SIDE = 800  # pixels


def scattered(count: int, *, seed: int, dimensions: int = 40, size: float = SIDE) -> LocalFeatures:
    """Features at random places of a picture of `size` pixels, each with a descriptor like no other's."""
    random = np.random.default_rng(seed)
    descriptors = random.standard_normal((count, dimensions)).astype(np.float32)
    return at(random.uniform(0, size, (count, 2)), descriptors=descriptors, size=size)


def at(keypoints: np.ndarray, *, descriptors: np.ndarray, size: float = SIDE) -> LocalFeatures:
    """Features of a square picture with these keypoints and descriptors, which are brought to unit length."""
    ones = np.ones(len(keypoints), np.float32)
    unit = descriptors / np.linalg.norm(descriptors, axis=1, keepdims=True)
    return LocalFeatures(
        np.asarray(keypoints, np.float32), ones, ones, unit.astype(np.float32), (round(size), round(size))
    )


def seen_from_elsewhere(features: LocalFeatures, *, linear: object, shift: object = (0, 0)) -> LocalFeatures:
    """The same features after an affine map of the picture."""
    moved = features.keypoints @ np.asarray(linear, np.float32).T + np.asarray(shift, np.float32)
    return at(moved, descriptors=features.descriptors)


def partly_seen(features: LocalFeatures, count: int, *, seed: int) -> LocalFeatures:
    """Another picture with as many features, of which `count` are these seen from elsewhere and the rest clutter.

    What is seen again differs as in photographs: descriptors by some 0.6, well inside the bound of 0.9, and
    keypoints by some 2 pixels.
    """
    random = np.random.default_rng(seed)
    clutter = scattered(len(features), seed=seed, dimensions=features.descriptors.shape[1])
    rows = random.choice(len(features), count, replace=False)
    moved = features.keypoints[rows] @ np.array([[0.8, -0.2], [0.15, 0.9]]).T + (120, 10)
    keypoints, descriptors = clutter.keypoints.copy(), clutter.descriptors.copy()
    keypoints[:count] = moved + random.normal(0, 2, (count, 2))
    noise = random.standard_normal((count, descriptors.shape[1])) * 0.6 / np.sqrt(descriptors.shape[1])
    descriptors[:count] = features.descriptors[rows] + noise
    return at(keypoints, descriptors=descriptors)
