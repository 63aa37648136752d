"""A folder per landmark, with photos in it; optionally landmarks.csv and images.csv beside the folders.

landmarks.csv: landmark (the folder), name_vi, name_en, province, province_before_2025_07, latitude,
longitude, kind, overlaps_with (folders, separated by spaces).
images.csv: path, landmark, near_duplicate_group, author, licence, licence_url, source_url.
Only landmark and path must be there; a folder or photo that a table lacks is taken all the same.
"""

from __future__ import annotations

import csv
from functools import partial
from pathlib import Path

from django.conf import settings
from django.utils.text import slugify
from django.utils.translation import gettext as _

from . import Attribution, Dataset, Failure, NewLandmark, Record

ATTRIBUTION = ("author", "licence", "licence_url", "source_url")


def read(path: Path) -> Dataset:
    """The photos below the folders in `path`; what makes no sense in the tables is among the failures."""
    failures: list[Failure] = []
    about_landmarks = _table(path / "landmarks.csv", "landmark", failures)
    about_photos = _table(path / "images.csv", "path", failures)
    landmarks: dict[str, NewLandmark] = {}
    records = []
    for folder in sorted(item for item in path.iterdir() if item.is_dir() and not _hidden(item)):
        for file in sorted(folder.rglob("*")):
            if not file.is_file() or _hidden(file):
                continue
            name = file.relative_to(path).as_posix()
            row = about_photos.pop(name, {})
            landmark = row.get("landmark") or folder.name
            slug = _slug(landmark)
            if slug not in landmarks:
                landmarks[slug] = _landmark(landmark, about_landmarks.get(landmark, {}), failures)
            records.append(
                Record(
                    name=name,
                    read=partial(_read, file),
                    landmark=slug,
                    attribution=Attribution(*(row.get(column, "") for column in ATTRIBUTION)),
                    group=row.get("near_duplicate_group", ""),
                )
            )
    failures += [Failure(name, _("It is in images.csv, but there is no such file.")) for name in about_photos]
    return Dataset(tuple(records), tuple(landmarks.values()), tuple(failures))


def _landmark(folder: str, row: dict[str, str], failures: list[Failure]) -> NewLandmark:
    name = folder.replace("_", " ").strip()
    name = row.get("name_vi") or (name.title() if name.islower() else name)
    try:
        latitude, longitude = (
            float(row[column]) if row.get(column) else None for column in ("latitude", "longitude")
        )
    except ValueError as error:
        failures.append(Failure(f"landmarks.csv: {folder}", str(error)))
        latitude = longitude = None
    return NewLandmark(
        slug=_slug(folder),
        name_vi=name,
        name_en=row.get("name_en") or name,
        province=row.get("province", ""),
        former_province=row.get("province_before_2025_07", ""),
        latitude=latitude,
        longitude=longitude,
        overlaps_with=tuple(_slug(other) for other in row.get("overlaps_with", "").split()),
        **({"kind": row["kind"]} if row.get("kind") else {}),
    )


def _table(path: Path, key: str, failures: list[Failure]) -> dict[str, dict[str, str]]:
    """The rows of a table by a column of it; none where there is no table, or none that can be read."""
    if not path.exists():
        return {}
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restkey="", restval="")
            if key not in (reader.fieldnames or []):
                raise ValueError(_("There is no column %(name)s.") % {"name": key})
            rows = [{column: value.strip() for column, value in row.items() if column} for row in reader]
    except (OSError, ValueError, csv.Error) as error:
        failures.append(Failure(path.name, str(error)))
        return {}
    return {row[key]: row for row in rows}


def _read(file: Path) -> bytes:
    """No more of it than tells that it is too large."""
    with open(file, "rb") as opened:
        return opened.read(settings.PHOTO_MAX_BYTES + 1)


def _slug(folder: str) -> str:
    return slugify(folder.replace("đ", "d").replace("Đ", "D")).replace("_", "-")


def _hidden(path: Path) -> bool:
    return path.name.startswith(".")
