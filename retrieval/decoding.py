"""A catalogue photo's pixels for the methods: its file is as a stranger sent it, so a child of `places.limited` decodes it."""

from __future__ import annotations

import numpy as np

from places.limited import Crashed, OutOfBounds, Refused
from retrieval.methods import preprocessing
from retrieval.methods.preprocessing import UnreadableImage


def decode(data: bytes, *, least: int | None = None) -> np.ndarray:
    """`preprocessing.decode`, in a process of its own. Raises UnreadableImage."""
    from places import photo  # not in the child, which knows nothing of Django

    try:
        done = photo.children.run(f"{__name__}:in_child", data, bounds=photo.bounds(), least=least)
    except Refused as refusal:
        raise UnreadableImage(refusal.code) from refusal
    except OutOfBounds as error:
        raise UnreadableImage("takes too much time or memory") from error
    except Crashed as error:
        raise UnreadableImage("breaks its decoder") from error
    return np.frombuffer(done.parts[0], np.uint8).reshape(done.told["shape"])


def in_child(data: bytes, *, least: int | None) -> tuple[dict, list]:
    try:
        pixels = preprocessing.decode(data, least=least)
    except UnreadableImage as error:
        raise Refused(error.reason) from error
    return {"shape": pixels.shape}, [np.ascontiguousarray(pixels)]
