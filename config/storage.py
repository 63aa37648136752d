"""Files on this machine's disk that outlast a power cut.

What a visitor sends is answered 202 only once it cannot be lost any more: the photo's file is written and on the disk
(here), or S3 has acknowledged it; then its row is committed, which PostgreSQL does not report before it is on the disk
either; only then is the request answered. A crash in between leaves a file that no row names, never a row without its
file. A message lost on the way to a worker is sent again by `retrieval.tasks.requeue_abandoned`, which reads the rows.
"""

import os
from pathlib import Path

from django.core.files.storage import FileSystemStorage


class DurableFileSystemStorage(FileSystemStorage):
    """Django's, but what it has saved is on the disk, with the folders that were made for it."""

    def _save(self, name, content) -> str:
        folder, root = Path(self.path(name)).parent, Path(self.location)
        made = [each for each in (folder, *folder.parents) if each.is_relative_to(root) and not each.exists()]
        saved = super()._save(name, content)
        for path in (Path(self.path(saved)), folder, *(each.parent for each in made)):
            _sync(path)
        return saved


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
