"""What the page of one hit shows: both photos, the lines between what lies alike, one laid over the other."""

from dataclasses import dataclass

import numpy as np

from retrieval.ranking.alignment import evenly, image_onto_query, unpack

from .models import Hit, Query

LINES_SHOWN = 60
SIDE = 1000  # units of a drawing: the height of photos beside each other, the width of one above the other
TALLEST = 1400  # of a photo above another, so that both fit a screen
GAP = 24


@dataclass(frozen=True)
class Frame:
    """Where a photo lies in a drawing, in its units."""

    x: int
    y: int
    width: int
    height: int

    def scaling(self, *, size: tuple[int, int]) -> str:
        """What SVG does to the pixels of a photo of this size, so that it fills the frame."""
        width, height = size
        return f"translate({self.x} {self.y}) scale({self.width / width:.6g} {self.height / height:.6g})"

    def placed(self, points: np.ndarray, *, size: tuple[int, int]) -> np.ndarray:
        """Points of a photo of this size, (M, 2) pixels, in the drawing's units: (M, 2) int64."""
        scales = np.array([self.width, self.height]) / np.array(size)
        return (points * scales + [self.x, self.y]).round().astype(np.int64)


@dataclass(frozen=True)
class Drawing:
    """Both photos, each in its pixels, and the lines between them; `lines` and `dots` are data of SVG paths."""

    name: str
    width: int
    height: int
    query: str  # how SVG transforms the query's pixels
    image: str  # and the hit's
    lines: str
    dots: str


@dataclass(frozen=True)
class Evidence:
    """What speaks for a hit.

    kind: "details" where enough lie alike, "few" where so few do that it may be chance, "look" where nothing but
    the whole was compared.
    transform: of the hit's pixels onto the query's, as SVG writes it; None where no map fits.
    """

    kind: str
    drawings: list[Drawing]
    shown: int
    transform: str | None


def evidence(query: Query, hit: Hit) -> Evidence:
    matches = unpack(hit.matches)
    drawn = evenly(matches, at_most=LINES_SHOWN)
    sizes = (query.width, query.height), (hit.image.width, hit.image.height)
    transform = image_onto_query(matches)
    return Evidence(
        kind=_kind(hit, matches),
        drawings=[_beside(*sizes, drawn), _above(*sizes, drawn)],
        shown=len(drawn),
        # Column by column, and never with the reader's decimal comma.
        transform=None
        if transform is None
        else f"matrix({' '.join(f'{n:.6g}' for n in transform.T.ravel())})",
    )


def _kind(hit: Hit, matches: np.ndarray) -> str:
    if len(matches):
        return "details"
    return "look" if hit.inliers is None else "few"


def _beside(query: tuple[int, int], image: tuple[int, int], matches: np.ndarray) -> Drawing:
    """Both at one height, the query to the left."""
    widths = [round(width * SIDE / height) for width, height in (query, image)]
    frames = Frame(0, 0, widths[0], SIDE), Frame(widths[0] + GAP, 0, widths[1], SIDE)
    return _drawing("beside", sum(widths) + GAP, SIDE, frames, (query, image), matches)


def _above(query: tuple[int, int], image: tuple[int, int], matches: np.ndarray) -> Drawing:
    """Both at one width where they are not too tall for it, the query above."""
    frames: list[Frame] = []
    top = 0
    for width, height in (query, image):
        scale = min(SIDE / width, TALLEST / height)
        across, down = round(width * scale), round(height * scale)
        frames.append(Frame((SIDE - across) // 2, top, across, down))
        top += down + GAP
    return _drawing("above", SIDE, top - GAP, (frames[0], frames[1]), (query, image), matches)


def _drawing(
    name: str,
    width: int,
    height: int,
    frames: tuple[Frame, Frame],
    sizes: tuple[tuple[int, int], tuple[int, int]],
    matches: np.ndarray,
) -> Drawing:
    here = frames[0].placed(matches[:, :2], size=sizes[0]).tolist()
    there = frames[1].placed(matches[:, 2:], size=sizes[1]).tolist()
    lines = "".join(f"M{x} {y}L{u} {v}" for (x, y), (u, v) in zip(here, there, strict=True))
    dots = "".join(f"M{x} {y}h0" for x, y in here + there)
    query, image = (frame.scaling(size=size) for frame, size in zip(frames, sizes, strict=True))
    return Drawing(name, width, height, query, image, lines, dots)
