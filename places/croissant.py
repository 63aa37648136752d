"""What a dataset is, in Croissant 1.0, the vocabulary that dataset catalogues and loaders read (mlcommons.org/croissant)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date

CONFORMS_TO = "http://mlcommons.org/croissant/1.0"
NUMBERS = {"latitude": "sc:Float", "longitude": "sc:Float", "width": "sc:Integer", "height": "sc:Integer"}
ADDRESSES = {"licence_url", "source_url"}
CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "includes": "cr:includes",
    "key": "cr:key",
    "md5": "cr:md5",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "sc": "https://schema.org/",
    "source": "cr:source",
}


def describe(
    tables: Mapping[str, tuple[Sequence[str], bytes]],
    *,
    licences: Sequence[str],
    made_on: date,
    photos: int,
    url: str = "",
) -> dict:
    """The description as JSON-LD. tables: file name -> its columns and its bytes; the first column is the key.

    url: where the dataset has its page, if it has one.
    """
    described = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": "vietnam-tourism-dataset",
        "description": f"{photos} photos of landmarks of Vietnam, each with its author, licence and source.",
        "license": list(licences),
        "version": f"{made_on:%Y.%-m.%-d}",
        "datePublished": made_on.isoformat(),
        "inLanguage": ["vi", "en"],
        "distribution": [*(_file(name, data) for name, (_columns, data) in tables.items()), PHOTOS],
        "recordSet": [_records(name, columns) for name, (columns, _data) in tables.items()],
    }
    return described | ({"url": url} if url else {})


PHOTOS = {
    "@type": "cr:FileSet",
    "@id": "photos",
    "description": "A folder per landmark, named by its slug.",
    "encodingFormat": "image/*",
    "includes": "*/*",
}


def _file(name: str, data: bytes) -> dict:
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": name,
        "contentSize": f"{len(data)} B",
        "encodingFormat": "text/csv",
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def _records(name: str, columns: Sequence[str]) -> dict:
    subject = name.partition(".")[0]
    return {
        "@type": "cr:RecordSet",
        "@id": subject,
        "name": subject,
        "key": {"@id": f"{subject}/{columns[0]}"},
        "field": [_field(subject, name, column) for column in columns],
    }


def _field(subject: str, file: str, column: str) -> dict:
    field: dict = {
        "@type": "cr:Field",
        "@id": f"{subject}/{column}",
        "name": column,
        "dataType": "sc:URL" if column in ADDRESSES else NUMBERS.get(column, "sc:Text"),
        "source": {"fileObject": {"@id": file}, "extract": {"column": column}},
    }
    if subject == "images" and column == "landmark":
        field["references"] = {"field": {"@id": "landmarks/landmark"}}
    return field
