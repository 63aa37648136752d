"""What every fine-tuning shares: a tail that learns from kept maps, a run that can be stopped and resumed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from retrieval.methods import gem, weights
from retrieval.methods.backbones import Tail, arrays_of, efficientnet_lite2, load_arrays
from retrieval.methods.whitening import Projection, l2
from retrieval.training.maps import VIEWS, Maps
from retrieval.training.photos import Photos

Progress = Callable[[str, int, int], None]  # what is being done, how many are done, of how many
P_RATE = 10  # GeM's exponent learns this many times faster than the layers (Radenovic et al.)
DECAY = 5e-4


class Run:
    """A folder that holds how far a training has come: state.pt after each epoch, curve.csv, a line an epoch.

    A run that was stopped goes on from its last whole epoch and ends in the same weights. ValueError where
    the folder holds a run of other facts.
    """

    def __init__(
        self, folder: Path, *, facts: dict[str, Any], learned: nn.Module, optimiser: torch.optim.Optimizer
    ):
        self.folder, self.learned, self.optimiser = folder, learned, optimiser
        self.facts = {name: str(value) for name, value in facts.items()}
        self.epoch = 0
        self.rng = np.random.default_rng(facts["seed"])
        folder.mkdir(parents=True, exist_ok=True)
        if (state := folder / "state.pt").exists():
            kept = torch.load(state, map_location="cpu", weights_only=True)
            if kept["facts"] != self.facts:
                raise ValueError(f"{folder} holds a run of another recipe, seed or training set")
            learned.load_state_dict(kept["learned"])
            optimiser.load_state_dict(kept["optimiser"])
            self.rng.bit_generator.state = kept["rng"]
            self.epoch = kept["epoch"]

    def end_epoch(self, **figures: float) -> None:
        """Remember that an epoch has been done, and its figures."""
        self.epoch += 1
        curve = self.folder / "curve.csv"
        # An epoch that was stopped before its state was kept may have left its line.
        told = curve.read_text().splitlines()[: self.epoch] if self.epoch > 1 else []
        lines = told or [",".join(["epoch", *figures])]
        lines.append(",".join([str(self.epoch), *(f"{value:.5f}" for value in figures.values())]))
        curve.write_text("\n".join([*lines, ""]))
        unfinished = self.folder / "state.unfinished"
        torch.save(
            {
                "facts": self.facts,
                "epoch": self.epoch,
                "learned": self.learned.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "rng": self.rng.bit_generator.state,
            },
            unfinished,
        )
        unfinished.replace(self.folder / "state.pt")


def new_tail(learned: Path | None = None) -> Tail:
    """The published layers, or those of a tail learned before, ready to learn; batch norm keeps its statistics."""
    torch.set_num_threads(1)  # so that the same seed gives the same weights on any machine of one kind
    tail = Tail(efficientnet_lite2(weights.find("efficientnet-lite2")))
    if learned:
        load_arrays(tail, learned)
    return tail.requires_grad_(True).eval()


def optimiser_for(tail: Tail, *, rate: float, beside: Sequence[Tensor] = ()) -> torch.optim.AdamW:
    """AdamW over the layers at `rate`; GeM's p, and what is `beside`, learn P_RATE times as fast."""
    fast = [{"params": [tail.p], "lr": rate * P_RATE, "weight_decay": 0.0}]
    if beside:
        fast.append({"params": list(beside), "lr": rate * P_RATE, "weight_decay": DECAY})
    return torch.optim.AdamW([{"params": tail.layers.parameters(), "lr": rate}, *fast], weight_decay=DECAY)


def describe(tail: Tail, cells: np.ndarray) -> Tensor:
    """One map, (120, h, w), -> its vector, (1280,), at unit length."""
    return functional.normalize(tail(torch.from_numpy(cells.astype(np.float32))[None]))[0]


def varied(maps: Maps, photo: Path, *, rng: np.random.Generator) -> np.ndarray:
    """One of a photo's maps, of any view and scale, a part of it, perhaps mirrored: (120, h, w)."""
    cells = maps.of(photo, view=int(rng.integers(VIEWS)))[int(rng.integers(len(gem.SCALES)))]
    if rng.random() < 0.5:
        cells = cells[:, :, ::-1]
    height, width = cells.shape[1:]
    side, stretch = np.sqrt(rng.uniform(0.5, 1)), np.exp(rng.uniform(-0.15, 0.15))
    h = min(max(4, int(height * side * stretch)) // 2 * 2, height)  # even: the tail halves it
    w = min(max(4, int(width * side / stretch)) // 2 * 2, width)
    top, left = rng.integers(0, height - h + 1), rng.integers(0, width - w + 1)
    return np.ascontiguousarray(cells[:, top : top + h, left : left + w])


def vectors_of(tail: Tail, maps: Maps, photos: Photos, *, progress: Progress) -> np.ndarray:
    """Every photo's vector as the method will compute it, three scales pooled: (N, 1280) float32."""
    rows = []
    with torch.inference_mode():
        for done, path in enumerate(photos.paths):
            progress("describing", done, len(photos))
            rows.append(l2(gem.pool_scales([describe(tail, cells).numpy() for cells in maps.of(path)])))
    progress("describing", len(photos), len(photos))
    return np.stack(rows).astype(np.float32)


def write(tail: Tail, projection: Projection, path: Path, *, weight: float, facts: dict[str, Any]) -> str:
    """Write a tail, the projection of its vector and that vector's weight in the method's; gives the SHA-256."""
    path.parent.mkdir(parents=True, exist_ok=True)
    projection.save(path, weight=weight, **arrays_of(tail), **facts)
    return weights.sha256(path)


def as_facts(recipe: Any, **others: Any) -> dict[str, Any]:
    """What a file says of its making: the recipe's numbers and the rest."""
    return asdict(recipe) | others
