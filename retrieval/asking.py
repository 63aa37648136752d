"""A question is kept and queued: the verbs of all who ask, on a page, by the API, in tests."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import IntegrityError, transaction

from places.models import LandmarkImage, Province
from retrieval.answering import approaches

from . import announcing, batches, keeping, serving, tasks, webhooks
from .keeping import MOST_PHOTOS, Fractions, TooManyPhotos
from .models import Batch, Query
from .webhooks import Hook

BATCH_CHAINS = 4  # searches of a batch in the queue at once, so that visitors do not wait behind all


def ask(
    photo: bytes,
    *,
    method: str,
    more: Sequence[bytes] = (),
    verifier: str = "",
    box: Fractions | None = None,
    beside: Query | None = None,
    from_image: LandmarkImage | None = None,
    once: UUID | None = None,
    fingerprint: str = "",
    user=None,
    session_key: str = "",
    k: int = 50,
    province: Province | None = None,
    category: str = "",
    words: str = "",
    bbox: Fractions | None = None,
    near: tuple[float, float, float] | None = None,
    private: bool = False,
    webhook: Hook | None = None,
) -> Query:
    """Keep a visitor's question and queue it.

    more: further photos of the same place. box: on the first photo, left, top, right, bottom as fractions of the
    upright photo. words: in or near which place alone to look; bbox: between which west, south, east and north,
    near: around which latitude and longitude, within how many km. beside: the search of the same photos that this
    one is compared to. from_image: whose photo it is, where it is of the catalogue. once: asked with the same
    before, that search is the answer, and nothing is kept; fingerprint: of what is asked, where `once` does not
    hold it. private: it is kept only until it has been read. webhook: whom to tell that it is done. What is kept
    of a photo is an upright copy without metadata. Raises PhotoRefused (OneOfSeveralRefused for several),
    TooManyPhotos, UnknownMethod, UnknownVerifier, BadBox, KeyReused (`once` with another fingerprint); then
    nothing is kept.
    """
    approaches.find(method, verifier=verifier)
    if len(more) >= MOST_PHOTOS:
        raise TooManyPhotos(1 + len(more))
    if before := _asked_before(once):
        return keeping.same(before, fingerprint)
    first, *others = keeping.copies_of([photo, *more])
    shared = {
        "user": user if user and user.is_authenticated else None,
        "session_key": session_key,
        "method": method,
        "verifier": verifier,
        "k": k,
        "province": province,
        "category": category,
        "private": private,
        "from_image": from_image,
        "words": words,
        "bbox": bbox,
        "near": near,
    }
    size = {"width": first.width, "height": first.height}
    query = Query(beside=beside, once=once, fingerprint=fingerprint, **size, **shared)
    keeping.draw(query, box)
    try:
        with transaction.atomic():
            keeping.keep(query, first)
            for copy in others:
                keeping.keep(Query(part_of=query, width=copy.width, height=copy.height, **shared), copy)
            if webhook:
                webhooks.hang(webhook, query=query)
    except IntegrityError:
        query.photo.delete(save=False)  # the file was written before the row was refused
        if before := _asked_before(once):  # at the same moment
            return keeping.same(before, fingerprint)
        raise
    transaction.on_commit(lambda: tasks.enqueue(query))
    return query


def _asked_before(once: UUID | None) -> Query | None:
    return Query.objects.filter(once=once).first() if once else None


def ask_about(image: LandmarkImage, **question) -> Query:
    """Ask about a published photo of the catalogue, which with its near-duplicates is then not found itself.

    question: as `ask` takes it. Raises what `ask` does, and FileNotFoundError (the photo was withdrawn meanwhile).
    """
    with image.photo.open() as file:
        photo = file.read()
    return ask(photo, from_image=image, **question)


def ask_again(
    query: Query,
    *,
    method: str,
    verifier: str = "",
    box: Fractions | None = None,
    beside: Query | None = None,
    once: UUID | None = None,
    everywhere: bool = False,
    user=None,
    session_key: str = "",
    private: bool = False,
) -> Query:
    """Ask about the photos of an earlier query by another method, with another box, or without what limited it.

    Of a private one, privately. Raises UnknownMethod, UnknownVerifier, BadBox, FileNotFoundError (a photo is
    gone).
    """
    photo, *more = (_bytes_of(each) for each in (query, *query.views.order_by("asked_at", "pk")))
    return ask(
        photo,
        more=more,
        method=method,
        verifier=verifier,
        box=box,
        beside=beside,
        from_image=query.from_image,
        once=once,
        user=user,
        session_key=session_key,
        k=query.k,
        **({} if everywhere else _limits_of(query)),
        private=private or query.private,
    )


def _limits_of(query: Query) -> dict:
    return {name: getattr(query, name) for name in ("province", "category", "words", "bbox", "near")}


def _bytes_of(query: Query) -> bytes:
    with query.photo.open() as file:
        return file.read()


@transaction.atomic
def compare(query: Query) -> Query:
    """Ask about a query's photos and box by every other method offered, each once; returns the one they stand beside.

    They belong to whoever asked that one, so that they are read, shared and deleted with it.
    Raises FileNotFoundError (a photo is gone).
    """
    root = Query.objects.select_for_update().get(pk=query.root.pk)
    there = {root.method, *root.siblings.values_list("method", flat=True)}
    for method in serving.offered():
        if method not in there:
            ask_again(
                root,
                method=method,
                box=root.fractions,
                beside=root,
                user=root.user,
                session_key=root.session_key,
            )
    return root


def ask_batch(photos: Sequence[batches.Sent], **question) -> Batch:
    """Keep a question about each of many photos, one search a photo, and queue them behind what waits.

    question: as `batches.keep` takes it. Raises what that does; then nothing is kept.
    """
    batch, is_new = batches.keep(photos, **question)
    if is_new:
        transaction.on_commit(lambda: [tasks.enqueue(batch) for _chain in range(BATCH_CHAINS)])
    return batch


def is_done_within(query: Query, *, seconds: float) -> bool:
    """Wait until a search is answered or has failed, at most so long; at once where no thread is to spare for it."""
    unanswered = Query.objects.unanswered().filter(pk=query.pk)
    return announcing.wait_for(query.announced_as, happened=lambda: not unanswered.exists(), seconds=seconds)
