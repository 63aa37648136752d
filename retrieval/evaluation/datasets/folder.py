"""A folder per landmark: each photo asks for the others of its place, or another folder's photos ask."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from retrieval.evaluation.datasets.base import (
    PHOTO_SUFFIXES,
    Dataset,
    DatasetError,
    QueryTruth,
    read_photo,
)
from retrieval.evaluation.duplicates import near_duplicate_groups
from retrieval.evaluation.metrics import CLASSIC, Truth
from retrieval.evaluation.splits import SPLITS, deal


@dataclass(frozen=True)
class _Photo:
    path: Path
    landmark: str
    group: str = ""


@dataclass(frozen=True)
class _Folder:
    photos: tuple[_Photo, ...]
    overlaps: frozenset[tuple[str, str]] = field(default_factory=frozenset)  # both ways round
    kinds: dict[str, str] = field(default_factory=dict)  # landmark -> building, complex, scene, or ""

    def beside(self, landmark: str) -> set[str]:
        return {other for one, other in self.overlaps if one == landmark}

    def splits(self) -> dict[str, str]:
        return deal(self.kinds, overlaps={name: self.beside(name) for name in self.kinds})


def from_folder(
    path: Path, *, queries: Path | None = None, split: str = "", against_all: bool = False
) -> Dataset:
    """A folder per landmark: each of its photos a query against the others, or another folder's photos.

    images.csv (path, near_duplicate_group, landmark) and landmarks.csv (landmark, kind, overlaps_with) are
    read where they exist; without near_duplicate_group, near-duplicates are found by perceptual hash.
    Positives: the photos of the query's landmark. Junk: the query itself, its near-duplicates, photos of
    landmarks that overlap its own. Queries without a positive are left out and counted; those of another
    folder whose place neither stands in the catalogue nor overlaps one that does are `outside`.
    split: one of SPLITS, and only its landmarks ask and are asked for; with against_all the database stays
    whole, while the queries do not. DatasetError where a file is wrong.
    """
    catalogue = _grouped(_read_folder(Path(path)))
    if queries is None:
        asked, name = catalogue, Path(path).name
    else:
        asked, name = _read_folder(Path(queries)), f"{Path(queries).name} in {Path(path).name}"
        catalogue = replace(catalogue, overlaps=catalogue.overlaps | asked.overlaps)
    # What lies outside is decided by the whole catalogue: a place of another split is no stranger.
    outside = [photo.path for photo in asked.photos if queries is not None and _strange(photo, catalogue)]
    if split:
        chosen = _landmarks_of(split, catalogue)
        asked = _only(asked, chosen)
        name += f", {split} split"
        if against_all:
            name += " against all"
        else:
            catalogue = _only(catalogue, chosen)

    by_landmark: dict[str, set[int]] = defaultdict(set)
    by_group: dict[str, set[int]] = defaultdict(set)
    number_of = {photo.path: index for index, photo in enumerate(catalogue.photos)}
    for index, photo in enumerate(catalogue.photos):
        by_landmark[photo.landmark].add(index)
        by_group[photo.group].add(index)

    truths = []
    for photo in asked.photos:
        same = by_group[photo.group] | {number_of[photo.path]} if queries is None else set()
        junk = same.union(*(by_landmark[other] for other in catalogue.beside(photo.landmark)))
        if positives := by_landmark[photo.landmark] - junk:
            truth = Truth(ok=frozenset(positives), junk=frozenset(junk))
            kind = catalogue.kinds.get(photo.landmark, "")
            truths.append(QueryTruth(photo.path, truth, landmark=photo.landmark, kind=kind))
    if not truths:
        raise DatasetError(f"{queries or path}: no photo has another of its landmark in {path}")

    strangers = set(outside)
    numbers = {group: number for number, group in enumerate(dict.fromkeys(p.group for p in catalogue.photos))}
    return Dataset(
        name=name,
        images=tuple(photo.path for photo in catalogue.photos),
        queries=tuple(truths),
        setups=CLASSIC,
        landmarks=tuple(photo.landmark for photo in catalogue.photos),
        duplicate_groups=tuple(numbers[photo.group] for photo in catalogue.photos),
        left_out=sum(photo.path not in strangers for photo in asked.photos) - len(truths),
        outside=tuple(outside),
        split=split,
    )


def labelled_photos(root: Path) -> list[tuple[Path, str]]:
    """Every photo of a folder per landmark, with its landmark's slug. DatasetError where a file is wrong."""
    return [(photo.path, photo.landmark) for photo in _read_folder(Path(root)).photos]


def photos_in(root: Path) -> list[Path]:
    """Every photo under a folder, however deep, in the order of their names. DatasetError for none."""
    found = sorted(path for path in Path(root).rglob("*") if path.suffix.lower() in PHOTO_SUFFIXES)
    if not found:
        raise DatasetError(f"{root}: no photos")
    return found


def _strange(photo: _Photo, catalogue: _Folder) -> bool:
    """Whether a photo shows a place that the catalogue neither holds nor overlaps."""
    known = {one.landmark for one in catalogue.photos}
    return not known & {photo.landmark, *catalogue.beside(photo.landmark)}


def _landmarks_of(split: str, catalogue: _Folder) -> set[str]:
    if split not in SPLITS:
        raise DatasetError(f"no split {split!r}; there are: {', '.join(SPLITS)}")
    return {landmark for landmark, its_split in catalogue.splits().items() if its_split == split}


def _only(folder: _Folder, landmarks: set[str]) -> _Folder:
    return replace(folder, photos=tuple(photo for photo in folder.photos if photo.landmark in landmarks))


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
    kinds = {photo.landmark: "" for photo in photos}
    for row in _rows(root / "landmarks.csv", needs="landmark"):
        overlaps |= _pairs(_slug(row["landmark"]), row)
        kinds[_slug(row["landmark"])] = row.get("kind") or ""
    return _Folder(tuple(photos), frozenset(overlaps), kinds)


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
