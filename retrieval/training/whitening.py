"""Learns the projections that the methods need: PCA from photos alone, whitening from pairs that geometry found."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from retrieval.evaluation.datasets import read_photo
from retrieval.methods import delf, gem, sir
from retrieval.methods.base import Box
from retrieval.methods.weights import sha256
from retrieval.methods.whitening import Projection, l2, learned_whitening, pca
from retrieval.training.cards import projection_card
from retrieval.training.matches import Matches
from retrieval.training.photos import Photos

CELLS = 100  # local features taken from a region, spread evenly over its best MOST
# Some 700 pairs do not tell how 1,280 numbers differ within pairs: the mean variance is added once to each.
REGULARISATION = 1.0


@dataclass(frozen=True)
class Training:
    """What was learned from; written into every file as its facts."""

    training_set: str
    seed: int
    photos: int
    regions: int
    pairs: int


@dataclass(frozen=True)
class Seen:
    """What the methods made of the photos: of each photo whole, and of all regions, whole photos first."""

    whole: np.ndarray  # (N, D)
    regions: np.ndarray  # (N * (1 + regions), D), or local features of them


def _from_pairs(seen: Seen, matches: Matches | None, *, dimensions: int) -> Projection:
    if matches is None:
        raise ValueError("a learned whitening needs matches")
    queries, positives = matches.both_ways
    return learned_whitening(
        seen.whole,
        queries=queries,
        positives=positives,
        dimensions=dimensions,
        regularisation=REGULARISATION,
    )


def _without_pairs(seen: Seen, _matches: Matches | None, **options) -> Projection:
    return pca(seen.regions, **options)


FROM_PAIRS = ("cnn_irwnha_last", "cnn_irwnha_near", "delf")
_RECIPES: dict[str, Callable[[Seen, Matches | None], Projection]] = {
    # By their mean the vectors of few photographs lose: components about the origin.
    "sir": partial(_without_pairs, dimensions=sir.DIMENSIONS, exponent=0.15, shrinkage=0.5, centre=False),
    "delf_local": partial(_without_pairs, dimensions=delf.LOCAL_DIMENSIONS),
    "delf": partial(_from_pairs, dimensions=delf.DIMENSIONS),
    "cnn_irwnha_last": partial(_from_pairs, dimensions=gem.LAST_DIMENSIONS),
    "cnn_irwnha_near": partial(_from_pairs, dimensions=gem.NEAR_DIMENSIONS),
}
NAMES = tuple(_RECIPES)


def learn_whitening(
    photos: Photos,
    *,
    into: Path,
    training_set: str,
    names: Collection[str] = NAMES,
    matches: Matches | None = None,
    seed: int = 0,
    regions: int = 2,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, str]:
    """Write the .npz of the named projections into a folder, each with its card; gives each file's name and SHA-256.

    Few photographs suffice for PCA: each is seen whole and as `regions` random boxes of a fifth to nine tenths
    of it. matches: of these photos; what stands in FROM_PAIRS needs them. The SHA-256 go into weights.FILES and
    the checkpoint gets a new name: other numbers, another index. training_set: one line on what the
    photographs show, so that a reader can judge overlaps with a test. Raises DatasetError, ValueError.
    """
    if not len(photos):
        raise ValueError("no photograph to learn from")
    if matches is None and (needy := sorted(set(names) & set(FROM_PAIRS))):
        raise ValueError(f"{', '.join(needy)}: learned from pairs, and there are none")
    whole: dict[str, list[np.ndarray]] = {name: [] for name in names}
    parts: dict[str, list[np.ndarray]] = {name: [] for name in names}
    look = _extractors(names)
    rng = np.random.default_rng(seed)
    for done, path in enumerate(photos.paths):
        progress(done, len(photos))
        image = read_photo(path)
        for box in [None, *_boxes(image, count=regions, rng=rng)]:
            if box is not None and set(names) <= set(FROM_PAIRS):
                continue
            for name, rows in look(image, box).items():
                parts[name].append(rows)
                if box is None:
                    whole[name].append(rows)
    progress(len(photos), len(photos))
    facts = Training(
        training_set=training_set,
        seed=seed,
        photos=len(photos),
        regions=len(photos) * (regions + 1),
        pairs=0 if matches is None else len(matches.pairs),
    )
    into.mkdir(parents=True, exist_ok=True)
    written = {}
    for name in names:
        seen = Seen(np.concatenate(whole[name]), np.concatenate(parts[name]))
        path = into / f"{name}.npz"
        _RECIPES[name](seen, matches).save(path, **vars(facts))
        written[path.name] = sha256(path)
        path.with_suffix(".md").write_text(
            projection_card(path, sha256=written[path.name], facts=vars(facts))
        )
    return written


def _extractors(names: Collection[str]) -> Callable[[np.ndarray, Box | None], dict[str, np.ndarray]]:
    """What makes each name's rows, (n, D), of a picture or its box; networks that no name needs are not built."""
    average = sir.AveragePooling() if "sir" in names else None
    multi_scale = gem.MultiScaleGem() if {"cnn_irwnha_last", "cnn_irwnha_near"} & set(names) else None
    strongest = delf.StrongestCells() if {"delf", "delf_local"} & set(names) else None

    def look(image: np.ndarray, box: Box | None) -> dict[str, np.ndarray]:
        rows: dict[str, np.ndarray] = {}
        if average:
            rows["sir"] = l2(average(image, box=box))[None]
        if multi_scale:
            last, near = multi_scale(image, box=box)
            rows |= {"cnn_irwnha_last": last[None], "cnn_irwnha_near": near[None]}
        if strongest:
            found = strongest(image, box=box)
            rows["delf"] = delf.aggregate(found.values)[None]
            rows["delf_local"] = l2(found.values[:: max(1, len(found.values) // CELLS)])
        return {name: value for name, value in rows.items() if name in names}

    return look


def _boxes(image: np.ndarray, *, count: int, rng: np.random.Generator) -> Iterator[Box]:
    height, width = image.shape[:2]
    for _ in range(count):
        side, stretch = np.sqrt(rng.uniform(0.2, 0.9)), np.exp(rng.uniform(-0.4, 0.4))
        w, h = round(width * min(side * stretch, 1)) or 1, round(height * min(side / stretch, 1)) or 1
        left, top = rng.integers(0, width - w + 1), rng.integers(0, height - h + 1)
        yield Box(int(left), int(top), int(left) + w, int(top) + h)
