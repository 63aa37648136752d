"""CNN-IRwNHA: image retrieval fine-tuned with no human annotation (Radenovic, Tolias & Chum, TPAMI 2018)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from retrieval.methods import engine, weights
from retrieval.methods.base import Box, Checkpoint, Description, Method
from retrieval.methods.official import cirtorch
from retrieval.methods.preprocessing import crop, fit
from retrieval.methods.whitening import Projection, l2

if TYPE_CHECKING:
    from torch import nn

LONGEST = 640  # pixels of a whole picture's longest side
LEAST = 448  # pixels of a box's longest side
SCALES = (1.0, 2**-0.5, 0.5)
STRIDE = 32  # pixels a cell
P = 3.0
LAST_CHANNELS, NEAR_CHANNELS = 1280, 720
# The vector's two parts, of the last map and of the stride-16 map, and the second's weight against the first.
LAST_DIMENSIONS, NEAR_DIMENSIONS, NEAR_WEIGHT = 320, 192, 0.7
_WITHOUT_TAIL = ("efficientnet-lite2", "cnn_irwnha_last", "cnn_irwnha_near")
TAIL_DIMENSIONS = 512  # the bundled fine-tuned tail's part; its file says its weight
DIMENSIONS = LAST_DIMENSIONS + NEAR_DIMENSIONS + TAIL_DIMENSIONS


class MultiScaleGem:
    """GeM vectors of three scales as one, not yet whitened.

    Gives the last map's, (1280,), the stride-16 map's, (720,), and the last map's of each fine-tuned tail,
    (1280,), all float32 at unit length.
    A whole picture is brought to LONGEST. A box is cropped first and then resized as its picture is, to
    LONGEST * max(crop) / max(picture) (cnnimageretrieval-pytorch's treatment of queries), but to LEAST at
    least. The published code never enlarges; here a small picture is, since three scales of a thumbnail are
    too coarse for a catalogue of large photographs: of 275-pixel ones 0.85 found their place first, without
    enlarging 0.76 (the last map alone, not whitened).
    """

    def __init__(self, *, tails: Sequence[str] = ()) -> None:
        """tails: names of weights that retrieval.training wrote."""
        path, tuned = weights.find("efficientnet-lite2"), [weights.find(name) for name in tails]

        def network() -> tuple[nn.Module, nn.Module]:
            from retrieval.methods.backbones import MapsGem, Tail, efficientnet_lite2, load_arrays

            trunk = efficientnet_lite2(path)
            learned = [Tail(trunk) for _ in tuned]
            for tail, file in zip(learned, tuned, strict=True):
                load_arrays(tail, file)
            return trunk.entrance(), MapsGem(trunk, p=P, tails=learned)

        digests = [weights.file_of(name).sha256 for name in ("efficientnet-lite2", *tails)]
        self._network = engine.build(network, identity=f"maps gem {P} {' '.join(digests)}")

    def __call__(self, image: np.ndarray, *, box: Box | None = None) -> list[np.ndarray]:
        pooled = pool_scales([self._network(size) for size in sizes(image, box=box)])
        ends = np.cumsum([LAST_CHANNELS, NEAR_CHANNELS] + [LAST_CHANNELS] * (len(pooled) // LAST_CHANNELS))
        return [l2(part) for part in np.split(pooled, ends) if len(part)]


def sizes(image: np.ndarray, *, box: Box | None = None) -> list[np.ndarray]:
    """What the network sees of a picture or of its box: one picture per scale, the largest first."""
    view, _ = crop(image, box)
    longest = max(LONGEST * max(view.shape[:2]) / max(image.shape[:2]), LEAST)
    large = fit(view, longest=longest, multiple=1)  # so that the original is read once
    return [fit(large, longest=longest * scale, multiple=STRIDE, enlarge=True) for scale in SCALES]


def pool_scales(vectors: Sequence[np.ndarray]) -> np.ndarray:
    """One vector per scale, (D,), none negative -> their generalised mean, (D,)."""
    return np.mean([vector**P for vector in vectors], axis=0) ** (1 / P)


class CnnIrwnha(Method):
    name = "cnn_irwnha"
    label = "CNN-IRwNHA"
    summary = (
        "Looks at the picture at three sizes and weighs its most telling parts; quick and good by itself."
    )
    paper = "Radenovic, Tolias & Chum, Fine-tuning CNN Image Retrieval with No Human Annotation, TPAMI 2018."
    checkpoint = Checkpoint(
        name=f"efficientnet-lite2-fine-tuned-gem-lw{DIMENSIONS}",
        architecture="EfficientNet-Lite2 over three scales: GeM p = 3 of its last map and of its stride-16 map, "
        "learned whitening; GeM (p learned) of the last map of a fine-tuned tail, PCA",
        dimensions=DIMENSIONS,
        training_set="trunk: ImageNet; tail and whitening: no labels, 396 photographs of 16 Vietnamese landmarks "
        "(the train split) and 8 places abroad",
        licence="Apache-2.0 (trunk)",
        paper="https://arxiv.org/abs/1711.02512",
        files=(*_WITHOUT_TAIL, "cnn_irwnha_tail"),
    )
    official = cirtorch.REFERENCES

    def __init__(self) -> None:
        self._authors = cirtorch.Extractor.of(self.checkpoint) if self.checkpoint in self.official else None
        if self._authors:
            return
        tails = [name for name in self.checkpoint.files if name not in _WITHOUT_TAIL]
        self._pool = MultiScaleGem(tails=tails)
        # What each of the pool's vectors becomes, and its weight in the whole.
        self._parts = [
            (Projection.read(weights.find("cnn_irwnha_last")), 1.0),
            (Projection.read(weights.find("cnn_irwnha_near")), NEAR_WEIGHT),
            *map(_tail_part, tails),
        ]

    @classmethod
    def with_learned(cls, name: str) -> Checkpoint:
        bundled = cls.checkpoint
        with np.load(weights.find(name), allow_pickle=False) as learned:
            return replace(
                bundled,
                name=f"{bundled.name}-{name.removeprefix('cnn_irwnha-')}",
                architecture=f"{bundled.architecture}; beside it another tail",
                dimensions=bundled.dimensions + len(learned["matrix"]),
                training_set=f"{bundled.training_set}; the other tail: {learned['training_set']}",
                files=(*bundled.files, name),
            )

    def describe(self, image: np.ndarray, *, box: Box | None = None) -> Description:
        if self._authors:
            return Description(self._authors.extract(image, box=box))
        pooled = self._pool(image, box=box)
        projected = [w * projection.apply(v) for v, (projection, w) in zip(pooled, self._parts, strict=True)]
        return Description(l2(np.concatenate(projected)))


def _tail_part(name: str) -> tuple[Projection, float]:
    """A fine-tuned tail's projection and its weight, from the file that holds the tail."""
    path = weights.find(name)
    with np.load(path, allow_pickle=False) as kept:
        return Projection.read(path), float(kept["weight"])
