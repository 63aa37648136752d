"""Every photo of a dataset described once, and kept on disk so that a stopped run resumes."""

import ast
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
from retrieval.methods.weights import file_of

METHODS, ROOT = "retrieval.methods", Path(__file__).parents[2]
LOCAL_ARRAYS = tuple(f.name for f in fields(LocalFeatures) if f.name != "size")


@dataclass(frozen=True)
class Described:
    """A description and what it took: decoding and the network, in seconds of wall time."""

    description: Description
    seconds: float


class Describer:
    """Describes photos by one method, and remembers on disk what it has described.

    cache_dir: None to remember nothing. A remembered description is used again only for the same bytes and
    box, checkpoint, code and weights; its seconds are those it first took.
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
    """A hash of the code that describes and of the weights that it runs."""
    parts = sorted(map(file_hash, _reached(Path(inspect.getfile(type(method))), set())))
    parts += [file_of(name).sha256 for name in method.checkpoint.files]
    return hashlib.sha256("".join(parts).encode()).hexdigest()[:16]


def _reached(source: Path, reached: set[Path]) -> set[Path]:
    """A method's file and those of METHODS that it imports, directly or through others; none is run."""
    if source not in reached and source.is_file():
        reached.add(source)
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(METHODS):
                module = node.module
                for name in (module, *(f"{module}.{alias.name}" for alias in node.names)):
                    if name != f"{METHODS}.weights":  # it only finds files, and the checkpoint names them
                        _reached(ROOT / f"{name.replace('.', '/')}.py", reached)
    return reached


def _write(path: Path, described: Described) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {"vector": described.description.vector, "seconds": np.array(described.seconds)}
    if (local := described.description.local) is not None:
        arrays |= {name: getattr(local, name) for name in LOCAL_ARRAYS} | {"size": np.array(local.size)}
    unfinished = path.with_suffix(f".{os.getpid()}.npz")
    np.savez(unfinished, **arrays)
    unfinished.replace(path)  # a run stopped while writing leaves no half description


def _read(path: Path) -> Described:
    with np.load(path) as kept:
        local = None
        if "keypoints" in kept:
            width, height = kept["size"].tolist()
            local = LocalFeatures(**{name: kept[name] for name in LOCAL_ARRAYS}, size=(width, height))
        return Described(Description(kept["vector"], local), float(kept["seconds"]))
