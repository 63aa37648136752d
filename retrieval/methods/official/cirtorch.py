"""CNN-IRwNHA with its authors' weights and by their rules (Radenovic, Tolias & Chum, TPAMI 2018).

Source of the rules: github.com/filipradenovic/cnnimageretrieval-pytorch, examples/test.py and test_e2e.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from retrieval.methods import engine, weights
from retrieval.methods.base import Box, Checkpoint, Pooling
from retrieval.methods.preprocessing import crop

if TYPE_CHECKING:
    from torch import nn

LONGEST = 1024  # pixels of a whole picture's longest side
# By which a picture's scales are chosen: networks that end in whitening were evaluated with an enlarged one.
SCALES, SCALES_WHITENED = (1.0, 2**-0.5, 0.5), (1.0, 2**0.5, 2**-0.5)


def _reference(name: str, *, architecture: str, dimensions: int, whitening: bool) -> Checkpoint:
    labels = "Google Landmarks 2018" if name.startswith("gl18") else "retrieval-SfM-120k"
    scales = "1, 1.41, 0.71" if whitening else "1, 0.71, 0.5"
    return Checkpoint(
        name=f"cirtorch-{name}",
        architecture=architecture,
        dimensions=dimensions,
        training_set=f"ImageNet, then {labels}",
        licence="MIT (the repository's; the files state none)",
        paper="https://arxiv.org/abs/1711.02512",
        files=(name,),
        input=f"longest side {LONGEST} pixels at most, at scales {scales}",
        mean=(0.485, 0.456, 0.406),
        std=(0.229, 0.224, 0.225),
        pooling=Pooling("gem", whitening=whitening),
    )


REFERENCES = (
    _reference("retrievalSfM120k-vgg16-gem", architecture="VGG16", dimensions=512, whitening=False),
    _reference("retrievalSfM120k-resnet101-gem", architecture="ResNet101", dimensions=2048, whitening=False),
    *(
        _reference(
            f"{trained}-tl-resnet{depth}-gem-w",
            architecture=f"ResNet{depth}",
            dimensions=2048,
            whitening=True,
        )
        for trained in ("rSfM120k", "gl18")
        for depth in (50, 101, 152)
    ),
)


class Extractor:
    """A checkpoint file of cnnimageretrieval-pytorch, ready to describe pictures."""

    def __init__(self, path: Path, *, scales: Sequence[float], longest: int, whitened: bool = True) -> None:
        """scales: of a picture whose longest side is `longest` pixels at most. whitened: whether the
        whitening that the file may carry beside its network follows.

        Raises UnusableWeights, unless the network was converted before.
        """
        self._longest = longest

        def network() -> tuple[nn.Module, nn.Module]:
            from retrieval.methods.official import cirtorch_network

            return cirtorch_network.read(path, scales=scales, whitened=whitened)

        facts = (weights.sha256(path), *scales, whitened)
        self._network = engine.build(network, identity=f"cirtorch {' '.join(map(str, facts))}")

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> Extractor:
        """One of REFERENCES as its authors ran it; raises MissingWeights, UnusableWeights."""
        inside = checkpoint.pooling is not None and checkpoint.pooling.whitening
        scales = SCALES_WHITENED if inside else SCALES
        return cls(weights.find(checkpoint.files[0]), scales=scales, longest=LONGEST)

    def extract(self, image: np.ndarray, *, box: Box | None = None) -> np.ndarray:
        """(H, W, 3) uint8 RGB, or what its box shows, -> (D,) float32, L2-normalised."""
        return self._network(sized(image, longest=self._longest, box=box))


def sized(image: np.ndarray, *, longest: int, box: Box | None = None) -> np.ndarray:
    """What a network sees of a picture, or of its box: cropped, then its longest side `longest` at most.

    A box is resized as its picture would be, to longest * max(crop) / max(picture). Nothing is enlarged.
    """
    view, _ = crop(image, box)
    side = longest * max(view.shape[:2]) / max(image.shape[:2])
    picture = Image.fromarray(np.ascontiguousarray(view))
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    return np.asarray(picture)
