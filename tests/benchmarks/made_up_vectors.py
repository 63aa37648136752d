"""Vectors of photos that do not exist, spread as a method spreads real ones: places far apart, their photos near."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from config.database import PROJECT
from retrieval import methods
from retrieval.methods.base import Method
from retrieval.methods.preprocessing import decode

PICTURES = PROJECT / "places" / "demo" / "photos"
A_PLACE = 25  # photos of one place
BLOCK = 10_000  # made at once
EVENLY = 0.3  # the share of a spread that is the same in all directions: few pictures tell little of most


@dataclass
class Places:
    """The spread of a method's vectors between places and within them. Block by block the same each time."""

    mean: np.ndarray  # (D,)
    between: np.ndarray  # (D, D), the spread's root
    within: np.ndarray  # (D, D)
    seconds: float = field(default=0.0)  # spent on making them since it was last asked for all

    def blocks(self, size: int) -> Iterator[tuple[int, np.ndarray]]:
        """Where each begins, and (N, D) float32 of unit length."""
        self.seconds = 0.0
        for begin in range(0, size, BLOCK):
            start = time.perf_counter()
            numbers = np.arange(begin, min(begin + BLOCK, size))
            vectors = self._photos(self._places_of(numbers, size), seed=begin + 1)
            self.seconds += time.perf_counter() - start
            yield begin, vectors

    def queries(self, count: int, *, size: int) -> np.ndarray:
        """Other photos of some of the places: (Q, D)."""
        numbers = np.random.default_rng(7).integers(size, size=count)
        return self._photos(self._places_of(numbers, size), seed=7)

    def nearest(
        self, queries: np.ndarray, *, size: int, k: int, among: np.ndarray | None = None
    ) -> np.ndarray:
        """The numbers of the k nearest to each query by a product of matrices, best first: (Q, k); -1 where none is left.

        among: the numbers that count, in order; None for all.
        """
        best = np.full((len(queries), k), -np.inf, np.float32)
        found = np.full((len(queries), k), -1, np.int64)
        for begin, vectors in self.blocks(size):
            numbers = np.arange(begin, begin + len(vectors))
            if among is not None:
                numbers = among[np.searchsorted(among, begin) : np.searchsorted(among, begin + len(vectors))]
            if not len(numbers):
                continue
            scores = np.concatenate([best, queries @ vectors[numbers - begin].T], axis=1)
            ids = np.concatenate([found, np.broadcast_to(numbers, (len(queries), len(numbers)))], axis=1)
            order = np.argpartition(-scores, k - 1, axis=1)[:, :k]
            best, found = np.take_along_axis(scores, order, 1), np.take_along_axis(ids, order, 1)
        order = np.argsort(-best, axis=1, kind="stable")
        return np.take_along_axis(found, order, 1)

    def _places_of(self, numbers: np.ndarray, size: int) -> np.ndarray:
        return numbers % max(1, size // A_PLACE)

    def _photos(self, places: np.ndarray, *, seed: int) -> np.ndarray:
        dimensions = len(self.mean)
        each, which = np.unique(places, return_inverse=True)
        # One generator a place would take longer than all the rest; a block of them shares one.
        drawn = np.concatenate(
            [
                np.random.default_rng([1, block]).standard_normal((BLOCK, dimensions), np.float32)[
                    each[(each // BLOCK) == block] % BLOCK
                ]
                for block in np.unique(each // BLOCK)
            ]
        )
        centres = self.mean + drawn @ self.between
        noise = np.random.default_rng([2, seed]).standard_normal((len(places), dimensions), np.float32)
        photos = centres[which] + noise @ self.within
        return (photos / np.linalg.norm(photos, axis=1, keepdims=True)).astype(np.float32)


def learned(method: type[Method], *, folder: Path) -> Places:
    """From the rendered pictures; what was described is kept in the folder."""
    kept = folder / f"rendered-{method.checkpoint.name}.npy"
    if not kept.exists():
        describer = methods.load(method.name)
        folders = sorted(path for path in PICTURES.iterdir() if path.is_dir())
        described = [
            [describer.describe(decode(path.read_bytes())).vector for path in sorted(each.iterdir())]
            for each in folders
        ]
        folder.mkdir(parents=True, exist_ok=True)
        np.save(kept, np.array(described, np.float32))
    real = np.load(kept)  # (places, views, D)
    flat = real.reshape(-1, real.shape[-1])
    residuals = (real - real.mean(axis=1, keepdims=True)).reshape(flat.shape)
    mean = flat.mean(axis=0)
    within = _evened(residuals.T @ residuals / len(flat) * real.shape[1] / (real.shape[1] - 1))
    between = _evened((flat - mean).T @ (flat - mean) / len(flat)) - within
    return Places(mean, _root(between), _root(within))


def _evened(covariance: np.ndarray) -> np.ndarray:
    dimensions = len(covariance)
    even = np.eye(dimensions, dtype=np.float32) * np.trace(covariance) / dimensions
    return (1 - EVENLY) * covariance + EVENLY * even


def _root(covariance: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(values.clip(0)) @ vectors.T).astype(np.float32)
