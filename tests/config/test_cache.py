import pytest

from config.cache import PatientRedisCache


@pytest.fixture
def away() -> PatientRedisCache:
    """A cache whose server is not there."""
    return PatientRedisCache("redis://127.0.0.1:1/0", {"OPTIONS": {"socket_connect_timeout": 1}})


def test_a_cache_that_is_away_is_an_empty_one(away):
    away.set("a", 1)
    assert away.get("a") is None
    assert away.get("a", "default") == "default"
    assert away.get_many(["a", "b"]) == {}
    assert "a" not in away
    assert away.delete("a") is False


def test_a_claim_that_nobody_can_refuse_is_given(away):
    assert away.add("claim", True, timeout=60) is True


def test_what_is_worked_out_is_given_though_it_is_not_kept(away):
    assert away.get_or_set("figures", lambda: 7, 10) == 7
