"""The founding project's layout: a folder per place with its photos and its documents (.txt, .md, .docx), nested or not.

The first document of a place becomes the Vietnamese description of a landmark that the catalogue lacks; photos are
those of the folder format, whose tables are read too.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

from django.utils.translation import gettext as _

from places import tables

from . import Dataset, Failure, NewLandmark, Record
from . import folder as folders

DOCUMENTS = (".txt", ".md", ".docx", ".doc", ".pdf")
READ_AS_TEXT = (".txt", ".md")
LONGEST_DOCUMENT = 5 * 1024 * 1024  # bytes, unpacked
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def read(source: Path) -> Dataset:
    """The photos and texts below the folders in `source`. Raises OSError."""
    whole = folders.read(source)
    photos = tuple(record for record in whole.records if not _is_document(record))
    failures = list(whole.failures)
    texts: dict[str, str] = {}
    for record in filter(_is_document, whole.records):
        if record.landmark in texts:
            continue
        try:
            texts[record.landmark] = _text(record.name, record.read())
        except (OSError, ValueError) as error:
            failures.append(Failure(record.name, str(error)))
    landmarks = tuple(_described(landmark, texts) for landmark in whole.landmarks)
    return Dataset(photos, landmarks, tuple(failures))


def _described(landmark: NewLandmark, texts: dict[str, str]) -> NewLandmark:
    return replace(landmark, description_vi=texts.get(landmark.slug, ""))


def _is_document(record: Record) -> bool:
    return record.name.lower().endswith(DOCUMENTS)


def _text(name: str, data: bytes) -> str:
    """The words of a document, a blank line between paragraphs. Raises ValueError."""
    if name.lower().endswith(READ_AS_TEXT):
        return "\n\n".join(part.strip() for part in tables.text_of(data).splitlines() if part.strip())
    if not name.lower().endswith(".docx"):
        raise ValueError(_("Only .txt, .md and .docx can be read."))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open("word/document.xml") as file:
            body = file.read(LONGEST_DOCUMENT + 1)
        if (
            len(body) > LONGEST_DOCUMENT or b"<!DOCTYPE" in body[:1000]
        ):  # which could define ever larger words
            raise ValueError(_("The document is too large."))
        paragraphs = ElementTree.fromstring(body).iter(f"{WORD}p")
        words = ("".join(run.text or "" for run in each.iter(f"{WORD}t")).strip() for each in paragraphs)
        return "\n\n".join(filter(None, words))
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError, RuntimeError) as error:
        raise ValueError(_("The document cannot be read: %(reason)s") % {"reason": error}) from error
