"""Trains DELF's attention: which cells of a map tell landmarks apart (Noh et al., ICCV 2017)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from retrieval.methods import weights
from retrieval.methods.backbones import Attention, arrays_of, efficientnet_lite2
from retrieval.training.fine_tuning import DECAY, Progress, Run, as_facts, varied
from retrieval.training.maps import Maps
from retrieval.training.photos import Photos


@dataclass(frozen=True)
class Recipe:
    epochs: int = 12
    rate: float = 1e-3
    classifier_rate: float = 3e-3
    batch: int = 16
    temperature: float = 8.0  # the pooled vector's length, so that its classes can be told with certainty


def train_attention(
    photos: Photos,
    maps: Maps,
    *,
    into: Path,
    seed: int = 0,
    recipe: Recipe | None = None,
    progress: Progress = lambda *_: None,
) -> Attention:
    """The attention under which a weighted sum of a photo's cells is classified best; the trunk learns nothing.

    photos: with their landmarks: this step of the published method reads labels. into: the run's folder, from which
    a stopped run goes on. Raises ValueError for fewer than two landmarks.
    """
    recipe = recipe or Recipe()
    names = sorted(set(photos.landmarks))
    if len(names) < 2:
        raise ValueError(f"{len(names)} landmarks with photos: nothing to tell apart")
    numbers = [names.index(landmark) for landmark in photos.landmarks]
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    expand = efficientnet_lite2(weights.find("efficientnet-lite2")).expand_stride_16()
    attention, classifier = Attention(), nn.Linear(720, len(names))
    optimiser = torch.optim.AdamW(
        [
            {"params": attention.parameters(), "lr": recipe.rate},
            {"params": classifier.parameters(), "lr": recipe.classifier_rate},
        ],
        weight_decay=DECAY,
    )
    facts = as_facts(recipe, seed=seed, photos=len(photos), landmarks=len(names))
    run = Run(into, facts=facts, learned=nn.ModuleList([attention, classifier]), optimiser=optimiser)
    while run.epoch < recipe.epochs:
        order, total, right = run.rng.permutation(len(photos)), 0.0, 0
        for done, photo in enumerate(order):
            progress(f"epoch {run.epoch + 1} of {recipe.epochs}", done, len(photos))
            cells = torch.from_numpy(varied(maps, photos.paths[photo], rng=run.rng).astype(np.float32))
            with torch.no_grad():
                values = expand(cells[None])
            logits = classifier(functional.normalize(pooled(values, attention(values))) * recipe.temperature)
            loss = functional.cross_entropy(logits, torch.tensor([numbers[photo]]))
            (loss / recipe.batch).backward()
            total += loss.item()
            right += int(logits.argmax()) == numbers[photo]
            if done % recipe.batch == recipe.batch - 1 or done == len(order) - 1:
                optimiser.step()
                optimiser.zero_grad()
        run.end_epoch(loss=total / len(photos), right=right / len(photos))
    return attention.eval()


def write(attention: Attention, folder: Path, *, least: float, facts: dict[str, Any]) -> Path:
    """Write an attention into a folder, under the name that DELF knows it by: it ends in the file's SHA-256."""
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / "delf.npz"
    kept: dict[str, Any] = arrays_of(attention) | facts
    np.savez_compressed(unfinished, least_score=least, **kept)
    return unfinished.replace(folder / f"delf-{weights.sha256(unfinished)[:16]}.npz")


def pooled(cells: Tensor, attention: Tensor) -> Tensor:
    """The cells' mean weighted by attention: (N, C, h, w) and (N, 1, h, w) -> (N, C)."""
    return (attention * cells).sum((2, 3)) / attention.sum((2, 3))


def least_score(attention: Attention, maps: Maps, photos: Photos, *, share: float = 0.5) -> float:
    """The score that `share` of the photos' cells reach: below it a cell is no feature, as below 100 in the paper."""
    expand = efficientnet_lite2(weights.find("efficientnet-lite2")).expand_stride_16()
    scores = []
    with torch.inference_mode():
        for path in photos.paths:
            cells = torch.from_numpy(maps.of(path)[0].astype(np.float32))[None]
            scores.append(attention(expand(cells)).flatten().numpy())
    return float(np.quantile(np.concatenate(scores), 1 - share))
