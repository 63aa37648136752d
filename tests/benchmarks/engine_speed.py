"""How much faster the engine runs a network than torch does, and how near it stays: both in one run, as a ratio.

    python -m tests.benchmarks.engine_speed [--side 1024] [--runs 3] [--json FILE]

ResNet101 of seeded random weights on one thread: torch eager in float32 is the reference; the target is 8 where there is
AMX, else 1.4. How near the outputs stay is looked at where they mean something: those of CNN-IRwNHA's bundled network, of
rendered pictures, each less their mean.
"""

import os
from collections.abc import Callable, Sequence

import numpy as np

os.environ.setdefault("INFERENCE_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from torch import nn

from retrieval.methods import engine, gem, weights
from retrieval.methods.backbones import MapsGem, efficientnet_lite2
from retrieval.methods.official.trunks import torchvision_models
from retrieval.methods.pooling import Gem
from retrieval.methods.preprocessing import decode
from retrieval.methods.whitening import l2
from tests.benchmarks.command import command, median_ms
from tests.benchmarks.machine import widest_instructions
from tests.benchmarks.made_up_vectors import PICTURES
from tests.figures import Figure
from tests.retrieval.methods.drawn import scene

TARGET, TARGET_WITH_AMX = 1.4, 8.0
NEAR = 0.999


class FromPixels(nn.Module):
    """RGB values 0..255 -> about what ImageNet's networks expect."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x / 255 - 0.45) / 0.226


def network() -> tuple[nn.Module, nn.Module]:
    torch.manual_seed(0)
    trunk = nn.Sequential(*list(torchvision_models().resnet101(weights=None).children())[:-2])
    return FromPixels(), nn.Sequential(trunk, Gem(p=3)).eval()


def eager() -> Callable[[np.ndarray], np.ndarray]:
    torch.set_num_threads(1)
    whole = nn.Sequential(*network()).eval()

    def run(picture: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return whole(torch.tensor(picture).permute(2, 0, 1)[None].float())[0].numpy()

    return run


def figures(*, side: int, runs: int) -> list[Figure]:
    target = TARGET_WITH_AMX if widest_instructions() == "amx_bf16" else TARGET
    picture = scene(0, width=side, height=side * 3 // 4)
    ours, reference = engine.build(network, identity="benchmark resnet101"), eager()
    own, eagerly = (median_ms(lambda run=run: run(picture), runs=runs) for run in (ours, reference))
    note = f"ResNet101, {side} px: {own:.0f} ms beside torch eager's {eagerly:.0f} ms"
    return [
        Figure("engine", "faster than torch in float32", eagerly / own, "x", least=target, note=note),
        Figure("engine", "centred cosine to it of CNN-IRwNHA's network", nearness_of_gem(), least=NEAR),
    ]


def nearness_of_gem() -> float:
    trunk = efficientnet_lite2(weights.find("efficientnet-lite2"))
    whole = nn.Sequential(trunk.entrance(), MapsGem(trunk, p=gem.P)).eval()

    def reference(picture: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return whole(torch.tensor(picture).permute(2, 0, 1)[None].float())[0].numpy()

    photos = [decode(path.read_bytes()) for path in sorted(PICTURES.glob("*/01.jpg"))]
    return _nearness(gem.MultiScaleGem()._network, reference, [gem.sizes(photo)[0] for photo in photos])


def _nearness(
    ours: Callable[[np.ndarray], np.ndarray],
    reference: Callable[[np.ndarray], np.ndarray],
    pictures: Sequence[np.ndarray],
) -> float:
    """The least cosine between both ways' outputs, at unit length and less the reference's mean."""
    a, b = (l2(np.stack([run(picture) for picture in pictures])) for run in (ours, reference))
    mean = b.mean(axis=0)
    return float((l2(a - mean) * l2(b - mean)).sum(axis=1).min())


if __name__ == "__main__":
    command(__doc__, figures, side=1024, runs=3)
