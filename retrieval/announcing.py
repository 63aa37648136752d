"""Waiting for what another process does without asking for it over and over: PostgreSQL's NOTIFY and LISTEN.

No transaction is open meanwhile. The row stays the truth: it is looked at again every few seconds, since a pooler
between here and the database may swallow what is announced.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from contextlib import suppress
from threading import BoundedSemaphore

from django.conf import settings
from django.db import connection

LOOK_AGAIN = 2.0  # seconds

# Whoever waits keeps a thread of the web server from all others. Pages, which wait for a moment only, and ask again, do
# not take the places of programs, which wait for long.
SHORT = 1.0  # seconds
_for_long, _for_a_moment = (BoundedSemaphore(count) for count in (settings.WAITING_REQUESTS, 2))


def announce(name: str) -> None:
    """Wake whoever waits for this name, once what is being saved is committed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [_channel(name)])


def wait_for(name: str, *, happened: Callable[[], bool], seconds: float) -> bool:
    """Wait until this name is announced and it has `happened`; returns whether it has.

    At once where it has already, and where this process has no thread to spare for one more who waits.
    """
    if happened():
        return True
    room = _for_long if seconds > SHORT else _for_a_moment
    if seconds <= 0 or not room.acquire(blocking=False):
        return False
    channel = connection.ops.quote_name(_channel(name))
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {channel}")
        try:
            return _listen(happened, until=time.monotonic() + seconds)
        finally:
            with suppress(Exception), connection.cursor() as cursor:  # a broken connection listens no more
                cursor.execute(f"UNLISTEN {channel}")
    finally:
        room.release()


def _listen(happened: Callable[[], bool], *, until: float) -> bool:
    while not happened():  # first once more: it may have been announced before we listened
        left = until - time.monotonic()
        if left <= 0:
            return False
        for _heard in connection.connection.notifies(timeout=min(left, LOOK_AGAIN), stop_after=1):
            pass
    return True


def _channel(name: str) -> str:
    """A name of PostgreSQL's, which end at 63 bytes."""
    return f"done_{hashlib.sha256(name.encode()).hexdigest()[:32]}"
