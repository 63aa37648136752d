"""A disk that can be full: a small tmpfs where root may mount one, else a limit on what processes may write."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import psutil

MEGABYTES = 96
BALLAST = "ballast"
LARGEST = 512  # bytes that a file may have while there is no room, where the limit is on processes


class SmallDisk:
    """A folder on a small disk of its own for as long as the block lasts. What is in it goes with it."""

    def __init__(self, folder: Path, *, processes: Callable[[], Iterable[psutil.Process]]) -> None:
        self.folder = folder
        self._processes = processes
        self.way = "not made yet"

    def __enter__(self) -> SmallDisk:
        self.folder.mkdir(parents=True, exist_ok=True)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=755", "tmpfs", str(self.folder)]
        mounted = os.geteuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0
        self.way = f"tmpfs of {MEGABYTES} MB" if mounted else "limit on the size of files"
        self._mounted = mounted
        return self

    def __exit__(self, *_error: object) -> None:
        if self._mounted:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True)

    def fill(self) -> None:
        if self._mounted:
            with open(self.folder / BALLAST, "wb", buffering=0) as ballast:
                try:
                    while True:
                        ballast.write(bytes(65536))
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
        else:
            self._limit(LARGEST)

    def empty(self) -> None:
        if self._mounted:
            (self.folder / BALLAST).unlink()
        else:
            self._limit(resource.RLIM_INFINITY)

    def _limit(self, size: int) -> None:
        for process in self._processes():
            with suppress(psutil.Error, ProcessLookupError):
                _soft, hard = process.rlimit(psutil.RLIMIT_FSIZE)
                process.rlimit(psutil.RLIMIT_FSIZE, (size if size >= 0 else hard, hard))
