"""What is done with requests to take something down: receive, accept, decline. Each answers by e-mail."""

from __future__ import annotations

import re
from datetime import timedelta

from django.core.mail import EmailMessage
from django.db import IntegrityError, models, transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext_noop

from . import curation
from .models import Landmark, LandmarkImage, TakedownRequest

MOST_A_DAY = 5  # from one address: nobody's mailbox is filled through us
WITHDRAWN = gettext_noop("Withdrawn after a report.")  # kept as a photo's reason, translated when it is read

State = TakedownRequest.State

_PHOTO_PAGE = re.compile(r"/places/photos/(\d+)/|^#?(\d+)$")
_PHOTO_FILE = re.compile(r"/(?:photos|thumbnails|renditions)/.*?([0-9a-f]{64})")
_PLACE_PAGE = re.compile(r"/places/([-a-zA-Z0-9_]+)/")


class TooMany(Exception):
    """So many requests have come from this e-mail address today that no more are taken."""


class NothingToWithdraw(Exception):
    """The request is about no photo that is shown."""


def find(address: str) -> LandmarkImage | Landmark | None:
    """The published photo or the place that an address on this site or a photo's number means."""
    address = address.strip()
    published = LandmarkImage.objects.published().select_related("landmark")
    if match := _PHOTO_FILE.search(address):
        return published.filter(sha256=match[1]).first()
    if match := _PHOTO_PAGE.search(address):
        return published.filter(pk=match[1] or match[2]).first()
    if match := _PLACE_PAGE.search(address):
        return Landmark.objects.filter(slug=match[1]).first()
    return None


def receive(request: TakedownRequest) -> None:
    """Put a request into the curators' queue and confirm it to its sender; one sent twice is kept once.

    Raises TooMany.
    """
    if TakedownRequest.objects.filter(key=request.key).exists():
        return
    today = TakedownRequest.objects.filter(
        email__iexact=request.email, at__gt=timezone.now() - timedelta(days=1)
    )
    if today.count() >= MOST_A_DAY:
        raise TooMany
    try:
        with transaction.atomic():
            request.save()
            _write_to_sender(request, "received")
    except IntegrityError:
        if not TakedownRequest.objects.filter(key=request.key).exists():
            raise


@transaction.atomic
def accept(request: TakedownRequest, *, answer: str, actor: models.Model, withdraw: bool) -> bool:
    """Say that a request was right, and if so asked withdraw its photo; False where it was decided before.

    Raises NothingToWithdraw.
    """
    request = _still_open(request)
    if request is None:
        return False
    if withdraw:
        if request.image is None or request.image.state != LandmarkImage.State.PUBLISHED:
            raise NothingToWithdraw
        curation.reject([request.image], reason=WITHDRAWN, actor=actor)
        request.image.refresh_from_db()
    _decide(request, state=State.ACCEPTED, answer=answer, actor=actor)
    return True


@transaction.atomic
def decline(request: TakedownRequest, *, answer: str, actor: models.Model) -> bool:
    """Say that nothing is changed, and why; False where it was decided before."""
    request = _still_open(request)
    if request is None:
        return False
    _decide(request, state=State.DECLINED, answer=answer, actor=actor)
    return True


def _still_open(request: TakedownRequest) -> TakedownRequest | None:
    return TakedownRequest.objects.open().select_for_update().filter(pk=request.pk).first()


def _decide(request: TakedownRequest, *, state: str, answer: str, actor: models.Model) -> None:
    request.state, request.answer = state, answer
    request.handled_by, request.handled_at = actor, timezone.now()
    request.save(update_fields=["state", "answer", "handled_by", "handled_at"])
    _write_to_sender(request, state)


def _write_to_sender(request: TakedownRequest, what: str) -> None:
    """Write in the sender's language once the decision stands; a letter that cannot go out undoes nothing."""
    with translation.override(request.language):
        subject = render_to_string("places/email/takedown_subject.txt", {"request": request, "what": what})
        body = render_to_string(f"places/email/takedown_{what}.txt", {"request": request})
    letter = EmailMessage(" ".join(subject.split()), body, to=[request.email])
    transaction.on_commit(letter.send, robust=True)
