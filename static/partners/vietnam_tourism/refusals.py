"""What goes wrong."""

from __future__ import annotations

import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from .answers import built


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field or parameter; `field` is empty where it is the whole request."""

    field: str
    code: str
    detail: str


class Problem(Exception):
    """The platform refused (RFC 9457). `code` is for programs, `detail` for people; `body` has all that was said."""

    def __init__(self, response: httpx.Response) -> None:
        try:
            said = response.json()
        except ValueError:
            said = None
        self.body: dict[str, Any] = said if isinstance(said, dict) else {}
        self.status: int = response.status_code
        self.code: str = self.body.get("code", "")
        self.title: str = self.body.get("title", response.reason_phrase)
        self.detail: str = self.body.get("detail", "")
        self.type: str = self.body.get("type", "about:blank")
        self.errors: list[FieldError] = [built(FieldError, each) for each in self.body.get("errors", [])]
        self.retry_after: float | None = seconds_to_wait(response)
        self.request_id: str = response.headers.get("X-Request-ID", "")
        super().__init__(f"{self.code or self.status}: {self.detail or self.title}")


class NotReached(Exception):
    """The platform did not answer, however often it was asked."""


class NotSigned(Exception):
    """A message that the platform did not send, or sent too long ago."""


def seconds_to_wait(response: httpx.Response) -> float | None:
    """Seconds, from either form of the header."""
    said = response.headers.get("Retry-After", "")
    if said.isdecimal():
        return float(said)
    try:
        return max(parsedate_to_datetime(said).timestamp() - time.time(), 0.0)
    except (TypeError, ValueError):
        return None
