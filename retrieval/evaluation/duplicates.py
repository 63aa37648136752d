"""Near-duplicates by looks, for datasets that do not state them."""

from collections.abc import Iterable

import cv2
import numpy as np

# Of 63: photos saved again differ in up to 4, other photos of the same thing in 8 and more.
MAX_DIFFERENT_BITS = 6


def perceptual_hash(image: np.ndarray) -> np.ndarray:
    """The signs of the 63 lowest frequencies of a 32x32 grey copy against their median: (63,) bool.

    image: (H, W, 3) uint8 RGB. Low frequencies survive scaling and recompression.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = cv2.dct(small)[:8, :8].ravel()[1:]  # the first is the mean brightness
    return low > np.median(low)


def near_duplicate_groups(images: Iterable[np.ndarray]) -> tuple[int, ...]:
    """A group number per image; those at most MAX_DIFFERENT_BITS apart share one, in chains."""
    hashes = np.array([perceptual_hash(image) for image in images]).reshape(-1, 63)
    groups = np.arange(len(hashes))
    for row in range(len(hashes)):
        alike = np.flatnonzero((hashes != hashes[row]).sum(axis=1) <= MAX_DIFFERENT_BITS)
        groups[np.isin(groups, groups[alike])] = groups[alike].min()
    return tuple(groups.tolist())
