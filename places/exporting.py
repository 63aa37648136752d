"""The dataset as files that anyone may take away: published photos, their landmarks, licences, and its description.

The layout is the folder format's of places.importers, so a fresh platform reads it back, and evaluate_methods too.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from django.utils.translation import gettext as _

from . import attribution, croissant, photo, storage
from .models import Landmark, LandmarkImage

LANDMARKS, IMAGES, DESCRIPTION = "landmarks.csv", "images.csv", "croissant.json"
LANDMARK_COLUMNS = (
    "landmark", "name_vi", "name_en", "other_names", "province", "province_before_2025_07", "category", "kind",
    "latitude", "longitude", "description_vi", "description_en", "unesco", "unesco_year", "wikidata_id", "overlaps_with",
    "split",
)  # fmt: skip
IMAGE_COLUMNS = (
    "path", "landmark", "near_duplicate_group", "width", "height", "author", "licence", "licence_url",
    "source_url", "credit_vi", "credit_en", "rendered", "sha256",
)  # fmt: skip
NAME_LENGTH = 16  # hexadecimal digits of a photo's content, of which its file's name is made


class ExportError(Exception):
    """The dataset cannot be written; the message says why, and nothing is left behind."""


@dataclass(frozen=True)
class Tally:
    """How much was written, and the names of photos whose original cannot be read."""

    photos: int
    landmarks: int
    unreadable: tuple[str, ...] = ()


class Shelf(Protocol):
    """Where the files go: a folder, or an archive."""

    def put(self, name: str, data: bytes) -> None: ...


def export(
    target: Path,
    *,
    split_of: Callable[[Iterable[Landmark]], Mapping[str, str]] = lambda landmarks: {},
    made_on: date,
    url: str = "",
    progress: Callable[[Iterable[LandmarkImage]], Iterable[LandmarkImage]] = iter,
) -> Tally:
    """Write all published photos that anyone may use, to a folder, or to an archive if it is named .zip.

    split_of: slug -> "train", "choose" or "test", for the landmarks that have photos. A photo that tells where it
    was taken goes out as an upright copy without metadata, any other as it came. What is written appears under
    its name only when it is whole. Raises ExportError.
    """
    images = LandmarkImage.objects.to_pass_on().select_related("landmark").order_by("landmark__slug", "pk")
    landmarks = list(
        Landmark.objects.filter(images__in=images)
        .distinct()
        .with_places()
        .prefetch_related("overlaps_with")
        .order_by("slug")
    )
    if not landmarks:
        raise ExportError(_("There is no published photo that anyone may use."))
    splits = split_of(landmarks)
    rows, unreadable = [], []
    with _shelf(target) as shelf:
        for image in progress(images.iterator(chunk_size=200)):
            try:
                data, suffix = _shown(image)
            except (OSError, photo.PhotoRefused):
                unreadable.append(str(image))
                continue
            name = f"{image.landmark.slug}/{image.sha256[:NAME_LENGTH]}.{suffix}"
            shelf.put(name, data)
            rows.append(_image_row(image, name=name, data=data))
        landmark_table = _table(LANDMARK_COLUMNS, (_landmark_row(each, splits) for each in landmarks))
        image_table = _table(IMAGE_COLUMNS, rows)
        shelf.put(LANDMARKS, landmark_table)
        shelf.put(IMAGES, image_table)
        licences = sorted({row["licence_url"] or row["licence"] for row in rows})
        tables = {LANDMARKS: (LANDMARK_COLUMNS, landmark_table), IMAGES: (IMAGE_COLUMNS, image_table)}
        described = croissant.describe(tables, licences=licences, made_on=made_on, photos=len(rows), url=url)
        shelf.put(DESCRIPTION, json.dumps(described, ensure_ascii=False, indent=2).encode())
    return Tally(photos=len(rows), landmarks=len(landmarks), unreadable=tuple(unreadable))


def _shown(image: LandmarkImage) -> tuple[bytes, str]:
    """A photo as it may go out, and its file's suffix."""
    data = storage.original_bytes(image)
    facts = photo.inspect(data)
    if photo.tells_where(data):
        whole = photo.served_copy(data, longest_side=max(facts.width, facts.height), format="JPEG")
        return whole.data, "jpg"
    return data, photo.EXTENSIONS[facts.format]


def _image_row(image: LandmarkImage, *, name: str, data: bytes) -> dict[str, object]:
    return {
        "path": name,
        "landmark": image.landmark.slug,
        "near_duplicate_group": image.group,
        "width": image.width,
        "height": image.height,
        "author": image.author,
        "licence": image.licence,
        "licence_url": image.licence_url,
        "source_url": image.source_url,
        "credit_vi": attribution.credit(image, language="vi"),
        "credit_en": attribution.credit(image, language="en"),
        "rendered": "yes" if image.is_rendered else "no",
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def _landmark_row(landmark: Landmark, splits: Mapping[str, str]) -> dict[str, object]:
    same = (
        "name_vi", "name_en", "category", "kind", "latitude", "longitude", "description_vi", "description_en",
        "unesco", "unesco_year", "wikidata_id",
    )  # fmt: skip
    return {name: getattr(landmark, name) for name in same} | {
        "landmark": landmark.slug,
        "other_names": "|".join(landmark.other_names),
        "province": landmark.province.name_vi if landmark.province else "",
        "province_before_2025_07": landmark.former_province.name_vi if landmark.former_province else "",
        "overlaps_with": " ".join(sorted(other.slug for other in landmark.overlaps_with.all())),
        "split": splits.get(landmark.slug, ""),
    }


def _table(columns: tuple[str, ...], rows: Iterable[Mapping[str, object]]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self, name: str, data: bytes) -> None:
        file = self._path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(data)


class _Archive:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def put(self, name: str, data: bytes) -> None:
        packed = zipfile.ZIP_DEFLATED if name.endswith((".csv", ".json")) else zipfile.ZIP_STORED
        self._archive.writestr(name, data, compress_type=packed)


@contextmanager
def _shelf(target: Path) -> Iterator[Shelf]:
    """What lies at `target` when all is written; until then, and after a failure, nothing does."""
    if target.exists():
        raise ExportError(_("%(path)s exists already.") % {"path": target})
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        if target.suffix.lower() == ".zip":
            with zipfile.ZipFile(part, "w") as archive:
                yield _Archive(archive)
        else:
            part.mkdir()
            yield _Folder(part)
        part.rename(target)
    except OSError as error:
        raise ExportError(_("It cannot be written: %(reason)s") % {"reason": error}) from error
    finally:
        if part.is_dir():
            shutil.rmtree(part)
        else:
            part.unlink(missing_ok=True)
