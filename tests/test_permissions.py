"""Every address of the site and the API, and everybody who may come to it: who gets in by looking, who by sending.

A new address without a line here fails. The desk's addresses are in tests/accounts/test_roles.py. Among those who come is
the owner of one thing of each kind; what only its owner may see or change is then nobody else's, whatever their role.
"""

import pytest

from accounts import keys, roles
from tests.factories import UserFactory
from tests.permissions import (
    ANYBODY,
    FORBIDDEN,
    IN,
    KEYS,
    LOG_IN,
    METHOD,
    NOT_THERE,
    OWNER,
    PEOPLE,
    REVOKED,
    ROLES,
    SENT_AWAY,
    UNKNOWN,
    UNKNOWN_CALLER,
    USER,
    Rows,
    addresses,
    attempt,
    client_of,
    made_rows,
)

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

# Who gets in, and what becomes of the others.
OPEN = dict.fromkeys(PEOPLE, IN)
ELSEWHERE = dict.fromkeys(PEOPLE, SENT_AWAY)  # to where the form is, or the thing itself
NOT_SO = dict.fromkeys(PEOPLE, METHOD)
NOTHING = dict.fromkeys(PEOPLE, NOT_THERE)
ACCOUNT = OPEN | {ANYBODY: LOG_IN}
ACCOUNT_NOT_SO = NOT_SO | {ANYBODY: LOG_IN}
ACCOUNT_NOTHING = NOTHING | {ANYBODY: LOG_IN}
ACCOUNT_ELSEWHERE = ELSEWHERE | {ANYBODY: LOG_IN}
OWNERS = NOTHING | {OWNER: IN}
OWNERS_DONE = NOTHING | {OWNER: SENT_AWAY}
OWNERS_ACCOUNT = OWNERS | {ANYBODY: LOG_IN}
OWNERS_ACCOUNT_DONE = OWNERS_DONE | {ANYBODY: LOG_IN}
OWNERS_OR_GONE = ACCOUNT_ELSEWHERE | {OWNER: IN}  # others go to their own list
OWNERS_AND_STAFF = OWNERS | dict.fromkeys(ROLES, IN)
LEAVING = OPEN | {ANYBODY: SENT_AWAY}
STAFF = dict.fromkeys(PEOPLE, FORBIDDEN) | dict.fromkeys(ROLES, IN)
STAFF_FIND_NOTHING = STAFF | dict.fromkeys(ROLES, NOT_THERE)
STAFF_NOT_SO = STAFF | dict.fromkeys(ROLES, METHOD)
STRANGERS = ELSEWHERE | {ANYBODY: IN}  # who is logged in has done that

SITE = {
    "sitemap": (OPEN, OPEN),
    "robots.txt": (OPEN, NOT_SO),
    "favicon.ico": (ELSEWHERE, ELSEWHERE),
    "service-worker": (OPEN, OPEN),
    ".well-known/security.txt": (NOTHING, NOTHING),  # nobody is named
    "photo-file": (OPEN, NOT_SO),
    # asking
    "retrieval:home": (OPEN, NOT_SO),
    "retrieval:ask": (ELSEWHERE, OPEN),
    "retrieval:similar": (OPEN, OPEN),
    "retrieval:similar-photos": (ELSEWHERE, NOT_SO),
    "retrieval:status": (OPEN, NOT_SO),
    "retrieval:methods": (OPEN, NOT_SO),
    "retrieval:lookalikes-of": (OPEN, NOT_SO),
    "retrieval:history": (OPEN, NOT_SO),  # each their own
    "retrieval:history-delete": (NOT_SO, ELSEWHERE),
    "retrieval:history-export": (OPEN, NOT_SO),
    "retrieval:private-mode": (NOT_SO, ELSEWHERE),
    # a search that is not shared
    "retrieval:query": (OWNERS, NOT_SO),
    "retrieval:query-progress": (ELSEWHERE, NOT_SO),
    "retrieval:query-photo": (OWNERS, NOT_SO),
    "retrieval:query-thumbnail": (OWNERS, NOT_SO),
    "retrieval:hit": (NOTHING, NOT_SO),  # it found none
    "retrieval:query-again": (ELSEWHERE, OWNERS),
    "retrieval:query-compare": (OWNERS, OWNERS_DONE),
    "retrieval:query-compare-progress": (ELSEWHERE, NOT_SO),
    "retrieval:query-share": (NOT_SO, OWNERS_DONE),
    "retrieval:query-correct": (ELSEWHERE, OWNERS),
    "retrieval:query-uncorrect": (NOT_SO, OWNERS_DONE),
    "retrieval:query-offer": (ELSEWHERE, OWNERS_DONE),
    "retrieval:query-unoffer": (NOT_SO, OWNERS_DONE),
    "retrieval:query-star": (NOT_SO, ELSEWHERE),
    "retrieval:query-title": (NOT_SO, ELSEWHERE),
    "retrieval:query-repeat": (NOT_SO, ELSEWHERE),
    "retrieval:query-delete": (NOT_SO, ELSEWHERE),
    # for partners
    "partners:index": (OPEN, NOT_SO),
    "partners:changelog": (OPEN, NOT_SO),
    "partners:deprecation": (OPEN, NOT_SO),
    "partners-client": (OPEN, NOT_SO),
    "api": (ELSEWHERE, ELSEWHERE),
    # words
    "pages:about": (OPEN, NOT_SO),
    "pages:how": (OPEN, NOT_SO),
    "pages:privacy": (OPEN, NOT_SO),
    "pages:terms": (OPEN, NOT_SO),
    "pages:licences": (OPEN, NOT_SO),
    "pages:offline": (OPEN, NOT_SO),
    "pages:manifest": (OPEN, OPEN),
    "pages:share": (ELSEWHERE, ELSEWHERE),
    # the catalogue
    "places:landmarks": (OPEN, NOT_SO),
    "places:suggestions": (OPEN, NOT_SO),
    "places:map": (OPEN, NOT_SO),
    "places:map_places": (OPEN, NOT_SO),
    "places:near": (OPEN, OPEN),
    "places:landmark": (OPEN, NOT_SO),
    "places:photo": (OPEN, NOT_SO),
    "places:takedown": (OPEN, OPEN),
    "places:takedown-sent": (OPEN, NOT_SO),
    # collections
    "places:collections": (ACCOUNT, ACCOUNT),
    "places:collection": (OWNERS_OR_GONE, ACCOUNT_NOT_SO),
    "places:collection-rename": (ACCOUNT_ELSEWHERE, OWNERS_OR_GONE),
    "places:collection-delete": (ACCOUNT_ELSEWHERE, ACCOUNT_ELSEWHERE),
    "places:collection-share": (ACCOUNT_ELSEWHERE, ACCOUNT_ELSEWHERE),
    "places:collection-item": (ACCOUNT_ELSEWHERE, ACCOUNT_ELSEWHERE),
    "places:collection-withdrawn": (ACCOUNT_ELSEWHERE, ACCOUNT_ELSEWHERE),
    "places:shared-collection": (NOTHING, NOT_SO),  # by another key
    "places:save": (NOT_SO, ELSEWHERE),
    "places:keep": (ACCOUNT_ELSEWHERE, ACCOUNT_ELSEWHERE),
    # contributions
    "places:contribute": (ACCOUNT, ACCOUNT),
    "places:contribute-unknown": (ACCOUNT, ACCOUNT),
    "places:contributions": (ACCOUNT, ACCOUNT_NOT_SO),
    "places:contribution": (OWNERS_OR_GONE, OWNERS_OR_GONE),
    "places:contribution-photo": (OWNERS_AND_STAFF, NOT_SO),
    "places:contribution-withdraw": (ACCOUNT_ELSEWHERE, ACCOUNT_ELSEWHERE),
    # accounts
    "accounts:profile": (ACCOUNT, ACCOUNT),
    "accounts:delete": (ACCOUNT, ACCOUNT),
    "accounts:keys": (ACCOUNT, ACCOUNT),
    "accounts:key-make": (ACCOUNT, ACCOUNT),
    "accounts:keys-export": (ACCOUNT, ACCOUNT_NOT_SO),
    "accounts:key-rename": (ACCOUNT_NOT_SO, OWNERS_ACCOUNT),
    "accounts:key-revoke": (OWNERS_ACCOUNT, OWNERS_ACCOUNT_DONE),
    # allauth's
    "account_login": (STRANGERS, STRANGERS),
    "account_logout": (LEAVING, ELSEWHERE),
    "account_inactive": (OPEN, NOT_SO),
    "account_signup": (STRANGERS, STRANGERS),
    "account_reauthenticate": (ACCOUNT, ACCOUNT),
    "account_email": (ACCOUNT, ACCOUNT_ELSEWHERE),
    "account_email_verification_sent": (OPEN, NOT_SO),
    "account_change_password": (ACCOUNT, ACCOUNT),
    "account_set_password": (ACCOUNT_ELSEWHERE, ACCOUNT_ELSEWHERE),  # they have one
    "account_reset_password": (OPEN, OPEN),
    "account_confirm_login_code": (ACCOUNT_ELSEWHERE, ACCOUNT_ELSEWHERE),
    "account_confirm_email": (OPEN, NOTHING),
    "account_reset_password_from_key": (OPEN, OPEN),
    "account_reset_password_from_key_done": (OPEN, NOT_SO),
    "account_reset_password_done": (OPEN, NOT_SO),
    "mfa_index": (ACCOUNT, ACCOUNT_NOT_SO),
    "mfa_authenticate": (ACCOUNT_ELSEWHERE, ACCOUNT_ELSEWHERE),
    "mfa_reauthenticate": (ACCOUNT_ELSEWHERE, ACCOUNT_ELSEWHERE),
    "mfa_activate_totp": (ACCOUNT, ACCOUNT),
    "mfa_deactivate_totp": (ACCOUNT_NOTHING, ACCOUNT_NOTHING),  # they have no second step
    "mfa_view_recovery_codes": (ACCOUNT_NOTHING, ACCOUNT_NOT_SO),
    "mfa_generate_recovery_codes": (ACCOUNT, ACCOUNT),
    "mfa_download_recovery_codes": (ACCOUNT_NOTHING, ACCOUNT_NOTHING),
    "socialaccount_login_cancelled": (OPEN, NOT_SO),
    "socialaccount_login_error": (dict.fromkeys(PEOPLE, UNKNOWN_CALLER), NOT_SO),
    "socialaccount_signup": (dict.fromkeys(PEOPLE, LOG_IN), dict.fromkeys(PEOPLE, LOG_IN)),
    "socialaccount_connections": (ACCOUNT, ACCOUNT),
    "accounts/social/login/cancelled/": (ELSEWHERE, ELSEWHERE),
    "accounts/social/login/error/": (ELSEWHERE, ELSEWHERE),
    "accounts/social/signup/": (ELSEWHERE, ELSEWHERE),
    "accounts/social/connections/": (ELSEWHERE, ELSEWHERE),
}

# The API's: the scope that a key needs, None where any will do, or ANYTHING where none is looked at; then as above.
NEEDS_SOMEBODY = {
    "api:batch-list",
    "api:batch-detail",
    "api:contribution-list",
    "api:contribution-detail",
    "api:export-list",
    "api:export-detail",
    "api:export-file",
}  # a key or an account
ANYTHING = object()
API = {
    "api:search-list": ("search", NOT_SO, OPEN),
    "api:search-by-words": ("search", OPEN, NOT_SO),
    "api:search-detail": ("search", OWNERS, NOT_SO),
    "api:search-correction": ("search", NOT_SO, OWNERS),
    "api:search-hit": ("search", NOTHING, NOT_SO),
    "api:batch-list": ("search", NOT_SO, OPEN),
    "api:batch-detail": ("search", NOTHING, NOT_SO),
    "api:method-list": ("search", OPEN, NOT_SO),
    "api:evaluation-list": ("search", OPEN, NOT_SO),
    "api:evaluation-detail": ("search", NOTHING, NOT_SO),
    "api:landmark-list": ("catalogue", OPEN, NOT_SO),
    "api:landmark-detail": ("catalogue", OPEN, NOT_SO),
    "api:landmark-nearby": ("catalogue", OPEN, NOT_SO),
    "api:image-list": ("catalogue", OPEN, NOT_SO),
    "api:image-detail": ("catalogue", OPEN, NOT_SO),
    "api:province-list": ("catalogue", OPEN, NOT_SO),
    "api:province-detail": ("catalogue", OPEN, NOT_SO),
    "api:category-list": ("catalogue", OPEN, NOT_SO),
    "api:change-list": ("catalogue", OPEN, NOT_SO),
    "api:contribution-list": ("contribute", OPEN, OPEN),  # each their own
    "api:contribution-detail": ("contribute", OWNERS, NOT_SO),
    "api:export-list": ("export", STAFF, STAFF),
    "api:export-detail": ("export", STAFF_FIND_NOTHING, STAFF_NOT_SO),
    "api:export-file": ("export", STAFF_FIND_NOTHING, STAFF_NOT_SO),
    "api:api-root": (None, OPEN, NOT_SO),
    "api:schema": (None, OPEN, NOT_SO),
    "api:problems": (ANYTHING, OPEN, NOT_SO),
    "api:problem": (ANYTHING, OPEN, NOT_SO),
    "api:docs": (ANYTHING, OPEN, NOT_SO),
    "api:redoc": (ANYTHING, OPEN, NOT_SO),
}


def expected(name: str, method: str, who: str) -> str:
    if name in SITE:
        return SITE[name][method == "post"][who]
    scope, *rules = API[name]
    rule = rules[method == "post"]
    if who in PEOPLE:
        return UNKNOWN_CALLER if who == ANYBODY and name in NEEDS_SOMEBODY else rule[who]
    if scope is not ANYTHING:
        if who in (REVOKED, UNKNOWN):
            return UNKNOWN_CALLER
        if scope is not None and who != f"a key to {scope}":
            return FORBIDDEN
    return rule[USER]  # a key does what an account may that owns none of this


@pytest.fixture
def rows() -> Rows:
    return made_rows()


def test_every_address_has_its_line_and_no_line_is_left_over():
    assert {name for name, _route in addresses()} == {*SITE, *API}
    assert not {*SITE} & {*API}


@pytest.mark.parametrize("who", PEOPLE)
def test_everybody_gets_in_where_they_may_and_nobody_reads_or_changes_what_is_anothers(who, rows):
    """Besides the answer's number: no word of what is another's is shown, no row of it is touched."""
    client, told = client_of(who, rows), {}
    for name, route in addresses():
        for method in ("get", "post"):
            found = attempt(client, method, rows.path(name, route), rows)
            if found.outcome != (right := expected(name, method, who)):
                told[f"{method} {name}"] = f"{found.outcome}, not {right}"
            if who != OWNER and (found.shows or found.changes):
                told[f"{method} {name}"] = "shows it" if found.shows else "changes it"
    assert not told, "\n".join(f"{each}: {what}" for each, what in told.items())


@pytest.mark.parametrize("who", [*KEYS, REVOKED, UNKNOWN])
def test_a_key_opens_what_it_was_made_for_and_nothing_else(who, rows):
    client, told = client_of(who, rows), {}
    for name, route in addresses():
        if name in SITE:
            continue
        for method in ("get", "post"):
            found = attempt(client, method, rows.path(name, route), rows).outcome
            if found != (right := expected(name, method, who)):
                told[f"{method} {name}"] = f"{found}, not {right}"
    assert not told, "\n".join(f"{each}: {what}" for each, what in told.items())


def test_a_key_to_export_needs_an_owner_who_may(client):
    curator = UserFactory()
    roles.give(curator, roles.Role.CURATOR, by=None)
    token = keys.issue(curator, name="mirror", scopes=["export"]).token
    assert client.get("/api/v1/exports/", headers={"authorization": f"Bearer {token}"}).status_code == 200


@pytest.mark.parametrize("who", KEYS)
def test_on_the_pages_of_the_site_a_key_is_nobody(who, rows):
    client = client_of(who, rows)
    routes = dict(addresses())
    for name in ("accounts:profile", "places:collections", "retrieval:query", "places:contribution-photo"):
        found = attempt(client, "get", rows.path(name, routes[name]), rows)
        assert found.outcome == expected(name, "get", ANYBODY)


def test_what_is_hidden_stands_on_its_owners_pages(rows):
    """Or the test before would find it nowhere for another reason."""
    client, routes = client_of(OWNER, rows), dict(addresses())
    for name in ("retrieval:history", "places:collections", "accounts:keys"):
        assert attempt(client, "get", rows.path(name, routes[name]), rows).shows, name
    name = "retrieval:query-delete"
    assert attempt(client, "post", rows.path(name, routes[name]), rows).changes
