"""Where things stand on our own map of Vietnam: a drawing that needs neither tiles nor a script.

The outline is one file that every page shares, static/map/vietnam.svg; a page draws marks over it in the same
units. A unit is a hundredth of a degree at the equator, in Mercator's projection, as on maps of the web.
"""

from __future__ import annotations

from cmath import rect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import asinh, cos, degrees, radians, tan

from .models import Landmark

UNITS = 100  # to a degree
WEST, NORTH = 100.0, 24.0  # where x and y are 0
KM_PER_UNIT = 111.32 / UNITS  # along the equator
SCALE_BARS = (1, 2, 5, 10, 20, 50, 100, 200)  # km
NEAREST = 2.5  # km: nearer than this a map without streets shows nothing more
SEAL = 2.7  # hundredths of a drawing's width: the radius of a numbered mark


def position(latitude: float, longitude: float) -> tuple[float, float]:
    """x to the east and y to the south, in units."""
    return (longitude - WEST) * UNITS, (_mercator(NORTH) - _mercator(latitude)) * UNITS


def _mercator(latitude: float) -> float:
    return degrees(asinh(tan(radians(latitude))))


@dataclass(frozen=True)
class Frame:
    """The part of the map that a drawing shows, in units."""

    left: float
    top: float
    width: float
    height: float

    def __str__(self) -> str:
        return " ".join(f"{edge:.2f}" for edge in (self.left, self.top, self.width, self.height))


@dataclass(frozen=True)
class Mark:
    """A place on a drawing. number: as in the list beside it, 0 where there is none.

    seal: where the number stands, which is off the place where others would cover it.
    """

    landmark: Landmark
    x: str
    y: str
    number: int = 0
    seal: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Label:
    """What is written in the sea."""

    kind: str
    x: str
    y: str


@dataclass(frozen=True)
class ScaleBar:
    km: int
    length: str
    x: str
    y: str


@dataclass(frozen=True)
class Drawing:
    """All that a map in a page is made of; numbers are text already, for SVG knows no decimal comma."""

    frame: Frame
    marks: Sequence[Mark] = ()
    province: str = ""  # the slug of the one that stands out
    here: tuple[str, str] | None = None
    scale: ScaleBar | None = None
    labels: Sequence[Label] = ()

    @property
    def unit(self) -> float:
        """A hundredth of the drawing's width, for what keeps its size on the page."""
        return self.frame.width / 100

    @property
    def dot(self) -> str:
        return f"{0.8 * self.unit:.2f}"

    @property
    def own(self) -> str:
        return f"{1.3 * self.unit:.2f}"

    @property
    def seal(self) -> str:
        return f"{SEAL * self.unit:.2f}"

    @property
    def letter(self) -> str:
        return f"{3.1 * self.unit:.2f}"


def _between(south_west: tuple[float, float], north_east: tuple[float, float]) -> Frame:
    left, bottom = position(*south_west)
    right, top = position(*north_east)
    return Frame(left, top, right - left, bottom - top)


VIETNAM = _between((6.9, 101.7), (23.8, 116.6))  # with both archipelagos
SEA_LABELS = {"hoang-sa": (17.35, 111.9), "truong-sa": (12.0, 113.4), "east-sea": (14.4, 112.6)}


def whole_country(landmarks: Iterable[Landmark] = (), *, province: str = "") -> Drawing:
    """All of Vietnam with a dot for each place that has a position."""
    labels = [Label(kind, *_text(*position(*where))) for kind, where in SEA_LABELS.items()]
    marks = [Mark(each, *_text(*position(each.latitude, each.longitude))) for each in landmarks]
    return Drawing(VIETNAM, marks, province=province, labels=labels)


def surroundings(landmarks: Sequence[Landmark], *, here: tuple[float, float]) -> Drawing:
    """What lies around a position, each place numbered from 1 in the order given."""
    frame = _around([here, *((each.latitude, each.longitude) for each in landmarks)])
    places = [position(*here), *(position(each.latitude, each.longitude) for each in landmarks)]
    radius = SEAL * frame.width / 100
    seals = [_within(frame, *seal, radius=radius) for seal in _spread(places, apart=2.1 * radius)[1:]]
    marks = [
        Mark(each, *_text(*place), number, _text(*seal))
        for number, (each, place, seal) in enumerate(zip(landmarks, places[1:], seals, strict=True), 1)
    ]
    return Drawing(frame, marks, here=_text(*position(*here)), scale=_scale(frame, here[0]))


def _text(x: float, y: float) -> tuple[str, str]:
    return f"{x:.2f}", f"{y:.2f}"


def _spread(places: Sequence[tuple[float, float]], *, apart: float) -> list[tuple[float, float]]:
    """The same places moved until none is nearer to another than that; the first stays where it is."""
    moved = [complex(*place) for place in places]
    for _round in range(200):
        crowded = False
        for early, late in combinations(range(len(moved)), 2):
            between = moved[late] - moved[early]
            if abs(between) >= 0.999 * apart:
                continue
            crowded = True
            # One upon the other may go any way, but each its own.
            way = between / abs(between) if between else rect(1, late)
            push = way * (apart - abs(between))
            moved[late] += push / 2 if early else push
            moved[early] -= push / 2 if early else 0
        if not crowded:
            break
    return [(place.real, place.imag) for place in moved]


def _within(frame: Frame, x: float, y: float, *, radius: float) -> tuple[float, float]:
    """The nearest spot where a circle is whole."""
    return (
        min(max(x, frame.left + radius), frame.left + frame.width - radius),
        min(max(y, frame.top + radius), frame.top + frame.height - radius),
    )


def _around(places: Sequence[tuple[float, float]]) -> Frame:
    """Three wide, two high, with room at the edges."""
    xs, ys = zip(*(position(*place) for place in places), strict=True)
    least = NEAREST / (KM_PER_UNIT * cos(radians(places[0][0])))
    width = 1.3 * max(max(xs) - min(xs), 1.5 * (max(ys) - min(ys)), least)
    height = width / 1.5
    return Frame((min(xs) + max(xs) - width) / 2, (min(ys) + max(ys) - height) / 2, width, height)


def _scale(frame: Frame, latitude: float) -> ScaleBar:
    km = KM_PER_UNIT * cos(radians(latitude))
    longest = max((bar for bar in SCALE_BARS if bar / km <= frame.width / 3), default=SCALE_BARS[0])
    x, y = _text(frame.left + frame.width * 0.04, frame.top + frame.height * 0.95)
    return ScaleBar(longest, f"{longest / km:.2f}", x, y)
