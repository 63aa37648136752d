"""A catalogue held in memory and searched exactly: what benchmarks and calibration ask."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from retrieval.answering import Label
from retrieval.methods.base import LocalFeatures
from retrieval.ranking import Candidate
from retrieval.ranking.similarity import most_similar


@dataclass(frozen=True)
class Arrays:
    """N images, numbered from 0. Local features are kept packed, and unpacked when they are compared."""

    vectors_of: Mapping[str, np.ndarray]  # method -> (N, D) float32, L2-normalised
    packed_of: Mapping[str, Sequence[bytes | None]]  # method -> N, each as LocalFeatures.to_bytes wrote it
    shown: Sequence[Label]  # N
    overlaps: Mapping[int, Collection[int]] = field(default_factory=dict)
    left_out: frozenset[int] = field(default_factory=frozenset)

    def without(self, images: Collection[int]) -> Arrays:
        """The same catalogue as if these images were not in it."""
        return replace(self, left_out=frozenset(images))

    def nearest(self, vector: np.ndarray, *, method: str, k: int) -> list[Candidate]:
        vectors = self.vectors_of[method]
        order, similarities = most_similar(vector, vectors, k=k + len(self.left_out))
        pairs = zip(order.tolist(), similarities.tolist(), strict=True)
        return [Candidate(image, near) for image, near in pairs if image not in self.left_out][:k]

    def vectors(self, images: Collection[int], *, method: str) -> dict[int, np.ndarray]:
        return {image: self.vectors_of[method][image] for image in images}

    def local_features(self, images: Collection[int], *, method: str) -> dict[int, LocalFeatures]:
        packed = self.packed_of[method]
        return {i: LocalFeatures.from_bytes(data) for i in images if (data := packed[i]) is not None}

    def beside(self, landmark: int) -> Collection[int]:
        return self.overlaps.get(landmark, ())

    def labels(self, images: Collection[int]) -> dict[int, Label]:
        return {image: self.shown[image] for image in images}
