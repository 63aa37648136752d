"""A receiver knows what comes from the platform."""

from __future__ import annotations

import time

import pytest

from retrieval import webhooks
from retrieval.models import Webhook
from vietnam_tourism import NotSigned, verify_webhook

BODY = b'{"type": "search.answered", "timestamp": "2026-11-30T08:00:00+07:00", "data": {"id": "1"}}'
SECRET = webhooks.new_secret()
NOW = 1_796_000_000


def signed(body: bytes = BODY, *, at: int = NOW, secret: str = SECRET) -> dict[str, str]:
    """As the platform itself signs."""
    return webhooks.signed(Webhook(secret=secret), body, at=at)


def test_what_the_platform_signed_is_read():
    headers = signed()
    message = verify_webhook(BODY, headers, SECRET, now=NOW + 10)
    assert (message.type, message.data) == ("search.answered", {"id": "1"})
    assert message.id == headers["webhook-id"]
    assert message.timestamp.isoformat() == "2026-11-30T08:00:00+07:00"


def test_headers_are_read_in_any_case():
    assert verify_webhook(BODY, {name.title(): value for name, value in signed().items()}, SECRET, now=NOW)


def test_one_of_several_signatures_is_enough():
    headers = signed()
    headers["webhook-signature"] = f"v1,other v1a,another {headers['webhook-signature']}"
    assert verify_webhook(BODY, headers, SECRET, now=NOW)


@pytest.mark.parametrize(
    ("body", "headers", "secret"),
    [
        (BODY + b" ", signed(), SECRET),
        (BODY, signed() | {"webhook-id": "msg_other"}, SECRET),
        (BODY, signed() | {"webhook-timestamp": str(NOW + 1)}, SECRET),
        (BODY, signed() | {"webhook-signature": "v1,ä"}, SECRET),
        (BODY, signed() | {"webhook-timestamp": "soon"}, SECRET),
        (BODY, signed(), webhooks.new_secret()),
        (BODY, signed(), "whsec_not base64"),
        (BODY, {}, SECRET),
    ],
    ids=[
        "another body",
        "another id",
        "another time",
        "no signature",
        "no time",
        "another secret",
        "no secret",
        "nothing",
    ],
)
def test_what_anybody_else_sends_is_not(body, headers, secret):
    with pytest.raises(NotSigned):
        verify_webhook(body, headers, secret, now=NOW)


@pytest.mark.parametrize("late", [-301, 301])
def test_what_was_signed_long_ago_or_in_the_future_is_not(late):
    with pytest.raises(NotSigned, match="old"):
        verify_webhook(BODY, signed(), SECRET, now=NOW + late)


def test_its_own_clock_is_used_unless_told_otherwise():
    assert verify_webhook(BODY, signed(at=int(time.time())), SECRET)
