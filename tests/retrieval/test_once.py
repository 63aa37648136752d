"""A task that comes to two workers is done once, and one whose worker died is done all the same."""

import threading

import pytest
from django.db import connection

from retrieval import asking, indexing, search, tasks
from retrieval.models import Descriptor, Query
from tests.factories import LandmarkImageFactory, drawn_photo

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("quick_methods")]


@pytest.fixture(autouse=True)
def sent(monkeypatch) -> list[str]:
    messages: list[str] = []
    monkeypatch.setattr(tasks, "enqueue", lambda query: messages.append(str(query.pk)))
    return messages


class Worker(threading.Thread):
    """A worker's process, as far as the database can tell: a connection of its own."""

    def __init__(self, task, *told) -> None:
        super().__init__()
        self.task, self.told = task, told
        self.start()

    def run(self) -> None:
        try:
            self.task(*self.told)
        finally:
            connection.close()


def test_two_workers_at_one_search_answer_it_once(monkeypatch):
    query = asking.ask(drawn_photo(1, (400, 200)), method="sir")
    begun, may_end, answered = threading.Event(), threading.Event(), []
    whole = search.answer

    def slowly(asked: Query) -> None:
        answered.append(asked.pk)
        begun.set()
        assert may_end.wait(60)
        whole(asked)

    monkeypatch.setattr(search, "answer", slowly)
    first = Worker(tasks.answer_query, str(query.pk))
    assert begun.wait(60)
    second = Worker(tasks.answer_query, str(query.pk))
    second.join(60)
    assert not second.is_alive()  # it did not wait: somebody is at it
    assert tasks.requeue_abandoned() == 0
    may_end.set()
    first.join(60)
    third = Worker(tasks.answer_query, str(query.pk))
    third.join(60)
    assert answered == [query.pk]
    assert (Query.objects.get().is_done, Query.objects.get().attempts) == (True, 1)


def test_two_workers_at_what_is_missing_describe_each_photo_once(monkeypatch):
    LandmarkImageFactory.create_batch(2, published=True)
    monkeypatch.setattr(tasks, "describe_missing_soon", lambda: None)
    monkeypatch.setattr(tasks, "study_photos_soon", lambda: None)
    seen, together = [], threading.Barrier(2)
    whole = indexing.describe_image

    def watched(image, **names):
        seen.append(image.pk)
        return whole(image, **names)

    def work() -> None:
        together.wait(60)
        tasks.describe_missing()

    monkeypatch.setattr(indexing, "describe_image", watched)
    workers = [Worker(work), Worker(work)]
    for worker in workers:
        worker.join(120)
    assert len(seen) == len(set(seen)) == 2
    assert not indexing.missing_by_any().exists()
    keys = Descriptor.objects.values_list("image", "method", "version")
    assert len(set(keys)) == keys.count()


def test_a_search_whose_worker_died_before_its_message_was_acknowledged_is_done_by_another(sent):
    query = asking.ask(drawn_photo(1, (400, 200)), method="sir")
    died = Worker(lambda: Query.objects.filter(pk=query.pk).update(state=Query.State.RUNNING, attempts=1))
    died.join(60)
    assert tasks.requeue_abandoned() == 1
    assert sent.count(str(query.pk)) == 2
    tasks.answer_query(str(query.pk))
    assert Query.objects.get().is_done
    assert tasks.requeue_abandoned() == 0
