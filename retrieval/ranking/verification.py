"""Geometric verification: do the local features of two pictures agree on one geometry between them?"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import cv2
import numpy as np

from retrieval.methods.base import LocalFeatures

MAX_DISTANCE = 0.9  # between L2-normalised descriptors; detect-to-retrieve's bound
TRIALS = 1000
Model = Literal["affine", "homography", "fundamental"]
# One match more than fixes the map exactly: fewer are no evidence.
LEAST_MATCHES: dict[Model, int] = {"affine": 4, "homography": 5, "fundamental": 8}
TOLERANCE = 20 / 1024  # DELF's 20 px at an input of 1024 px, as a share of the picture's longest side
# The same for keypoints that are placed between pixels: 4 px and 2 px at 640 px.
TOLERANCES: dict[Model, float] = {"affine": TOLERANCE, "homography": 4 / 640, "fundamental": 2 / 640}
MAX_STRETCH = 8.0  # a map that scales one direction this many times more than another flattens the picture
FLATTEST = 0.01  # matched points whose spread is less than this share of their length lie on a line
MARGIN = 0.1  # of the diagonal: the strip along the edges where marks are set (COLMAP's watermark detection)
SAME_PLACE = 0.01  # of the sides
NO_POINTS = np.zeros((0, 2), np.float32)


@dataclass(frozen=True)
class Verification:
    """What survived: the matched keypoints, row by row, in pixels of the query and of the database image."""

    inliers: int = 0
    query_points: np.ndarray = field(default_factory=NO_POINTS.copy)  # (M, 2) float32
    image_points: np.ndarray = field(default_factory=NO_POINTS.copy)  # (M, 2) float32
    least: int = 0  # inliers that are evidence: fewer are reached by chance

    @property
    def credible_inliers(self) -> int:
        """The inliers that count as evidence: none below `least`."""
        return self.inliers if self.inliers >= self.least else 0


@dataclass(frozen=True)
class Verifier:
    """One way to compare two pictures closely: which of their features match, and which geometry they obey."""

    name: str
    features: str  # the method whose local features it reads
    matches: Callable[[LocalFeatures, LocalFeatures], np.ndarray]  # of a query and an image -> (M, 2) rows
    model: Model
    least: int  # as Verification has it

    def __call__(self, query: LocalFeatures, image: LocalFeatures) -> Verification:
        """What of a database image's features lies as the query's do; degenerate pictures give no inliers."""
        pairs = self.matches(query, image)
        found = fit(
            query.keypoints[pairs[:, 0]],
            image.keypoints[pairs[:, 1]],
            model=self.model,
            query_size=query.size,
            image_size=image.size,
        )
        return replace(found, least=self.least)


def mutual_neighbours(
    query: LocalFeatures, image: LocalFeatures, *, max_distance: float = MAX_DISTANCE
) -> np.ndarray:
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


# DELF's own: one picture in 200 of other places reaches 12 inliers by chance; one in 60 reaches 10.
AFFINE = Verifier("delf", features="delf", matches=mutual_neighbours, model="affine", least=12)


def fit(
    query_points: np.ndarray,
    image_points: np.ndarray,
    *,
    model: Model,
    query_size: tuple[int, int],
    image_size: tuple[int, int],
) -> Verification:
    """Keep the matches, (M, 2) points of both pictures row by row, that one geometry explains.

    affine, homography: a map of the query onto the image, to within TOLERANCES of the image's longest side;
    one that mirrors or flattens the picture is refused. fundamental: two cameras before one scene; the
    distance (Sampson's) is from the epipolar lines. Sizes: (width, height). Matches that are `stamped` count
    only where the geometry of the others explains them too. Too few matches, or points that fix no geometry,
    give zero inliers.
    """
    here = np.ascontiguousarray(query_points, np.float32).reshape(-1, 2)
    there = np.ascontiguousarray(image_points, np.float32).reshape(-1, 2)
    if len(here) < LEAST_MATCHES[model]:
        return Verification()
    tolerance = max(max(image_size) * TOLERANCES[model], 1.0)
    kept, _ = _agreeing(here, there, model=model, tolerance=tolerance)
    marks = stamped(here, there, query_size=query_size, image_size=image_size)
    if (kept & marks).any():
        kept = np.zeros(len(here), bool)
        kept[~marks], matrix = _agreeing(here[~marks], there[~marks], model=model, tolerance=tolerance)
        if matrix is not None:
            kept |= marks & (_distances(matrix, here, there, model=model) <= tolerance)
    inliers = int(kept.sum())
    if inliers < LEAST_MATCHES[model]:
        return Verification()
    return Verification(inliers, here[kept], there[kept])


def stamped(
    query_points: np.ndarray,
    image_points: np.ndarray,
    *,
    query_size: tuple[int, int],
    image_size: tuple[int, int],
) -> np.ndarray:
    """Which matches may be of a mark, a banner, a frame or a caption set on both pictures: (M,) bool.

    They lie at one place of both, as shares of the sizes, (width, height), within SAME_PLACE, and near an
    edge: by these two traits such matches are told in photographs from the web (Weyand, Tsai & Leibe, Fixing
    WTFs, WACV 2015; COLMAP asks for the edge and one shift). Two copies of one photograph have them too, so
    it takes the other matches to tell.
    """
    here, there = query_points / np.array(query_size), image_points / np.array(image_size)
    still = (np.abs(here - there) <= SAME_PLACE).all(axis=1)
    strips = [MARGIN * np.hypot(*size) / np.array(size, np.float64) for size in (query_size, image_size)]
    edges = [
        ((points < strip) | (points > 1 - strip)).any(axis=1)
        for points, strip in zip((here, there), strips, strict=True)
    ]
    return still & edges[0] & edges[1]


def _agreeing(
    here: np.ndarray, there: np.ndarray, *, model: Model, tolerance: float
) -> tuple[np.ndarray, np.ndarray | None]:
    """Which matches agree on one geometry, (M,) bool, and its matrix, 2x3 or 3x3; none and None without one."""
    none = np.zeros(len(here), bool), None
    if len(here) < LEAST_MATCHES[model]:
        return none
    settings: dict[str, Any] = {
        "method": cv2.USAC_MAGSAC, "ransacReprojThreshold": tolerance, "maxIters": TRIALS, "confidence": 0.999,
    }  # fmt: skip
    try:  # cv2's sampling starts from one fixed seed at every call, whatever its global generator is set to
        if model == "affine":
            matrix, mask = cv2.estimateAffine2D(here, there, **settings)
        elif model == "homography":
            matrix, mask = cv2.findHomography(here, there, **settings)
        else:
            matrix, mask = cv2.findFundamentalMat(here, there, **settings)
    except cv2.error:  # degenerate keypoints
        return none
    if matrix is None or mask is None or not np.isfinite(matrix).all():
        return none
    kept = mask.ravel().astype(bool)
    if model == "affine":
        sensible = _plausible(matrix[:, :2])
    else:
        sensible = matrix.shape == (3, 3) and all(_spread(points[kept]) for points in (here, there))
        if sensible and model == "homography":
            sensible = _plausible(_slope(matrix, here[kept].mean(axis=0)))
    return (kept, matrix) if sensible else none


def _spread(points: np.ndarray) -> bool:
    """Whether points, (N, 2), cover an area: neither one place nor one line."""
    if len(points) < 3:
        return False
    longest, across = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    return bool(longest > 0 and across > FLATTEST * longest)


def _slope(homography: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The (2, 2) linear map that a homography is near a point, (2,)."""
    x, y, w = homography @ [*at, 1.0]
    if abs(w) < 1e-12:
        return np.full((2, 2), np.nan)
    return (homography[:2, :2] - np.outer([x / w, y / w], homography[2, :2])) / w


def _distances(matrix: np.ndarray, here: np.ndarray, there: np.ndarray, *, model: Model) -> np.ndarray:
    """How far each match is from what a map or a fundamental matrix says, in pixels: (M,); see `fit`."""
    ones = np.ones((len(here), 1))
    first, second = np.hstack([here, ones]), np.hstack([there, ones])
    mapped = first @ matrix.T
    with np.errstate(divide="ignore", invalid="ignore"):
        if model == "affine":
            return np.linalg.norm(mapped - there, axis=1)
        if model == "homography":
            return np.linalg.norm(mapped[:, :2] / mapped[:, 2:] - there, axis=1)
        lines = np.hstack([mapped[:, :2], (second @ matrix)[:, :2]])
        return np.abs((second * mapped).sum(axis=1)) / np.linalg.norm(lines, axis=1)


def _plausible(linear: np.ndarray) -> bool:
    """Whether a change of viewpoint can make this (2, 2) linear map: no mirror, no collapse onto a line."""
    if not np.isfinite(linear).all() or np.linalg.det(linear) <= 0:
        return False
    largest, smallest = np.linalg.svd(linear, compute_uv=False)
    return bool(largest <= MAX_STRETCH * smallest)
