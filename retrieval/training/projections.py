"""Learns the projections that the untrained heads need (PCA, whitening) from photographs, without labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from retrieval.methods import delf, gem, sir
from retrieval.methods.base import Box
from retrieval.methods.preprocessing import UnreadableImage, decode
from retrieval.methods.weights import sha256
from retrieval.methods.whitening import Projection, l2, pca

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".avif", ".heic"}
CELLS = 100  # local features taken from a region, spread evenly over its best MOST


@dataclass(frozen=True)
class Training:
    """What was learned from; written into every file as its facts."""

    training_set: str
    seed: int
    photos: int
    regions: int


def learn_projections(
    folders: Sequence[Path],
    *,
    into: Path,
    training_set: str,
    seed: int = 0,
    regions: int = 2,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, str]:
    """Write the .npz of every method's projection into a folder; gives each file's name and SHA-256.

    Few photographs suffice: each is seen whole and as `regions` random boxes of a fifth to nine tenths of it.
    The SHA-256 go into weights.FILES and the checkpoint gets a new name: other numbers, another index.
    training_set: one line on what the photographs show, so that a reader can judge overlaps with a test.
    """
    average, multi_scale, strongest = sir.AveragePooling(), gem.MultiScaleGem(), delf.StrongestCells()
    seen: dict[str, list[np.ndarray]] = {name: [] for name in _RECIPES}
    rng = np.random.default_rng(seed)
    paths, photos = _photos(folders), 0
    for done, path in enumerate(paths, start=1):
        progress(done, len(paths))
        try:
            image = decode(path.read_bytes())
        except UnreadableImage:
            continue
        photos += 1
        for box in [None, *_boxes(image, count=regions, rng=rng)]:
            found = strongest(image, box=box)
            last, near = multi_scale(image, box=box)
            seen["sir"].append(l2(average(image, box=box))[None])
            seen["cnn_irwnha_last"].append(last[None])
            seen["cnn_irwnha_near"].append(near[None])
            seen["delf"].append(delf.aggregate(found)[None])
            seen["delf_local"].append(found.descriptors[:: max(1, len(found) // CELLS)].copy())
    if not photos:
        raise ValueError(f"no photograph to learn from in {', '.join(map(str, folders))}")
    facts = Training(training_set=training_set, seed=seed, photos=photos, regions=photos * (regions + 1))
    return {
        f"{name}.npz": _write(recipe(np.concatenate(seen[name])), into / f"{name}.npz", facts)
        for name, recipe in _RECIPES.items()
    }


# What each projection is (see whitening.pca). The stride-16 map gains most from a full whitening. The last
# map lost by one learned on so few photographs, and by their mean: it has a little, about the origin.
_RECIPES: dict[str, Callable[[np.ndarray], Projection]] = {
    "sir": partial(pca, dimensions=sir.DIMENSIONS, exponent=0.15, shrinkage=0.5, centre=False),
    "cnn_irwnha_last": partial(
        pca, dimensions=gem.LAST_DIMENSIONS, exponent=0.15, shrinkage=0.5, centre=False
    ),
    "cnn_irwnha_near": partial(pca, dimensions=gem.NEAR_DIMENSIONS, exponent=0.5, shrinkage=0.5),
    "delf": partial(pca, dimensions=delf.DIMENSIONS, exponent=0.5, shrinkage=0.5),
    "delf_local": partial(pca, dimensions=delf.LOCAL_DIMENSIONS),
}


def _photos(folders: Sequence[Path]) -> list[Path]:
    """In an order that does not depend on where the folders lie: the random boxes follow it."""
    found = [path for folder in folders for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES]
    return sorted(found, key=lambda path: (path.parent.name, path.name))


def _boxes(image: np.ndarray, *, count: int, rng: np.random.Generator) -> Iterator[Box]:
    height, width = image.shape[:2]
    for _ in range(count):
        side, stretch = np.sqrt(rng.uniform(0.2, 0.9)), np.exp(rng.uniform(-0.4, 0.4))
        w, h = round(width * min(side * stretch, 1)) or 1, round(height * min(side / stretch, 1)) or 1
        left, top = rng.integers(0, width - w + 1), rng.integers(0, height - h + 1)
        yield Box(int(left), int(top), int(left) + w, int(top) + h)


def _write(projection: Projection, path: Path, facts: Training) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    projection.save(path, **vars(facts))
    return sha256(path)
