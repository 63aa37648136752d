"""Which websites may use the API from a browser."""

import pytest
from django.test import Client

from accounts import keys
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
LIST, SEARCHES = "/api/v1/landmarks/", "/api/v1/searches/"
PARTNER, STRANGER = "https://partner.example", "https://stranger.example"
ALLOWED = "Access-Control-Allow-Origin"


@pytest.fixture
def token() -> str:
    return keys.issue(UserFactory(), name="App", scopes=["search", "catalogue"], origins=[PARTNER]).token


def beforehand(address: str, origin: str, *, method: str = "GET", headers: str = ""):
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    if headers:
        asked["Access-Control-Request-Headers"] = headers
    return Client().options(address, headers=asked)


def ask(origin: str, *, token: str = "", address: str = LIST):
    sent = {"Origin": origin} | ({"Authorization": f"Bearer {token}"} if token else {})
    return Client().get(address, headers=sent)


def test_a_browser_may_use_a_key_where_the_key_says_so(token):
    asked = beforehand(SEARCHES, PARTNER, method="POST", headers="authorization,content-type")
    assert (asked.status_code, asked[ALLOWED]) == (204, PARTNER)
    assert "POST" in asked["Access-Control-Allow-Methods"]
    assert "Authorization" in asked["Access-Control-Allow-Headers"]
    answer = ask(PARTNER, token=token)
    assert (answer.status_code, answer[ALLOWED]) == (200, PARTNER)
    assert "RateLimit" in answer["Access-Control-Expose-Headers"]


def test_a_browser_may_use_a_key_nowhere_else(token):
    assert ALLOWED not in beforehand(SEARCHES, STRANGER, method="POST", headers="authorization")
    answer = ask(STRANGER, token=token)
    assert (answer.status_code, ALLOWED in answer) == (403, False)
    assert answer.json()["code"] == "origin_not_allowed"
    assert STRANGER in answer.content.decode()
    assert ask("null", token=token).status_code == 403


def test_a_revoked_key_names_no_website_any_more(token):
    keys.revoke([keys.find(token)])
    assert ALLOWED not in beforehand(LIST, PARTNER, headers="authorization")


def test_a_website_that_some_key_names_can_read_why_another_was_refused(token):
    answer = ask(PARTNER, token=token[:-1])
    assert (answer.status_code, answer[ALLOWED]) == (401, PARTNER)


def test_the_catalogue_is_read_from_anywhere_without_a_key():
    assert beforehand(LIST, STRANGER, headers="if-none-match")[ALLOWED] == "*"
    assert ask(STRANGER)[ALLOWED] == "*"


def test_nobody_searches_from_another_website_without_a_key():
    assert ALLOWED not in beforehand(SEARCHES, STRANGER, method="POST", headers="content-type")
    assert ALLOWED not in Client().post(SEARCHES, headers={"Origin": STRANGER})


def test_this_very_site_is_no_other_one(token):
    answer = ask("http://testserver", token=token)
    assert (answer.status_code, ALLOWED in answer) == (200, False)


def test_cookies_are_never_let_through(token):
    for answer in (
        ask(STRANGER),
        ask(PARTNER, token=token),
        beforehand(LIST, PARTNER, headers="authorization"),
    ):
        assert "Access-Control-Allow-Credentials" not in answer


def test_what_differs_by_website_says_so_to_caches(token):
    for answer in (Client().get(LIST), ask(PARTNER, token=token), beforehand(LIST, STRANGER)):
        assert "Origin" in answer["Vary"]


def test_pages_are_for_no_other_website():
    assert ALLOWED not in Client().get("/places/", headers={"Origin": STRANGER})
    assert (
        Client()
        .options("/places/", headers={"Origin": STRANGER, "Access-Control-Request-Method": "GET"})
        .status_code
        != 204
    )
