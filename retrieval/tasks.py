"""What runs outside the web process, and how it gets there: the only file that knows Celery.

Two queues: answering and describing by networks, and the rest; the settings' CELERY_TASK_ROUTES say what goes where,
and its EVERY what is done over and over.

The Query row is the truth. A message in the queue only says "look at this row"; one that is lost with its
worker is missed by `requeue_abandoned` and sent again, one that arrives twice finds nothing left to do.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from celery import Task
from celery.exceptions import SoftTimeLimitExceeded
from celery.signals import worker_ready, worker_shutting_down
from django.conf import settings
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from config.celery import app
from places import finishing
from places.models import LandmarkImage, Province
from places.photo import PhotoRefused, ServedCopy, inspect, served_copy
from retrieval.answering import approaches

from . import coverage, effects, guessing, indexing, retention, search, serving
from .locks import claim
from .models import NightlyTuning, Query, WorkerPulse

logger = logging.getLogger(__name__)

PHOTO_SIDE = 2048  # pixels; no method looks at more
MAX_ATTEMPTS = 3  # a photo that took three workers down does not get a fourth
REQUEUE_AFTER = timedelta(seconds=60)  # a message not taken up by then is sent again
MOST_PHOTOS = 5  # of one place in one search
PULSE_SECONDS = 5
STUDY_SECONDS = 3
PLACES_AT_ONCE = 20
BITE = 4  # photos described per task, so that a search never waits behind more than a few

Fractions = tuple[float, float, float, float]


class BadBox(ValueError):
    """A box that lies outside the photo or has no area."""


class TooManyPhotos(ValueError):
    """More photos than one search takes."""


class OneOfSeveralRefused(PhotoRefused):
    """The photo `number`, from 0, of several that were sent together cannot be used; none was kept."""

    def __init__(self, code: str, *, number: int) -> None:
        super().__init__(code)
        self.number = number


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
    user=None,
    session_key: str = "",
    k: int = 50,
    province: Province | None = None,
    category: str = "",
    words: str = "",
    private: bool = False,
) -> Query:
    """Keep a visitor's question and queue it.

    more: further photos of the same place. box: on the first photo, left, top, right, bottom as fractions of the
    upright photo. words: in or near which place alone to look. beside: the search of the same photos that this
    one is compared to. from_image: whose photo it is, where it is of the catalogue. once: asked with the same
    before, that search is the answer, and nothing is kept. private: it is kept only until it has been read. What
    is kept of a photo is an upright copy without metadata. Raises PhotoRefused (OneOfSeveralRefused for several), TooManyPhotos,
    UnknownMethod, UnknownVerifier, BadBox; then nothing is kept.
    """
    approaches.find(method, verifier=verifier)
    if len(more) >= MOST_PHOTOS:
        raise TooManyPhotos(1 + len(more))
    if before := _asked_before(once):
        return before
    first, *others = _copies([photo, *more])
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
    }
    query = Query(beside=beside, once=once, width=first.width, height=first.height, **shared)
    _draw(query, box)
    try:
        with transaction.atomic():
            _keep(query, first)
            for copy in others:
                _keep(Query(part_of=query, width=copy.width, height=copy.height, **shared), copy)
    except IntegrityError:
        query.photo.delete(save=False)  # the file was written before the row was refused
        if before := _asked_before(once):  # at the same moment
            return before
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


def _copies(photos: Sequence[bytes]) -> list[ServedCopy]:
    copies = []
    for number, photo in enumerate(photos):
        try:
            inspect(photo)
            copies.append(served_copy(photo, longest_side=PHOTO_SIDE, format="JPEG"))
        except PhotoRefused as refusal:
            if len(photos) == 1:
                raise
            raise OneOfSeveralRefused(refusal.code, number=number) from refusal
    return copies


def _keep(query: Query, copy: ServedCopy) -> None:
    query.photo = ContentFile(copy.data, name=f"{query.pk}.jpg")
    query.save()


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
    return {"province": query.province, "category": query.category, "words": query.words}


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


def _draw(query: Query, box: Fractions | None) -> None:
    if box is None:
        return
    left, top, right, bottom = box
    # A hair's breadth outside is rounding, not a mistake. Written so that NaN fails.
    if not (-0.01 <= left < right <= 1.01 and -0.01 <= top < bottom <= 1.01):
        raise BadBox(box)
    query.left, query.right = (round(min(max(x, 0), 1) * query.width) for x in (left, right))
    query.top, query.bottom = (round(min(max(y, 0), 1) * query.height) for y in (top, bottom))
    if query.left == query.right or query.top == query.bottom:
        raise BadBox(box)


def _enqueue(query: Query) -> None:
    try:
        answer_query.delay(str(query.pk))
    except Exception:  # each transport raises its own; the row stays, and a worker's sweep will find it
        logger.exception("search %s could not be queued", query.pk)
    else:
        Query.objects.filter(pk=query.pk).update(queued_at=Now())


@app.task(
    autoretry_for=(OperationalError, InterfaceError),
    retry_backoff=True,
    max_retries=5,
    soft_time_limit=settings.SEARCH_MAX_SECONDS,
    time_limit=settings.SEARCH_MAX_SECONDS + settings.TASK_GRACE_SECONDS,
)
def answer_query(query_id: str) -> None:
    """Answer one query, unless somebody else is at it or has done it.

    One that takes too long fails with that reason. Where it hangs in a library that hears no signal, the worker's process
    is killed a little later, and the sweep finds the query.
    """
    with claim(_lock_name(query_id)) as claimed:
        query = Query.objects.unanswered().filter(pk=query_id).first()
        if not claimed or query is None:
            return
        if query.attempts >= MAX_ATTEMPTS:
            search.fail(query, reason=Query.Reason.GAVE_UP)
            return
        Query.objects.filter(pk=query.pk).update(state=Query.State.RUNNING, attempts=F("attempts") + 1)
        try:
            search.answer(query)
        except SoftTimeLimitExceeded:
            logger.error("search %s took more than %s s", query.pk, settings.SEARCH_MAX_SECONDS)
            search.fail(query, reason=Query.Reason.TOOK_TOO_LONG)


def _lock_name(query_id: object) -> str:
    return f"query {query_id}"


@app.task
def requeue_abandoned() -> int:
    """Send again what a dead worker left behind and what the queue lost; returns how many.

    A running query whose lock is free has lost its worker: the lock died with the worker's connection. Further
    views are never sent: they are answered with the first.
    """
    count = 0
    lost = (
        Query.objects.unanswered()
        .filter(part_of=None)
        .filter(Q(state=Query.State.RUNNING) | Q(queued_at=None) | Q(queued_at__lt=Now() - REQUEUE_AFTER))
    )
    for query in lost.order_by("asked_at"):
        with claim(_lock_name(query.pk)) as abandoned:
            if not abandoned:
                continue
            Query.objects.unanswered().filter(pk=query.pk).update(state=Query.State.WAITING)
        _enqueue(query)
        count += 1
    return count


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
    """Start tonight's tuning where a curator has switched it on and none has started; returns whether it did.

    It runs for many minutes, so in a process of its own, with the lowest claim to the processor: no search waits.
    """
    now = timezone.localtime()
    tonight = now.replace(minute=0, second=0, microsecond=0)
    due = NightlyTuning.objects.filter(on=True, hour=now.hour).exclude(started_at__gte=tonight)
    if not due.update(started_at=now):  # one update, so of several workers one starts it
        return False
    subprocess.Popen(
        [
            "nice",
            "-n",
            "19",
            sys.executable,
            settings.BASE_DIR / "manage.py",
            "tune_to_catalogue",
            "--nightly",
        ],
        start_new_session=True,
    )
    return True


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


@worker_ready.connect
def _keep_pulse(sender, **_kwargs) -> None:
    """Show that this worker lives, and which queues it serves, until it stops."""
    stopped = threading.Event()
    worker_shutting_down.connect(lambda **_: stopped.set(), weak=False)
    queues = sorted(sender.app.amqp.queues.consume_from)

    def beat() -> None:
        while True:
            if settings.PULSE_FILE:
                settings.PULSE_FILE.touch()
            try:
                WorkerPulse.show(sender.hostname, queues=queues)
            except (OperationalError, InterfaceError) as error:
                logger.warning("the database does not answer: %s", error)
            finally:
                connection.close()  # held across a fork it would be shared with the new process
            if stopped.wait(PULSE_SECONDS):
                break
        WorkerPulse.stop(sender.hostname)
        connection.close()

    threading.Thread(target=beat, name="pulse", daemon=True).start()
