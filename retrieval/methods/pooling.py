"""How the cells of a map become one vector: the family of global descriptors, (N, C, h, w) -> (N, D), torch.

None of these ends at unit length but where its paper says so; whoever compares vectors normalises them.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from retrieval.methods.base import Pooling

OVERLAP = 0.4  # of neighbouring regions, which Tolias et al. aim at


class Mac(nn.Module):
    """The largest value of each channel (Tolias et al., ICLR 2016)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.amax((2, 3))


class Spoc(nn.Module):
    """The mean of each channel (Babenko & Lempitsky, ICCV 2015, without their centre prior)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3))


class Gem(nn.Module):
    """The generalised mean of each channel, mean(x^p)^(1/p) (Radenovic et al., TPAMI 2018).

    p = 1 is the average, p -> infinity the maximum, p = 3 the published start; values below 1e-6 count as 1e-6.
    """

    def __init__(self, *, p: float = 3.0):
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if self.p == 1:
            return x.mean((2, 3))
        return x.clamp(min=1e-6).pow(self.p).mean((2, 3)).pow(1 / self.p)


class Rmac(nn.Module):
    """Regional maxima at unit length, summed (Tolias et al., ICLR 2016).

    whiten: applied to each region's vector, which is normalised again before the sum; None leaves it out.
    The regions follow from the map's size, so a traced network holds for that one size.
    """

    def __init__(self, *, levels: int = 3, whiten: nn.Module | None = None):
        super().__init__()
        self.levels, self.whiten = levels, whiten

    def forward(self, x: Tensor) -> Tensor:
        found = [
            x[:, :, top : top + side, left : left + side].amax((2, 3))
            for top, left, side in regions(*x.shape[2:], levels=self.levels)
        ]
        vectors = functional.normalize(torch.stack(found, dim=1), dim=2)
        if self.whiten is not None:
            vectors = functional.normalize(self.whiten(vectors), dim=2)
        return vectors.sum(1)


def regions(height: int, width: int, *, levels: int) -> Iterator[tuple[int, int, int]]:
    """The squares (top, left, side) of a map, in cells, coarse to fine.

    Level 1 has the largest squares, as many along the longer side as overlap by nearest 40 %; level l has
    squares of 2 / (l + 1) of that side and l - 1 more along both sides.
    """
    short, long = min(height, width), max(height, width)
    extra = 0
    if long > short:
        extra = min(range(1, 7), key=lambda gaps: abs(1 - (long - short) / gaps / short - OVERLAP))
    for level in range(1, levels + 1):
        side = max(2 * short // (level + 1), 1)
        down = level - 1 + (extra if height > width else 0)
        across = level - 1 + (extra if width > height else 0)
        for top in _starts(height - side, gaps=down):
            for left in _starts(width - side, gaps=across):
                yield top, left, side


def _starts(room: int, *, gaps: int) -> list[int]:
    """Where gaps + 1 squares begin that share out the room beside one of them evenly."""
    return [room * index // gaps for index in range(gaps + 1)] if gaps else [0]


class NetVlad(nn.Module):
    """Residuals to K centres, softly assigned (Arandjelovic et al., CVPR 2016): D = K C, at unit length.

    Each cell is normalised, its residuals to all centres are weighted by a softmax over a 1 x 1 convolution,
    summed over the cells, normalised per centre, then as a whole.
    """

    def __init__(self, *, channels: int, clusters: int = 64):
        super().__init__()
        self.assign = nn.Conv2d(channels, clusters, 1)
        self.centres = nn.Parameter(torch.rand(clusters, channels))

    def forward(self, x: Tensor) -> Tensor:
        x = functional.normalize(x)
        weights = self.assign(x).flatten(2).softmax(1)  # (N, K, cells)
        sums = weights @ x.flatten(2).transpose(1, 2)  # (N, K, C)
        residuals = sums - weights.sum(2, keepdim=True) * self.centres
        return functional.normalize(functional.normalize(residuals, dim=2).flatten(1))


class FullyConnected(nn.Module):
    """Activations of layers after a map of one size, "neural codes" (Babenko et al., ECCV 2014).

    layers: what follows the flattened map. Raises RuntimeError for a map of another size.
    """

    def __init__(self, layers: nn.Module):
        super().__init__()
        self.layers = layers

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x.flatten(1))


def build(
    facts: Pooling,
    *,
    channels: int | None = None,
    whiten: nn.Module | None = None,
    layers: nn.Module | None = None,
) -> nn.Module:
    """The pooling of these facts; raises ValueError for an unknown kind or where it lacks what it needs.

    channels: the map's, for netvlad. whiten: of R-MAC's regions. layers: of fc. The whitening layer that
    `facts.whitening` tells of follows the pooling and is the network's own.
    """
    match facts.kind:
        case "mac":
            return Mac()
        case "spoc":
            return Spoc()
        case "gem":
            return Gem(p=facts.p)
        case "rmac":
            return Rmac(levels=facts.levels, whiten=whiten)
        case "netvlad" if channels:
            return NetVlad(channels=channels, clusters=facts.clusters)
        case "fc" if layers is not None:
            return FullyConnected(layers)
        case "netvlad" | "fc":
            raise ValueError(
                f"pooling {facts.kind!r} needs {'channels' if facts.kind == 'netvlad' else 'layers'}"
            )
    raise ValueError(f"no pooling {facts.kind!r}")
