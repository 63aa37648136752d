"""Tunes CNN-IRwNHA's tail to the landmarks of a catalogue: its labels teach which photos belong together.

A margin softmax over the landmarks (CosFace, Wang et al., CVPR 2018) in place of pairs: curators have labelled what
visitors will ask for. The untouched vector stays beside the tuned one, so places added later lose nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from retrieval.methods.backbones import Tail
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
from retrieval.training.gem import EXPONENT, SHRINKAGE
from retrieval.training.maps import Maps
from retrieval.training.photos import Photos

DIMENSIONS = 256  # of the tuned part of the vector
WEIGHT = 2.4  # of that part against the untouched last map's: one and a half times as long as all the rest


@dataclass(frozen=True)
class Recipe:
    epochs: int = 10
    rate: float = 3e-4
    warm_up: float = 0.1  # of all steps
    batch: int = 32
    scale: float = 30.0
    margin: float = 0.3


class MarginSoftmax(nn.Module):
    """A centre per landmark, and how surely a vector lies nearer to its own than to any other by a margin."""

    def __init__(self, centres: Tensor, *, scale: float, margin: float):
        super().__init__()
        self.centres = nn.Parameter(centres.clone())  # (C, D)
        self.scale, self.margin = scale, margin

    def forward(self, vector: Tensor, landmark: int, *, ignored: Tensor) -> Tensor:
        """The loss of one vector, (D,), at unit length. ignored: (C,) bool, landmarks that may be near too."""
        cosines = functional.normalize(self.centres) @ vector
        wanted = functional.one_hot(torch.tensor(landmark), len(cosines))
        logits = self.scale * (cosines - self.margin * wanted)
        return functional.cross_entropy(logits.masked_fill(ignored, -torch.inf), torch.tensor(landmark))


def tune(
    photos: Photos,
    maps: Maps,
    *,
    overlaps: Mapping[str, set[str]],
    into: Path,
    start: Path | None = None,
    seed: int = 0,
    recipe: Recipe | None = None,
    progress: Progress = lambda *_: None,
) -> Tail:
    """A tail that brings the photos of each landmark together and those of different landmarks apart.

    overlaps: landmark -> landmarks that stand in it or hold it: of these none is pushed from the other. start: a
    tail to go on from; None is the published trunk's. into: the run's folder, from which a stopped run goes on.
    Raises ValueError for fewer than two landmarks.
    """
    recipe = recipe or Recipe()
    names = sorted(set(photos.landmarks))
    if len(names) < 2:
        raise ValueError(f"{len(names)} landmarks with photos: nothing to tell apart")
    numbers = np.array([names.index(landmark) for landmark in photos.landmarks])
    ignored = torch.tensor([[other in overlaps.get(name, ()) for other in names] for name in names])
    tail = new_tail(start)
    vectors = vectors_of(tail, maps, photos, progress=progress)
    centres = np.stack([vectors[numbers == number].mean(axis=0) for number in range(len(names))])
    head = MarginSoftmax(torch.from_numpy(centres), scale=recipe.scale, margin=recipe.margin)
    optimiser = optimiser_for(tail, rate=recipe.rate, beside=[head.centres])
    facts = as_facts(recipe, seed=seed, photos=len(photos), landmarks=len(names), start=start and start.name)
    run = Run(into, facts=facts, learned=nn.ModuleList([tail, head]), optimiser=optimiser)
    rates = [
        group["lr"] for group in optimiser_for(tail, rate=recipe.rate, beside=[head.centres]).param_groups
    ]
    steps = -(-len(photos) // recipe.batch)
    while run.epoch < recipe.epochs:
        order, total, right = run.rng.permutation(len(photos)), 0.0, 0
        for step in range(steps):
            share = _share_of_rate((run.epoch * steps + step + 1) / (recipe.epochs * steps), recipe.warm_up)
            for group, rate in zip(optimiser.param_groups, rates, strict=True):
                group["lr"] = rate * share
            batch = order[step * recipe.batch : (step + 1) * recipe.batch]
            for done, photo in enumerate(batch, start=step * recipe.batch):
                progress(f"epoch {run.epoch + 1} of {recipe.epochs}", done, len(photos))
                vector = describe(tail, varied(maps, photos.paths[photo], rng=run.rng))
                number = int(numbers[photo])
                loss = head(vector, number, ignored=ignored[number])
                (loss / len(batch)).backward()
                total += loss.item()
                right += int((functional.normalize(head.centres) @ vector).argmax()) == number
            optimiser.step()
            optimiser.zero_grad()
        run.end_epoch(loss=total / len(photos), right=right / len(photos), p=tail.p.item())
    return tail


def learn_projection(tail: Tail, maps: Maps, photos: Photos, *, progress: Progress) -> Projection:
    """The directions in which the catalogue's photos differ: what the tuned vector becomes in the method's."""
    vectors = vectors_of(tail, maps, photos, progress=progress)
    return pca(vectors, dimensions=DIMENSIONS, exponent=EXPONENT, shrinkage=SHRINKAGE, centre=False)


def _share_of_rate(done: float, warm_up: float) -> float:
    """How much of the rate is used when so much of the training is done, 0..1: up linearly, down as a cosine."""
    if done < warm_up:
        return done / warm_up
    return (1 + float(np.cos(np.pi * (done - warm_up) / (1 - warm_up)))) / 2
