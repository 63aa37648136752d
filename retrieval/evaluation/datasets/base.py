"""What every dataset is, however it was written down."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from retrieval.evaluation.metrics import Setup, Truth
from retrieval.methods.base import Box
from retrieval.methods.preprocessing import decode

PHOTO_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".avif", ".heic", ".heif"}


class DatasetError(Exception):
    """A dataset that cannot be read, with the file and the reason."""


@dataclass(frozen=True)
class QueryTruth:
    """A query: its photo, the box drawn on it, and what it should find."""

    path: Path
    truth: Truth
    box: Box | None = None
    landmark: str | None = None
    kind: str = ""  # of its landmark: "building", "scene"; "" where the dataset says none


@dataclass(frozen=True)
class Dataset:
    """Database images, in an order that the truths' indices count in, and queries."""

    name: str
    images: tuple[Path, ...]
    queries: tuple[QueryTruth, ...]
    setups: tuple[Setup, ...]
    landmarks: tuple[str, ...] = ()  # one per image, "" for a distractor; empty where the dataset names none
    duplicate_groups: tuple[int, ...] = ()  # one per image; empty where the dataset states none
    left_out: int = 0  # photos that are no queries, the database having no other of their landmark
    outside: tuple[Path, ...] = ()  # photos of places that the database lacks: the right answer is none
    split: str = ""  # which part of the landmarks asks; "" for all

    @property
    def cropped(self) -> bool:
        """Whether queries are what a box shows of their photos."""
        return any(query.box is not None for query in self.queries)

    @property
    def main_setup(self) -> Setup:
        """The one that stands for all: medium where there are three."""
        return self.setups[len(self.setups) // 2]

    @cached_property
    def content_hash(self) -> str:
        """sha256 over every photo's bytes and every truth: the same hash, the same questions."""
        digest = hashlib.sha256()
        names = (self.landmarks or ("",) * len(self.images), self.duplicate_groups or (0,) * len(self.images))
        for path, landmark, group in zip(self.images, *names, strict=True):
            digest.update(f"{file_hash(path)} {landmark} {group}\n".encode())
        for query in self.queries:
            truth = [sorted(part) for part in vars(query.truth).values()]
            digest.update(f"{file_hash(query.path)} {query.box} {query.landmark} {truth}\n".encode())
        for path in self.outside:
            digest.update(f"{file_hash(path)} outside\n".encode())
        return digest.hexdigest()

    def with_distractors(self, photos: Sequence[Path]) -> "Dataset":
        """The same questions to a database with more photos, which show nothing that is asked for."""
        first = max(self.duplicate_groups, default=0) + 1
        groups = tuple(range(first, first + len(photos))) if self.duplicate_groups else ()
        return replace(
            self,
            name=f"{self.name} + {len(photos)} distractors",
            images=self.images + tuple(photos),
            landmarks=self.landmarks + (("",) * len(photos) if self.landmarks else ()),
            duplicate_groups=self.duplicate_groups + groups,
        )


def file_hash(path: Path) -> str:
    """sha256 of a file. DatasetError where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror}") from error


def read_photo(path: Path) -> Any:
    """A photo's upright pixels, (H, W, 3) uint8 RGB. DatasetError where it cannot be read."""
    try:
        return decode(path.read_bytes())
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path}: {error}") from error


def box_of(corners: Sequence[float]) -> Box:
    """The box of left, top, right, bottom in pixels, to the nearest. ValueError where it has no area."""
    left, top, right, bottom = (round(float(corner)) for corner in corners)
    if right <= left or bottom <= top:
        raise ValueError(f"the box {corners} has no area")
    return Box(left, top, right, bottom)
