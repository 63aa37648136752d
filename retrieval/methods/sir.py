"""SIR, simple image retrieval, the baseline: a picture squeezed into a square, one pass, one vector."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from retrieval.methods import engine, weights
from retrieval.methods.base import Box, Checkpoint, Description, Method
from retrieval.methods.official import keras_resnet
from retrieval.methods.preprocessing import crop, resize
from retrieval.methods.whitening import Projection

if TYPE_CHECKING:
    from torch import nn

SIDE = 256  # pixels, plain resize: proportions are lost, as in the original
DIMENSIONS = 384


class AveragePooling:
    """The trunk's last map, averaged: (1280,) float32, not yet projected."""

    def __init__(self) -> None:
        path = weights.find("efficientnet-lite2")

        def network() -> tuple[nn.Module, nn.Module]:
            from torch.nn import Sequential

            from retrieval.methods.backbones import efficientnet_lite2
            from retrieval.methods.pooling import Gem

            trunk = efficientnet_lite2(path)
            return trunk.entrance(), Sequential(trunk.to_stride_16(), trunk.from_stride_16(), Gem(p=1))

        self._network = engine.build(
            network, identity=f"average {weights.FILES['efficientnet-lite2'].sha256}"
        )

    def __call__(self, image: np.ndarray, *, box: Box | None = None) -> np.ndarray:
        view, _ = crop(image, box)
        return self._network(resize(view, width=SIDE, height=SIDE))


class Sir(Method):
    name = "sir"
    label = "SIR"
    summary = "Compares the overall look of whole pictures; the quickest, and the least sure."
    paper = "Simple image retrieval, the founding report's baseline: an ImageNet network and a linear layer."
    checkpoint = Checkpoint(
        name=f"efficientnet-lite2-average-pca{DIMENSIONS}",
        architecture="EfficientNet-Lite2, last map averaged, PCA",
        dimensions=DIMENSIONS,
        training_set="trunk: ImageNet; PCA: no labels, 168 photographs of 11 places outside the catalogue",
        licence="Apache-2.0 (trunk)",
        paper="https://arxiv.org/abs/1905.11946",
        files=("efficientnet-lite2", "sir"),
    )
    official = keras_resnet.REFERENCES

    def __init__(self) -> None:
        self._authors = (
            keras_resnet.Extractor.of(self.checkpoint) if self.checkpoint in self.official else None
        )
        if self._authors:
            return
        self._pool = AveragePooling()
        self._projection = Projection.read(weights.find("sir"))

    def describe(self, image: np.ndarray, *, box: Box | None = None) -> Description:
        if self._authors:
            return Description(self._authors.extract(image, box=box))
        return Description(self._projection.apply(self._pool(image, box=box)))
