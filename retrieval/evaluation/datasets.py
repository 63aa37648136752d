"""Photos with their ground truth, from a folder per landmark or from a revisited benchmark's file."""

import csv
import hashlib
import json
import pickle
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from retrieval.evaluation.duplicates import near_duplicate_groups
from retrieval.evaluation.metrics import CLASSIC, REVISITED, Setup, Truth
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


@dataclass(frozen=True)
class Dataset:
    """Database images, in an order that the truths' indices count in, and queries."""

    name: str
    images: tuple[Path, ...]
    queries: tuple[QueryTruth, ...]
    setups: tuple[Setup, ...]
    landmarks: tuple[str, ...] = ()  # one per image; empty where the dataset names none
    duplicate_groups: tuple[int, ...] = ()  # one per image; empty where the dataset states none
    left_out: int = 0  # photos that are no queries, the database having no other of their landmark

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
        return digest.hexdigest()


def file_hash(path: Path) -> str:
    """sha256 of a file. DatasetError where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror}") from error


# A folder per landmark


@dataclass(frozen=True)
class _Photo:
    path: Path
    landmark: str
    group: str = ""


@dataclass(frozen=True)
class _Folder:
    photos: tuple[_Photo, ...]
    overlaps: frozenset[tuple[str, str]] = field(default_factory=frozenset)  # both ways round

    def beside(self, landmark: str) -> set[str]:
        return {other for one, other in self.overlaps if one == landmark}


def from_folder(path: Path, *, queries: Path | None = None) -> Dataset:
    """A folder per landmark: each of its photos a query against the others, or another folder's photos.

    images.csv (path, near_duplicate_group, landmark) and landmarks.csv (landmark, overlaps_with) are read
    where they exist; without near_duplicate_group, near-duplicates are found by perceptual hash. Positives:
    the photos of the query's landmark. Junk: the query itself, its near-duplicates, photos of landmarks that
    overlap its own. Queries without a positive are left out and counted. DatasetError where a file is wrong.
    """
    catalogue = _grouped(_read_folder(Path(path)))
    if queries is None:
        asked, name = catalogue, Path(path).name
    else:
        asked, name = _read_folder(Path(queries)), f"{Path(queries).name} in {Path(path).name}"
        catalogue = replace(catalogue, overlaps=catalogue.overlaps | asked.overlaps)

    by_landmark: dict[str, set[int]] = defaultdict(set)
    by_group: dict[str, set[int]] = defaultdict(set)
    for index, photo in enumerate(catalogue.photos):
        by_landmark[photo.landmark].add(index)
        by_group[photo.group].add(index)

    truths = []
    for index, photo in enumerate(asked.photos):
        same = by_group[photo.group] | {index} if queries is None else set()
        junk = same.union(*(by_landmark[other] for other in catalogue.beside(photo.landmark)))
        if positives := by_landmark[photo.landmark] - junk:
            truth = Truth(ok=frozenset(positives), junk=frozenset(junk))
            truths.append(QueryTruth(photo.path, truth, landmark=photo.landmark))
    if not truths:
        raise DatasetError(f"{queries or path}: no photo has another of its landmark in {path}")

    numbers = {group: number for number, group in enumerate(by_group)}
    return Dataset(
        name=name,
        images=tuple(photo.path for photo in catalogue.photos),
        queries=tuple(truths),
        setups=CLASSIC,
        landmarks=tuple(photo.landmark for photo in catalogue.photos),
        duplicate_groups=tuple(numbers[photo.group] for photo in catalogue.photos),
        left_out=len(asked.photos) - len(truths),
    )


def _read_folder(root: Path) -> _Folder:
    if not root.is_dir():
        raise DatasetError(f"{root}: no such folder")
    files = sorted(p for p in root.glob("*/*") if p.suffix.lower() in PHOTO_SUFFIXES)
    if not files:
        raise DatasetError(f"{root}: no photos in folders named for their landmarks")
    rows = {root / row["path"]: row for row in _rows(root / "images.csv", needs="path")}
    if missing := rows.keys() - set(files):
        raise DatasetError(f"{root / 'images.csv'}: {len(missing)} photos missing, the first {min(missing)}")
    photos, overlaps = [], set()
    for file in files:
        row = rows.get(file, {})
        landmark = _slug(row.get("landmark") or file.parent.name)
        photos.append(_Photo(file, landmark, row.get("near_duplicate_group") or ""))
        overlaps |= _pairs(landmark, row)
    for row in _rows(root / "landmarks.csv", needs="landmark"):
        overlaps |= _pairs(_slug(row["landmark"]), row)
    return _Folder(tuple(photos), frozenset(overlaps))


def _grouped(folder: _Folder) -> _Folder:
    """The folder with every photo in a near-duplicate group, found by looks where none is stated."""
    if any(photo.group for photo in folder.photos):
        groups: Iterable[Any] = (photo.group or f"alone {index}" for index, photo in enumerate(folder.photos))
    else:
        groups = near_duplicate_groups(read_photo(photo.path) for photo in folder.photos)
    photos = (replace(photo, group=str(group)) for photo, group in zip(folder.photos, groups, strict=True))
    return replace(folder, photos=tuple(photos))


def _rows(path: Path, *, needs: str) -> Iterator[dict[str, str]]:
    if not path.exists():
        return
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if needs not in (reader.fieldnames or ()):
                raise DatasetError(f"{path}: no column {needs}")
            yield from reader
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path}: {error}") from error


def _pairs(landmark: str, row: dict[str, str]) -> set[tuple[str, str]]:
    others = [_slug(other) for other in (row.get("overlaps_with") or "").split()]
    return {pair for other in others for pair in ((landmark, other), (other, landmark))}


def _slug(folder: str) -> str:
    return folder.strip().replace("_", "-")


def read_photo(path: Path) -> Any:
    """A photo's upright pixels, (H, W, 3) uint8 RGB. DatasetError where it cannot be read."""
    try:
        return decode(path.read_bytes())
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path}: {error}") from error


# A revisited benchmark's ground truth


class _PlainUnpickler(pickle.Unpickler):
    """Lists, dictionaries, numbers and strings need no import; anything that asks for one could run code."""

    def find_class(self, module: str, name: str) -> Any:
        raise DatasetError(f"the pickle asks for {module}.{name}; only plain lists and numbers are read")


def from_json(path: Path, *, images: Path) -> Dataset:
    """The dataset of a ground-truth file: imlist, qimlist, and gnd with bbx and ok, junk or easy, hard, junk.

    path: .json, or .pkl as the revisited benchmarks publish it (read without running anything in it).
    images: the folder of the photos; names without a suffix are .jpg. Oxford5k's good counts with its ok.
    DatasetError says what is wrong with a bad file; photos are looked for only when they are described.
    """
    path, images = Path(path), Path(images)
    try:
        with path.open("rb") as file:
            content = _PlainUnpickler(file).load() if path.suffix == ".pkl" else json.load(file)
    except DatasetError as error:
        raise DatasetError(f"{path}: {error}") from error
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror}") from error
    except Exception as error:  # a damaged pickle raises whatever its bytes lead to
        raise DatasetError(f"{path}: not a readable ground truth ({error})") from error
    try:
        photos = tuple(_photo(images, name) for name in content["imlist"])
        graded = any("easy" in entry or "hard" in entry for entry in content["gnd"])
        queries = tuple(
            QueryTruth(_photo(images, name), _truth(entry, count=len(photos)), _box(entry.get("bbx")))
            for name, entry in zip(content["qimlist"], content["gnd"], strict=True)
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DatasetError(f"{path}: imlist, qimlist and gnd do not fit together ({error!r})") from error
    if not queries or not photos:
        raise DatasetError(f"{path}: no queries or no images")
    return Dataset(path.stem, photos, queries, REVISITED if graded else CLASSIC)


def _photo(folder: Path, name: str) -> Path:
    return folder / (name if Path(name).suffix.lower() in PHOTO_SUFFIXES else f"{name}.jpg")


def _truth(entry: dict[str, Any], *, count: int) -> Truth:
    parts = {name: frozenset(int(i) for i in entry.get(name, ())) for name in ("ok", "easy", "hard", "junk")}
    parts["ok"] |= {int(i) for i in entry.get("good", ())}
    for name, indices in parts.items():
        if wrong := [i for i in indices if not 0 <= i < count]:
            raise ValueError(f"{name} holds {wrong[0]}, but there are {count} images")
    return Truth(**parts)


def _box(corners: Sequence[float] | None) -> Box | None:
    if corners is None:
        return None
    left, top, right, bottom = (round(float(corner)) for corner in corners)
    if right <= left or bottom <= top:
        raise ValueError(f"the box {corners} has no area")
    return Box(left, top, right, bottom)
