import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from retrieval import announcing

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]


def in_a_thread(act: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.fixture
def listens(monkeypatch) -> threading.Event:
    """Set once somebody listens and has looked in vain."""
    looked = threading.Event()
    listen = announcing._listen

    def watched(happened, *, until):
        def look() -> bool:
            if result := happened():
                return result
            looked.set()
            return False

        return listen(look, until=until)

    monkeypatch.setattr(announcing, "_listen", watched)
    return looked


def test_who_waits_is_woken_by_the_announcement_alone(listens, monkeypatch):
    monkeypatch.setattr(announcing, "LOOK_AGAIN", 3600)
    done = []

    def announce() -> None:
        listens.wait(30)
        with transaction.atomic():
            done.append(True)
            announcing.announce("search 1")

    thread = in_a_thread(announce)
    assert announcing.wait_for("search 1", happened=lambda: bool(done), seconds=3600)
    thread.join()


def test_what_is_never_announced_is_seen_all_the_same(listens, monkeypatch):
    monkeypatch.setattr(announcing, "LOOK_AGAIN", 0.01)
    assert announcing.wait_for("search 1", happened=listens.is_set, seconds=3600)


def test_nothing_is_held_open_meanwhile_but_a_connection(listens):
    seen = []

    def look() -> None:
        listens.wait(30)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT state, xact_start FROM pg_stat_activity "
                "WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            seen.extend(cursor.fetchall())

    thread = in_a_thread(look)
    announcing.wait_for("search 1", happened=lambda: bool(seen), seconds=60)
    thread.join()
    assert [(state, begun) for state, begun in seen if state != "idle" or begun] == []


def test_time_that_is_up_and_what_has_happened_end_it_at_once():
    assert announcing.wait_for("search 1", happened=lambda: True, seconds=3600)
    assert not announcing.wait_for("search 1", happened=lambda: False, seconds=0)
    assert not announcing.wait_for("search 1", happened=lambda: False, seconds=0.01)


def test_where_too_many_wait_already_nobody_else_does(monkeypatch):
    monkeypatch.setattr(announcing, "_for_long", threading.BoundedSemaphore(1))
    announcing._for_long.acquire()
    assert not announcing.wait_for("search 1", happened=lambda: False, seconds=3600)
    announcing._for_long.release()


def test_afterwards_nothing_is_listened_to():
    announcing.wait_for("search 1", happened=lambda: False, seconds=0.01)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_listening_channels()")
        assert cursor.fetchone()[0] == 0


def test_who_waits_for_a_moment_takes_nobodys_place_who_waits_for_long(listens, monkeypatch):
    monkeypatch.setattr(announcing, "LOOK_AGAIN", 0.01)
    for room in ("_for_long", "_for_a_moment"):
        monkeypatch.setattr(announcing, room, threading.BoundedSemaphore(1))
    announcing._for_a_moment.acquire()
    assert not announcing.wait_for("search 1", happened=lambda: False, seconds=0.5)
    assert not listens.is_set()
    assert announcing.wait_for("search 1", happened=listens.is_set, seconds=3600)
