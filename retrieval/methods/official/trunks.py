"""Convolutional trunks of torchvision, and the one door through which torchvision comes in."""

from __future__ import annotations

from types import ModuleType

import torch
from torch import nn

# The schemas that torchvision needs to be defined before it is imported; an attribute, since a library that
# nobody holds takes its schemas with it.
_schemas: list[torch.library.Library] = []


def torchvision_models() -> ModuleType:
    """torchvision.models, beside any build of torch.

    torchvision's compiled operators will not load beside the CPU build of torch, and its import then stops
    because it describes two operators that nobody defined. Defining them empty is enough: no trunk uses them.
    """
    try:
        import torchvision
    except RuntimeError:
        library = torch.library.Library("torchvision", "FRAGMENT")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _schemas.append(library)
        import torchvision
    return torchvision.models


def convolutions(architecture: str) -> nn.Sequential:
    """The layers up to the last ReLU, (N, 3, H, W) -> (N, C, h, w); raises ValueError for an unknown one.

    architecture: vgg16, whose last pooling is left out (stride 16), or a resnet (stride 32). The tensors are
    on torch's meta device, without values or memory: load a state with assign=True.
    """
    models = torchvision_models()
    with torch.device("meta"):
        if architecture == "vgg16":
            return models.vgg16(weights=None).features[:-1]
        if architecture in ("resnet50", "resnet101", "resnet152"):
            return nn.Sequential(*list(getattr(models, architecture)(weights=None).children())[:-2])
    raise ValueError(f"no trunk {architecture!r}")
