"""What all calls that ask have in common: who asks, what makes two calls the same, whom to tell."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping

from allauth.account.adapter import get_adapter
from django.core.exceptions import TooManyFilesSent
from django.db.models import Model
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.parsers import JSONParser, MultiPartParser

from retrieval import webhooks
from retrieval.batches import Sent
from retrieval.keeping import KeyReused
from retrieval.visitors import asks_privately, visitor_of
from retrieval.webhooks import Hook

LONGEST_KEY = 255

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Any text of your own, up to 255 characters, another for each question: sent again with the same "
    "question it makes nothing new but gives what it gave before, as long as that is kept; with another question "
    "it is refused (422). It is known of you alone, and for each address of the API by itself.",
)


class IdempotencyKeyReused(APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"
    default_detail = _("This Idempotency-Key was sent with another question before. Please send a new one.")


class Asks:
    """A viewset that takes questions: forms with files, or JSON with base64."""

    required_scope = "search"  # of a key
    asking_actions = frozenset({"create"})  # each photo counts as one
    parser_classes = [MultiPartParser, JSONParser]
    filter_backends: list = []
    too_many_photos: Callable[[], str]  # says how many are taken
    lookup_value_regex = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

    def cost_of(self, request) -> int:
        """As many as it has photos, under whichever name."""
        sent = request.data
        if hasattr(sent, "getlist"):
            return len(sent.getlist("photo")) + len(sent.getlist("photos"))
        photos = sent.get("photos") if isinstance(sent, dict) else None
        has_one = isinstance(sent, dict) and ("photo" in sent or "image" in sent)
        return has_one + (len(photos) if isinstance(photos, list) else 0)

    def handle_exception(self, exc: Exception):
        if isinstance(exc, TooManyFilesSent):  # while the form was read, before any field of it
            exc = ValidationError({"photos": [self.too_many_photos()]}, code="too_many_photos")
        elif isinstance(exc, KeyReused):
            exc = IdempotencyKeyReused()
        return super().handle_exception(exc)

    def checked(self, serializer_class, *, leaving: tuple[str, ...] = ()) -> tuple[dict, dict]:
        """What `asking` is asked, and apart from it the fields named in `leaving`, which only say how to answer."""
        asked = serializer_class(data=self.request.data, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        question = dict(asked.validated_data)
        left = {name: question.pop(name) for name in leaving}
        question["private"] |= asks_privately(self.request)
        marks = {"once": self._once(), "fingerprint": ""}
        if marks["once"]:
            marks["fingerprint"] = _fingerprint(question)
        url, secret = question.pop("webhook"), question.pop("webhook_secret")
        if url:
            site = self.request.build_absolute_uri("/").rstrip("/")
            question["webhook"] = Hook(url, secret or webhooks.new_secret(), site)
        return question | marks, left

    def _once(self) -> uuid.UUID | None:
        """The same for the same key of the same caller at the same address; None where no key is sent."""
        key = self.request.headers.get("Idempotency-Key")
        if key is None:
            return None
        key = key.strip().removeprefix('"').removesuffix('"')
        if not 0 < len(key) <= LONGEST_KEY:
            raise ValidationError(
                {"Idempotency-Key": [_("An Idempotency-Key has 1 to 255 characters.")]},
                code="bad_idempotency_key",
            )
        said = repr(("Idempotency-Key", self._caller(), self.request.path, key))
        return uuid.UUID(bytes=hashlib.sha256(said.encode()).digest()[:16])

    def _caller(self) -> str:
        user, session_key = visitor_of(self.request).values()
        if user.is_authenticated:
            return f"account {user.pk}"
        return (
            f"session {session_key}" if session_key else f"from {get_adapter().get_client_ip(self.request)}"
        )


def _fingerprint(question: Mapping) -> str:
    """The same for the same question, however it was sent."""
    told = sorted((name, _told(value)) for name, value in question.items())
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _told(value: object) -> str:
    if isinstance(value, Model):
        return f"{value._meta.label} {value.pk}"
    if isinstance(value, bytes | Sent):
        return hashlib.sha256(value if isinstance(value, bytes) else value.read()).hexdigest()
    if isinstance(value, list | tuple):
        return repr([_told(each) for each in value])
    return repr(value)
