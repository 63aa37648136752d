"""DELF: deep local features with attention, at seven scales (Noh et al., ICCV 2017), to be verified."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from retrieval.methods import engine, weights
from retrieval.methods.base import Box, Checkpoint, Description, LocalFeatures, Method
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
# Flat areas stay under 10; of 457 photographs none had its thousandth feature under 14.
LEAST_ATTENTION = 12.0
LOCAL_DIMENSIONS = 40
DIMENSIONS = 512


class StrongestCells:
    """The cells of a picture's stride-16 maps at seven scales that draw most attention, not yet projected.

    Attention is the L2 norm of a cell's activations, the default where none is trained. Descriptors are the
    720 channels at unit length. A picture is enlarged where a scale asks for it, as in the paper.
    """

    def __init__(self) -> None:
        path = weights.find("efficientnet-lite2")

        def network() -> tuple[nn.Module, nn.Module]:
            from retrieval.methods.backbones import efficientnet_lite2

            trunk = efficientnet_lite2(path)
            return trunk.entrance(), trunk.to_stride_16()

        self._network = engine.build(
            network, identity=f"stride 16 {weights.FILES['efficientnet-lite2'].sha256}"
        )

    def __call__(self, image: np.ndarray, *, box: Box | None = None) -> LocalFeatures:
        view, box = crop(image, box)
        base = max(LONGEST * max(view.shape[:2]) / max(image.shape[:2]), LEAST)
        large = fit(view, longest=base * SCALES[-1], multiple=1)  # so that the original is read once
        keypoints, scales, scores, cells = [], [], [], []
        for scale in SCALES:
            multiple = STRIDE if scale < 1 else 2 * STRIDE  # fewer sizes where a size costs most
            picture = fit(large, longest=base * scale, multiple=multiple, enlarge=True)
            values = self._network(picture)
            norms = np.sqrt(np.einsum("cij,cij->ij", values, values))
            rows, columns = np.unravel_index(np.argsort(-norms, axis=None, kind="stable")[:MOST], norms.shape)
            ratio = np.array([view.shape[1] / picture.shape[1], view.shape[0] / picture.shape[0]])
            place = (np.stack([columns, rows], axis=1) * STRIDE + CENTRE + 0.5) * ratio - 0.5
            keypoints.append(place.clip(0, [view.shape[1] - 1, view.shape[0] - 1]) + [box.left, box.top])
            scales.append(np.full(len(place), scale / SCALES[-1]))
            scores.append(norms[rows, columns])
            cells.append(values[:, rows, columns].T)
        attention = np.concatenate(scores)
        best = np.argsort(-attention, kind="stable")[:MOST]
        return LocalFeatures(
            keypoints=np.concatenate(keypoints)[best].astype(np.float32),
            scales=np.concatenate(scales)[best].astype(np.float32),
            scores=attention[best].astype(np.float32),
            descriptors=l2(np.concatenate(cells)[best]).astype(np.float32),
        )


class Delf(Method):
    name = "delf"
    label = "DELF"
    summary = (
        "Finds up to a thousand telling details and checks that they lie alike; slower, strong on buildings."
    )
    paper = "Noh et al., Large-Scale Image Retrieval with Attentive Deep Local Features, ICCV 2017."
    checkpoint = Checkpoint(
        name=f"efficientnet-lite2-delf-l2norm-pca{LOCAL_DIMENSIONS}-gem-pcaw{DIMENSIONS}",
        architecture="EfficientNet-Lite2 at stride 16, seven scales, L2 norm as attention (untrained), PCA; "
        "shortlist: GeM p = 3 of the local features, PCA-whitening",
        dimensions=DIMENSIONS,
        training_set="trunk: ImageNet; PCA: no labels, 168 photographs of 11 places outside the catalogue",
        licence="Apache-2.0 (trunk)",
        paper="https://arxiv.org/abs/1612.06321",
        local_dimensions=LOCAL_DIMENSIONS,
        files=("efficientnet-lite2-9656183e.pth", "delf_local.npz", "delf.npz"),
    )
    verifies = True

    def __init__(self) -> None:
        self._cells = StrongestCells()
        self._local = Projection.read(weights.find("delf_local"))
        self._global = Projection.read(weights.find("delf"))

    def describe(self, image: np.ndarray, *, box: Box | None = None) -> Description:
        found = self._cells(image, box=box)
        vector = self._global.apply(aggregate(found))
        telling = slice(np.count_nonzero(found.scores >= LEAST_ATTENTION))
        local = LocalFeatures(
            keypoints=found.keypoints[telling],
            scales=found.scales[telling],
            scores=found.scores[telling],
            descriptors=self._local.apply(found.descriptors[telling]),
        )
        return Description(vector, local)


def aggregate(features: LocalFeatures) -> np.ndarray:
    """The shortlist's vector before its projection: the cells' generalised mean, p = 3, (720,), unit length.

    On half the catalogue it reached a mAP of 0.57, the attention-weighted sum 0.49 (neither projected).
    """
    cells = features.descriptors * features.scores[:, None]
    return l2(np.cbrt(np.einsum("nc,nc,nc->c", cells, cells, cells)))
