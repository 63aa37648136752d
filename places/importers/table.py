"""A table of photos, CSV or JSON (a list, or an object a line): each by its path or its web address.

Columns: photo (a path below the table's folder, or an address), landmark (its slug, or a new one's name), and as far
as known author, licence, licence_url, source_url, near_duplicate_group. Only public addresses are read.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from places import public_web, tables

from . import Attribution, Dataset, Failure, NewLandmark, Record
from .folder import ATTRIBUTION, slug_of

LONGEST_TABLE = 100 * 1024 * 1024  # bytes


def read(path: Path) -> Dataset:
    """The photos that a table names. Raises OSError, BadTable."""
    if path.stat().st_size > LONGEST_TABLE:
        raise tables.BadTable(_("The table is too large."))
    records, landmarks, failures = [], {}, []
    for row in tables.rows(path.read_bytes(), needs=("photo", "landmark")):
        photo, landmark = row.fields["photo"], row.fields["landmark"]
        slug = slug_of(landmark)
        if not photo or not slug:
            failures.append(
                Failure(_("row %(number)d") % {"number": row.number}, _("It names no photo or no landmark."))
            )
            continue
        landmarks.setdefault(slug, NewLandmark(slug, name_vi=landmark, name_en=landmark))
        attribution = Attribution(*(row.fields.get(column, "") for column in ATTRIBUTION))
        if is_address(photo):
            attribution = attribution.or_else(Attribution(source_url=photo))
        records.append(
            Record(
                name=photo,
                read=partial(_fetched if is_address(photo) else _read_below, photo, path.parent),
                landmark=slug,
                attribution=attribution,
                group=row.fields.get("near_duplicate_group", ""),
            )
        )
    return Dataset(tuple(records), tuple(landmarks.values()), tuple(failures))


def is_address(photo: str) -> bool:
    return photo.lower().startswith(("http://", "https://"))


def _fetched(address: str, _folder: Path) -> bytes:
    return public_web.fetch(
        address, max_bytes=settings.PHOTO_MAX_BYTES, accept=("image/", "application/octet-stream")
    ).data


def _read_below(name: str, folder: Path) -> bytes:
    file = (folder / name).resolve()
    if not file.is_relative_to(folder.resolve()):
        raise OSError(_("Its name leads out of the table's folder."))
    with open(file, "rb") as opened:
        return opened.read(settings.PHOTO_MAX_BYTES + 1)
