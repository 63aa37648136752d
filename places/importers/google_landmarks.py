"""Google Landmarks v2 as it is published: SOURCE is the folder with train.csv and its photos in a/b/c/abc….jpg.

Of its landmarks those are taken that landmarks.csv beside it names (landmark_id, landmark: a slug), and without that
table those whose category on Commons (train_label_to_category.csv) is called as a landmark of the catalogue is.
train_attribution.csv tells author, licence and page. Photos that are not unpacked there are left out.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import unquote

from django.conf import settings
from django.utils.translation import gettext as _

from places import licences
from places.models import Landmark

from . import Attribution, Dataset, Failure, Record
from .folder import slug_of


def read(source: Path) -> Dataset:
    """The photos of known landmarks. Raises OSError, ValueError."""
    slugs = _landmarks(source)
    if not slugs:
        raise ValueError(_("None of its landmarks is one of the catalogue; landmarks.csv can say which are."))
    photos = {
        row["id"]: slugs[row["landmark_id"]]
        for row in _rows(source / "train.csv", "id", "landmark_id")
        if row["landmark_id"] in slugs
    }
    attributions = {
        row["id"]: _attribution(row)
        for row in _rows(source / "train_attribution.csv", "id", "author", "license", "url")
        if row["id"] in photos
    }
    records, failures = [], []
    for name, slug in sorted(photos.items()):
        if file := _file(source, name):
            attribution = attributions.get(name, Attribution())
            records.append(Record(name, partial(_bytes, file), landmark=slug, attribution=attribution))
    if not records:
        failures.append(Failure(str(source), _("None of its photos of known landmarks is unpacked there.")))
    return Dataset(tuple(records), failures=tuple(failures))


def _landmarks(source: Path) -> dict[str, str]:
    """The slugs of its landmarks that the catalogue has, by their numbers."""
    if (source / "landmarks.csv").exists():
        return {
            row["landmark_id"]: row["landmark"]
            for row in _rows(source / "landmarks.csv", "landmark_id", "landmark")
        }
    named = defaultdict(set)
    for landmark in Landmark.objects.only("slug", "name_vi", "name_en", "other_names"):
        for name in (landmark.name_vi, landmark.name_en, *landmark.other_names):
            named[slug_of(name)].add(landmark.slug)
    found = {}
    for row in _rows(source / "train_label_to_category.csv", "landmark_id", "category"):
        title = unquote(row["category"].rpartition("Category:")[2]).replace("_", " ")
        # "Temple of Literature, Hanoi": what follows the comma only says where.
        for name in (title, title.partition(",")[0], title.partition(" (")[0]):
            if len(slugs := named.get(slug_of(name), ())) == 1:
                (found[row["landmark_id"]],) = slugs
                break
    return found


def _rows(table: Path, *needs: str) -> Iterator[dict[str, str]]:
    """The rows of one of its tables, one by one: the largest holds four million."""
    with open(table, encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, restkey="", restval="")
        if missing := [name for name in needs if name not in (reader.fieldnames or ())]:
            raise ValueError(
                f"{table.name}: " + _("There is no column %(name)s.") % {"name": ", ".join(missing)}
            )
        yield from reader


def _attribution(row: dict[str, str]) -> Attribution:
    """Its licence is given by address."""
    address = row["license"]
    licence = licences.known(address)
    is_address = address.startswith(("http://", "https://"))
    return Attribution(
        row["author"][:300],
        licence.code if licence else address[:100],
        address if is_address else "",
        row["url"],
    )


def _file(source: Path, name: str) -> Path | None:
    below = Path(*name[:3], f"{name}.jpg")
    return next((file for file in (source / below, source / "train" / below) if file.is_file()), None)


def _bytes(file: Path) -> bytes:
    with open(file, "rb") as opened:
        return opened.read(settings.PHOTO_MAX_BYTES + 1)
