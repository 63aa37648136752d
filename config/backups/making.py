"""Making a backup: the database as it is in one moment, and every file that a row names in that moment."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from django.apps import apps
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from config import database
from retrieval.index import parts
from retrieval.locks import claim

from . import BackupError, dump, stores, weights
from .manifest import DUMP, FILES, UNFINISHED, VECTORS, Manifest, line_of, write
from .shelf import Content, ReadBefore, Shelf, digest_of, free_bytes
from .stores import Named, Put

THREADS = 8
MOMENTS = 5  # how often another moment is tried, where files of one went before they could be copied
NAME = "%Y%m%dT%H%M%SZ"

KEPT_ELSEWHERE = (
    "SELECT there.id, there.vector FROM retrieval_movedvector AS there "
    "JOIN retrieval_descriptor AS here ON here.id = there.id AND here.part = there.part"
)
# They say where this place keeps its vectors, which is nothing to the place where they are brought back.
OF_THIS_PLACE = {"retrieval_part", "retrieval_strayvector"}

Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class Needs:
    """What a backup would write, and what there is room for; all in bytes."""

    database: int
    files: int
    file_bytes: int
    free: int

    @property
    def total(self) -> int:
        return self.database + self.file_bytes


@dataclass(frozen=True)
class Made:
    folder: Path
    seal: str
    manifest: Manifest
    new_files: int


@dataclass
class _Copied:
    """What became of the files of one pass. gone: named by rows, and in no store."""

    gone: list[Named] = field(default_factory=list)
    new: int = 0
    count: int = 0
    size: int = 0


def needs(folder: Path) -> Needs:
    """Find out what a backup into this folder would write; nothing is written but a list of what was read before."""
    with _alone(folder), _read_before(folder) as before, ThreadPoolExecutor(THREADS) as threads:
        return _needs(folder, before, threads)


def make(folder: Path, *, progress: Progress = lambda stage, count: None) -> Made:
    """Put the platform by in this folder, beside what it holds. Raises BackupError.

    It may be in use meanwhile. First all files are copied without hurry; then in one moment's snapshot the database
    is written, and the few files that came since. A file that a row of that moment named and that was withdrawn
    before it could be copied spoils the moment: another is taken, so what is kept is always whole. A stopped run's
    files are not read again.
    """
    with _alone(folder), _read_before(folder) as before, ThreadPoolExecutor(THREADS) as threads:
        shelf = Shelf(folder)
        shelf.sweep()
        for unfinished in folder.glob(f"*{UNFINISHED}"):
            shutil.rmtree(unfinished)
        wanted = _needs(folder, before, threads)
        if wanted.total > wanted.free:
            raise BackupError(
                f"{folder} has room for {wanted.free:,} bytes, and up to {wanted.total:,} are needed."
            )
        copying = stores.put_on_shelf(stores.named_by_rows(), shelf=shelf, before=before, threads=threads)
        first = _copied(copying, "files", progress)
        for _number in range(MOMENTS):
            made_at = _unnamed_moment(folder)
            place = folder / f"{made_at.strftime(NAME)}{UNFINISHED}"
            place.mkdir(mode=0o700)
            with claim(parts.LOCK, wait=True), _moment() as snapshot:
                copying = stores.put_on_shelf(
                    stores.named_by_rows(), shelf=shelf, before=before, threads=threads
                )
                late = _copied(copying, "files of the moment", progress, listed_in=place / FILES)
                lost = [file for file in late.gone if _is_lost(file)]
                if len(lost) == len(late.gone):
                    progress("database", 0)
                    dump.dump(place / DUMP, snapshot=snapshot)
                    rows, migrations = _rows(), _migrations()
                    vectors = _vectors(place / VECTORS)
                    break
            shutil.rmtree(place)
        else:
            raise BackupError("Photos are being withdrawn faster than they can be copied; try again.")
        manifest = Manifest(
            made_at=made_at.isoformat(timespec="seconds"),
            code=_code(),
            postgresql=str(connection.pg_version),
            migrations=migrations,
            rows=rows,
            database=_content(place / DUMP),
            files=_content(place / FILES),
            file_count=late.count,
            file_bytes=late.size,
            vectors=_content(place / VECTORS) if vectors else None,
            weights=weights.put_by(shelf),
            lost=sorted(lost),
        )
        seal = write(manifest, place)
        whole = place.with_suffix("")
        os.replace(place, whole)
        _sync(folder)
        return Made(whole, seal, manifest, first.new + late.new)


def _unnamed_moment(folder: Path) -> datetime:
    """Now, or the next second, where a backup of this one is there already."""
    while (folder / (moment := datetime.now(UTC)).strftime(NAME)).exists():
        time.sleep(0.05)
    return moment


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two runs at once in one folder would sweep up each other's drafts."""
    if folder.exists() and not folder.is_dir():
        raise BackupError(f"{folder} is a file; name a folder, which then holds any number of backups.")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise BackupError(f"{folder} cannot be written: {error.strerror}.") from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError(f"Another backup is being made in {folder}.") from error
        yield
    finally:
        os.close(lock)


@contextmanager
def _read_before(folder: Path) -> Iterator[ReadBefore]:
    before = ReadBefore(folder / "read.sqlite3")
    try:
        yield before
    finally:
        before.close()


@contextmanager
def _moment() -> Iterator[str]:
    """One moment of the database for all that is read inside, and the name by which pg_dump sees the same."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


def _needs(folder: Path, before: ReadBefore, threads: Executor) -> Needs:
    files, file_bytes = stores.bytes_to_read(stores.named_by_rows(), before=before, threads=threads)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        (size,) = cursor.fetchone()
    return Needs(size, files, file_bytes, free_bytes(folder))


def _copied(puts: Iterator[Put], stage: str, progress: Progress, *, listed_in: Path | None = None) -> _Copied:
    done = _Copied()
    with open(listed_in or os.devnull, "w", encoding="utf-8") as listed:
        for put in puts:
            if put.content is None:
                done.gone.append(put.file)
            else:
                listed.write(line_of(put.file, put.content))
                done.new += put.is_new
                done.count += 1
                done.size += put.content.size
            progress(stage, 1)
    return done


def _is_lost(file: Named) -> bool:
    """Whether rows name it also now, seen from outside the moment: then no store has it, and none will."""
    with ThreadPoolExecutor(1) as outside:

        def look() -> bool:
            try:
                return stores.is_still_named(file) and not stores.is_there(file)
            finally:
                connection.close()

        return outside.submit(look).result()


def _rows() -> dict[str, int]:
    tables = sorted(
        model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed
    )
    counts = {}
    with connection.cursor() as cursor:
        for table in set(tables) - OF_THIS_PLACE:
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")
            (counts[table],) = cursor.fetchone()
    return counts


def _migrations() -> dict[str, list[str]]:
    applied: dict[str, list[str]] = {}
    for app, name in MigrationRecorder(connection).applied_migrations():
        applied.setdefault(app, []).append(name)
    return {app: sorted(names) for app, names in sorted(applied.items())}


def _vectors(path: Path) -> bool:
    """Write the vectors that lie on other servers, by their descriptors; returns whether there are any."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM retrieval_descriptor WHERE part <> ''")
        (expected,) = cursor.fetchone()
        if not expected:
            return False
        with (
            path.open("wb") as file,
            cursor.copy(f"COPY ({KEPT_ELSEWHERE}) TO STDOUT (FORMAT binary)") as sent,
        ):
            for chunk in sent:
                file.write(chunk)
        if cursor.rowcount != expected:
            raise BackupError(
                f"Of {expected} vectors on other servers {cursor.rowcount} are there: `spread_index --check`."
            )
    return True


def _content(path: Path) -> Content:
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return Content(digest_of(path), path.stat().st_size)


def _code() -> str:
    """The commit that this code is, where it lies in a checkout."""
    command = ["git", "-C", str(database.PROJECT), "rev-parse", "HEAD"]
    try:
        return subprocess.run(command, text=True, capture_output=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
