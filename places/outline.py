"""Vietnam's provinces as lines: from the boundaries of the 63 old ones to a small map of the 34 of today.

Two provinces that met are one now where provinces.csv says so: the border between them goes. Each border that
is left is kept once, as an arc that both its sides share, so that no gap opens between them when it is thinned.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import cos, hypot, radians

Point = tuple[int, int]  # steps of 1/STEPS of a degree: longitude, latitude
Arc = list[Point]

STEPS = 1000  # to a degree: about a hundred metres
SPECK = 12  # square steps; a smaller islet would not be seen at any zoom
ISLAND = 40_000  # square steps; no island of Vietnam is larger, Phú Quốc apart

# Islands that the source gives to another province or to none, by their old provinces: longitude, latitude.
ISLANDS: dict[str, tuple[tuple[float, float], ...]] = {
    "Bà Rịa - Vũng Tàu": ((106.61, 8.70),),  # Côn Đảo
    "Hải Phòng": (
        (107.00, 20.80), (107.13, 20.79), (107.14, 20.75), (106.79, 20.83), (107.737, 20.13),
    ),  # Cát Bà and what lies beside it, Bạch Long Vĩ
    "Bình Định": ((109.354, 13.62),),  # Cù Lao Xanh
}  # fmt: skip

# The islands of the two archipelagos, which the source of the provinces leaves out: longitude, latitude.
ARCHIPELAGOS: dict[str, tuple[tuple[float, float], ...]] = {
    "hoang-sa": (
        (112.338, 16.834), (112.311, 16.963), (112.731, 16.667), (111.607, 16.535), (111.711, 16.453),
        (111.510, 16.448), (111.586, 16.505), (111.202, 15.784), (111.787, 16.057), (112.450, 16.050),
    ),
    "truong-sa": (
        (114.331, 11.429), (114.354, 11.454), (114.284, 11.053), (114.387, 10.733), (114.366, 10.376),
        (114.481, 10.375), (114.366, 10.180), (114.329, 9.886), (114.567, 9.905), (111.920, 8.644),
        (112.348, 8.928), (112.213, 8.860), (112.920, 7.893), (113.700, 8.970), (115.803, 10.730),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Outline:
    """The arcs, and for each province by slug the rings they make: an arc's number, or ~number if backwards."""

    arcs: list[Arc]
    provinces: dict[str, list[list[int]]]


class OutlineError(Exception):
    """The boundaries given are not those of Vietnam's provinces before July 2025."""


def merge(features: Iterable[dict], former: dict[str, str], *, tolerance: float) -> Outline:
    """The provinces of today from GeoJSON features of the old ones, in the form of Natural Earth's admin-1.

    former: each old province's name to the slug of what it became part of. tolerance: how far, in degrees, a
    border may be moved when it is thinned. Raises OutlineError.
    """
    slugs = {_plain(name): slug for name, slug in former.items()}
    rings: list[tuple[str, Arc]] = []
    stray: list[Arc] = []
    found = set()
    for feature in features:
        name = feature["properties"]["gn_name"]
        if name is None:  # minor islands, of no province
            stray.extend(_rings(feature["geometry"]))
            continue
        if _plain(name) not in slugs:
            raise OutlineError(f"There was no province {name!r}.")
        found.add(_plain(name))
        rings.extend((slugs[_plain(name)], ring) for ring in _rings(feature["geometry"]))
    if missing := slugs.keys() - found:
        raise OutlineError(f"No boundary of {', '.join(sorted(missing))}.")
    rings.extend((_nearest(ring, rings), ring) for ring in stray)
    righted = [
        (position, slugs[_plain(name)]) for name in ISLANDS.keys() & former for position in ISLANDS[name]
    ]
    rings = [
        (next((rightly for position, rightly in righted if _is_island_at(ring, position)), slug), ring)
        for slug, ring in rings
    ]
    return _join(_owners(rings), tolerance * STEPS)


def _plain(name: str) -> str:
    """The letters of a province's name, without what kind of place it is."""
    bare = re.sub(r"^(TP\.|Tinh|Thanh [Pp]ho|Huyen)\s+", "", name)
    letters = unicodedata.normalize("NFKD", bare.lower().replace("đ", "d"))
    return "".join(letter for letter in letters if letter.isascii() and letter.isalpha())


def _rings(geometry: dict) -> Iterator[Arc]:
    polygons = geometry["coordinates"]
    for polygon in polygons if geometry["type"] == "MultiPolygon" else [polygons]:
        for line in polygon:
            ring: Arc = []
            for longitude, latitude, *_height in line:
                point = (round(longitude * STEPS), round(latitude * STEPS))
                if not ring or point != ring[-1]:
                    ring.append(point)
            if len(ring) > 3 and abs(_area(ring)) >= SPECK:
                yield ring


def _area(ring: Arc) -> float:
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(ring, ring[1:], strict=False)) / 2


def _nearest(islet: Arc, rings: list[tuple[str, Arc]]) -> str:
    x, y = islet[0]
    return min((hypot(px - x, py - y), slug) for slug, ring in rings for px, py in ring)[1]


def _is_island_at(ring: Arc, position: tuple[float, float]) -> bool:
    xs, ys = zip(*ring, strict=True)
    within = min(xs) <= position[0] * STEPS <= max(xs) and min(ys) <= position[1] * STEPS <= max(ys)
    return within and abs(_area(ring)) < ISLAND


def _owners(rings: Iterable[tuple[str, Arc]]) -> dict[frozenset[Point], frozenset[str]]:
    """Each edge that is a border today, with the provinces at its sides: one where the other side is not ours."""
    sides: dict[frozenset[Point], Counter[str]] = defaultdict(Counter)
    for slug, ring in rings:
        for edge in zip(ring, ring[1:], strict=False):
            sides[frozenset(edge)][slug] += 1
    borders = {
        edge: frozenset(slug for slug, times in seen.items() if times % 2) for edge, seen in sides.items()
    }
    return {edge: owners for edge, owners in borders.items() if owners}


def _join(borders: dict[frozenset[Point], frozenset[str]], tolerance: float) -> Outline:
    """Edges to arcs, which run from where three meet to the next such place, and arcs to rings."""
    meeting: dict[Point, set[Point]] = defaultdict(set)
    for edge in borders:
        here, there = edge
        meeting[here].add(there)
        meeting[there].add(here)

    def is_end(point: Point) -> bool:
        around = [borders[frozenset((point, other))] for other in meeting[point]]
        return len(around) != 2 or around[0] != around[1]

    arcs: list[Arc] = []
    belongs: dict[str, list[int]] = defaultdict(list)
    left = dict.fromkeys(borders)
    for start in sorted(meeting, key=lambda point: (not is_end(point), point)):
        for second in sorted(meeting[start]):
            if frozenset((start, second)) not in left:
                continue
            arc = [start, second]
            left.pop(frozenset((start, second)))
            while arc[-1] != start and not is_end(arc[-1]):
                following = next(p for p in meeting[arc[-1]] if frozenset((arc[-1], p)) in left)
                left.pop(frozenset((arc[-1], following)))
                arc.append(following)
            for slug in sorted(borders[frozenset((start, second))]):
                belongs[slug].append(len(arcs))
            arcs.append(_thin(arc, tolerance))
    return Outline(arcs, {slug: _close(numbers, arcs) for slug, numbers in sorted(belongs.items())})


def _thin(arc: Arc, tolerance: float) -> Arc:
    """Douglas and Peucker: drop what lies nearer to the line without it than the tolerance; the ends stay."""
    if arc[0] == arc[-1] and len(arc) > 4:  # a ring has no line from end to end, so its halves are thinned
        middle = max(range(len(arc)), key=lambda i: hypot(arc[i][0] - arc[0][0], arc[i][1] - arc[0][1]))
        halves = _thin(arc[: middle + 1], tolerance), _thin(arc[middle:], tolerance)
        thinned = halves[0] + halves[1][1:]
        return thinned if len(thinned) > 3 else [*arc[:: max(1, len(arc) // 3)][:3], arc[0]]
    keep = {0, len(arc) - 1}
    spans = [(0, len(arc) - 1)]
    narrow = cos(radians(arc[0][1] / STEPS))  # a degree of longitude is shorter than one of latitude
    while spans:
        first, last = spans.pop()
        (x1, y1), (x2, y2) = arc[first], arc[last]
        dx, dy = (x2 - x1) * narrow, y2 - y1
        length = hypot(dx, dy) or 1
        far = max(
            ((abs((x - x1) * narrow * dy - (y - y1) * dx) / length, first + 1 + at)
             for at, (x, y) in enumerate(arc[first + 1 : last])),
            default=(0, 0),
        )  # fmt: skip
        if far[0] > tolerance:
            keep.add(far[1])
            spans += [(first, far[1]), (far[1], last)]
    return [arc[at] for at in sorted(keep)]


def _close(numbers: list[int], arcs: list[Arc]) -> list[list[int]]:
    """The rings that these arcs make, end to end."""
    starts: dict[Point, list[int]] = defaultdict(list)
    for number in numbers:
        starts[arcs[number][0]].append(number)
        starts[arcs[number][-1]].append(~number)
    left, rings = set(numbers), []
    for number in numbers:
        if number not in left:
            continue
        left.remove(number)
        ring = [number]
        while points(ring[-1:], arcs)[-1] != arcs[number][0]:
            here = points(ring[-1:], arcs)[-1]
            following = next(signed for signed in starts[here] if max(signed, ~signed) in left)
            left.remove(max(following, ~following))
            ring.append(following)
        rings.append(ring)
    return rings


def points(ring: Iterable[int], arcs: list[Arc]) -> Arc:
    """The points of arcs laid end to end."""
    joined: Arc = []
    for signed in ring:
        arc = arcs[signed] if signed >= 0 else arcs[~signed][::-1]
        joined += arc[1:] if joined else arc
    return joined


def topology(outline: Outline) -> dict:
    """The outline as TopoJSON: objects `provinces` (an id each, the slug) and `islands`."""
    return {
        "type": "Topology",
        "transform": {"scale": [1 / STEPS, 1 / STEPS], "translate": [0, 0]},
        "objects": {
            "provinces": {
                "type": "GeometryCollection",
                "geometries": [
                    {"type": "MultiPolygon", "id": slug, "arcs": [[ring] for ring in rings]}
                    for slug, rings in outline.provinces.items()
                ],
            },
            "islands": {
                "type": "GeometryCollection",
                "geometries": [
                    {"type": "MultiPoint", "id": name,
                     "coordinates": [[round(x * STEPS), round(y * STEPS)] for x, y in islands]}
                    for name, islands in ARCHIPELAGOS.items()
                ],
            },
        },
        "arcs": [list(_steps(arc)) for arc in outline.arcs],
    }  # fmt: skip


def _steps(arc: Iterable[tuple[float, float]]) -> Iterator[list[float]]:
    """Each point as how far it is from the one before."""
    before: tuple[float, float] = (0, 0)
    for point in arc:
        yield [point[0] - before[0], point[1] - before[1]]
        before = point
