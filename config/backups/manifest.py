"""What a backup says of itself, and which backups a folder holds."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from . import BackupError
from .shelf import Content
from .stores import Named

FORMAT, VERSION = "vietnam-tourism-retrieval backup", 1
MANIFEST, SEAL, DUMP, FILES, VECTORS = (
    "manifest.json", "manifest.sha256", "database.dump", "files.jsonl", "vectors.copy",
)  # fmt: skip
UNFINISHED = ".unfinished"


@dataclass(frozen=True)
class Weights:
    """A file of weights that was there; kept: it was learned here, so it lies on the shelf."""

    name: str
    filename: str
    sha256: str
    size: int
    kept: bool


@dataclass(frozen=True)
class Manifest:
    """One backup. rows: of each table, in the moment that the dump shows. lost: files that rows named and no store
    had, when it was made already."""

    made_at: str
    code: str
    postgresql: str
    migrations: dict[str, list[str]]
    rows: dict[str, int]
    database: Content
    files: Content
    file_count: int
    file_bytes: int
    vectors: Content | None
    weights: list[Weights]
    lost: list[Named]


@dataclass(frozen=True)
class Backup:
    """A whole one: where it lies and what it says."""

    folder: Path
    manifest: Manifest
    seal: str  # the manifest's SHA-256

    @property
    def shelf_folder(self) -> Path:
        return self.folder.parent


def write(manifest: Manifest, folder: Path) -> str:
    """Write a backup's manifest and its seal, and return the seal."""
    body = json.dumps(
        {"format": FORMAT, "version": VERSION, **asdict(manifest)}, indent=1, ensure_ascii=False
    )
    seal = hashlib.sha256(body.encode()).hexdigest()
    for name, text in ((MANIFEST, body), (SEAL, f"{seal}\n")):
        with (folder / name).open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    return seal


def find(folder: Path, *, name: str = "", seal: str = "") -> Backup:
    """A folder's latest backup, or the one of that name. seal: what it must have, as whoever made it noted.

    Raises BackupError.
    """
    if not folder.is_dir():
        raise BackupError(f"{folder} is no folder of backups.")
    whole = names(folder)
    if name and name not in whole:
        raise BackupError(f"{folder} has no whole backup {name}. It has: {', '.join(whole) or 'none'}.")
    if not whole:
        raise BackupError(f"{folder} holds no whole backup.")
    place = folder / (name or whole[-1])
    return Backup(place, *_read(place, seal=seal))


def names(folder: Path) -> list[str]:
    """The whole backups of a folder, the latest last."""
    return sorted(
        path.parent.name for path in folder.glob(f"*/{MANIFEST}") if path.parent.suffix != UNFINISHED
    )


def _read(place: Path, *, seal: str) -> tuple[Manifest, str]:
    try:
        body = (place / MANIFEST).read_bytes()
        noted = (place / SEAL).read_text().strip()
    except FileNotFoundError as error:
        raise BackupError(f"{place} is not whole: {Path(error.filename).name} is missing.") from error
    digest = hashlib.sha256(body).hexdigest()
    if digest != noted:
        raise BackupError(f"{place / MANIFEST} was changed since the backup was made.")
    if seal and seal != digest:
        raise BackupError(f"{place} is not the backup with the seal {seal}: its own is {digest}.")
    try:
        told = json.loads(body)
        kind, version = told.pop("format"), told.pop("version")
    except (ValueError, KeyError, AttributeError) as error:
        raise BackupError(f"{place} is no backup of this platform.") from error
    if kind != FORMAT:
        raise BackupError(f"{place} is no backup of this platform, but: {kind}.")
    if version != VERSION:
        raise BackupError(f"{place} was made by another version of this command ({version}, not {VERSION}).")
    try:
        return _manifest(told), digest
    except (TypeError, KeyError) as error:
        raise BackupError(f"{place / MANIFEST} cannot be understood: {error}.") from error


def _manifest(told: dict) -> Manifest:
    content = {key: Content(**told[key]) if told[key] else None for key in ("database", "files", "vectors")}
    weights = [Weights(**each) for each in told["weights"]]
    return Manifest(
        **{**told, **content, "weights": weights, "lost": [Named(**each) for each in told["lost"]]}
    )


def line_of(file: Named, content: Content) -> str:
    """A line of the list of a backup's files."""
    return json.dumps([file.store, file.name, content.sha256, content.size]) + "\n"


def files_of(backup: Backup) -> Iterator[tuple[Named, Content]]:
    """The files of a backup, with what each held."""
    with (backup.folder / FILES).open(encoding="utf-8") as file:
        for line in file:
            store, name, sha256, size = json.loads(line)
            yield Named(store, name), Content(sha256, size)
