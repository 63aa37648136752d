"""What runs outside the web process, and how it gets there: the only file that knows Celery.

Two queues: answering and describing by networks, and the rest; the settings' CELERY_TASK_ROUTES say what goes where,
and its EVERY what is done over and over.

The Query row is the truth. A message in the queue only says "look at this row"; one that is lost with its
worker is missed by `requeue_abandoned` and sent again, one that arrives twice finds nothing left to do.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from threading import Thread

from celery import Task
from celery.exceptions import SoftTimeLimitExceeded
from celery.signals import worker_process_init
from django.conf import settings
from django.core.cache import cache
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from config.celery import app
from places import finishing, storage
from places.models import LandmarkImage

from . import (
    batches,
    coverage,
    dataset,
    effects,
    guessing,
    indexing,
    nightly,
    pulse,  # noqa: F401  (it beats in every worker that has these tasks)
    retention,
    search,
    serving,
    webhooks,
)
from .commits import not_waiting_for_the_disk
from .index import parts
from .locks import claim
from .models import Batch, Query, Webhook, WebhookQuerySet

logger = logging.getLogger(__name__)

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
BITE = 4  # photos per task of what is done in idle moments; fewer where a search comes


@worker_process_init.connect
def _load_networks(**_kwargs) -> None:
    """A worker's process loads them as it begins; its first search would wait for them for seconds."""

    def load() -> None:
        try:
            serving.load_offered()
        except (OperationalError, InterfaceError) as error:
            logger.warning("the networks are loaded by the first search: %s", error)
        finally:
            connection.close()  # this thread's own

    if "describe" in app.amqp.queues.consume_from:
        Thread(target=load, name="loading networks", daemon=True).start()


def _a_search_waits() -> bool:
    """Whether what is done in idle moments should end for now: the worker may be the only one."""
    return Query.objects.filter(state=Query.State.WAITING, part_of=None, batch_photo=None).exists()


def enqueue(asked: Query | Batch) -> None:
    task = answer_batch if isinstance(asked, Batch) else answer_query
    try:
        task.delay(str(asked.pk))
    except Exception:  # each transport raises its own; the row stays, and a worker's sweep will find it
        logger.exception("%s %s could not be queued", asked._meta.model_name, asked.pk)
    else:
        with not_waiting_for_the_disk():  # unknown, it would be sent once more
            type(asked).objects.filter(pk=asked.pk).update(queued_at=Now())


@app.task(**ANSWERING)
def answer_query(query_id: str) -> None:
    """Answer one query, unless somebody else is at it or has done it, and tell whoever wants to be told."""
    if _answer(query_id):
        _deliver(Webhook.objects.filter(query=query_id))


def _answer(query_id: object) -> bool:
    """Answer or fail one query; False where somebody else is at it or has done it.

    One that takes too long fails with that reason. Where it hangs in a library that hears no signal, the worker's process
    is killed a little later, and the sweep finds the query. So it does where the database crashes and forgets the answer.
    """
    with claim(_lock_name(query_id)) as claimed, not_waiting_for_the_disk():
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
        except Exception as error:
            if not storage.is_away(error):
                raise
            logger.warning("search %s waits for the store: %s", query.pk, error)
            search.put_back(query)
            return False
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
        enqueue(query)
        count += 1
    for batch in Batch.objects.unfinished().not_queued_since(Now() - REQUEUE_AFTER):
        enqueue(batch)
        count += 1
    return count


@app.task(**ANSWERING)
def answer_batch(batch_id: str) -> None:
    """Answer one search of a batch, and come back for the next behind the waiting searches."""
    has_answered = any(map(_answer, batches.unanswered(batch_id)))  # where all are taken, others go on
    batch = batches.go_on(batch_id)
    if batch and has_answered:
        enqueue(batch)
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
        indexing.describe_missing(limit=BITE, enough=_a_search_waits)
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
        looked_at = guessing.look_at_new(seconds=STUDY_SECONDS, enough=_a_search_waits) if claimed else 0
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
    """Make the renditions of a few published photos, and come back for the rest behind the waiting searches."""
    lacking = LandmarkImage.objects.without_renditions().only("pk")
    if last := finishing.go_on(
        lacking, after=after, most=BITE, act=finishing.make_renditions, enough=_a_search_waits
    ):
        make_renditions.delay(last)


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
    """Measure how good a few photos are, and come back for the rest behind the waiting searches."""
    lacking = LandmarkImage.objects.unmeasured()
    if last := finishing.go_on(
        lacking, after=after, most=BITE, act=finishing.measure_quality, enough=_a_search_waits
    ):
        measure_photos.delay(last)


@app.task(soft_time_limit=dataset.MAX_SECONDS, time_limit=dataset.MAX_SECONDS + settings.TASK_GRACE_SECONDS)
def make_exports() -> None:
    """Make the archives of the dataset that were asked for."""
    dataset.make_asked()


def make_exports_soon() -> None:
    """Queue their making once what is being saved is committed."""
    transaction.on_commit(lambda: _enqueue_once(make_exports, command="export_dataset"))


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
