"""Many photos at once: kept together, answered one by one, done when the last of them is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from places.photo import PhotoRefused
from retrieval.answering import approaches

from . import keeping, webhooks
from .models import Batch, BatchPhoto, Query
from .webhooks import Hook

MOST_PHOTOS = 100


class TooManyPhotos(ValueError):
    """More photos than one batch takes."""


class AllRefused(ValueError):
    """None of the photos can be used; `refusals` are in their order."""

    def __init__(self, refusals: Sequence[PhotoRefused]) -> None:
        super().__init__(len(refusals))
        self.refusals = refusals


@dataclass(frozen=True)
class Sent:
    """A photo as it was sent, read when its turn comes: a hundred of them are many bytes."""

    file: BinaryIO
    name: str = ""

    def read(self) -> bytes:
        self.file.seek(0)
        return self.file.read()


def keep(
    photos: Sequence[Sent],
    *,
    user,
    method: str,
    verifier: str = "",
    once: UUID | None = None,
    fingerprint: str = "",
    webhook: Hook | None = None,
    **limits,
) -> tuple[Batch, bool]:
    """Keep a batch with a search for each photo that can be used; returns it, and whether it is new.

    limits: k, province, category, words, bbox, near and private, as `asking.ask` takes them; once and fingerprint
    as there. Raises TooManyPhotos, AllRefused, UnknownMethod, UnknownVerifier, KeyReused.
    """
    approaches.find(method, verifier=verifier)
    if len(photos) > MOST_PHOTOS:
        raise TooManyPhotos(len(photos))
    if before := _kept_before(once):
        return keeping.same(before, fingerprint), False
    batch = Batch(user=user, once=once, fingerprint=fingerprint)
    rows, refusals = [], []
    stored: list[Query] = []
    try:
        for number, sent in enumerate(photos):
            row = BatchPhoto(batch=batch, number=number, name="" if limits.get("private") else sent.name)
            rows.append(row)
            try:
                copy = keeping.copy_of(sent.read())
            except PhotoRefused as refusal:
                row.refusal = refusal.code
                refusals.append(refusal)
                continue
            size = {"width": copy.width, "height": copy.height}
            row.query = Query(user=user, method=method, verifier=verifier, **size, **limits)
            # The files first, so that neither a hundred copies are in memory nor a transaction stays open.
            keeping.store(row.query, copy)
            stored.append(row.query)
        if not stored:
            raise AllRefused(refusals)
        with transaction.atomic():
            batch.save()
            Query.objects.bulk_create(stored)
            BatchPhoto.objects.bulk_create(rows)
            if webhook:
                webhooks.hang(webhook, batch=batch)
    except Exception as error:
        for query in stored:
            query.photo.delete(save=False)
        if isinstance(error, IntegrityError) and (before := _kept_before(once)):  # at the same moment
            return keeping.same(before, fingerprint), False
        raise
    return batch, True


def _kept_before(once: UUID | None) -> Batch | None:
    return Batch.objects.filter(once=once).first() if once else None


def unanswered(batch_id: object) -> list[UUID]:
    """Those of its searches that are to be answered, in the order of its photos."""
    waiting = Query.objects.unanswered().filter(batch_photo__batch=batch_id)
    return list(waiting.order_by("batch_photo__number").values_list("pk", flat=True))


@transaction.atomic
def go_on(batch_id: object) -> Batch | None:
    """The batch where searches of it are unanswered; else it is finished, and whoever waits for it is due to be told."""
    batch = Batch.objects.unfinished().filter(pk=batch_id)
    if unanswered(batch_id):
        return batch.first()
    if batch.update(finished_at=Now()):  # of those who answered the last ones at the same moment, one
        webhooks.make_due(batch=batch_id)
    return None


@transaction.atomic
def delete(batch: Batch) -> None:
    """End a batch: what waits is not answered any more, and all its searches go, with their photos."""
    Query.objects.filter(batch_photo__batch=batch).delete()
    batch.delete()
