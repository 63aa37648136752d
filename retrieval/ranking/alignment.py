"""Which details of two photos lie alike: kept in few bytes, chosen for a drawing, turned into a map."""

import numpy as np

from retrieval.ranking.verification import Verification

PIXEL = np.dtype("<u2")  # the largest photo taken is under 65536 pixels wide or high
FEWEST = 12  # matches that a map is laid through: fewer may lie alike by chance
THINNEST = 0.02  # points whose spread across is less than this share of their spread along lie on a line


def pack(verification: Verification) -> bytes:
    """The surviving matches to the nearest pixel, 8 bytes each; none give no bytes."""
    points = np.hstack([verification.query_points, verification.image_points])
    return points.round().clip(0, np.iinfo(PIXEL).max).astype(PIXEL).tobytes()


def unpack(data: bytes | memoryview) -> np.ndarray:
    """What `pack` wrote: (M, 4) uint16, x and y in the query, then x and y in the database image, upright.

    Raises ValueError for bytes that are no whole number of matches.
    """
    return np.frombuffer(data, PIXEL).reshape(-1, 4)


def image_onto_query(matches: np.ndarray) -> np.ndarray | None:
    """The affine map that carries the database image's points nearest to the query's, by least squares.

    matches: (M, 4) as `unpack` gives them. Returns (2, 3) float64, or None for fewer than FEWEST matches,
    for points on one line, and where the map would mirror the image.
    """
    if len(matches) < FEWEST:
        return None
    query, image = matches[:, :2].astype(np.float64), matches[:, 2:].astype(np.float64)
    centre = image.mean(axis=0)  # solved around it: large coordinates would cost digits
    if not _spread(image - centre) or not _spread(query - query.mean(axis=0)):
        return None
    linear = np.linalg.lstsq(image - centre, query - query.mean(axis=0), rcond=None)[0].T
    if np.linalg.det(linear) <= 0:
        return None
    return np.column_stack([linear, query.mean(axis=0) - linear @ centre])


def evenly(matches: np.ndarray, *, at_most: int) -> np.ndarray:
    """Rows of (M, 4) matches spread over the query, no more than `at_most`: the first, then ever the farthest.

    Details crowd where a photo has most grain; every k-th of them would draw the crowds alone.
    """
    if len(matches) <= at_most:
        return matches
    query = matches[:, :2].astype(np.float64)
    chosen = [0]
    distance = np.full(len(query), np.inf)
    while len(chosen) < at_most:
        distance = np.minimum(distance, np.square(query - query[chosen[-1]]).sum(axis=1))
        chosen.append(int(distance.argmax()))
    return matches[sorted(chosen)]


def _spread(centred: np.ndarray) -> bool:
    along, across = np.linalg.svd(centred, compute_uv=False)
    return bool(across > THINNEST * along)
