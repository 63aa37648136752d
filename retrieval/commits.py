"""How soon what is committed is on the disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import connection


@contextmanager
def not_waiting_for_the_disk() -> Iterator[None]:
    """Commits of the block return before they are on the disk, where they are a moment later (synchronous_commit).

    Only for what is done again where a crash of the database takes it back: it takes whole commits, the last ones.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    try:
        yield
    finally:
        with suppress(Exception), connection.cursor() as cursor:  # a connection that broke forgot it
            cursor.execute("RESET synchronous_commit")
