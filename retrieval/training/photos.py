"""Photos to learn from: whole folders, or the landmarks of a split that nothing is reported on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from retrieval.evaluation.datasets import Dataset, file_hash, from_folder


@dataclass(frozen=True)
class Photos:
    """N photos. Labels are read only where labels teach."""

    paths: tuple[Path, ...]
    landmarks: tuple[str, ...]
    duplicate_groups: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def content_hash(self) -> str:
        """A SHA-256 of what the photos are and show, in their order, wherever they lie."""
        lines = (
            f"{file_hash(path)} {landmark}\n"
            for path, landmark in zip(self.paths, self.landmarks, strict=True)
        )
        return hashlib.sha256("".join(lines).encode()).hexdigest()


def of_dataset(dataset: Dataset) -> Photos:
    """The database images of a folder dataset."""
    return Photos(dataset.images, dataset.landmarks, dataset.duplicate_groups)


def read_photos(folders: Sequence[Path], *, split: str = "") -> Photos:
    """The photos of folders with a folder per place each, in the order in which the folders are named.

    split: taken of the folders that say what kind their landmarks are (landmarks.csv); others count whole.
    DatasetError where a folder cannot be read.
    """
    paths: list[Path] = []
    landmarks: list[str] = []
    groups: list[int] = []
    for folder in folders:
        dealt = split if (Path(folder) / "landmarks.csv").exists() else ""
        found = of_dataset(from_folder(folder, split=dealt))
        first = max(groups, default=-1) + 1
        paths += found.paths
        landmarks += found.landmarks
        groups += [first + group for group in found.duplicate_groups]
    return Photos(tuple(paths), tuple(landmarks), tuple(groups))
