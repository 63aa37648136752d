import numpy as np
import pytest

from retrieval import methods
from retrieval.methods.base import Box, Description, LocalFeatures


class Quick:
    """Stands in for a method where no network is wanted: its vector is the picture, 8 pixels by 8."""

    def __init__(self, real):
        self.name, self.checkpoint = real.name, real.checkpoint
        self.verifies, self.shortlist = real.verifies, real.shortlist

    def describe(self, image: np.ndarray, *, box: Box | None = None) -> Description:
        if box:
            image = image[box.top : box.bottom, box.left : box.right]
        rows = np.linspace(0, image.shape[0] - 1, 8).astype(int)
        columns = np.linspace(0, image.shape[1] - 1, 8).astype(int)
        pixels = image[rows][:, columns].astype(np.float32).ravel() - 127
        vector = np.zeros(self.checkpoint.dimensions, np.float32)
        vector[: pixels.size] = pixels
        local = None
        if self.verifies:
            points = np.stack(np.meshgrid(columns, rows), -1).reshape(-1, 2).astype(np.float32)
            colours = image[points[:, 1].astype(int), points[:, 0].astype(int)].astype(np.float32) - 127
            descriptors = np.zeros((64, self.checkpoint.local_dimensions), np.float32)
            descriptors[:, :3] = colours
            descriptors /= np.maximum(np.linalg.norm(descriptors, axis=1, keepdims=True), 1e-6)
            local = LocalFeatures(points, np.ones(64, np.float32), np.ones(64, np.float32), descriptors)
        return Description(vector / max(np.linalg.norm(vector), 1e-6), local)


@pytest.fixture
def quick_methods(monkeypatch):
    """All methods by their names and checkpoints, without their networks."""
    monkeypatch.setattr(
        methods, "load", lambda name, *, checkpoint=None: Quick(methods.find(name, checkpoint=checkpoint))
    )
