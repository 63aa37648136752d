"""Telling programs that what they asked is done: a signed message to an address of theirs, in the way of Standard
Webhooks (standardwebhooks.com), at least once.

The Webhook row is the truth: it is due from the moment that the answer is stored, and until the receiver has said
that it heard, or was tried too often. What is signed is the message's id, the second it was sent and its body.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import F
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from places import public_web
from places.public_web import NotFetched, NotPublic

from . import signed_addresses
from .models import Batch, Query, RankedPlace, Webhook
from .models.queries import NAMED_AT_MOST

PREFIX = "whsec_"
FEWEST_BYTES, MOST_BYTES = 24, 64  # of a secret
PATIENCE = 10  # seconds that a receiver may take in all
PAUSES = [
    timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 3600)
]  # after the first failure, the second, …
MOST_ATTEMPTS = 1 + len(PAUSES)

State, Reason = Webhook.State, Webhook.Reason


@dataclass(frozen=True)
class Hook:
    """An address to tell, the secret to sign with, and this platform's own address as the caller knows it."""

    url: str
    secret: str
    site: str


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def key_of(secret: str) -> bytes:
    """The bytes that a secret stands for; raises ValueError where it is none: whsec_ and 24 to 64 bytes as base64."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if not secret.startswith(PREFIX) or not FEWEST_BYTES <= len(key) <= MOST_BYTES:
        raise ValueError("not a secret")
    return key


def hang(hook: Hook, *, query: Query | None = None, batch: Batch | None = None) -> Webhook:
    """Keep whom to tell once a search or a batch is done."""
    return Webhook.objects.create(query=query, batch=batch, url=hook.url, secret=hook.secret, site=hook.site)


def make_due(**done: object) -> None:
    """Let whoever waits for it be told from now on; in the transaction that stores the answer. done: query or batch."""
    Webhook.objects.filter(**done, due_at=None).update(due_at=Now())


def deliver(webhook: Webhook) -> None:
    """Tell a receiver, and note what came of it."""
    # Before it is sent: an attempt that takes its worker down counts too.
    Webhook.objects.filter(pk=webhook.pk).update(attempts=F("attempts") + 1)
    webhook.refresh_from_db()
    body = json.dumps(message(webhook), cls=DjangoJSONEncoder, ensure_ascii=False).encode()
    status, reason = None, ""
    try:
        status = public_web.post(
            webhook.url,
            body,
            headers={
                "Content-Type": "application/json",
                **signed(webhook, body, at=int(timezone.now().timestamp())),
            },
            seconds=PATIENCE,
            public_only=settings.WEBHOOKS_PUBLIC_ONLY,
        )
    except NotPublic:
        reason = Reason.NOT_PUBLIC
    except NotFetched:
        reason = Reason.UNREACHABLE
    else:
        if status == 410:
            reason = Reason.GONE
        elif not 200 <= status < 300:
            reason = Reason.NOT_ACCEPTED
    _note(webhook, status=status, reason=reason)


def _note(webhook: Webhook, *, status: int | None, reason: str) -> None:
    came = {"status": status, "reason": reason, "queued_at": None}
    if not reason:
        came |= {"state": State.DELIVERED, "delivered_at": Now()}
    elif reason == Reason.GONE or webhook.attempts >= MOST_ATTEMPTS:
        came |= {"state": State.GIVEN_UP}
    else:
        came |= {"due_at": Now() + PAUSES[webhook.attempts - 1]}
    Webhook.objects.filter(pk=webhook.pk).update(**came)


def signed(webhook: Webhook, body: bytes, *, at: int) -> dict[str, str]:
    """The headers that show who sent it, and when: the id is the same each time that the same thing is told."""
    message_id = f"msg_{webhook.pk.hex}"
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": signature(message_id, body, at=at, secret=webhook.secret),
    }


def signature(message_id: str, body: bytes, *, at: int, secret: str) -> str:
    """Of a message sent at this second of the epoch, as Standard Webhooks have it."""
    told = hmac.digest(key_of(secret), f"{message_id}.{at}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(told).decode()


def message(webhook: Webhook) -> dict:
    """What a receiver is told: enough to know what came out, and where the whole answer is."""
    if webhook.batch_id:
        return _of_batch(webhook)
    query = webhook.query
    places = RankedPlace.objects.filter(query=query).select_related("landmark")[:NAMED_AT_MOST]
    return {
        "type": f"search.{query.state}",
        "timestamp": query.answered_at,
        "data": {
            "id": query.pk,
            "url": webhook.site + signed_addresses.path_of(query.pk),
            "state": query.state,
            "reason": query.reason,
            "verdict": query.verdict,
            "known": query.known,
            "places": [
                {
                    "slug": place.landmark.slug,
                    "name_vi": place.landmark.name_vi,
                    "name_en": place.landmark.name_en,
                    "probability": place.probability,
                }
                for place in places
            ],
        },
    }


def _of_batch(webhook: Webhook) -> dict:
    batch = Batch.objects.with_progress().get(pk=webhook.batch_id)
    counts = {name: getattr(batch, name) for name in ("total", "answered", "failed", "refused")}
    address = webhook.site + reverse("api:batch-detail", args=[batch.pk])
    return {
        "type": "batch.finished",
        "timestamp": batch.finished_at,
        "data": {"id": batch.pk, "url": address} | counts,
    }
