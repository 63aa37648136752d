"""An archive of such a folder, as it is or inside one more folder.

Nothing is unpacked: each photo is read out of the archive when its turn comes, and no further than tells that it
is too large. Names that climb out, links, and what is locked by a password are reported and left.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from functools import partial
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.utils.translation import gettext as _

from . import Dataset, Failure
from .folder import Tree, lay_out

MOST_FILES = 200_000
LOCKED = 0x1  # the flag of an entry that needs a password


def read(path: Path) -> Dataset:
    """The photos below the folders of an archive. Raises OSError, ValueError where it is none."""
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise ValueError(_("%(path)s is no zip archive.") % {"path": path}) from error
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MOST_FILES:
        raise ValueError(
            _("%(path)s holds more than %(number)d files.") % {"path": path, "number": MOST_FILES}
        )
    failures, good = [], {}
    for entry in entries:
        if reason := _fault(entry):
            failures.append(Failure(entry.filename, reason))
        else:
            good[entry.filename] = entry
    above = _above(list(good))
    named = {name.removeprefix(above): entry for name, entry in sorted(good.items())}
    dataset = lay_out(Tree(tuple(named), partial(_read, archive, named)))
    return Dataset(dataset.records, dataset.landmarks, (*failures, *dataset.failures))


def _fault(entry: zipfile.ZipInfo) -> str:
    parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
    if ".." in parts or entry.filename.startswith(("/", "\\")) or ":" in (parts or ("",))[0]:
        return _("Its name leads out of the archive.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        return _("It is a link.")
    if entry.flag_bits & LOCKED:
        return _("It is locked by a password.")
    return ""


def _above(names: list[str]) -> str:
    """The folder around all folders, with its slash, where there is one."""
    shown = [name for name in names if not name.startswith((".", "__MACOSX"))]
    first = {name.partition("/")[0] for name in shown}
    folders_within = any(name.count("/") > 1 for name in shown)
    photos_within = any(
        name.count("/") == 1 and not name.lower().endswith((".csv", ".json", ".txt", ".md")) for name in shown
    )
    return f"{first.pop()}/" if len(first) == 1 and folders_within and not photos_within else ""


def _read(archive: zipfile.ZipFile, named: dict[str, zipfile.ZipInfo], name: str) -> bytes:
    try:
        with archive.open(named[name]) as file:
            return file.read(settings.PHOTO_MAX_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise OSError(str(error)) from error
