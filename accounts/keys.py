"""API keys: made, found by what a program sends, renamed, revoked."""

from __future__ import annotations

import hashlib
import re
import secrets
import string
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, router, transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .models import ApiKey, User

LETTERS = string.ascii_letters + string.digits
PUBLIC, SECRET = 8, 40  # letters; 62 ** 40 is more than 2 ** 238
TOKEN = re.compile(rf"(vtr_[A-Za-z0-9]{{{PUBLIC}}})_([A-Za-z0-9]{{{SECRET}}})")
NOBODYS = "0" * 64  # no hash: compared with where there is no such key, so that both take as long
MADE_A_DAY = 4  # times as many as may be held: keys in turn would give their quotas in turn


class TooMany(Exception):
    """The account has as many keys as it may; the message says how many."""


class AlreadyMade(Exception):
    """The same form was sent before, and made its key then."""


@dataclass(frozen=True)
class Made:
    """A new key, and what its programs send: the only time that anybody sees it."""

    key: ApiKey
    token: str = field(repr=False)


def new_prefix() -> str:
    """A name for a key to come, which stands in lists; a form carries it, so that it makes one key however often it is sent."""
    return f"vtr_{_letters(PUBLIC)}"


def issue(
    owner: User, *, name: str, scopes: Iterable[str], origins: Iterable[str] = (), prefix: str = ""
) -> Made:
    """Make a key. Raises TooMany, AlreadyMade."""
    prefix, secret = prefix or new_prefix(), _letters(SECRET)
    try:
        with transaction.atomic():
            User.objects.select_for_update(no_key=True).get(
                pk=owner.pk
            )  # or two at once would both be the last
            if ApiKey.objects.filter(prefix=prefix).exists():
                raise AlreadyMade
            _check_number(owner)
            key = ApiKey.objects.create(
                owner=owner,
                name=name,
                prefix=prefix,
                secret_hash=_hash(secret),
                scopes=list(scopes),
                allowed_origins=list(origins),
            )
    except IntegrityError as error:
        raise AlreadyMade from error
    return Made(key, f"{prefix}_{secret}")


def _check_number(owner: User) -> None:
    keys, most = ApiKey.objects.of(owner), settings.KEYS_PER_ACCOUNT
    if keys.filter(revoked_at=None).count() >= most:
        raise TooMany(
            ngettext(
                "An account has at most {number} key. Revoke the old one first.",
                "An account has at most {number} keys. Revoke one first.",
                most,
            ).format(number=most)
        )
    if keys.filter(created_at__gt=timezone.now() - timedelta(days=1)).count() >= MADE_A_DAY * most:
        raise TooMany(_("Many keys were made today. Please make the next one tomorrow."))


def find(token: str) -> ApiKey | None:
    """The key that this opens, revoked ones and those of closed accounts too; None where there is none.

    How long it takes tells nothing of the secret.
    """
    parts = TOKEN.fullmatch(token)
    if parts is None:
        return None
    held = ApiKey.objects.using(router.db_for_write(ApiKey))  # a replica may not know yet that it is revoked
    key = held.select_related("owner").filter(prefix=parts[1]).first()
    is_right = constant_time_compare(key.secret_hash if key else NOBODYS, _hash(parts[2]))
    return key if is_right else None


def opens(key: ApiKey) -> bool:
    return key.revoked_at is None and key.owner.is_active


def rename(key: ApiKey, name: str) -> None:
    key.name = name
    key.save(update_fields=["name"])


def revoke(keys: Iterable[ApiKey]) -> int:
    """End keys at once and for good; returns how many were not ended before."""
    pks = [key.pk for key in keys]
    return ApiKey.objects.filter(pk__in=pks, revoked_at=None).update(revoked_at=timezone.now())


def revoke_all_of(owner: User) -> int:
    """An account that is closed loses its keys: opened again, it makes new ones."""
    return revoke(owner.api_keys.all())


def told_of(owner: User) -> list[dict]:
    """All that is kept of an account's keys and their use, for their owner to take along."""
    return [
        {
            "name": key.name,
            "begins_with": key.prefix,
            "scopes": key.scopes,
            "allowed_origins": key.allowed_origins,
            "made": key.created_at,
            "last_used": key.last_used_at,
            "revoked": key.revoked_at,
            "usage": list(key.usage.order_by("day", "kind").values("day", "kind", "requests", "refusals")),
        }
        for key in ApiKey.objects.of(owner)
    ]


def _letters(number: int) -> str:
    return "".join(secrets.choice(LETTERS) for _number in range(number))


def _hash(secret: str) -> str:
    """Random as it is, a secret needs no slow hash: nobody can try them all."""
    return hashlib.sha256(secret.encode()).hexdigest()
