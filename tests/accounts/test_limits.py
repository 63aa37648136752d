"""What is counted, and that no two processes count past each other."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from accounts import limits
from accounts.limits import Act, Limit
from accounts.models import Allowance

MINUTE = Limit(Act.READ, per_minute=6, per_day=None)
DAY = Limit(Act.READ, per_minute=None, per_day=3)
BOTH = Limit(Act.SEARCH, per_minute=6, per_day=8)


def pass_by(seconds: float) -> None:
    """As if so much time had gone by since the last count."""
    Allowance.objects.update(free_at=F("free_at") - timedelta(seconds=seconds))


def pass_midnight() -> None:
    Allowance.objects.update(day=F("day") - timedelta(days=1), free_at=timezone.now())


def number_let_in(limit: Limit, *, tries: int, cost: int = 1) -> int:
    return sum(limits.count("one", limit, cost=cost).fits for _try in range(tries))


@pytest.mark.django_db
def test_a_minutes_worth_goes_through_at_once_and_then_comes_back_bit_by_bit():
    assert number_let_in(MINUTE, tries=9) == 6
    pass_by(10)
    assert number_let_in(MINUTE, tries=9) == 1
    pass_by(25)
    assert number_let_in(MINUTE, tries=9) == 2
    pass_by(3600)
    assert number_let_in(MINUTE, tries=9) == 6


@pytest.mark.django_db
@pytest.mark.parametrize("per_minute", [1, 7, 59, 61, 1300])
def test_exactly_as_many_as_a_minute_allows_go_through(per_minute):
    limit = Limit(Act.READ, per_minute=per_minute, per_day=None)
    assert limits.count("one", limit, cost=per_minute - 1 or 1).fits
    assert limits.count("one", limit).fits is (per_minute > 1)
    refused = limits.count("one", limit)
    assert (refused.fits, refused.minute_left) == (False, 0)


@pytest.mark.django_db
def test_a_refusal_takes_nothing_and_says_when_the_same_would_fit():
    number_let_in(MINUTE, tries=6)
    waits = [limits.count("one", MINUTE).wait for _try in range(3)]
    assert waits == [10, 10, 10]
    pass_by(10)
    assert limits.count("one", MINUTE).fits


@pytest.mark.django_db
def test_what_is_left_is_told():
    counted = limits.count("one", BOTH)
    assert (counted.fits, counted.minute_left, counted.day_left, counted.too_much_for) == (True, 5, 7, "")
    assert counted.minute_full_in == 10
    assert 0 < counted.day_ends_in <= 24 * 3600


@pytest.mark.django_db
@pytest.mark.parametrize("per_minute", [7, 60, 300, 1200])
def test_each_request_leaves_one_less(per_minute):
    limit = Limit(Act.READ, per_minute=per_minute, per_day=None)
    assert [limits.count("one", limit).minute_left for _try in range(3)] == [
        per_minute - 1, per_minute - 2, per_minute - 3,
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_days_worth_ends_at_midnight():
    assert number_let_in(DAY, tries=5) == 3
    refused = limits.count("one", DAY)
    assert (refused.too_much_for, refused.exceeded, refused.day_left) == ("day", 3, 0)
    assert refused.wait == refused.day_ends_in
    pass_midnight()
    assert number_let_in(DAY, tries=5) == 3


@pytest.mark.django_db
def test_the_limit_that_was_exceeded_is_named():
    assert number_let_in(BOTH, tries=7) == 6
    assert limits.count("one", BOTH).too_much_for == "minute"
    pass_by(60)
    assert number_let_in(BOTH, tries=7) == 2
    assert limits.count("one", BOTH).too_much_for == "day"


@pytest.mark.django_db
def test_several_photos_count_as_many_and_all_or_none():
    assert limits.count("one", BOTH, cost=4).fits
    assert not limits.count("one", BOTH, cost=3).fits
    assert limits.count("one", BOTH, cost=2).fits


@pytest.mark.django_db
def test_more_than_a_minutes_worth_goes_in_when_all_of_it_is_there_and_the_next_waits():
    assert limits.count("one", MINUTE, cost=20).fits
    refused = limits.count("one", MINUTE)
    assert (refused.fits, refused.wait, refused.minute_left) == (False, 150, 0)
    pass_by(151)
    assert not limits.count("one", MINUTE, cost=20).fits
    pass_by(60)
    assert limits.count("one", MINUTE, cost=20).fits


@pytest.mark.django_db
def test_more_than_a_days_worth_never_goes_in():
    assert not limits.count("one", DAY, cost=4).fits
    assert number_let_in(DAY, tries=4) == 3


@pytest.mark.django_db
def test_a_look_takes_nothing():
    assert all(limits.count("one", MINUTE, cost=0).fits for _try in range(20))
    assert number_let_in(MINUTE, tries=9) == 6
    assert not limits.count("one", MINUTE, cost=0).fits


@pytest.mark.django_db
def test_each_counts_for_itself_and_each_act_by_itself():
    number_let_in(MINUTE, tries=7)
    assert limits.count("another", MINUTE).fits
    assert limits.count("one", BOTH).fits


@pytest.mark.django_db
def test_where_there_is_no_limit_nothing_is_counted(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert limits.count("one", Limit(Act.READ, None, None)) is None


@pytest.mark.django_db
def test_a_request_is_counted_in_one_statement(django_assert_num_queries):
    with django_assert_num_queries(1):
        limits.count("one", BOTH)


@pytest.mark.django_db
def test_counts_that_say_nothing_any_more_are_forgotten():
    limits.count("old", MINUTE)
    Allowance.objects.update(counted_at=timezone.now() - timedelta(days=3))
    limits.count("new", MINUTE)
    assert limits.forget_old() == 1
    assert Allowance.objects.get().holder == "new"


@pytest.mark.django_db
def test_the_counts_are_kept_without_a_log():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'accounts_allowance'")
        assert cursor.fetchone()[0] == "u"


def let_in_at_once(limit: Limit, *, tries: int) -> int:
    """How many of those go through whom four connections send at the same moment."""
    let_in, start = [], threading.Barrier(4)

    def ask() -> None:
        start.wait()
        let_in.extend(limits.count("one", limit).fits for _try in range(tries // 4))
        connection.close()

    threads = [threading.Thread(target=ask) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(let_in) == tries
    return sum(let_in)


@pytest.mark.django_db(transaction=True)
def test_connections_that_count_at_once_let_in_no_more_than_one_would():
    assert let_in_at_once(Limit(Act.READ, 10_000, 40), tries=100) == 40
    assert Allowance.objects.get().used == 40


@pytest.mark.django_db(transaction=True)
def test_connections_that_count_at_once_take_a_minutes_allowance_once_each(monkeypatch):
    noon = "timestamptz '2026-11-30 12:00:00+07'"
    monkeypatch.setattr(limits, "COUNT", limits.COUNT.replace("now()", noon))
    limit = Limit(Act.READ, per_minute=100, per_day=None)
    limits.count("one", limit)
    before = Allowance.objects.get().free_at
    let_in = let_in_at_once(limit, tries=80)
    assert let_in == 80
    assert Allowance.objects.get().free_at - before == 80 * timedelta(seconds=0.6)
