"""What keys were used for, as it is counted and drawn."""

import threading
from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone, translation

from accounts import keys, usage
from accounts.models import ApiKey, KeyUsage
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 30)


def made(**fields) -> keys.Made:
    return keys.issue(UserFactory(), **{"name": "App", "scopes": ["search"]} | fields)


def ask(token: str, address: str) -> int:
    return Client().get(address, headers={"Authorization": f"Bearer {token}"}).status_code


def test_requests_and_refusals_are_counted_by_day_and_kind():
    one = made()
    asked = [ask(one.token, f"/api/v1/{place}/") for place in ("methods", "methods", "landmarks", "schema")]
    assert asked == [200, 200, 403, 200]
    rows = KeyUsage.objects.order_by("kind").values_list("key", "day", "kind", "requests", "refusals")
    today = timezone.localdate()
    assert list(rows) == [
        (one.key.pk, today, "catalogue", 1, 1),
        (one.key.pk, today, "other", 1, 0),
        (one.key.pk, today, "search", 2, 0),
    ]


def test_what_a_limit_refuses_is_counted_as_refused(settings):
    settings.KEY_READS = (1, 0)
    one = made()
    assert [ask(one.token, "/api/v1/methods/") for _number in range(3)] == [200, 429, 429]
    assert KeyUsage.objects.values_list("requests", "refusals").get() == (3, 2)


def test_when_a_key_was_used_last_is_known_to_the_minute(django_assert_num_queries):
    key = made().key
    with django_assert_num_queries(2):
        usage.keep(key, kind="search", refused=False)
    key.refresh_from_db()
    assert key.last_used_at is not None
    with django_assert_num_queries(1):
        usage.keep(key, kind="search", refused=False)


def test_a_revoked_key_is_not_used():
    one = made()
    keys.revoke([one.key])
    ask(one.token, "/api/v1/methods/")
    assert not KeyUsage.objects.exists()


def test_the_last_thirty_days_are_drawn_with_refusals_as_their_own_kind(django_assert_num_queries):
    key = made().key
    for back, kind, requests, refusals in (
        (0, "search", 5, 2),
        (29, "catalogue", 3, 0),
        (30, "search", 99, 0),
    ):
        KeyUsage.objects.create(
            key=key, day=TODAY - timedelta(days=back), kind=kind, requests=requests, refusals=refusals
        )
    with django_assert_num_queries(1), translation.override("en"):
        used = usage.of([key], today=TODAY)[key.pk]
    assert (len(used.days), used.days[-1], used.requests, used.refusals) == (30, TODAY, 8, 2)
    assert {each.label: (each.counts[0], each.counts[-1]) for each in used.series} == {
        "Searches": (0, 3), "Catalogue": (3, 0), "Refused": (0, 2),
    }  # fmt: skip


def test_all_keys_are_drawn_together():
    for _number in range(2):
        KeyUsage.objects.create(key=made().key, day=TODAY, kind="search", requests=4, refusals=1)
    used = usage.of_all(today=TODAY)
    assert (used.requests, used.refusals) == (8, 2)


def test_the_use_of_keys_is_forgotten_after_a_year():
    key = made().key
    for back in (10, 400):
        KeyUsage.objects.create(
            key=key, day=timezone.localdate() - timedelta(days=back), kind="search", requests=1
        )
    call_command("forget_counts", verbosity=0)
    assert KeyUsage.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_connections_that_count_at_once_lose_no_request():
    key = made().key
    start = threading.Barrier(3)

    def use() -> None:
        start.wait()
        for number in range(20):
            usage.keep(ApiKey(pk=key.pk, last_used_at=timezone.now()), kind="search", refused=number % 2 == 0)
        connection.close()

    threads = [threading.Thread(target=use) for _number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert KeyUsage.objects.values_list("requests", "refusals").get() == (60, 30)
