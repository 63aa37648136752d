"""Local features drawn at random, and the same things seen from another place."""

import numpy as np

from retrieval.methods.base import LocalFeatures


def scattered(count: int, *, seed: int, dimensions: int = 40, size: float = 800) -> LocalFeatures:
    """Features at random places of a picture of `size` pixels, each with a descriptor like no other's."""
    random = np.random.default_rng(seed)
    descriptors = random.standard_normal((count, dimensions)).astype(np.float32)
    return at(random.uniform(0, size, (count, 2)), descriptors=descriptors)


def at(keypoints: np.ndarray, *, descriptors: np.ndarray) -> LocalFeatures:
    """Features with these keypoints and descriptors, which are brought to unit length."""
    ones = np.ones(len(keypoints), np.float32)
    unit = descriptors / np.linalg.norm(descriptors, axis=1, keepdims=True)
    return LocalFeatures(np.asarray(keypoints, np.float32), ones, ones, unit.astype(np.float32))


def seen_from_elsewhere(features: LocalFeatures, *, linear: object, shift: object = (0, 0)) -> LocalFeatures:
    """The same features after an affine map of the picture."""
    moved = features.keypoints @ np.asarray(linear, np.float32).T + np.asarray(shift, np.float32)
    return at(moved, descriptors=features.descriptors)
