"""SIR with the network of the founding report: Keras' ResNet152 with Keras' own ImageNet weights.

Source of the rules: keras.applications.resnet of Keras 3.15.1 (He et al., CVPR 2016) and the report, which resizes
plainly to 256 x 256 and takes the last map, 8 x 8 x 2048. The report's linear layer on that map was never published:
here the map is averaged instead, and no layer follows.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from retrieval.methods import weights
from retrieval.methods.base import Box, Checkpoint, Pooling
from retrieval.methods.official.tensorflow_runtime import keras
from retrieval.methods.preprocessing import crop, resize
from retrieval.methods.whitening import l2

SIDE = 256  # pixels, proportions lost; by areas or bilinear as resize() does, since the report names no way

REFERENCES = (
    Checkpoint(
        name="keras-resnet152-avg",
        architecture="ResNet152 of Keras, last map averaged; the report's linear layer was never published",
        dimensions=2048,
        training_set="ImageNet",
        licence="Apache-2.0 (Keras'; the file states none)",
        paper="https://arxiv.org/abs/1512.03385",
        files=("keras-resnet152",),
        input=f"squeezed into {SIDE} x {SIDE} pixels",
        mean=(123.68 / 255, 116.779 / 255, 103.939 / 255),
        std=(1 / 255, 1 / 255, 1 / 255),
        pooling=Pooling("spoc"),
    ),
)


class Extractor:
    """Keras' ResNet152 without its classes, ready to describe pictures."""

    def __init__(self, path: Path) -> None:
        """path: an .h5 file as Keras publishes it, in the format of Keras 2; raises UnusableWeights."""
        applications = keras().applications
        self._preprocess = applications.resnet.preprocess_input  # to BGR, less the means, not scaled
        self._network = applications.ResNet152(include_top=False, weights=None, pooling="avg")
        try:
            self._network.load_weights(path)
        except (KeyError, ValueError) as error:
            reason = str(error).strip().partition("\n")[0]
            raise weights.UnusableWeights(path, f"not the weights of a ResNet152: {reason}") from error
        except Exception as error:  # a file cut off fails as OSError or RuntimeError, by where it ends
            raise weights.UnusableWeights(path, "incomplete or damaged") from error

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> Extractor:
        """One of REFERENCES; raises MissingWeights, UnusableWeights."""
        return cls(weights.find(checkpoint.files[0]))

    def extract(self, image: np.ndarray, *, box: Box | None = None) -> np.ndarray:
        """(H, W, 3) uint8 RGB, or what its box shows, -> (2048,) float32, L2-normalised."""
        view, _ = crop(image, box)
        picture = resize(view, width=SIDE, height=SIDE).astype(np.float32)
        [vector] = self._network(self._preprocess(picture[None]), training=False).numpy()
        return l2(vector)
