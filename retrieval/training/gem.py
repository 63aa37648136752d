"""Fine-tunes CNN-IRwNHA's tail on pairs that geometry found (Radenovic, Tolias & Chum, TPAMI 2018)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from retrieval.methods.backbones import Tail
from retrieval.methods.gem import TAIL_DIMENSIONS
from retrieval.methods.whitening import Projection, pca
from retrieval.training.fine_tuning import (
    Progress,
    Run,
    as_facts,
    describe,
    new_tail,
    optimiser_for,
    varied,
    vectors_of,
)
from retrieval.training.maps import Maps
from retrieval.training.matches import Matches
from retrieval.training.photos import Photos


@dataclass(frozen=True)
class Recipe:
    """The published numbers, but for the rate (AdamW, few photos) and how many tuples make an epoch."""

    epochs: int = 5
    tuples: int = 300  # drawn anew for each epoch
    negatives: int = 5
    margin: float = 0.85
    rate: float = 3e-5
    decay: float = 0.1  # the rate falls by exp(-decay) an epoch
    tuples_per_step: int = 5


# The tail's part of the vector: as many dimensions as some four hundred photos can tell, hardly whitened.
EXPONENT, SHRINKAGE = 0.1, 0.5
WEIGHT = 1.0  # of that part against the untouched last map's
MINING_SCALE = 1  # which of the method's scales negatives are mined at: the middle one


def train_gem(
    photos: Photos,
    matches: Matches,
    maps: Maps,
    *,
    into: Path,
    seed: int = 0,
    recipe: Recipe | None = None,
    progress: Progress = lambda *_: None,
) -> Tail:
    """A tail whose vectors are near where photos share a view, and apart where they look alike and do not.

    Each epoch: describe every photo, take `tuples` pairs, and with each the hardest negatives, one per cluster and
    none of the query's own; contrastive loss. into: the run's folder, from which a stopped run goes on.
    """
    recipe = recipe or Recipe()
    tail = new_tail()
    optimiser = optimiser_for(tail, rate=recipe.rate)
    facts = as_facts(recipe, seed=seed, photos=len(photos), pairs=len(matches.pairs))
    run = Run(into, facts=facts, learned=tail, optimiser=optimiser)
    while run.epoch < recipe.epochs:
        for group in optimiser.param_groups:
            group.setdefault("published", group["lr"])
            group["lr"] = group["published"] * float(np.exp(-recipe.decay * run.epoch))
        vectors = _vectors(tail, maps, photos, progress=progress)
        count = min(recipe.tuples, len(matches.pairs))
        chosen = matches.pairs[run.rng.choice(len(matches.pairs), count, replace=False)]
        total = 0.0
        for done, pair in enumerate(chosen):
            progress(f"epoch {run.epoch + 1} of {recipe.epochs}", done, count)
            query, positive = run.rng.permutation(pair)
            negatives = hardest(
                int(query), vectors=vectors, clusters=matches.clusters, count=recipe.negatives
            )
            loss = contrastive_loss(
                describe(tail, varied(maps, photos.paths[query], rng=run.rng)),
                describe(tail, varied(maps, photos.paths[positive], rng=run.rng)),
                torch.stack([describe(tail, maps.of(photos.paths[one])[MINING_SCALE]) for one in negatives]),
                margin=recipe.margin,
            )
            (loss / recipe.tuples_per_step).backward()
            total += loss.item()
            if done % recipe.tuples_per_step == recipe.tuples_per_step - 1 or done == count - 1:
                optimiser.step()
                optimiser.zero_grad()
        run.end_epoch(loss=total / count, p=tail.p.item())
    return tail


def learn_projection(tail: Tail, maps: Maps, photos: Photos, *, progress: Progress) -> Projection:
    """PCA of what a tail makes of the photos: what its vector becomes in the method's."""
    vectors = vectors_of(tail, maps, photos, progress=progress)
    return pca(vectors, dimensions=TAIL_DIMENSIONS, exponent=EXPONENT, shrinkage=SHRINKAGE, centre=False)


def contrastive_loss(query: Tensor, positive: Tensor, negatives: Tensor, *, margin: float) -> Tensor:
    """Half the squared distance to the positive, half the squared shortfall to the margin of each negative.

    query, positive: (D,); negatives: (n, D), all at unit length. Hadsell et al. 2006, as Radenovic et al. use it.
    """
    near = (query - positive).pow(2).sum()
    far = (margin - (query - negatives + 1e-6).norm(dim=1)).clamp(min=0).pow(2).sum()
    return (near + far) / 2


def hardest(query: int, *, vectors: np.ndarray, clusters: np.ndarray, count: int) -> Sequence[int]:
    """The photos most similar to the query, none of its cluster and no two of one cluster."""
    order = np.argsort(-(vectors @ vectors[query]), kind="stable")
    order = order[clusters[order] != clusters[query]]
    _, first = np.unique(clusters[order], return_index=True)
    return [int(one) for one in order[np.sort(first)[:count]]]


def _vectors(tail: Tail, maps: Maps, photos: Photos, *, progress: Progress) -> np.ndarray:
    rows = []
    with torch.inference_mode():
        for done, path in enumerate(photos.paths):
            progress("mining", done, len(photos))
            rows.append(describe(tail, maps.of(path)[MINING_SCALE]).numpy())
    progress("mining", len(photos), len(photos))
    return np.stack(rows)
