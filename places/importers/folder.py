"""A folder per landmark, with photos in it; optionally landmarks.csv and images.csv beside the folders.

Photos beside the folders wait for somebody to say what they show.

landmarks.csv: landmark (the folder), name_vi, name_en, other_names (separated by |), province,
province_before_2025_07, category, kind, latitude, longitude, description_vi, description_en, unesco, unesco_year,
wikidata_id, overlaps_with (folders, separated by spaces).
images.csv: path, landmark, near_duplicate_group, author, licence, licence_url, source_url, rendered ("yes" for
pictures that a computer drew).
Only landmark and path must be there; a folder or photo that a table lacks is taken all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from django.conf import settings
from django.utils.text import slugify
from django.utils.translation import gettext as _

from places import tables
from places.photo import EXTENSIONS

from . import Attribution, Dataset, Failure, NewLandmark, Record

PHOTOS = (*(f".{extension}" for extension in EXTENSIONS.values()), ".jpeg", ".heif")  # in small letters
ATTRIBUTION = ("author", "licence", "licence_url", "source_url")


@dataclass(frozen=True)
class Tree:
    """Files by their names, folders with slashes, wherever they lie. `read` raises OSError."""

    names: tuple[str, ...]
    read: Callable[[str], bytes]


def read(path: Path) -> Dataset:
    """The photos below the folders in `path`; what makes no sense in the tables is among the failures."""
    if not path.is_dir():
        raise NotADirectoryError(_("There is no folder %(path)s.") % {"path": path})
    names = (file.relative_to(path).as_posix() for file in sorted(path.rglob("*")) if file.is_file())
    return lay_out(Tree(tuple(names), partial(_read, path)))


def lay_out(tree: Tree) -> Dataset:
    """What a tree of files holds: a folder per landmark, and the tables beside the folders."""
    failures: list[Failure] = []
    about_landmarks = _table(tree, "landmarks.csv", "landmark", failures)
    about_photos = _table(tree, "images.csv", "path", failures)
    landmarks: dict[str, NewLandmark] = {}
    records = []
    for name in tree.names:
        folder, _slash, rest = name.partition("/")
        if any(part.startswith((".", "__MACOSX")) for part in name.split("/")):
            continue
        if not rest and name not in about_photos and not name.lower().endswith(PHOTOS):
            continue
        row = about_photos.pop(name, {})
        landmark = row.get("landmark") or (folder if rest else "")
        slug = slug_of(landmark)
        if slug and slug not in landmarks:
            landmarks[slug] = _landmark(landmark, about_landmarks.get(landmark, {}), failures)
        records.append(
            Record(
                name=name,
                read=partial(tree.read, name),
                landmark=slug,
                attribution=Attribution(*(row.get(column, "") for column in ATTRIBUTION)),
                group=row.get("near_duplicate_group", ""),
                is_rendered=row.get("rendered") == "yes",
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
        unesco_year = int(row["unesco_year"]) if row.get("unesco_year") else None
    except ValueError as error:
        failures.append(Failure(f"landmarks.csv: {folder}", str(error)))
        latitude = longitude = unesco_year = None
    return NewLandmark(
        slug=slug_of(folder),
        name_vi=name,
        name_en=row.get("name_en") or name,
        province=row.get("province", ""),
        former_province=row.get("province_before_2025_07", ""),
        latitude=latitude,
        longitude=longitude,
        overlaps_with=tuple(slug_of(other) for other in row.get("overlaps_with", "").split()),
        other_names=tuple(filter(None, row.get("other_names", "").split("|"))),
        category=row.get("category", ""),
        description_vi=row.get("description_vi", ""),
        description_en=row.get("description_en", ""),
        unesco=row.get("unesco", ""),
        unesco_year=unesco_year,
        wikidata_id=row.get("wikidata_id", ""),
        **({"kind": row["kind"]} if row.get("kind") else {}),
    )


def _table(tree: Tree, name: str, key: str, failures: list[Failure]) -> dict[str, dict[str, str]]:
    """The rows of a table by a column of it; none where there is no table, or none that can be read."""
    if name not in tree.names:
        return {}
    try:
        data = tree.read(name)
        if len(data) > settings.PHOTO_MAX_BYTES:  # and so cut off
            raise tables.BadTable(_("The table is too large."))
        rows = list(tables.rows(data, needs=(key,)))
    except (OSError, tables.BadTable) as error:
        failures.append(Failure(name, str(error)))
        return {}
    return {row.fields[key]: row.fields for row in rows}


def _read(folder: Path, name: str) -> bytes:
    """No more of it than tells that it is too large, as a photo; tables are smaller."""
    with open(folder / name, "rb") as opened:
        return opened.read(settings.PHOTO_MAX_BYTES + 1)


def slug_of(name: str) -> str:
    """The slug of a folder's or a landmark's name."""
    return slugify(name.replace("đ", "d").replace("Đ", "D")).replace("_", "-")
