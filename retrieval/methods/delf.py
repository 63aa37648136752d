"""DELF: deep local features with attention, at seven scales (Noh et al., ICCV 2017), to be verified."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from retrieval.methods import engine, weights
from retrieval.methods.base import Box, Checkpoint, Description, LocalFeatures, Method
from retrieval.methods.official import delf_gld
from retrieval.methods.preprocessing import crop, fit
from retrieval.methods.whitening import Projection, l2

if TYPE_CHECKING:
    from torch import nn

LONGEST = 512  # pixels of a whole picture's longest side at scale 1
LEAST = 360  # pixels of a box's longest side at scale 1
SCALES = (0.25, 2**-1.5, 0.5, 2**-0.5, 1.0, 2**0.5, 2.0)
STRIDE = 16
# Where cell i looks: pixel 16 i + CENTRE. The middle of its receptive field (475 pixels) is at 15; what moves
# it most (the gradient's energy, measured on photographs) lies around 10.
CENTRE = 10
MOST = 1000
# Where attention is a cell's L2 norm: flat areas stay under 10; of 457 photographs none had its thousandth
# feature under 14.
LEAST_NORM = 12.0
LOCAL_DIMENSIONS = 40
DIMENSIONS = 512
_UNTRAINED = ("efficientnet-lite2", "delf_local", "delf")


@dataclass(frozen=True)
class Cells:
    """N cells of a picture's maps, the strongest first."""

    keypoints: np.ndarray  # (N, 2) float32, (x, y) in pixels of the upright original
    scales: np.ndarray  # (N,) float32, as LocalFeatures has them
    scores: np.ndarray  # (N,) float32, attention
    values: np.ndarray  # (N, 720) float32, as the map holds them


class StrongestCells:
    """The cells of a picture's stride-16 maps at seven scales that draw most attention, not yet projected.

    A picture is enlarged where a scale asks for it, as in the paper.
    """

    def __init__(self, *, attention: str | None = None) -> None:
        """attention: the name of weights that retrieval.training wrote; None is the L2 norm of a cell."""
        path = weights.find("efficientnet-lite2")
        learned = weights.find(attention) if attention else None

        def network() -> tuple[nn.Module, nn.Module]:
            from retrieval.methods.backbones import AttendedMap, Attention, efficientnet_lite2, load_arrays

            trunk = efficientnet_lite2(path)
            if learned is None:
                return trunk.entrance(), trunk.to_stride_16()
            head = Attention()
            load_arrays(head, learned)
            return trunk.entrance(), AttendedMap(trunk, head)

        names = ("efficientnet-lite2", attention) if attention else ("efficientnet-lite2",)
        digests = " ".join(weights.file_of(name).sha256 for name in names)
        self._network = engine.build(network, identity=f"stride 16 {digests}")
        self._attends = attention is not None

    def __call__(self, image: np.ndarray, *, box: Box | None = None) -> Cells:
        view, box = crop(image, box)
        base = max(LONGEST * max(view.shape[:2]) / max(image.shape[:2]), LEAST)
        large = fit(view, longest=base * SCALES[-1], multiple=1)  # so that the original is read once
        keypoints, scales, scores, cells = [], [], [], []
        for scale in SCALES:
            multiple = STRIDE if scale < 1 else 2 * STRIDE  # fewer sizes where a size costs most
            picture = fit(large, longest=base * scale, multiple=multiple, enlarge=True)
            values = self._network(picture)
            if self._attends:
                values, attention = values[:-1], values[-1]
            else:
                attention = np.sqrt(np.einsum("cij,cij->ij", values, values))
            order = np.argsort(-attention, axis=None, kind="stable")[:MOST]
            rows, columns = np.unravel_index(order, attention.shape)
            ratio = np.array([view.shape[1] / picture.shape[1], view.shape[0] / picture.shape[0]])
            place = (np.stack([columns, rows], axis=1) * STRIDE + CENTRE + 0.5) * ratio - 0.5
            keypoints.append(place.clip(0, [view.shape[1] - 1, view.shape[0] - 1]) + [box.left, box.top])
            scales.append(np.full(len(place), scale / SCALES[-1]))
            scores.append(attention[rows, columns])
            cells.append(values[:, rows, columns].T)
        all_scores = np.concatenate(scores)
        best = np.argsort(-all_scores, kind="stable")[:MOST]
        return Cells(
            keypoints=np.concatenate(keypoints)[best].astype(np.float32),
            scales=np.concatenate(scales)[best].astype(np.float32),
            scores=all_scores[best].astype(np.float32),
            values=np.concatenate(cells)[best],
        )


class Delf(Method):
    name = "delf"
    label = "DELF"
    summary = (
        "Finds up to a thousand telling details and checks that they lie alike; slower, strong on buildings."
    )
    paper = "Noh et al., Large-Scale Image Retrieval with Attentive Deep Local Features, ICCV 2017."
    checkpoint = Checkpoint(
        name=f"efficientnet-lite2-delf-l2norm-pca{LOCAL_DIMENSIONS}-gem-lw{DIMENSIONS}",
        architecture="EfficientNet-Lite2 at stride 16, seven scales, L2 norm as attention (untrained), PCA; "
        "shortlist: GeM p = 3 of the local features, learned whitening",
        dimensions=DIMENSIONS,
        training_set="trunk: ImageNet; PCA: no labels, 168 photographs of 11 places outside the catalogue; "
        "whitening: no labels, 396 photographs of 16 Vietnamese landmarks (the train split) and 8 places abroad",
        licence="Apache-2.0 (trunk)",
        paper="https://arxiv.org/abs/1612.06321",
        local_dimensions=LOCAL_DIMENSIONS,
        files=_UNTRAINED,
    )
    official = delf_gld.REFERENCES
    verifier = "delf"

    def __init__(self) -> None:
        self._authors = delf_gld.Extractor.of(self.checkpoint) if self.checkpoint in self.official else None
        if self._authors:
            return
        attention = next((name for name in self.checkpoint.files if name not in _UNTRAINED), None)
        self._cells = StrongestCells(attention=attention)
        self._least = _least_score(attention) if attention else LEAST_NORM
        self._local = Projection.read(weights.find("delf_local"))
        self._global = Projection.read(weights.find("delf"))

    @classmethod
    def with_learned(cls, name: str) -> Checkpoint:
        with np.load(weights.find(name), allow_pickle=False) as facts:
            training_set = str(facts["training_set"])
        return replace(
            cls.checkpoint,
            name=f"{cls.checkpoint.name}-{name}",
            architecture=cls.checkpoint.architecture.replace("L2 norm as attention", "trained attention"),
            training_set=f"{cls.checkpoint.training_set}; attention: {training_set}",
            files=(*cls.checkpoint.files, name),
        )

    def describe(self, image: np.ndarray, *, box: Box | None = None) -> Description:
        if self._authors:
            return self._authors.extract(image, box=box)
        found = self._cells(image, box=box)
        telling = slice(np.count_nonzero(found.scores >= self._least))
        local = LocalFeatures(
            keypoints=found.keypoints[telling],
            scales=found.scales[telling],
            scores=found.scores[telling],
            descriptors=self._local.apply(l2(found.values[telling])),
            size=(image.shape[1], image.shape[0]),
        )
        return Description(self._global.apply(aggregate(found.values)), local)


def aggregate(cells: np.ndarray) -> np.ndarray:
    """The shortlist's vector before its projection: the cells' generalised mean, p = 3, at unit length.

    cells: (N, C), none negative -> (C,). On half the catalogue it reached a mAP of 0.57, the attention-weighted sum
    0.49 (neither projected).
    """
    return l2(np.cbrt(np.einsum("nc,nc,nc->c", cells, cells, cells)))


def _least_score(attention: str) -> float:
    """The least attention that makes a cell a feature, from the file that holds the attention."""
    with np.load(weights.find(attention), allow_pickle=False) as kept:
        return float(kept["least_score"])
