import math
from datetime import timedelta
from threading import Event

import pytest
from botocore.exceptions import EndpointConnectionError
from celery.exceptions import SoftTimeLimitExceeded
from django.core.cache import cache
from django.db import OperationalError
from django.utils import timezone
from kombu.exceptions import OperationalError as QueueError
from PIL import ExifTags, Image

from places.models import LandmarkImage
from places.photo import PhotoRefused
from retrieval import asking, indexing, keeping, methods, search, serving, tasks
from retrieval.models import Descriptor, Query, WorkerPulse
from tests.factories import LandmarkImageFactory, UserFactory, drawn_photo, drawn_picture, encoded
from tests.retrieval.test_locks import claimed_elsewhere

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_methods")]


@pytest.fixture(autouse=True)
def sent(monkeypatch) -> list[str]:
    """The messages that went to the queue."""
    messages: list[str] = []
    monkeypatch.setattr(tasks.answer_query, "delay", messages.append)
    monkeypatch.setattr(tasks.describe_missing, "delay", lambda: messages.append("describe"))
    cache.clear()
    return messages


def ask(**question) -> Query:
    return asking.ask(drawn_photo(1, (400, 200)), **({"method": "sir"} | question))


def test_a_question_is_kept_before_it_is_queued(sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        query = ask(user=UserFactory())
    assert Query.objects.get() == query
    assert sent == []
    callbacks[0]()
    assert sent == [str(query.pk)]
    query.refresh_from_db()
    assert query.queued_at is not None


def test_a_box_given_in_fractions_is_kept_in_pixels():
    query = ask(box=(0.25, 0.5, 0.75, 1.0))
    assert (query.left, query.top, query.right, query.bottom) == (100, 100, 300, 200)
    assert search.box_of(query).width == 200


@pytest.mark.parametrize(
    "box",
    [
        (0.5, 0.1, 0.5, 0.9),
        (0.9, 0.1, 0.1, 0.9),
        (0.2, 0.2, 1.5, 0.9),
        (-0.5, 0, 0.5, 1),
        (0.1, 0.1, 0.1001, 0.9),
        (math.nan, 0, 1, 1),
    ],
)
def test_a_box_outside_the_photo_or_without_area_is_refused(box):
    with pytest.raises(keeping.BadBox):
        ask(box=box)
    assert not Query.objects.exists()


def test_an_unknown_method_is_refused():
    with pytest.raises(methods.UnknownMethod):
        ask(method="surf")


def test_what_is_no_photo_is_refused():
    with pytest.raises(PhotoRefused):
        asking.ask(b"hello", method="sir")


def test_what_is_kept_of_a_large_photo_is_a_copy_of_modest_size_without_metadata():
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "somebody"
    query = asking.ask(encoded(drawn_picture(1, (3000, 1500)), exif=exif), method="sir")
    assert (query.width, query.height) == (2048, 1024)
    with Image.open(query.photo) as kept:
        assert kept.size == (2048, 1024)
        assert not kept.getexif()


def test_asking_again_keeps_the_photo_and_the_filters():
    first = ask(k=7, category="bridge")
    second = asking.ask_again(first, method="delf", box=(0, 0, 0.5, 0.5), session_key="visitor")
    assert second.pk != first.pk
    assert (second.method, second.k, second.category, second.session_key) == ("delf", 7, "bridge", "visitor")
    assert (second.width, second.height, second.right) == (400, 200, 200)


def test_a_photo_goes_with_its_search(django_capture_on_commit_callbacks):
    query = ask()
    store, name = query.photo.storage, query.photo.name
    with django_capture_on_commit_callbacks(execute=True):
        query.delete()
    assert not store.exists(name)


def test_a_question_survives_a_queue_that_is_down(monkeypatch, django_capture_on_commit_callbacks):
    def refuse(_message):
        raise QueueError("connection refused")

    monkeypatch.setattr(tasks.answer_query, "delay", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        query = ask()
    assert Query.objects.get(pk=query.pk).queued_at is None


def test_a_message_that_comes_twice_is_answered_once():
    query = ask()
    tasks.answer_query(str(query.pk))
    first = Query.objects.get(pk=query.pk)
    tasks.answer_query(str(query.pk))
    assert first.is_done
    assert Query.objects.get(pk=query.pk).answered_at == first.answered_at


def test_a_message_about_a_deleted_search_is_ignored():
    query = ask()
    Query.objects.all().delete()
    tasks.answer_query(str(query.pk))


def test_a_search_that_keeps_taking_its_worker_down_is_given_up():
    query = ask()
    Query.objects.update(attempts=tasks.MAX_ATTEMPTS, state=Query.State.RUNNING)
    tasks.answer_query(str(query.pk))
    query.refresh_from_db()
    assert (query.state, query.reason) == (Query.State.FAILED, Query.Reason.GAVE_UP)


def test_a_search_that_takes_too_long_fails_with_that_reason_and_another_is_answered(monkeypatch):
    slow, quick = ask(), ask()
    with monkeypatch.context() as patch:

        def take_too_long(query: Query) -> None:
            raise SoftTimeLimitExceeded

        patch.setattr(tasks.search, "answer", take_too_long)
        tasks.answer_query(str(slow.pk))
    tasks.answer_query(str(quick.pk))
    slow.refresh_from_db()
    quick.refresh_from_db()
    assert (slow.state, slow.reason) == (Query.State.FAILED, Query.Reason.TOOK_TOO_LONG)
    assert quick.reason != Query.Reason.TOOK_TOO_LONG


def test_a_search_waits_for_a_store_that_is_away_however_often_it_is_tried(monkeypatch, sent):
    query = ask()
    with monkeypatch.context() as patch:

        def find_the_store_away(query: Query) -> None:
            raise EndpointConnectionError(endpoint_url="http://storage")

        patch.setattr(tasks.search, "answer", find_the_store_away)
        for _time in range(tasks.MAX_ATTEMPTS + 1):
            tasks.answer_query(str(query.pk))
            query.refresh_from_db()
            assert (query.state, query.attempts) == (Query.State.WAITING, 0)
            sent.clear()
            assert tasks.requeue_abandoned() == 1
            assert sent == [str(query.pk)]
    tasks.answer_query(str(query.pk))
    query.refresh_from_db()
    assert query.is_done


def test_no_task_may_run_for_ever(settings):
    assert 0 < tasks.answer_query.soft_time_limit < tasks.answer_query.time_limit
    assert 0 < tasks.app.conf.task_soft_time_limit < tasks.app.conf.task_time_limit


def test_a_search_left_running_by_a_dead_worker_is_sent_again(sent):
    query = ask()
    Query.objects.update(state=Query.State.RUNNING, attempts=1, queued_at=timezone.now())
    assert tasks.requeue_abandoned() == 1
    assert sent == [str(query.pk)]
    query.refresh_from_db()
    assert query.state == Query.State.WAITING


@pytest.mark.django_db(transaction=True)
def test_a_search_that_a_worker_is_at_is_left_alone(sent, monkeypatch):
    query = ask()
    sent.clear()

    def look(_query):
        assert Query.objects.get().state == Query.State.RUNNING
        assert not claimed_elsewhere(f"query {query.pk}")

    monkeypatch.setattr(search, "answer", look)
    tasks.answer_query(str(query.pk))
    assert claimed_elsewhere(f"query {query.pk}")


def test_a_search_whose_message_was_lost_is_sent_again_and_a_fresh_one_is_not(sent):
    lost, fresh = ask(), ask()
    old = timezone.now() - tasks.REQUEUE_AFTER - timedelta(seconds=1)
    Query.objects.filter(pk=lost.pk).update(queued_at=old)
    Query.objects.filter(pk=fresh.pk).update(queued_at=timezone.now())
    tasks.requeue_abandoned()
    assert sent == [str(lost.pk)]


def test_a_search_during_which_the_database_goes_away_is_tried_again(monkeypatch):
    query = ask()

    def break_down(_query):
        raise OperationalError("terminating connection due to administrator command")

    monkeypatch.setattr(search, "answer", break_down)
    from celery.exceptions import Retry

    monkeypatch.setattr(tasks.answer_query, "apply_async", lambda *a, **k: None)
    with pytest.raises((OperationalError, Retry)):
        tasks.answer_query(str(query.pk))
    assert Query.objects.get().state == Query.State.RUNNING


def test_many_published_photos_queue_one_description(sent, django_capture_on_commit_callbacks):
    from places import curation

    images = LandmarkImageFactory.create_batch(3)
    with django_capture_on_commit_callbacks(execute=True):
        for image in images:
            curation.publish([image])
    assert sent == ["describe"]


def test_describing_comes_back_for_the_rest_and_stops_when_nothing_is_missing(
    sent, django_capture_on_commit_callbacks
):
    LandmarkImageFactory.create_batch(tasks.BITE + 1, published=True)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.describe_missing()
    assert Descriptor.objects.values("image").distinct().count() == tasks.BITE
    assert sent == ["describe"]
    with django_capture_on_commit_callbacks(execute=True):
        tasks.describe_missing()
    assert not indexing.missing_by_any().exists()
    assert sent == ["describe"]


def test_a_search_that_comes_waits_for_one_photo_and_not_for_a_whole_bite(sent, monkeypatch):
    begun: list[str] = []
    monkeypatch.setattr(tasks.make_renditions, "delay", begun.append)
    monkeypatch.setattr(tasks.measure_photos, "delay", begun.append)
    first, *_ = LandmarkImageFactory.create_batch(tasks.BITE, published=True)
    ask()
    tasks.describe_missing()
    assert Descriptor.objects.values("image").distinct().count() == 1
    tasks.make_renditions()
    tasks.measure_photos()
    assert begun == [first.pk] * 2  # the rest goes on behind the search


def test_a_further_view_by_itself_holds_nothing_up():
    first = ask(more=[drawn_photo(2, (400, 200))])
    assert tasks._a_search_waits()
    Query.objects.filter(pk=first.pk).update(state=Query.State.ANSWERED)
    assert not tasks._a_search_waits()


@pytest.mark.parametrize(("queues", "loads"), [({"describe", "default"}, True), ({"default"}, False)])
def test_a_workers_process_loads_all_that_answers_as_it_begins(queues, loads, monkeypatch):
    loaded = Event()
    monkeypatch.setattr(serving, "load_offered", loaded.set)
    monkeypatch.setattr(type(tasks.app.amqp.queues), "consume_from", dict.fromkeys(queues))
    tasks._load_networks()
    assert loaded.wait(5 if loads else 0.2) == loads


def test_a_worker_counts_as_alive_while_its_pulse_is_fresh():
    assert not WorkerPulse.any_alive()
    pulse = WorkerPulse.objects.create(name="worker", at=timezone.now())
    assert WorkerPulse.any_alive()
    pulse.at -= WorkerPulse.STALE_AFTER * 2
    pulse.save()
    assert not WorkerPulse.any_alive()


def test_a_worker_counts_for_the_queues_that_it_serves():
    WorkerPulse.show("one", queues=["default"])
    assert WorkerPulse.any_alive(queue="default")
    assert not WorkerPulse.any_alive(queue="describe")
    WorkerPulse.show("one", queues=["default", "describe"])
    assert WorkerPulse.any_alive(queue="describe")


def test_a_worker_that_stopped_counts_no_longer_and_is_remembered_for_a_while():
    assert WorkerPulse.last_seen() is None
    WorkerPulse.objects.create(name="long gone", at=timezone.now() - 2 * WorkerPulse.KEPT)
    WorkerPulse.show("one", queues=["describe"])
    WorkerPulse.stop("one")
    assert not WorkerPulse.any_alive()
    assert timezone.now() - WorkerPulse.last_seen() < timedelta(minutes=1)
    assert WorkerPulse.objects.get().name == "one"


@pytest.mark.parametrize(
    ("task", "queue"),
    [("answer_query", "describe"), ("describe_missing", "describe"), ("make_renditions", "default")],
)
def test_what_loads_networks_waits_in_a_queue_of_its_own(task, queue):
    route = tasks.app.amqp.router.route({}, f"retrieval.tasks.{task}")
    assert route["queue"].name == queue


def test_what_is_routed_is_there():
    assert set(tasks.app.conf.task_routes) <= set(tasks.app.tasks)


def test_what_is_done_over_and_over_is_there_to_be_done():
    scheduled = {entry["task"] for entry in tasks.app.conf.beat_schedule.values()}
    assert scheduled <= set(tasks.app.tasks)
    assert "retrieval.tasks.requeue_abandoned" in scheduled


def test_work_that_nobody_announced_is_found(sent, monkeypatch, django_capture_on_commit_callbacks):
    rendered: list[tuple] = []
    monkeypatch.setattr(tasks.make_renditions, "delay", lambda *given: rendered.append(given))
    monkeypatch.setattr(tasks.measure_photos, "delay", lambda *given: None)
    LandmarkImageFactory(published=True)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.look_for_work()
    assert sent == ["describe"]


def test_renditions_are_made_a_few_at_a_time_and_one_that_fails_is_passed_by(monkeypatch):
    monkeypatch.setattr(tasks, "BITE", 2)
    sent: list[int] = []
    monkeypatch.setattr(tasks.make_renditions, "delay", sent.append)
    images = LandmarkImageFactory.create_batch(3, published=True)
    images[0].original.storage.delete(images[0].original.name)
    tasks.make_renditions()
    assert sent == [images[1].pk]
    tasks.make_renditions(sent[0])
    assert sent == [images[1].pk]
    assert list(LandmarkImage.objects.without_renditions()) == images[:1]
