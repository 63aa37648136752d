"""How to know that a message comes from the platform (Standard Webhooks, standardwebhooks.com)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .refusals import NotSigned

SIGNATURE = "v1"


@dataclass(frozen=True)
class Message:
    """What the platform told: `type` is search.answered, search.failed or batch.finished.

    The same thing may be told more than once; then `id` is the same.
    """

    id: str
    type: str
    timestamp: datetime
    data: dict[str, Any]


def verify_webhook(
    body: bytes,
    headers: Mapping[str, str],
    secret: str,
    *,
    tolerance: float = 300.0,
    now: float | None = None,
) -> Message:
    """The message, once it is certain that the platform sent it, and not long ago. Raises NotSigned.

    body: the bytes as they came, before anything reads them. secret: whsec_..., as it stood in the answer to your call
    or as you sent it. tolerance: seconds that the clocks may differ, and the message may have travelled.
    """
    said = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, at = said["webhook-id"], said["webhook-timestamp"]
        signatures = said["webhook-signature"].split()
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        age = abs((time.time() if now is None else now) - int(at))
    except (KeyError, ValueError, binascii.Error) as error:
        raise NotSigned("a header is missing or unreadable, or the secret is none") from error
    if age > tolerance:
        raise NotSigned("the message is too old")
    signed = f"{message_id}.{at}.".encode() + body
    right = f"{SIGNATURE},".encode() + base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
    if not any(hmac.compare_digest(right, each.encode()) for each in signatures):
        raise NotSigned("the signature is another")
    told = json.loads(body)
    return Message(message_id, told["type"], datetime.fromisoformat(told["timestamp"]), told["data"])
