"""How much memory the database's server takes: what its processes have in all, pages that they share counted once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil
from django.db import connection

EVERY = 0.5  # seconds


@contextmanager
def watched() -> Iterator[Callable[[], float]]:
    """While the block runs; gives what tells how many megabytes it was at most. The server is on this machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        server = psutil.Process(cursor.fetchone()[0]).parent()
    seen, over = [_megabytes(server)], threading.Event()

    def look() -> None:
        while not over.wait(EVERY):
            seen.append(_megabytes(server))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield lambda: max(seen)
    finally:
        over.set()
        thread.join()


def _megabytes(server: psutil.Process) -> float:
    total = 0
    for process in [server, *server.children(recursive=True)]:
        with suppress(psutil.Error):  # it has just ended
            total += process.memory_full_info().pss
    return total / 1e6
