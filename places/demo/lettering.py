"""Vietnamese capitals as solids, for the names that buildings bear: drawn with strokes, so that no font is needed.

Letters stand on z=0 and face -y; a letter is one unit high in the tables below and its marks go above or below.
"""

from __future__ import annotations

import unicodedata

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import LineString

from places.demo.materials import Material
from places.demo.meshes import Model, together
from places.demo.shapes import wall

Stroke = list[tuple[float, float]]


def _arc(x: float, z: float, rx: float, rz: float, start: float, end: float) -> Stroke:
    angle = np.radians(np.linspace(start, end, 17))
    return [(float(x + rx * np.cos(a)), float(z + rz * np.sin(a))) for a in angle]


# letter: (advance width, strokes)
LETTERS: dict[str, tuple[float, list[Stroke]]] = {
    "A": (0.72, [[(0, 0), (0.36, 1), (0.72, 0)], [(0.14, 0.34), (0.58, 0.34)]]),
    "B": (
        0.58,
        [
            [(0, 0), (0, 1), (0.3, 1), *_arc(0.3, 0.76, 0.24, 0.24, 90, -90), (0, 0.52)],
            [(0.3, 0.52), *_arc(0.3, 0.26, 0.28, 0.26, 90, -90), (0, 0)],
        ],
    ),
    "C": (0.68, [_arc(0.4, 0.5, 0.4, 0.5, 50, 310)]),
    "D": (0.66, [[(0, 0), (0, 1), (0.2, 1), *_arc(0.2, 0.5, 0.46, 0.5, 90, -90), (0, 0)]]),
    "E": (0.52, [[(0.52, 0), (0, 0), (0, 1), (0.52, 1)], [(0, 0.52), (0.44, 0.52)]]),
    "G": (0.72, [[*_arc(0.4, 0.5, 0.4, 0.5, 50, 330), (0.72, 0.45), (0.45, 0.45)]]),
    "H": (0.64, [[(0, 0), (0, 1)], [(0.64, 0), (0.64, 1)], [(0, 0.52), (0.64, 0.52)]]),
    "I": (0.0, [[(0, 0), (0, 1)]]),
    "L": (0.5, [[(0, 1), (0, 0), (0.5, 0)]]),
    "M": (0.8, [[(0, 0), (0, 1), (0.4, 0.25), (0.8, 1), (0.8, 0)]]),
    "N": (0.66, [[(0, 0), (0, 1), (0.66, 0), (0.66, 1)]]),
    "O": (0.8, [_arc(0.4, 0.5, 0.4, 0.5, 0, 360)]),
    "P": (0.56, [[(0, 0), (0, 1), (0.28, 1), *_arc(0.28, 0.74, 0.28, 0.26, 90, -90), (0, 0.48)]]),
    "Q": (0.8, [_arc(0.4, 0.5, 0.4, 0.5, 0, 360), [(0.5, 0.25), (0.8, -0.08)]]),
    "R": (
        0.6,
        [
            [(0, 0), (0, 1), (0.28, 1), *_arc(0.28, 0.74, 0.28, 0.26, 90, -90), (0, 0.48)],
            [(0.28, 0.48), (0.6, 0)],
        ],
    ),
    "S": (0.56, [[*_arc(0.28, 0.75, 0.27, 0.25, 30, 270), *_arc(0.28, 0.25, 0.28, 0.25, 90, -150)]]),
    "T": (0.66, [[(0, 1), (0.66, 1)], [(0.33, 0), (0.33, 1)]]),
    "U": (0.66, [[(0, 1), *_arc(0.33, 0.33, 0.33, 0.33, 180, 360), (0.66, 1)]]),
    "V": (0.7, [[(0, 1), (0.35, 0), (0.7, 1)]]),
    "X": (0.66, [[(0, 0), (0.66, 1)], [(0, 1), (0.66, 0)]]),
    "Y": (0.7, [[(0, 1), (0.35, 0.5), (0.7, 1)], [(0.35, 0.5), (0.35, 0)]]),
}
CIRCUMFLEX, BREVE, HORN, GRAVE, ACUTE, HOOK, TILDE, DOT = (
    chr(c) for c in (0x302, 0x306, 0x31B, 0x300, 0x301, 0x309, 0x303, 0x323)
)
TONES: dict[str, Stroke] = {
    GRAVE: [(-0.16, 0.2), (0.04, 0)],
    ACUTE: [(0.16, 0.2), (-0.04, 0)],
    HOOK: [*_arc(0, 0.15, 0.08, 0.07, 170, -80), (0, 0)],
    TILDE: [(-0.2, 0.04), (-0.08, 0.14), (0.08, 0.04), (0.2, 0.14)],
}


def _strokes(letter: str) -> tuple[float, list[Stroke]]:
    base, *marks = unicodedata.normalize("NFD", letter.replace("Đ", "D"))
    width, strokes = LETTERS[base]
    strokes = list(strokes)
    middle, top = width / 2, 1.16
    if letter == "Đ":
        strokes.append([(-0.12, 0.5), (0.26, 0.5)])
    if HORN in marks:
        strokes.append([(width - 0.12, 0.88), (width + 0.08, 0.92), (width + 0.12, 1.1)])
    if CIRCUMFLEX in marks:
        strokes.append([(middle - 0.2, top), (middle, top + 0.17), (middle + 0.2, top)])
        middle, top = middle + 0.3, top + 0.12
    if BREVE in marks:
        strokes.append(_arc(middle, top + 0.15, 0.18, 0.14, 190, 350))
        top += 0.22
    for mark in marks:
        if mark in TONES:
            strokes.append([(x + middle, z + top) for x, z in TONES[mark]])
        if mark == DOT:
            strokes.append([(width / 2 - 0.01, -0.24), (width / 2 + 0.01, -0.24)])
    return width, strokes


def lettering(
    text: str,
    height: float,
    material: Material,
    *,
    depth: float = 0.08,
    weight: float = 0.15,
    gap: float = 0.3,
) -> Model:
    """Capitals `height` tall (without their marks), in the middle of x; weight and gap in parts of the height."""
    x, shapes = 0.0, []
    for letter in unicodedata.normalize("NFC", text):
        if letter == " ":
            x += 0.4
            continue
        width, strokes = _strokes(letter)
        inked = [
            LineString(s).buffer(
                weight / 2, cap_style="flat" if letter not in "CGS" and len(s) > 2 else "square"
            )
            for s in strokes
        ]
        shapes.append(affinity.translate(shapely.union_all(inked), x))
        x += width + gap
    drawn = shapely.multipolygons(
        shapely.get_parts(affinity.translate(shapely.union_all(shapes), -(x - gap) / 2))
    )
    return together(
        wall(part, depth, material) for part in affinity.scale(drawn, height, height, origin=(0, 0)).geoms
    )
