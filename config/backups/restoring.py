"""Bringing a backup back: its files first, then its database in one transaction, so no row ever names a missing file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from . import BackupError, checking, dump, stores, weights
from .manifest import DUMP, VECTORS, Backup, files_of
from .shelf import Shelf, free_bytes
from .stores import Named

ROOMS = ("accounts", "places", "retrieval")
MADE_BY_ITSELF = {
    "accounts_allowance",
    "retrieval_workerpulse",
}  # of what the rooms keep: rows that a platform without users has too

Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class Present:
    """What is here now: rows by table, of those that have any."""

    rows: dict[str, int]

    @property
    def is_empty(self) -> bool:
        return not self.rows


@dataclass(frozen=True)
class Restored:
    files: int
    written: int
    removed: int
    missing_weights: list[str]


def present() -> Present:
    """What people have put into this platform; the tables may not even be made."""
    here = set(connection.introspection.table_names())
    rows = {}
    for room in ROOMS:
        for model in apps.get_app_config(room).get_models():
            table = model._meta.db_table
            kept = model._meta.managed and table in here and table not in MADE_BY_ITSELF
            if kept and (count := model._base_manager.count()):
                rows[table] = count
    return Present(rows)


def allow(backup: Backup, *, replace: bool) -> None:
    """Raises BackupError where this backup may not be brought back here."""
    known = {
        f"{app}.{name}" for app, name in MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    }
    told = {f"{app}.{name}" for app, names in backup.manifest.migrations.items() for name in names}
    installed = {app.label for app in apps.get_app_configs()}
    newer = sorted(name for name in told - known if name.split(".")[0] in installed)
    if newer:
        raise BackupError(f"The backup is of newer code than this: it knows {', '.join(newer)}.")
    found = present()
    if not found.is_empty and not replace:
        held = ", ".join(f"{count} in {table}" for table, count in sorted(found.rows.items())[:8])
        raise BackupError(
            f"This platform is not empty ({held}). With --replace the backup takes the place of all of it."
        )
    free = min((free_bytes(Path(folder)) for folder in stores.local_folders()), default=None)
    if free is not None and backup.manifest.file_bytes > free:
        raise BackupError(
            f"There is room for {free:,} bytes of photos, and up to {backup.manifest.file_bytes:,} are needed."
        )


def restore(
    backup: Backup, *, replace: bool = False, progress: Progress = lambda stage, count: None
) -> Restored:
    """Make this platform what it was. Raises BackupError; the database is then as it was before.

    All is read through before anything is written. replace: what is here goes, rows and files.
    """
    allow(backup, replace=replace)
    checking.check(backup, progress=lambda stage, count: progress("reading through", count))
    before = set(_named_now()) if replace else set()
    shelf, written, count = Shelf(backup.shelf_folder), 0, 0
    for file, content in files_of(backup):
        written += stores.bring_back(file, content, shelf)
        count += 1
        before.discard(file)
        progress("files", 1)
    progress("database", 0)
    vectors = backup.folder / VECTORS if backup.manifest.vectors else None
    connection.close()
    dump.restore(backup.folder / DUMP, vectors=vectors)
    connection.close()
    _compare(backup)
    if _is_of_older_code():  # what follows a migration counts up sequences even where nothing is to be done
        call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    removed = _remove(before, progress)
    return Restored(count, written, removed, weights.bring_back(backup.manifest.weights, shelf))


def _is_of_older_code() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _named_now() -> Iterator[Named]:
    here = set(connection.introspection.table_names())
    if "places_landmarkimage" in here:
        yield from stores.named_by_rows()


def _compare(backup: Backup) -> None:
    """Each table has as many rows as it had."""
    with connection.cursor() as cursor:
        for table, expected in backup.manifest.rows.items():
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")
            (found,) = cursor.fetchone()
            if found != expected:
                raise BackupError(f"{table} has {found} rows, and had {expected} when the backup was made.")


def _remove(files: set[Named], progress: Progress) -> int:
    """Remove the files that only rows of before named."""
    for file in sorted(files):
        stores.remove(file)
        progress("files of before", 1)
    return len(files)
