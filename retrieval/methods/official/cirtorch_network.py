"""The networks of cnnimageretrieval-pytorch's checkpoint files, read without running anything they hold."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from retrieval.methods import pooling
from retrieval.methods.base import Pooling
from retrieval.methods.official.trunks import convolutions
from retrieval.methods.weights import UnusableWeights

EPSILON = 1e-6  # added to a vector's length before it is divided by it
LEARNED_ON = "retrieval-SfM-120k"  # the pairs of the whitening that the authors evaluate with


class FromPixels(nn.Module):
    """RGB values 0..255 -> 0..1, less each channel's mean, by its deviation."""

    mean: Tensor
    std: Tensor

    def __init__(self, mean: Sequence[float], std: Sequence[float]):
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).reshape(3, 1, 1))
        self.register_buffer("std", torch.tensor(std).reshape(3, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return (x / 255 - self.mean) / self.std


class Global(nn.Module):
    """A map of features, pooled, at unit length, and whitened where the network learned to: (N, D)."""

    def __init__(self, features: nn.Module, pool: nn.Module, whiten: nn.Module | None):
        super().__init__()
        self.features, self.pool, self.whiten = features, pool, whiten

    def forward(self, x: Tensor) -> Tensor:
        vector = _unit(self.pool(self.features(x)))
        return vector if self.whiten is None else _unit(self.whiten(vector))


class MultiScale(nn.Module):
    """The generalised mean, of power p, of what a network says of a picture at several scales.

    whiten: applied to the mean, whose outcome is at unit length again.
    """

    def __init__(self, network: nn.Module, *, scales: Sequence[float], p: float, whiten: nn.Module | None):
        super().__init__()
        self.network, self.scales, self.p, self.whiten = network, tuple(scales), p, whiten

    def forward(self, x: Tensor) -> Tensor:
        vectors = [self.network(_scaled(x, scale)) for scale in self.scales]
        vector = vectors[0]
        if len(vectors) > 1:
            mean = torch.stack([one.pow(self.p) for one in vectors]).mean(0).pow(1 / self.p)
            vector = mean / mean.norm(dim=1, keepdim=True)
        return vector if self.whiten is None else _unit(self.whiten(vector))


def _scaled(x: Tensor, scale: float) -> Tensor:
    if scale == 1:
        return x
    # By the factor as it is, not by the quotient of the sizes that it is rounded to.
    return functional.interpolate(
        x, scale_factor=scale, mode="bilinear", align_corners=False, recompute_scale_factor=False
    )


def _unit(x: Tensor) -> Tensor:
    return x / (x.norm(dim=1, keepdim=True) + EPSILON)


def read(path: Path, *, scales: Sequence[float], whitened: bool = True) -> tuple[nn.Module, nn.Module]:
    """What the file holds, ready to run: RGB values 0..255 -> normalised, and on to vectors, (N, D).

    scales: of the picture as it comes. whitened: whether the whitening that the file carries beside the
    network follows, as it does wherever the authors report a network without a whitening layer.
    The scales are averaged by the exponent of the network's pooling, or plainly where it ends in whitening,
    whose output may be negative. Raises UnusableWeights.
    """
    facts, state = _parts(path)
    try:
        network, p = _network(facts, state)
        after = None if facts.get("whitening") or not whitened else _whitening(facts, several=len(scales) > 1)
        entrance = FromPixels(facts["mean"], facts["std"])
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        reason = f"without {error}" if isinstance(error, KeyError) else str(error)
        raise UnusableWeights(path, f"not a network of cnnimageretrieval-pytorch: {reason}") from error
    rest = MultiScale(network, scales=scales, p=p, whiten=after)
    return entrance.eval(), rest.eval().requires_grad_(False)


def _parts(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The file's facts and its tensors."""
    try:
        with torch.serialization.safe_globals(_ARRAYS):
            kept = torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        if refused := re.search(r"GLOBAL (\S+)", str(error)):
            raise UnusableWeights(path, f"reading it would run code: {refused[1]}") from error
        raise UnusableWeights(path, "incomplete or damaged") from error
    except Exception as error:  # a file cut off fails as anything from EOFError to RuntimeError
        raise UnusableWeights(path, "incomplete or damaged") from error
    if not isinstance(kept, dict) or not {"meta", "state_dict"} <= kept.keys():
        raise UnusableWeights(path, "not a network of cnnimageretrieval-pytorch: no meta and state_dict")
    return kept["meta"], kept["state_dict"]


# What arrays of NumPy are made with: the whitening beside the network is kept as such. None of these runs
# code of the file's. Old files name NumPy's modules as they were called then.
_ARRAYS: list[Any] = [
    np.ndarray,
    np.dtype,
    np.dtypes.Float32DType,
    np.dtypes.Float64DType,
    *((np.zeros(1).__reduce__()[0], f"numpy.{core}.multiarray._reconstruct") for core in ("core", "_core")),
]


def _network(facts: Mapping[str, Any], state: Mapping[str, Tensor]) -> tuple[nn.Module, float]:
    """The network for one scale, and the power by which scales are averaged."""
    if facts.get("local_whitening") or facts.get("regional"):
        raise ValueError("local and regional whitening are not read")
    kind = facts["pooling"]
    if kind not in ("mac", "spoc", "gem"):
        raise ValueError(f"pooling {kind!r} is not read")
    p = state["pool.p"].item() if kind == "gem" else 3.0
    features = convolutions(facts["architecture"])
    own = {
        key.removeprefix("features."): value for key, value in state.items() if key.startswith("features.")
    }
    for key in features.state_dict():  # a count that only training uses, and that torch once did not keep
        if key.endswith("num_batches_tracked"):
            own.setdefault(key, torch.tensor(0))
    try:
        features.load_state_dict(own, assign=True)
    except RuntimeError as error:
        raise ValueError(f"its tensors are not those of a {facts['architecture']}") from error
    whitens = bool(facts.get("whitening"))
    whiten = _linear(state["whiten.weight"], state["whiten.bias"]) if whitens else None
    pool = pooling.build(Pooling(kind, p=p))
    return Global(features, pool, whiten), p if kind == "gem" and not whitens else 1.0


def _whitening(facts: Mapping[str, Any], *, several: bool) -> nn.Module | None:
    """The projection learned from matching pairs, x -> P (x - m), where the file carries one."""
    kept = facts.get("Lw", {}).get(LEARNED_ON)
    if kept is None:
        return None
    one = kept["ms" if several else "ss"]
    mean, matrix = (torch.as_tensor(one[name], dtype=torch.float64) for name in ("m", "P"))
    return _linear(matrix.float(), (-matrix @ mean.flatten()).float())


def _linear(weight: Tensor, bias: Tensor) -> nn.Linear:
    layer = nn.Linear(weight.shape[1], weight.shape[0], device="meta")
    layer.weight, layer.bias = nn.Parameter(weight), nn.Parameter(bias)
    return layer
