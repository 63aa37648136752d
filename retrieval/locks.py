"""Locks that die with their holder: PostgreSQL's advisory locks, held by a connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def claim(name: str, *, wait: bool = False) -> Iterator[bool]:
    """Hold the lock of this name for the block; where somebody else holds it give False at once, or wait."""
    take = "pg_advisory_lock" if wait else "pg_try_advisory_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {take}(hashtextextended(%s, 0))", [name])
        held = wait or cursor.fetchone()[0]
    try:
        yield held
    finally:
        # A connection that broke inside the block took the lock with it.
        if held and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])
