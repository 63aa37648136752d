"""CNN-IRwNHA: image retrieval fine-tuned with no human annotation (Radenovic, Tolias & Chum, TPAMI 2018)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from retrieval.methods import engine, weights
from retrieval.methods.base import Box, Checkpoint, Description, Method
from retrieval.methods.preprocessing import crop, fit
from retrieval.methods.whitening import Projection, l2

if TYPE_CHECKING:
    from torch import nn

LONGEST = 640  # pixels of a whole picture's longest side
LEAST = 448  # pixels of a box's longest side
SCALES = (1.0, 2**-0.5, 0.5)
STRIDE = 32  # pixels a cell
P = 3.0
LAST_CHANNELS = 1280
# The vector's two parts, of the last map and of the stride-16 map, and the second's weight against the first.
LAST_DIMENSIONS, NEAR_DIMENSIONS, NEAR_WEIGHT = 320, 192, 0.7
DIMENSIONS = LAST_DIMENSIONS + NEAR_DIMENSIONS


class MultiScaleGem:
    """GeM vectors of three scales as one, not yet whitened.

    Gives the last map's, (1280,), and the stride-16 map's, (720,), both float32 at unit length.
    A whole picture is brought to LONGEST. A box is cropped first and then resized as its picture is, to
    LONGEST * max(crop) / max(picture) (cnnimageretrieval-pytorch's treatment of queries), but to LEAST at
    least. The published code never enlarges; here a small picture is, since three scales of a thumbnail are
    too coarse for a catalogue of large photographs: of 275-pixel ones 0.85 found their place first, without
    enlarging 0.76 (the last map alone, not whitened).
    """

    def __init__(self) -> None:
        path = weights.find("efficientnet-lite2")

        def network() -> tuple[nn.Module, nn.Module]:
            from retrieval.methods.backbones import TwoMapGem, efficientnet_lite2

            trunk = efficientnet_lite2(path)
            return trunk.entrance(), TwoMapGem(trunk, p=P)

        self._network = engine.build(
            network, identity=f"two-map gem {P} {weights.FILES['efficientnet-lite2'].sha256}"
        )

    def __call__(self, image: np.ndarray, *, box: Box | None = None) -> tuple[np.ndarray, np.ndarray]:
        view, _ = crop(image, box)
        longest = max(LONGEST * max(view.shape[:2]) / max(image.shape[:2]), LEAST)
        large = fit(view, longest=longest, multiple=1)  # so that the original is read once
        sizes = [fit(large, longest=longest * scale, multiple=STRIDE, enlarge=True) for scale in SCALES]
        pooled = np.mean([self._network(size) ** P for size in sizes], axis=0) ** (1 / P)
        return l2(pooled[:LAST_CHANNELS]), l2(pooled[LAST_CHANNELS:])


class CnnIrwnha(Method):
    name = "cnn_irwnha"
    label = "CNN-IRwNHA"
    summary = "Looks at the picture at three sizes and weighs its most telling parts; the best first choice."
    paper = "Radenovic, Tolias & Chum, Fine-tuning CNN Image Retrieval with No Human Annotation, TPAMI 2018."
    checkpoint = Checkpoint(
        name=f"efficientnet-lite2-two-maps-gem-p3-pcaw{DIMENSIONS}",
        architecture="EfficientNet-Lite2, GeM p = 3 (untrained) of two maps over three scales, PCA-whitening",
        dimensions=DIMENSIONS,
        training_set="trunk: ImageNet; whitening: no labels, 168 photographs of 11 other places",
        licence="Apache-2.0 (trunk)",
        paper="https://arxiv.org/abs/1711.02512",
        files=("efficientnet-lite2-9656183e.pth", "cnn_irwnha_last.npz", "cnn_irwnha_near.npz"),
    )

    def __init__(self) -> None:
        self._pool = MultiScaleGem()
        self._last = Projection.read(weights.find("cnn_irwnha_last"))
        self._near = Projection.read(weights.find("cnn_irwnha_near"))

    def describe(self, image: np.ndarray, *, box: Box | None = None) -> Description:
        last, near = self._pool(image, box=box)
        return Description(l2(np.concatenate([self._last.apply(last), NEAR_WEIGHT * self._near.apply(near)])))
