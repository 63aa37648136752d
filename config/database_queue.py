"""Kombu's queue in a database, quick and patient: PostgreSQL tells who waits that there is a message."""

from __future__ import annotations

import time

import psycopg
from kombu.transport.sqlalchemy import Channel, Transport
from kombu.transport.virtual.base import Empty
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

WAKE = "queue"  # what is listened to


class WakingChannel(Channel):
    """Whoever waits for a message is woken as it is committed."""

    def _put(self, queue, payload, **kwargs):
        self.session.execute(text(f"NOTIFY {WAKE}"))
        super()._put(queue, payload, **kwargs)


class DatabaseTransport(Transport):
    """Kombu looks for messages once a second, which would be most of a search's time. Here it is told of them, and looks
    by itself only in case that what it should hear is lost on the way, in a pooler for example.
    """

    Channel = WakingChannel
    polling_interval = 0.5  # seconds
    _ear: psycopg.Connection | None = None  # it only listens

    def establish_connection(self):
        """Ask the database for an answer: unasked, a dead one passes for alive and is tried without pause."""
        connection = super().establish_connection()
        session = self._avail_channels[-1].session
        session.execute(text("SELECT 1"))
        session.rollback()
        self._engine = session.get_bind()
        return connection

    def close_connection(self, connection):
        super().close_connection(connection)
        self._hear_no_more()

    def drain_events(self, connection, timeout=None):
        until = time.monotonic() + (timeout or float("inf"))
        while True:
            try:
                return self.cycle.get(self._deliver, timeout=timeout)
            except Empty:
                left = until - time.monotonic()
                if left <= 0:
                    raise TimeoutError from None
                self._listen(min(left, self.polling_interval))

    def _listen(self, seconds: float) -> None:
        """Until a message is announced, at most so long. What was announced in between was kept by the connection."""
        try:
            if self._ear is None:
                lent = self._engine.raw_connection()
                self._ear = lent.driver_connection
                lent.detach()  # out of the pool, for good
                self._ear.autocommit = True
                self._ear.execute(f"LISTEN {WAKE}")
                return  # one may have come before it listened: look once more
            for _heard in self._ear.notifies(timeout=seconds, stop_after=1):
                pass
        except (psycopg.Error, SQLAlchemyError):  # the next look at the queue says what is wrong
            self._hear_no_more()
            time.sleep(seconds)

    def _hear_no_more(self) -> None:
        if self._ear is not None:
            self._ear.close()
            self._ear = None
