"""A ground truth in one file: the revisited benchmarks' .pkl, their .mat as JSON, and JSON of one's own."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.evaluation.datasets.base import PHOTO_SUFFIXES, Dataset, DatasetError, QueryTruth, box_of
from retrieval.evaluation.datasets.plain_pickle import load_plain
from retrieval.evaluation.metrics import CLASSIC, REVISITED, Truth

PARTS = ("ok", "easy", "hard", "junk")


def from_ground_truth(path: Path, *, images: Path) -> Dataset:
    """The dataset of a file with imlist, qimlist, and gnd with bbx and ok, junk or easy, hard, junk.

    path: .json, or .pkl as the revisited benchmarks publish it (read without running anything in it). A
    .mat.json is what MATLAB writes of their .mat: it counts from 1, and a list of one is a bare number; any
    other JSON may say "counts_from": 1. `labels` (a landmark per image) and a gnd entry's `label` make
    places measurable. Oxford5k's good counts with its ok.
    images: the folder of the photos; names without a suffix are .jpg. DatasetError says what is wrong with a
    bad file; photos are looked for only when they are described.
    """
    path, images = Path(path), Path(images)
    content = _read(path)
    try:
        first = int(content.get("counts_from", 1 if path.name.endswith(".mat.json") else 0))
        photos = tuple(_photo(images, name) for name in _listed(content["imlist"]))
        names, entries = _listed(content["qimlist"]), _listed(content["gnd"])
        graded = any("easy" in entry or "hard" in entry for entry in entries)
        labels = tuple(str(label) for label in _listed(content.get("labels", ())))
        if labels and len(labels) != len(photos):
            raise ValueError(f"{len(labels)} labels for {len(photos)} images")
        queries = tuple(
            _query(_photo(images, name), entry, count=len(photos), first=first)
            for name, entry in zip(names, entries, strict=True)
        )
        if labels and any(query.landmark is None for query in queries):
            raise ValueError("images have labels, but a gnd entry has no label")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DatasetError(f"{path}: imlist, qimlist and gnd do not fit together ({error!r})") from error
    if not queries or not photos:
        raise DatasetError(f"{path}: no queries or no images")
    name = path.name.partition(".")[0].removeprefix("gnd_")
    setups = REVISITED if graded else CLASSIC
    if not any(setup.positives(query.truth) for query in queries for setup in setups):
        raise DatasetError(f"{path}: no query has a positive")
    return Dataset(name, photos, queries, setups, landmarks=labels)


def _read(path: Path) -> Any:
    try:
        return load_plain(path) if path.suffix == ".pkl" else json.loads(path.read_bytes())
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror}") from error
    except Exception as error:  # a damaged pickle raises whatever its bytes lead to
        raise DatasetError(f"{path}: not a readable ground truth ({error})") from error


def _listed(value: Any) -> list[Any]:
    """A list of what a pickle holds as an array and MATLAB, where it is one thing alone, as that thing."""
    if isinstance(value, np.ndarray):
        return list(np.atleast_1d(value).tolist())
    if isinstance(value, Iterable) and not isinstance(value, str | dict):
        return list(value)
    return [value]


def _photo(folder: Path, name: str) -> Path:
    return folder / (name if Path(name).suffix.lower() in PHOTO_SUFFIXES else f"{name}.jpg")


def _query(path: Path, entry: dict[str, Any], *, count: int, first: int) -> QueryTruth:
    box = entry.get("bbx")
    label = entry.get("label")
    return QueryTruth(
        path,
        _truth(entry, count=count, first=first),
        None if box is None else box_of(_listed(box)),
        None if label is None else str(label),
    )


def _truth(entry: dict[str, Any], *, count: int, first: int) -> Truth:
    parts = {
        name: frozenset(int(index) - first for index in _listed(entry.get(name, ())))
        for name in (*PARTS, "good")
    }
    for name, indices in parts.items():
        if wrong := [index for index in indices if not 0 <= index < count]:
            raise ValueError(f"{name} holds {wrong[0] + first}, but there are {count} images from {first} on")
    parts["ok"] |= parts.pop("good")
    return Truth(**parts)
