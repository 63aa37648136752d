"""Files by their content: one place for each SHA-256, written whole or not at all, and never twice."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

CHUNK = 1 << 20


@dataclass(frozen=True)
class Content:
    """What a file holds: its SHA-256 and its bytes' number."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Seen:
    """How a file of a store looked: one that looks the same later holds the same."""

    store: str
    name: str
    size: int
    modified: float  # seconds since 1970


class Shelf:
    """The files of all backups of one folder."""

    def __init__(self, folder: Path) -> None:
        self._files = folder / "files"

    def path(self, sha256: str) -> Path:
        return self._files / sha256[:2] / sha256[2:4] / sha256

    def has(self, content: Content) -> bool:
        try:
            return self.path(content.sha256).stat().st_size == content.size
        except FileNotFoundError:
            return False

    def add(self, chunks: Iterable[bytes]) -> Content:
        """Keep what these chunks are together, and say what it is. On the disk when this returns."""
        self._files.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        with tempfile.NamedTemporaryFile(dir=self._files, prefix="unfinished-", delete=False) as draft:
            try:
                for chunk in chunks:
                    draft.write(chunk)
                    digest.update(chunk)
                    size += len(chunk)
                draft.flush()
                os.fsync(draft.fileno())
                content = Content(digest.hexdigest(), size)
                place = self.path(content.sha256)
                place.parent.mkdir(parents=True, exist_ok=True)
                os.chmod(draft.name, 0o600)
                os.replace(draft.name, place)
            except BaseException:
                os.unlink(draft.name)
                raise
        return content

    def fault(self, content: Content) -> str:
        """What is wrong with a file that should be here; empty where nothing is."""
        path = self.path(content.sha256)
        if not path.is_file():
            return "is missing"
        if path.stat().st_size != content.size:
            return f"has {path.stat().st_size} bytes and not {content.size}"
        return "" if digest_of(path) == content.sha256 else "holds something else than it did"

    def sweep(self) -> None:
        """Remove what a stopped run left half-written."""
        for draft in self._files.glob("unfinished-*"):
            draft.unlink(missing_ok=True)


class ReadBefore:
    """Which files of which store were read in earlier runs, stopped ones too, so that none is read again."""

    def __init__(self, path: Path) -> None:
        self._rows = sqlite3.connect(path)
        self._rows.execute(
            "CREATE TABLE IF NOT EXISTS seen (store TEXT, name TEXT, size INTEGER, modified REAL, sha256 TEXT, "
            "PRIMARY KEY (store, name)) WITHOUT ROWID"
        )

    def find(self, seen: Seen) -> Content | None:
        row = self._rows.execute(
            "SELECT sha256 FROM seen WHERE store = ? AND name = ? AND size = ? AND modified = ?",
            (seen.store, seen.name, seen.size, seen.modified),
        ).fetchone()
        return Content(row[0], seen.size) if row else None

    def note(self, read: Sequence[tuple[Seen, Content]]) -> None:
        with self._rows:
            self._rows.executemany(
                "INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?)",
                [(seen.store, seen.name, seen.size, seen.modified, what.sha256) for seen, what in read],
            )

    def close(self) -> None:
        self._rows.close()


def digest_of(path: Path) -> str:
    """A file's SHA-256, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def free_bytes(folder: Path) -> int:
    """How much may still be written below a folder that is, or is to be made."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
