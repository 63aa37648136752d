"""Tables as people save them: CSV with a mark or without, in UTF-8 or what a Vietnamese Windows writes, or JSON."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class BadTable(ValueError):
    """A table cannot be read; the message says why."""


@dataclass(frozen=True)
class Row:
    """The fields of a row by the names of their columns, stripped; and where it stands, from 1."""

    number: int
    fields: dict[str, str]


def text_of(data: bytes) -> str:
    """The words of a file: UTF-8, UTF-16 where it is marked so, else Windows-1258; letters composed.

    Windows-1258 writes the tone of a letter as a sign of its own.
    """
    encoding = MARKS.get(data[:2], "utf-8-sig")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("cp1258", errors="replace")
    return unicodedata.normalize("NFC", text)


def rows(data: bytes, *, needs: tuple[str, ...]) -> Iterator[Row]:
    """The rows of a table in CSV (comma, semicolon or tab), a JSON list of objects, or a JSON object a line.

    Raises BadTable where it cannot be read or lacks one of the columns it needs.
    """
    text = text_of(data)
    found = _json(text) if text.lstrip()[:1] in ("[", "{") else _csv(text)
    for number, (fields, columns) in enumerate(found, 1):
        if missing := [name for name in needs if name not in columns]:
            raise BadTable(_("There is no column %(name)s.") % {"name": ", ".join(missing)})
        yield Row(number, fields)


def _csv(text: str) -> Iterator[tuple[dict[str, str], set[str]]]:
    if "\0" in text:
        raise BadTable(_("This is no table."))
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restkey="", restval="")
        columns = {(name or "").strip() for name in reader.fieldnames or ()}
        for row in reader:
            yield {name.strip(): value.strip() for name, value in row.items() if name}, columns
    except csv.Error as error:
        raise BadTable(str(error)) from error


def _json(text: str) -> Iterator[tuple[dict[str, str], set[str]]]:
    try:
        try:
            said = json.loads(text)
        except json.JSONDecodeError:
            said = [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError) as error:
        raise BadTable(str(error)) from error
    for row in said if isinstance(said, list) else [said]:
        if not isinstance(row, dict):
            raise BadTable(_("A row is no object."))
        yield {name: _word(value) for name, value in row.items()}, set(row)


def _word(value: object) -> str:
    if isinstance(value, list):
        return " ".join(map(_word, value))
    return "" if value is None else str(value).strip()
