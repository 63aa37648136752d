"""Reading a backup through: whether all of it is there, and is what it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from . import BackupError, weights
from .manifest import DUMP, FILES, VECTORS, Backup, files_of
from .shelf import Content, Shelf, digest_of

THREADS = 4
AT_ONCE = 200
TOLD = 20  # faults, of however many there are


def check(backup: Backup, *, progress: Callable[[str, int], None] = lambda stage, count: None) -> None:
    """Read all of it. Raises BackupError, which names what is missing, cut short or changed."""
    for name, content in _parts(backup):
        if fault := _fault(backup.folder / name, content):
            raise BackupError(f"{backup.folder / name} {fault}.")
    shelf, faults = Shelf(backup.shelf_folder), []
    with ThreadPoolExecutor(THREADS) as threads:
        listed = _on_shelf(backup)
        while batch := list(islice(listed, AT_ONCE)):
            looked = threads.map(lambda each: shelf.fault(each[1]), batch)
            for (name, content), fault in zip(batch, looked, strict=True):
                if fault:
                    faults.append(f"{shelf.path(content.sha256)} {fault} ({name}).")
                progress("files", 1)
    if faults:
        more = f"\n… and {len(faults) - TOLD} more." if len(faults) > TOLD else ""
        raise BackupError("\n".join(faults[:TOLD]) + more)


def _parts(backup: Backup) -> Iterator[tuple[str, Content]]:
    yield DUMP, backup.manifest.database
    yield FILES, backup.manifest.files
    if backup.manifest.vectors:
        yield VECTORS, backup.manifest.vectors


def _on_shelf(backup: Backup) -> Iterator[tuple[str, Content]]:
    for file, content in files_of(backup):
        yield file.name, content
    yield from weights.contents(backup.manifest.weights)


def _fault(path: Path, content: Content) -> str:
    if not path.is_file():
        return "is missing"
    if path.stat().st_size != content.size:
        return f"has {path.stat().st_size} bytes and not {content.size}"
    return "" if digest_of(path) == content.sha256 else "was changed since the backup was made"
