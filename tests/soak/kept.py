"""What the platform has in the end: the rows, read past the platform itself, and the names of the files in its stores."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from .ledger import Row
from .processes import Platform
from .servers import until

TWICE = "(SELECT count(*) - count(DISTINCT part.rank) FROM {} AS part WHERE part.query_id = asked.id)"
ROWS = f"""
SELECT asked.id::text, asked.state, asked.reason, asked.photo,
       {TWICE.format("retrieval_hit")} + {TWICE.format("retrieval_rankedplace")}
FROM retrieval_query AS asked
WHERE asked.part_of_id IS NULL AND asked.asked_at >= to_timestamp(%s)
"""


@contextmanager
def _connected(platform: Platform) -> Iterator[psycopg.Connection]:
    with psycopg.connect(platform.database.url, autocommit=True) as connection:
        yield connection


def rows(platform: Platform, *, since: float) -> list[Row]:
    """The searches asked since a moment, without the further views of others."""
    with _connected(platform) as connection:
        return [Row(*row) for row in connection.execute(ROWS, [since]).fetchall()]


def unanswered(platform: Platform) -> int:
    with _connected(platform) as connection:
        row = connection.execute(
            "SELECT count(*) FROM retrieval_query WHERE state IN ('waiting', 'running')"
        ).fetchone()
    return row[0] if row else 0


def drained(platform: Platform, *, seconds: float) -> float:
    """Wait until no search is unanswered; how long it took, or NaN where some still are."""
    try:
        return until(lambda: not unanswered(platform), what="all answers", seconds=seconds)
    except TimeoutError:
        return float("nan")


def private_photos(platform: Platform, *, keeps: str) -> set[str]:
    """The names of the files that only owners reach, as rows have them; empty files are none."""
    return _names(platform, "private", keeps=keeps)


def _names(platform: Platform, location: str, *, keeps: str) -> set[str]:
    if keeps == "store":
        beginning = f"{location}/"
        return {name.removeprefix(beginning) for name in platform.store.names() if name.startswith(beginning)}
    folder = platform.folder / "var" / {"public": "media"}.get(location, location)
    return {
        file.relative_to(folder).as_posix()
        for file in Path(folder).rglob("*")
        if file.is_file() and file.stat().st_size
    }


def lost_of_catalogue(platform: Platform, *, keeps: str) -> list[str]:
    """Photos of the catalogue whose original, copy or thumbnail is not in its store any more."""
    with _connected(platform) as connection:
        named = connection.execute(
            "SELECT original, photo, thumbnail FROM places_landmarkimage WHERE photo <> ''"
        ).fetchall()
    private, public = (_names(platform, location, keeps=keeps) for location in ("private", "public"))
    return [
        name
        for original, *served in named
        for name, there in ((original, private), *((each, public) for each in served))
        if name not in there
    ]


def marked(platform: Platform, mark: bytes) -> list[str]:
    """Files of the store, public or private, that hold what was smuggled in with a photo."""
    client = platform.store.client()
    return [
        name
        for name in sorted(platform.store.names())
        if mark in client.get_object(Bucket=platform.store.BUCKET, Key=name)["Body"].read()
    ]
