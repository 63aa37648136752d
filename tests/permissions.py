"""Everybody who may come, every address that they may try, and what became of it; for the table of tests/test_permissions.py."""

from __future__ import annotations

import copy
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.utils import timezone

from accounts import keys, roles
from accounts.models import ApiKey, User
from config.partners import wheel
from places.models import Collection, Contribution, LandmarkImage
from retrieval.models import Query
from tests.factories import LandmarkImageFactory, UserFactory, drawn_photo

ANYBODY, USER, OWNER = "anybody", "an account", "its owner"
ROLES = [str(role) for role in roles.Role]
SCOPES = ["search", "catalogue", "contribute", "export"]
PEOPLE = [ANYBODY, USER, OWNER, *ROLES]
KEYS = [f"a key to {scope}" for scope in SCOPES]
REVOKED, UNKNOWN = "a revoked key", "no key at all"

IN, LOG_IN, SENT_AWAY, NOT_THERE, FORBIDDEN, UNKNOWN_CALLER, METHOD, BROKEN = (
    "in", "log in", "sent away", "not there", "forbidden", "who are you", "method", "broken",
)  # fmt: skip


@dataclass(frozen=True)
class Rows:
    """Something of each kind that belongs to one owner, and values for every address."""

    owner: User
    values: dict[str, dict[str, object]]  # by what the address's name begins with

    def path(self, name: str, route: str) -> str:
        values = next((found for start, found in self.values.items() if name.startswith(start)), {})
        values = self.values[""] | values
        route = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", r"<\1>", route)

        def value(match: re.Match) -> str:
            return str(values[match[1].rpartition(":")[2]])

        return "/" + re.sub(r"<([^<>]+)>", value, route.replace("^", "").replace("$", "").replace("\\", ""))


def addresses() -> Iterator[tuple[str, str]]:
    """The name and the route of every address but the desk's, which tests/accounts/test_roles.py has.

    The API's second ones, with the format as an ending, lead to the same views.
    """

    def walk(patterns, prefix: str = "", spaces: tuple[str, ...] = ()):
        for each in patterns:
            route = prefix + str(each.pattern)
            if isinstance(each, URLPattern):
                yield ":".join([*spaces, each.name or route]), route
            elif each.namespace != "admin":
                yield from walk(each.url_patterns, route, (*spaces, *filter(None, [each.namespace])))

    for name, route in walk(get_resolver().url_patterns):
        if "format>" not in route:
            yield name, route


HIDDEN = "hidden-from-others"  # stands in what is the owner's


def made_rows() -> Rows:
    owner = UserFactory(email="owner@example.org")
    photo = ContentFile(drawn_photo(1, (64, 48)), name="q.jpg")
    query = Query.objects.create(
        user=owner,
        photo=photo,
        width=64,
        height=48,
        method="sir",
        title=HIDDEN,
        state="answered",
        answered_at=timezone.now(),
    )
    published = LandmarkImageFactory(published=True, size=(64, 48), seed=2)
    offered = LandmarkImageFactory(contributed_by=owner, size=(64, 48), seed=3, landmark=published.landmark)
    Contribution.objects.create(image=offered, may_license=True, note=HIDDEN)
    collection = Collection.objects.create(owner=owner, name=HIDDEN)
    key = keys.issue(owner, name=HIDDEN, scopes=SCOPES).key
    return Rows(
        owner,
        {
            "retrieval:lookalikes": {"slug": published.landmark.slug},
            "retrieval:similar": {"image_id": published.pk},
            "retrieval:": {"pk": query.pk, "rank": 0},
            "places:collection": {"pk": collection.pk},
            "places:contribution": {"pk": offered.pk},
            "places:": {"pk": published.pk, "slug": published.landmark.slug, "key": uuid.uuid4()},
            "accounts:key": {"pk": key.pk},
            "api:search": {"pk": query.pk, "rank": 0},
            "api:batch": {"pk": uuid.uuid4()},
            "api:contribution": {"pk": offered.pk},
            "api:export": {"pk": uuid.uuid4()},
            "partners-client": {"version": wheel.version()},
            "api:province": {"slug": published.landmark.province.slug},
            "api:landmark": {"slug": published.landmark.slug},
            "api:problem": {"code": "not_found"},
            "photo-file": {"name": published.photo.name},
            "": {"pk": published.pk, "key": "no-such-key", "uidb36": "1", "slug": "none"},
        },
    )


def client_of(who: str, rows: Rows) -> Client:
    if who in KEYS or who in (REVOKED, UNKNOWN):
        made = keys.issue(UserFactory(), name=who, scopes=[who.rpartition(" ")[2]] if who in KEYS else SCOPES)
        if who == REVOKED:
            keys.revoke([made.key])
        token = made.token[:-1] + ("a" if made.token[-1] != "a" else "b") if who == UNKNOWN else made.token
        return Client(raise_request_exception=False, headers={"authorization": f"Bearer {token}"})
    client = Client(raise_request_exception=False)
    if who != ANYBODY:
        user = rows.owner if who == OWNER else UserFactory()
        if who in ROLES:
            roles.give(user, roles.Role(who), by=None)
        # As people do: pages that ask for the password again know that it was just given.
        answer = client.post("/accounts/login/", {"login": user.email, "password": "secret"})
        assert answer.status_code == 302, who
        client.post("/accounts/reauthenticate/", {"password": "secret"})
    return client


@dataclass(frozen=True)
class Attempt:
    """What became of a request, in one word; whether it showed or changed what is the owner's."""

    outcome: str
    shows: bool
    changes: bool


def attempt(client: Client, method: str, path: str, rows: Rows) -> Attempt:
    """Try it; what it did is undone."""
    cache.clear()  # nobody is slowed down
    cookies = copy.deepcopy(client.cookies)
    with transaction.atomic():
        before = _what_is_the_owners(rows.owner) if method == "post" else None
        answer = getattr(client, method)(path)
        content = answer.getvalue()
        changes = before is not None and _what_is_the_owners(rows.owner) != before
        transaction.set_rollback(True)
    client.cookies = cookies  # also of one who has logged out
    return Attempt(_outcome(answer), HIDDEN.encode() in content, changes)


def _what_is_the_owners(owner: User) -> list:
    """All rows that belong to the owner, but for what is only counted."""
    own = {"pk": owner.pk}
    return [
        list(rows.values())
        for rows in (
            User.objects.filter(**own),
            Query.objects.filter(user=owner),
            Collection.objects.filter(owner=owner),
            LandmarkImage.objects.filter(contributed_by=owner),
            Contribution.objects.filter(image__contributed_by=owner),
            ApiKey.objects.filter(owner=owner),
        )
    ]


def _outcome(answer: HttpResponse) -> str:
    if answer.status_code in (301, 302, 303):
        return LOG_IN if answer["Location"].startswith("/accounts/login/") else SENT_AWAY
    if answer.status_code >= 500:
        return BROKEN
    named = {401: UNKNOWN_CALLER, 403: FORBIDDEN, 404: NOT_THERE, 405: METHOD}
    return named.get(answer.status_code, IN)
