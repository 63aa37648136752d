"""Keys at the API's door: who is let in, to what, and how often."""

import hashlib
import logging
import re
from datetime import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client
from django.utils import timezone, translation
from django.views.debug import SafeExceptionReporterFilter
from drf_spectacular.generators import SchemaGenerator

from accounts import keys, limits
from accounts.models import Allowance, ApiKey
from config.api import router
from places.api import LandmarkViewSet
from tests.factories import LandmarkFactory, UserFactory, drawn_photo

pytestmark = pytest.mark.django_db
LIST = "/api/v1/landmarks/"
SEARCHES = "/api/v1/searches/"


def made(**fields) -> keys.Made:
    owner = fields.pop("owner", None) or UserFactory()
    return keys.issue(owner, **{"name": "App", "scopes": ["catalogue", "search"]} | fields)


def ask(token: str, address: str = LIST, *, method: str = "get", **more):
    return getattr(Client(), method)(address, headers={"Authorization": f"Bearer {token}"}, **more)


def said(response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def test_a_key_opens_what_its_scopes_name():
    LandmarkFactory()
    response = ask(made().token)
    assert (response.status_code, len(response.json()["results"])) == (200, 1)


def test_a_key_asks_in_its_owners_name():
    owner = UserFactory()
    response = ask(
        made(owner=owner).token,
        SEARCHES,
        method="post",
        data={"photo": _photo(), "method": "sir"},
    )
    assert response.status_code == 202
    assert owner.queries.count() == 1


def _photo():
    return SimpleUploadedFile("a.jpg", drawn_photo(1), "image/jpeg")


@pytest.mark.parametrize(
    "token", ["", "vtr_", "vtr_abcdefgh_tooshort", "nonsense", "vtr_ä", "vtr_" + "a" * 500]
)
def test_what_is_no_key_is_refused_with_what_would_do(token):
    response = ask(token)
    assert said(response) == (401, "key_malformed")
    assert response["WWW-Authenticate"].startswith('Bearer realm="api", error="invalid_token"')


def test_an_unknown_key_is_refused():
    known = made()
    for token in (
        known.token[:-1] + ("a" if known.token[-1] != "a" else "b"),
        "vtr_" + "A" * 8 + "_" + "B" * 40,
    ):
        response = ask(token)
        assert said(response) == (401, "key_unknown")
        assert "WWW-Authenticate" in response


def test_a_revoked_key_opens_nothing_at_once():
    one = made()
    assert ask(one.token).status_code == 200
    keys.revoke([one.key])
    assert said(ask(one.token)) == (401, "key_revoked")


def test_a_closed_account_has_no_keys():
    one = made()
    one.key.owner.is_active = False
    one.key.owner.save()
    assert ask(one.token).status_code == 401
    one.key.owner.delete()
    assert ask(one.token).status_code == 401
    assert not ApiKey.objects.exists()


def test_a_key_that_may_do_something_else_is_told_what_it_lacks():
    response = ask(made(scopes=["search"]).token)
    assert said(response) == (403, "scope_missing")
    assert response.json()["scope"] == "catalogue"


def test_every_door_of_the_api_names_a_scope_that_there_is():
    named = {prefix: view.required_scope for prefix, view, _name in router.registry}
    assert set(named.values()) <= set(ApiKey.Scope.values)
    assert {"searches", "landmarks", "images", "provinces"} <= named.keys()


def test_without_a_key_the_api_answers_as_before():
    assert Client().get(LIST).status_code == 200
    client = Client()
    client.force_login(UserFactory())
    assert client.get(LIST).status_code == 200


def test_another_kind_of_authorization_is_no_key():
    assert Client().get(LIST, headers={"Authorization": "Basic YTpi"}).status_code == 200


def test_where_a_key_is_needed_nobody_may(monkeypatch):
    monkeypatch.setattr(LandmarkViewSet, "needs_key", True, raising=False)
    response = Client().get(LIST)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'
    assert ask(made().token).status_code == 200


def test_only_a_hash_of_the_secret_is_kept():
    one = made()
    secret = one.token.rpartition("_")[2]
    row = ApiKey.objects.values().get()
    assert row["secret_hash"] == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in str(row)
    assert secret not in repr(one) + str(one.key)


def test_a_secret_is_compared_in_a_time_that_tells_nothing(monkeypatch):
    """The same one comparison is made for a known beginning and for an unknown one."""
    compared = []
    monkeypatch.setattr(
        keys, "constant_time_compare", lambda a, b: compared.append((len(a), len(b))) or a == b
    )
    known = made()
    assert keys.find(f"{known.key.prefix}_{'x' * 40}") is None
    assert keys.find(f"vtr_{'0' * 8}_{'x' * 40}") is None
    assert keys.find(known.token) == known.key
    assert compared == [(64, 64)] * 3


def test_no_key_is_written_to_a_log_or_a_report_of_a_fault(caplog, rf):
    one = made(scopes=["search"])
    with caplog.at_level(logging.DEBUG):
        for token in (one.token, one.token[:-1]):
            ask(token)
            ask(token, "/api/v1/nowhere/")
    secret = one.token.rpartition("_")[2][:-1]
    assert secret not in caplog.text
    request = rf.get(LIST, headers={"Authorization": f"Bearer {one.token}"})
    assert secret not in str(SafeExceptionReporterFilter().get_safe_request_meta(request))


def test_an_account_has_so_many_keys_and_no_more(settings):
    settings.KEYS_PER_ACCOUNT = 2
    owner = UserFactory()
    first, _second = made(owner=owner), made(owner=owner)
    with pytest.raises(keys.TooMany):
        made(owner=owner)
    made()  # another account's
    keys.revoke([first.key])
    made(owner=owner)


def test_keys_made_in_turn_do_not_multiply_a_quota(settings):
    settings.KEYS_PER_ACCOUNT = 1
    owner = UserFactory()
    for _number in range(keys.MADE_A_DAY):
        keys.revoke([made(owner=owner).key])
    with pytest.raises(keys.TooMany):
        made(owner=owner)
    ApiKey.objects.update(created_at=timezone.now() - timezone.timedelta(days=2))
    made(owner=owner)


# ---- how often --------------------------------------------------------------------------------------------------


def test_every_answer_says_what_is_left(settings):
    settings.KEY_READS, settings.VISITOR_READS = (10, 100), (10, 0)
    one = made()
    response = ask(one.token)
    assert response["RateLimit-Policy"] == '"read-minute";q=10;w=60, "read-day";q=100;w=86400'
    assert re.fullmatch(r'"read-minute";r=9;t=6, "read-day";r=99;t=\d+', response["RateLimit"])
    assert "Retry-After" not in response
    for address, status in (("/api/v1/nowhere/", 404), ("/api/v1/landmarks/nowhere/", 404)):
        response = ask(one.token, address)
        assert (response.status_code, "RateLimit" in response) == (status, True)
    lacking = ask(made(scopes=["export"]).token)
    assert (lacking.status_code, "RateLimit" in lacking) == (403, True)


@pytest.mark.parametrize(("language", "words"), [("vi", "tối đa 2"), ("en", "2 requests a minute")])
def test_too_many_requests_are_told_which_limit_how_large_and_when_it_ends(settings, language, words):
    settings.KEY_READS = (2, 0)
    one, headers = made(), {"Accept-Language": language}
    for _number in range(2):
        assert (
            Client().get(LIST, headers=headers | {"Authorization": f"Bearer {one.token}"}).status_code == 200
        )
    response = Client().get(LIST, headers=headers | {"Authorization": f"Bearer {one.token}"})
    assert response.status_code == 429
    assert response["Retry-After"] == "30"
    assert '"read-minute";r=0' in response["RateLimit"]
    body = response.json()
    assert words in body["detail"]
    assert (body["code"], body["limit"], body["unit"], body["window_seconds"]) == (
        "rate_exceeded", 2, "requests", 60,
    )  # fmt: skip
    assert datetime.fromisoformat(body["ends_at"]) > timezone.now()


def test_a_quota_is_told_from_a_rate(settings):
    settings.KEY_READS = (0, 1)
    one = made()
    ask(one.token)
    response = ask(one.token)
    assert said(response) == (429, "quota_exceeded")
    assert response.json()["window_seconds"] == 86400
    assert 0 < int(response["Retry-After"]) <= 86400


def test_a_keys_own_limits_hold_before_those_of_all_keys(settings):
    settings.KEY_READS = (1, 0)
    one = made()
    ApiKey.objects.update(reads_per_minute=3)
    assert [ask(one.token).status_code for _number in range(4)] == [200, 200, 200, 429]


def test_keys_are_counted_apart_and_visitors_by_their_address(settings):
    settings.KEY_READS, settings.VISITOR_READS = (1, 0), (1, 0)
    owner = UserFactory()
    for one in (made(owner=owner), made(owner=owner)):
        assert [ask(one.token).status_code for _number in range(2)] == [200, 429]
    assert [Client().get(LIST).status_code for _number in range(2)] == [200, 429]
    assert Client().get(LIST, REMOTE_ADDR="192.0.2.9").status_code == 200
    client = Client()
    client.force_login(owner)
    assert client.get(LIST).status_code == 200


def test_an_ipv6_household_is_one_address(settings):
    settings.VISITOR_READS = (1, 0)
    addresses = ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1"]
    assert [Client().get(LIST, REMOTE_ADDR=each).status_code for each in addresses] == [200, 429, 200]


def test_behind_a_proxy_the_visitors_own_address_counts(settings):
    settings.VISITOR_READS, settings.ALLAUTH_TRUSTED_PROXY_COUNT = (1, 0), 1
    seen = [
        Client().get(LIST, headers={"X-Forwarded-For": f"203.0.113.7, {each}"}).status_code
        for each in ("198.51.100.1", "198.51.100.1", "198.51.100.2")
    ]
    assert seen == [200, 429, 200]


def test_no_network_address_is_kept_readable(settings):
    settings.VISITOR_READS = (5, 0)
    Client().get(LIST, REMOTE_ADDR="192.0.2.9")
    assert "192.0.2.9" not in Allowance.objects.get().holder


def test_searching_is_limited_apart_from_reading_and_each_photo_counts(settings):
    settings.KEY_SEARCHES, settings.KEY_READS = (0, 3), (0, 100)
    one = made()
    response = ask(one.token, SEARCHES, method="post", data={"photo": [_photo(), _photo()], "method": "sir"})
    assert (response.status_code, "r=1;" in response["RateLimit"]) == (202, True)
    response = ask(one.token, SEARCHES, method="post", data={"photo": [_photo(), _photo()], "method": "sir"})
    assert response.status_code == 429
    assert (
        ask(one.token, SEARCHES, method="post", data={"photo": _photo(), "method": "sir"}).status_code == 202
    )
    assert ask(one.token).status_code == 200


def test_trying_keys_is_limited_as_anything_else(settings):
    settings.VISITOR_READS = (3, 0)
    tried = [ask(f"vtr_{number:08}_{'x' * 40}").status_code for number in range(5)]
    assert tried == [401, 401, 401, 429, 429]


def test_a_database_that_cannot_count_stops_nobody(settings, monkeypatch):
    def away(*_args, **_kwargs):
        raise OperationalError

    settings.VISITOR_READS = (1, 0)
    monkeypatch.setattr(limits, "count", away)
    assert Client().get(LIST).status_code == 200


# ---- as described ----------------------------------------------------------------------------------------------


def test_the_schema_tells_of_keys_without_a_warning(capsys):
    call_command("spectacular", "--validate", "--fail-on-warn")
    schema = capsys.readouterr().out
    assert "bearerFormat: vtr_" in schema


def test_the_schema_names_the_scope_of_each_operation():
    with translation.override("en"):
        schema = SchemaGenerator().get_schema(request=None, public=True)
    operation = schema["paths"]["/api/v1/landmarks/"]["get"]
    assert {"key": ["catalogue"]} in operation["security"]
    assert {} in operation["security"]
