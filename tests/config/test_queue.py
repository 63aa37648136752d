"""The queue in the database: who waits for a message is woken by it, also after the connection was lost."""

import threading
import time

import pytest
from django.db import connection
from sqlalchemy import NullPool

from config import celery, database, database_queue

pytestmark = pytest.mark.django_db(transaction=True)

LONG = 60  # seconds; nothing here takes that long
QUEUE = "waited for"


def connected():
    address = database.queue_url(connection.settings_dict)
    return celery.app.connection(address, transport_options={"poolclass": NullPool})


def taken(inbox, *, within: float = LONG) -> str:
    message = inbox.get(timeout=within)
    message.ack()
    return message.payload


@pytest.fixture
def broker(monkeypatch):
    """A connection to the queue in the test's database that would look by itself once a minute only."""
    with connected() as broker:
        broker.connect()
        monkeypatch.setattr(broker.transport, "polling_interval", LONG)
        yield broker


def send_soon(what: str) -> threading.Thread:
    def send() -> None:
        time.sleep(0.3)
        with connected() as sender:
            sender.SimpleQueue(QUEUE).put(what)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def test_who_waits_for_a_message_is_woken_by_it(broker):
    sender = send_soon("first")
    began = time.monotonic()
    assert taken(broker.SimpleQueue(QUEUE)) == "first"
    assert time.monotonic() - began < LONG / 2
    sender.join()


@pytest.mark.thorough
def test_after_its_connection_was_lost_it_listens_again(broker):
    inbox = broker.SimpleQueue(QUEUE)
    send_soon("before").join()
    assert taken(inbox) == "before"
    with pytest.raises(inbox.Empty):
        inbox.get(timeout=0.1)  # from now on it listens
    broker.transport._ear.close()
    broker.transport.polling_interval = 0.1  # until it has noticed
    with pytest.raises(inbox.Empty):
        inbox.get(timeout=1)
    broker.transport.polling_interval = LONG
    assert not broker.transport._ear.closed
    sender = send_soon("after")
    began = time.monotonic()
    assert taken(inbox) == "after"
    assert time.monotonic() - began < LONG / 2
    sender.join()


def test_a_message_that_is_not_announced_is_found_all_the_same(broker, monkeypatch):
    monkeypatch.setattr(database_queue, "WAKE", "nobody_hears_this")
    sender = send_soon("quietly")
    broker.transport.polling_interval = 0.2
    assert taken(broker.SimpleQueue(QUEUE)) == "quietly"
    sender.join()
