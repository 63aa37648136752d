from dataclasses import replace

import numpy as np
import pytest

from retrieval import methods
from retrieval.answering import approaches
from retrieval.methods.base import Box, Description, LocalFeatures
from retrieval.ranking.verification import Verifier, mutual_neighbours


class Quick:
    """Stands in for a method where no network is wanted: the picture, 8 pixels by 8.

    They are its vector, if the method ranks, and its local features, if it has any.
    """

    def __init__(self, real):
        self.name, self.checkpoint, self.ranks = real.name, real.checkpoint, real.ranks

    def describe(self, image: np.ndarray, *, box: Box | None = None) -> Description:
        box = box or Box(0, 0, image.shape[1], image.shape[0])
        rows = np.linspace(box.top, box.bottom - 1, 8).astype(int)
        columns = np.linspace(box.left, box.right - 1, 8).astype(int)
        colours = image[rows][:, columns].astype(np.float32).reshape(64, 3) - 127
        vector = np.zeros(0, np.float32)
        if self.ranks:
            vector = unit(padded(colours.reshape(1, -1), to=self.checkpoint.dimensions))[0]
        local = None
        if self.checkpoint.local_dimensions:
            points = np.stack(np.meshgrid(columns, rows), -1).reshape(-1, 2).astype(np.float32)
            descriptors = unit(padded(colours, to=self.checkpoint.local_dimensions))
            ones, size = np.ones(64, np.float32), (image.shape[1], image.shape[0])
            local = LocalFeatures(points, ones, ones, descriptors, size)
        return Description(vector, local)


def padded(rows: np.ndarray, *, to: int) -> np.ndarray:
    return np.pad(rows, ((0, 0), (0, to - rows.shape[1])))


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)


@pytest.fixture
def quick_methods(monkeypatch):
    """All methods by their names and checkpoints, and what verifies them, without their networks."""
    monkeypatch.setattr(
        methods, "load", lambda name, *, checkpoint=None: Quick(methods.find(name, checkpoint=checkpoint))
    )
    lightglue = approaches.CLOSE_LOOKS["lightglue"]
    verifier = Verifier(
        "lightglue", features="aliked", matches=mutual_neighbours, model="homography", least=20
    )
    monkeypatch.setitem(approaches.CLOSE_LOOKS, "lightglue", replace(lightglue, load=lambda: verifier))
