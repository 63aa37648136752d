"""What runs outside the web process, and how it gets there: the only file that knows Celery.

Two queues: answering and describing by networks, and the rest; the settings' CELERY_TASK_ROUTES say what goes where,
and its EVERY what is done over and over.

The Query row is the truth. A message in the queue only says "look at this row"; one that is lost with its
worker is missed by `requeue_abandoned` and sent again, one that arrives twice finds nothing left to do.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from celery import Task
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.cache import cache
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from config.celery import app
from places import finishing
from places.models import LandmarkImage, Province
from places.photo import PhotoRefused
from retrieval.answering import approaches

from . import (
    batches,
    coverage,
    effects,
    guessing,
    indexing,
    keeping,
    nightly,
    pulse,  # noqa: F401  (it beats in every worker that has these tasks)
    retention,
    search,
    serving,
    webhooks,
)
from .index import parts
from .keeping import MOST_PHOTOS, BadBox, Fractions, KeyReused, OneOfSeveralRefused, TooManyPhotos
from .locks import claim
from .models import Batch, Query, Webhook, WebhookQuerySet
from .webhooks import Hook

# What asking may raise, for the doors.
__all__ = ["MOST_PHOTOS", "BadBox", "KeyReused", "OneOfSeveralRefused", "TooManyPhotos"]

logger = logging.getLogger(__name__)

BATCH_CHAINS = 4  # searches of a batch in the queue at once, so that visitors do not wait behind all
MAX_ATTEMPTS = 3  # a photo that took three workers down does not get a fourth
REQUEUE_AFTER = timedelta(seconds=60)  # a message not taken up by then is sent again
STUDY_SECONDS = 3
PLACES_AT_ONCE = 20
VECTORS_BITES = 20  # each of parts.AT_ONCE
ANSWERING: dict = {
    "autoretry_for": (OperationalError, InterfaceError),
    "retry_backoff": True,
    "max_retries": 5,
    "soft_time_limit": settings.SEARCH_MAX_SECONDS,
    "time_limit": settings.SEARCH_MAX_SECONDS + settings.TASK_GRACE_SECONDS,
}
BITE = 4  # photos described per task, so that a search never waits behind more than a few


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
    transaction.on_commit(lambda: _enqueue(query))
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


def _enqueue(query: Query) -> None:
    try:
        answer_query.delay(str(query.pk))
    except Exception:  # each transport raises its own; the row stays, and a worker's sweep will find it
        logger.exception("search %s could not be queued", query.pk)
    else:
        Query.objects.filter(pk=query.pk).update(queued_at=Now())


@app.task(**ANSWERING)
def answer_query(query_id: str) -> None:
    """Answer one query, unless somebody else is at it or has done it, and tell whoever wants to be told."""
    if _answer(query_id):
        _deliver(Webhook.objects.filter(query=query_id))


def _answer(query_id: object) -> bool:
    """Answer or fail one query; False where somebody else is at it or has done it.

    One that takes too long fails with that reason. Where it hangs in a library that hears no signal, the worker's process
    is killed a little later, and the sweep finds the query.
    """
    with claim(_lock_name(query_id)) as claimed:
        query = Query.objects.unanswered().filter(pk=query_id).first()
        if not claimed or query is None:
            return False
        if query.attempts >= MAX_ATTEMPTS:
            search.fail(query, reason=Query.Reason.GAVE_UP)
            return True
        Query.objects.filter(pk=query.pk).update(state=Query.State.RUNNING, attempts=F("attempts") + 1)
        try:
            search.answer(query)
        except SoftTimeLimitExceeded:
            logger.error("search %s took more than %s s", query.pk, settings.SEARCH_MAX_SECONDS)
            search.fail(query, reason=Query.Reason.TOOK_TOO_LONG)
        return True


def _lock_name(query_id: object) -> str:
    return f"query {query_id}"


@app.task
def requeue_abandoned() -> int:
    """Send again what a dead worker left behind and what the queue lost; returns how many.

    A running query whose lock is free has lost its worker: the lock died with the worker's connection. Further
    views are never sent: they are answered with the first; those of a batch neither: the batch is.
    """
    count = 0
    lost = (
        Query.objects.unanswered()
        .filter(part_of=None, batch_photo=None)
        .filter(Q(state=Query.State.RUNNING) | Q(queued_at=None) | Q(queued_at__lt=Now() - REQUEUE_AFTER))
    )
    for query in lost.order_by("asked_at"):
        with claim(_lock_name(query.pk)) as abandoned:
            if not abandoned:
                continue
            Query.objects.unanswered().filter(pk=query.pk).update(state=Query.State.WAITING)
        _enqueue(query)
        count += 1
    for batch in Batch.objects.unfinished().not_queued_since(Now() - REQUEUE_AFTER):
        _enqueue_batch(batch)
        count += 1
    return count


def ask_batch(photos: Sequence[batches.Sent], **question) -> Batch:
    """Keep a question about each of many photos, one search a photo, and queue them behind what waits.

    question: as `batches.keep` takes it. Raises what that does; then nothing is kept.
    """
    batch, is_new = batches.keep(photos, **question)
    if is_new:
        transaction.on_commit(lambda: [_enqueue_batch(batch) for _chain in range(BATCH_CHAINS)])
    return batch


def _enqueue_batch(batch: Batch) -> None:
    try:
        answer_batch.delay(str(batch.pk))
    except Exception:  # each transport raises its own; the row stays, and a worker's sweep will find it
        logger.exception("batch %s could not be queued", batch.pk)
    else:
        Batch.objects.filter(pk=batch.pk).update(queued_at=Now())


@app.task(**ANSWERING)
def answer_batch(batch_id: str) -> None:
    """Answer one search of a batch, and come back for the next behind the waiting searches."""
    has_answered = any(map(_answer, batches.unanswered(batch_id)))  # where all are taken, others go on
    batch = batches.go_on(batch_id)
    if batch and has_answered:
        _enqueue_batch(batch)
    _deliver(Webhook.objects.filter(batch=batch_id))


@app.task(autoretry_for=(OperationalError, InterfaceError), retry_backoff=True, max_retries=5)
def deliver_webhook(webhook_id: str) -> None:
    """Tell one receiver that what it waits for is done; what fails is tried again when its row says."""
    with claim(f"webhook {webhook_id}") as claimed:
        webhook = Webhook.objects.due().filter(pk=webhook_id).first()
        if claimed and webhook:
            webhooks.deliver(webhook)


def _deliver(hooks: WebhookQuerySet) -> None:
    """Queue those of them that are due and not queued yet; one whose message is lost is sent again by a sweep."""
    for webhook in hooks.due().not_queued_since(Now() - REQUEUE_AFTER):
        try:
            deliver_webhook.delay(str(webhook.pk))
        except Exception:  # each transport raises its own
            logger.exception("webhook %s could not be queued", webhook.pk)
        else:
            Webhook.objects.filter(pk=webhook.pk).update(queued_at=Now())


@app.task(autoretry_for=(OperationalError, InterfaceError), retry_backoff=True, max_retries=5)
def describe_missing() -> None:
    """Describe a few of the photos that lack a descriptor, and come back for the rest behind the waiting searches."""
    with claim(indexing.LOCK) as claimed:
        if not claimed:  # whoever holds it goes on until nothing is missing
            return
        indexing.describe_missing(limit=BITE)
    # Before looking, or a photo published between the two would be missed.
    cache.delete(describe_missing.name)
    if indexing.missing_by_any().exists():
        describe_missing_soon()
    else:
        effects.of_all_accepted()
        study_photos_soon()


def describe_missing_soon() -> None:
    """Queue the describing of what is missing once what is being saved is committed; once for any number of photos."""
    transaction.on_commit(_enqueue_describing)


def _enqueue_describing() -> None:
    _enqueue_once(describe_missing, command="describe_images")


@app.task(autoretry_for=(OperationalError, InterfaceError), retry_backoff=True, max_retries=5)
def study_photos() -> None:
    """Find out for a few photos where they belong, then measure a few places anew, and come back for the rest."""
    with claim(guessing.LOCK) as claimed:
        looked_at = guessing.look_at_new(seconds=STUDY_SECONDS) if claimed else 0
    with claim(coverage.LOCK) as claimed:
        measured = coverage.measure_what_changed(most=PLACES_AT_ONCE) if claimed and not looked_at else 0
    cache.delete(study_photos.name)
    if looked_at or measured:
        study_photos_soon()


def study_photos_soon() -> None:
    """Queue the study of photos and places that are new or changed, behind the waiting searches."""
    if guessing.is_there_new() or coverage.changed_places().exists():
        _enqueue_once(study_photos, command="find_wrong_labels")


def _enqueue_once(task: Task, *, command: str) -> None:
    """Queue a task that comes back until nothing is left, unless it is queued already."""
    # The claim expires, so that a message lost with its worker holds nothing up for long.
    if not cache.add(task.name, True, timeout=REQUEUE_AFTER.total_seconds()):
        return
    try:
        task.delay()
    except Exception:  # each transport raises its own
        logger.exception("%s could not be queued; `manage.py %s` does it too", task.name, command)


@app.task(autoretry_for=(OperationalError, InterfaceError), retry_backoff=True, max_retries=5)
def make_renditions(after: int = 0) -> None:
    """Make the renditions of a few published photos, and come back for the rest behind the waiting searches.

    after: the id of the photo before; one that fails is passed by, and tried again from the next beginning.
    """
    lacking = LandmarkImage.objects.without_renditions().filter(pk__gt=after).order_by("pk")
    few = list(lacking.only("pk")[:BITE])
    for image in few:
        try:
            finishing.make_renditions(image)
        except (OSError, PhotoRefused) as error:
            logger.warning("no renditions of photo %s: %s", image.pk, error)
    if len(few) == BITE:
        make_renditions.delay(few[-1].pk)


def make_renditions_soon() -> None:
    """Queue the making of missing renditions once what is being saved is committed."""
    transaction.on_commit(_enqueue_renditions)


def _enqueue_renditions() -> None:
    try:
        make_renditions.delay()
    except Exception:  # each transport raises its own
        logger.exception("renditions could not be queued; `manage.py make_renditions` makes them too")


@app.task(autoretry_for=(OperationalError, InterfaceError), retry_backoff=True, max_retries=5)
def measure_photos(after: int = 0) -> None:
    """Measure how good a few photos are, and come back for the rest behind the waiting searches.

    after: as for `make_renditions`.
    """
    few = list(LandmarkImage.objects.unmeasured().filter(pk__gt=after).order_by("pk")[:BITE])
    for image in few:
        try:
            finishing.measure_quality(image)
        except (OSError, PhotoRefused) as error:
            logger.warning("photo %s was not measured: %s", image.pk, error)
    if len(few) == BITE:
        measure_photos.delay(few[-1].pk)


@app.task
def tune_if_due() -> bool:
    """Start tonight's tuning where it is switched on; returns whether it did."""
    return nightly.tune_if_due()


@app.task
def deliver_due() -> None:
    """Queue the deliveries whose pause is over, and those whose message or worker was lost."""
    _deliver(Webhook.objects.all())


@app.task
def look_for_work() -> None:
    """Queue what nobody announced: photos that are not described, studied, rendered or measured yet."""
    if indexing.missing_by_any().exists():
        describe_missing_soon()
    else:
        study_photos_soon()
    if LandmarkImage.objects.without_renditions().exists():
        make_renditions_soon()
    if LandmarkImage.objects.unmeasured().exists():
        _enqueue_once(measure_photos, command="measure_quality")


@app.task
def forget_private_searches() -> None:
    """Forget the private searches whose time is over, unless somebody is at it."""
    with claim(retention.LOCK) as claimed:
        if claimed:
            retention.forget_private_searches()


@app.task
def forget_what_is_over() -> None:
    """Forget all that has no reason to be kept any longer, unless somebody is at it."""
    with claim(retention.LOCK) as claimed:
        if claimed:
            retention.forget_what_is_over()


@app.task
def carry_vectors() -> None:
    """Carry new vectors to the parts of the index that keep them, for a while, unless somebody is at it."""
    with claim(parts.LOCK) as claimed:
        if claimed:
            parts.sweep()
            moved = [parts.move() for _bite in range(VECTORS_BITES)]
            if any(moved):
                parts.take_stock()
