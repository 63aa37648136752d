import threading

import pytest
from django.db import connection

from retrieval.locks import claim

pytestmark = pytest.mark.django_db(transaction=True)


def claimed_elsewhere(name: str) -> bool:
    """Whether another connection can claim the lock now."""
    result: list[bool] = []

    def attempt() -> None:
        with claim(name) as held:
            result.append(held)
        connection.close()

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    return result[0]


def test_a_claim_is_refused_to_everybody_else_until_it_is_given_back():
    with claim("a") as held:
        assert held
        assert not claimed_elsewhere("a")
        assert claimed_elsewhere("b")
    assert claimed_elsewhere("a")


def test_a_claim_dies_with_its_connection():
    with claim("a"):
        connection.close()
        assert claimed_elsewhere("a")


def test_a_waiting_claim_is_held_when_the_other_has_let_go():
    with claim("a", wait=True) as held:
        assert held
        assert not claimed_elsewhere("a")
