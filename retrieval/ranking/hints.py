"""Why a search may have found nothing: what is wrong with the photo or its box, and a box that may do better.

Each bound was chosen on 1,254 photographs as people took them (636 of landmarks, 540 small ones from the web, 78
of places abroad), and on copies spoiled on purpose. "Finds" is DELF's shortlist: how many of 64 photos, of 42
where they are small ones, have their place first among 256 catalogue photos; 80 in 100 unspoiled, small ones 58.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np

from retrieval.methods.base import Box, LocalFeatures
from retrieval.ranking.verification import MARGIN, Verification

MOST_HINTS = 3

# Pixels of the longest side at which a photo is judged. It is never enlarged to that, and a thumbnail that was
# enlarged is judged as the thumbnail: none of 270 has a hint.
SIDE = 256
# The 95th percentile of the grey levels. No photo is under it, caves and lit buildings at night among them: the
# darkest has 98. All are with a fifth of their levels, 7 in 100 with 0.3. With 0.3 DELF finds 75 in 100, with 0.15
# 66, with 0.07 48: a photo that looks dark is mostly no worse.
DARK = 52
# The 97th percentile of the standard deviation of grey in cells. No photo is under 23; a gradient of sky is under 5.
PLAIN = 10
CELL = 8  # pixels
# Root mean square of the details finer than FINE pixels, over that of those between FINE and COARSE: no matter of
# contrast. No photo is under it; one in 7 is once blurred by a sigma of 0.2 % of the longest side, 97 in 100 by
# 0.3 % (DELF finds 53), all by 0.4 % and more (0.6 %: 16), 8 in 10 shaken over 2 % of it.
BLURRED = 0.6
FINE, COARSE = 1.0, 3.0
# The share of pixels where grey changes by STEP levels a pixel. 3 photos in 1,254 have less; all 30 photos have it
# that were pasted small onto a sky (a seventh of the whole).
SPARSE = 0.2
STEP = 4
# Local features. DELF's bundled weights found 1000 in each of 400 photos and no fewer than 571 in their emptiest
# parts: a guard for weights that find fewer, on which it was not measured.
FEW = 200
# Pixels of a box's longest side. In photos of 800 DELF finds 56 in 100 by the middle 192, 31 by 128, 22 by 96, 6 by
# 32; in photos of 275, 45 by 128, 26 by 96, 19 by 64.
TINY = 128
ROOM = 2  # the box proposed for a tiny one is this many times TINY

# Of the attention is in the box proposed. Around 30 photos pasted small onto a sky the box covers 92 % of the photo,
# and 87 % of the box is photo; with 0.7 it covers 79 %, with 0.9 73 % of it is photo.
ATTENTION = 0.8
CELLS = 32  # of the attention map, along the photo's longest side
LEAST_FEATURES = 50  # that make a map of attention
# Of what was searched. Half the photos have a box of less, and with it DELF finds about as many (25 small ones of 46,
# 27 without; pasted onto a sky 18 of 30, 15 without): it is for photos that something else speaks against.
NEARLY_ALL = 0.7
AIR = 0.1  # of the inliers' extent is added on each side of it

# The area of the inliers' convex hull, of what was searched. 3 photos in 100 are under it; of those answered rightly
# 87 in 100 would be as a sixteenth of a larger photo, 61 as a ninth.
CROWDED = 0.03
# Inliers that make a second place in another part of the photo. One photo in 270 has one by chance (at 12 two); all
# collages have one in which both places reach as many, 5 of 30.
CREDIBLE_APART = 14
APART = 0.1  # of the smaller place's box may lie in the other's
STRAY = 5  # per cent of the inliers at each end say nothing of where a place lies


class Code(StrEnum):
    """What may be wrong, the most helpful to know first."""

    CATALOGUE_INCOMPLETE = "catalogue_incomplete"
    TINY_BOX = "tiny_box"
    TOO_DARK = "too_dark"
    PLAIN = "plain"
    BLURRED = "blurred"
    SEVERAL_PLACES = "several_places"
    ONE_SIDED = "one_sided"
    FEW_DETAILS = "few_details"


@dataclass(frozen=True)
class Hint:
    """One thing that may be wrong."""

    code: Code
    box: Box | None = None  # to search with instead, in pixels of the upright photo


def photo_hints(pixels: np.ndarray, *, box: Box | None, local: LocalFeatures | None) -> list[Hint]:
    """What is wrong with what the box shows of a photo, the most helpful first, MOST_HINTS at most.

    pixels: (H, W, 3) uint8 RGB, upright. box: None for the whole photo. local: the features that were found in
    the box, None for a method that has none.
    """
    height, width = pixels.shape[:2]
    whole, shown = Box(0, 0, width, height), _searched((width, height), box)
    codes: list[Code] = []
    if box and max(shown.width, shown.height) < TINY:
        codes.append(Code.TINY_BOX)
    if shown.width > 0 and shown.height > 0:
        fault = _fault(pixels[shown.top : shown.bottom, shown.left : shown.right])
        codes += [fault] if fault else []
    if local is not None and len(local) < FEW and not {Code.PLAIN, Code.FEW_DETAILS} & set(codes):
        codes.append(Code.FEW_DETAILS)
    proposals: dict[Code, Box | None] = {}
    if Code.TINY_BOX in codes:
        corners = np.array([[shown.left, shown.top], [shown.right, shown.bottom]])
        proposals[Code.TINY_BOX] = _worth_searching(corners, searched=whole, longest=ROOM * TINY)
    elif local is not None and {Code.PLAIN, Code.FEW_DETAILS} & set(codes):
        attended = proposed_box(local, size=(width, height), box=box)
        proposals = dict.fromkeys((Code.PLAIN, Code.FEW_DETAILS), attended)
    return in_order([Hint(code, proposals.get(code)) for code in codes])


def answer_hints(
    evidence: Sequence[tuple[int, Verification]], *, size: tuple[int, int], box: Box | None = None
) -> list[Hint]:
    """What the matches of a photo's nearest images say of it.

    evidence: landmark and verification of each image, the best image first. size: the photo's width and height.
    box: what was searched, None for the whole photo. Images of fewer inliers than are credible say nothing.
    """
    credible = [(landmark, seen) for landmark, seen in evidence if seen.credible_inliers]
    if not credible:
        return []
    hints, searched = [], _searched(size, box)
    strongest = _lying_apart(credible)
    if strongest is not None:
        hints.append(Hint(Code.SEVERAL_PLACES, _worth_searching(_extent(strongest), searched=searched)))
    best = credible[0][1].query_points
    hull = cv2.contourArea(cv2.convexHull(best.astype(np.float32)))
    if hull <= CROWDED * _area(searched):
        # Logos and captions match too, and are set along the edges: no box around those.
        crowd = None if _on_an_edge(best, size=size) else _worth_searching(_extent(best), searched=searched)
        hints.append(Hint(Code.ONE_SIDED, crowd))
    return in_order(hints)


def in_order(hints: Sequence[Hint]) -> list[Hint]:
    """Hints of both kinds, the most helpful first, MOST_HINTS at most."""
    order = list(Code)
    return sorted(hints, key=lambda hint: order.index(hint.code))[:MOST_HINTS]


def proposed_box(local: LocalFeatures, *, size: tuple[int, int], box: Box | None = None) -> Box | None:
    """The smallest box that holds ATTENTION of the features' attention.

    size: the photo's width and height. box: where the features were sought, None for the whole photo.
    None for too few features, or where the box would be nearly all that was searched.
    """
    if len(local) < LEAST_FEATURES:
        return None
    # Above the least: how far down the list of features goes is the method's choice, not the photo's.
    weights = (local.scores - local.scores.min()).astype(np.float64)
    if not weights.sum() > 0:
        weights = np.ones(len(local))
    cell = max(size) / CELLS
    columns, rows = (max(1, round(side / cell)) for side in size)
    width, height = size
    attention, _, _ = np.histogram2d(
        local.keypoints[:, 1].clip(0, height), local.keypoints[:, 0].clip(0, width),
        bins=(rows, columns), range=((0, height), (0, width)), weights=weights,
    )  # fmt: skip
    left, top, right, bottom = _smallest(attention, mass=ATTENTION * weights.sum())
    corners = np.array([[left / columns, top / rows], [right / columns, bottom / rows]]) * size
    # No air: what the cells at the rim show beside the features is enough.
    return _worth_searching(corners, searched=_searched(size, box), air=0)


def _fault(view: np.ndarray) -> Code | None:
    """What is wrong with these pixels, (H, W, 3) uint8, if anything; each fault hides those after it."""
    scale = min(SIDE / max(view.shape[:2]), 1.0)
    smaller = max(1, round(view.shape[1] * scale)), max(1, round(view.shape[0] * scale))
    small = cv2.resize(np.ascontiguousarray(view), smaller, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    if np.percentile(grey, 95) < DARK:
        return Code.TOO_DARK
    mean, square = cv2.blur(grey, (CELL, CELL)), cv2.blur(grey * grey, (CELL, CELL))
    if np.percentile(np.sqrt(np.maximum(square - mean * mean, 0)), 97) < PLAIN:
        return Code.PLAIN
    soft, softer = cv2.GaussianBlur(grey, (0, 0), FINE), cv2.GaussianBlur(grey, (0, 0), COARSE)
    fine, coarse = np.square(grey - soft).mean(), np.square(soft - softer).mean()
    if fine < BLURRED**2 * coarse:
        return Code.BLURRED
    slope = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)) / 8
    return Code.FEW_DETAILS if (slope > STEP).mean() < SPARSE else None


def _smallest(attention: np.ndarray, *, mass: float) -> tuple[int, int, int, int]:
    """Left, top, right, bottom (exclusive) of the fewest cells of a map, (R, C), that hold this mass."""
    rows, columns = attention.shape
    sums = np.pad(attention.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    tops, bottoms = np.triu_indices(rows + 1, k=1)
    lefts, rights = np.triu_indices(columns + 1, k=1)
    strips = sums[bottoms] - sums[tops]
    held = strips[:, rights] - strips[:, lefts]
    cells = np.outer(bottoms - tops, rights - lefts)
    # A little less than the mass, since sums are rounded; of boxes of one size, that which holds most.
    rank = np.where(held >= mass * (1 - 1e-9), cells - held / attention.sum(), np.inf)
    vertical, horizontal = np.unravel_index(rank.argmin(), rank.shape)
    return int(lefts[horizontal]), int(tops[vertical]), int(rights[horizontal]), int(bottoms[vertical])


def _lying_apart(credible: Sequence[tuple[int, Verification]]) -> np.ndarray | None:
    """Points, (M, 2), of the place with most inliers, where another lies in another part of the photo."""
    best: dict[int, Verification] = {}
    for landmark, seen in credible:
        if seen.inliers >= CREDIBLE_APART and (landmark not in best or seen.inliers > best[landmark].inliers):
            best[landmark] = seen
    places = sorted((seen.query_points for seen in best.values()), key=len, reverse=True)
    return places[0] if any(_apart(places[0], other) for other in places[1:]) else None


def _apart(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether two sets of points, (M, 2), lie in different parts of the photo."""
    ends = [np.percentile(points, [STRAY, 100 - STRAY], axis=0) for points in (first, second)]
    low, high = np.stack(ends, axis=1)  # of both, (2, 2)
    shared = np.maximum(high.min(axis=0) - low.max(axis=0) + 1, 0).prod()
    return bool(shared <= APART * (high - low + 1).prod(axis=1).min())


def _on_an_edge(points: np.ndarray, *, size: tuple[int, int]) -> bool:
    """Whether all points, (M, 2), lie in the strip along one edge where marks are set."""
    strip = MARGIN * np.hypot(*size)
    return bool(((points < strip).all(axis=0) | (points > np.array(size) - strip).all(axis=0)).any())


def _extent(points: np.ndarray) -> np.ndarray:
    """The least and the greatest x and y: (2, 2)."""
    return np.stack([points.min(axis=0), points.max(axis=0)])


def _worth_searching(
    corners: np.ndarray, *, searched: Box, air: float = AIR, longest: float = TINY
) -> Box | None:
    """A box around two corners, (2, 2) in pixels, with air, inside what was searched; None for nearly all of it.

    longest: pixels that its longest side has at least.
    """
    sides = (1 + 2 * air) * (corners[1] - corners[0])
    sides = np.ceil(sides + max(longest - sides.max(), 0))
    most = np.array([[searched.left, searched.top], [searched.right, searched.bottom]])
    sides = np.minimum(sides, most[1] - most[0])
    left, top = np.floor(corners.mean(axis=0) - sides / 2).clip(most[0], most[1] - sides).astype(int).tolist()
    width, height = sides.astype(int).tolist()
    box = Box(left, top, left + width, top + height)
    return box if 0 < _area(box) <= NEARLY_ALL * _area(searched) else None


def _searched(size: tuple[int, int], box: Box | None) -> Box:
    whole = Box(0, 0, *size)
    return _overlap(box, whole) if box else whole


def _overlap(box: Box, other: Box) -> Box:
    """The part of both boxes; one without width or height where they share nothing."""
    left, top = max(box.left, other.left), max(box.top, other.top)
    return Box(left, top, max(min(box.right, other.right), left), max(min(box.bottom, other.bottom), top))


def _area(box: Box) -> int:
    return box.width * box.height
