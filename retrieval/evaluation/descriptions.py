"""Every photo of a dataset described once, and kept on disk so that a stopped run resumes."""

import hashlib
import inspect
import os
import time
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.evaluation.datasets import DatasetError, file_hash, read_photo
from retrieval.methods.base import Box, Description, LocalFeatures, Method

LOCAL_ARRAYS = tuple(f.name for f in fields(LocalFeatures))


@dataclass(frozen=True)
class Described:
    """A description and what it took: decoding and the network, in seconds of wall time."""

    description: Description
    seconds: float


class Describer:
    """Describes photos by one method, and remembers on disk what it has described.

    cache_dir: None to remember nothing. A remembered description is used again only for the same bytes and
    box, checkpoint, and files in the method's folder (code and heads); its seconds are those it first took.
    """

    def __init__(self, method: Method, *, cache_dir: Path | None = None) -> None:
        self.method = method
        self.folder = None
        if cache_dir is not None:
            self.folder = cache_dir / method.name / f"{method.checkpoint.name}-{_fingerprint(method)}"

    def describe(self, path: Path, *, box: Box | None = None) -> Described:
        """The description of a photo or of its box. DatasetError where it cannot be described."""
        if self.folder is None:
            return self._describe(path, box)
        corners = "" if box is None else f"-{box.left}-{box.top}-{box.right}-{box.bottom}"
        kept = self.folder / f"{file_hash(path)}{corners}.npz"
        if kept.exists():
            return _read(kept)
        described = self._describe(path, box)
        _write(kept, described)
        return described

    def _describe(self, path: Path, box: Box | None) -> Described:
        start = time.perf_counter()
        image = read_photo(path)
        try:
            description = self.method.describe(image, box=box)
        except ValueError as error:  # a box that shows nothing of the photo
            raise DatasetError(f"{path}: {error}") from error
        return Described(description, time.perf_counter() - start)


def _fingerprint(method: Method) -> str:
    """A hash of the code and the heads that stand beside the method's own file."""
    folder = Path(inspect.getfile(type(method))).parent
    parts = sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return hashlib.sha256("".join(map(file_hash, parts)).encode()).hexdigest()[:16]


def _write(path: Path, described: Described) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {"vector": described.description.vector, "seconds": np.array(described.seconds)}
    if (local := described.description.local) is not None:
        arrays |= {name: getattr(local, name) for name in LOCAL_ARRAYS}
    unfinished = path.with_suffix(f".{os.getpid()}.npz")
    np.savez(unfinished, **arrays)
    unfinished.replace(path)  # a run stopped while writing leaves no half description


def _read(path: Path) -> Described:
    with np.load(path) as kept:
        local = LocalFeatures(**{name: kept[name] for name in LOCAL_ARRAYS}) if "keypoints" in kept else None
        return Described(Description(kept["vector"], local), float(kept["seconds"]))
