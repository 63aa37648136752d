"""A platform that partners' programs can ask: a live site, and beside it what answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.db import connection

from accounts import keys
from places.models import Landmark
from retrieval import indexing, tasks
from tests.factories import LandmarkFactory, LandmarkImageFactory, UserFactory, drawn_photo
from tests.retrieval.conftest import quick_methods  # noqa: F401

PAGODA = 21  # the seed of what its photos show


@pytest.fixture
def answering(monkeypatch, transactional_db, quick_methods) -> Iterator[None]:  # noqa: F811
    """What the site queues is done beside it, by the real tasks; stand-ins describe the photos."""
    threads: list[threading.Thread] = []

    def beside(task: Callable) -> Callable:
        def run(*args: str) -> None:
            try:
                task(*args)
            finally:
                connection.close()

        def delay(*args: str) -> None:
            threads.append(threading.Thread(target=run, args=args))
            threads[-1].start()

        return delay

    for task in (tasks.answer_query, tasks.answer_batch, tasks.deliver_webhook, tasks.make_exports):
        monkeypatch.setattr(task, "delay", beside(task))
    monkeypatch.setattr(tasks.describe_missing, "delay", lambda: None)
    yield
    for thread in threads:  # which start others while they run
        thread.join()


@pytest.fixture
def site(answering, settings, live_server) -> str:
    """The address of the site, which serves published photos too."""
    settings.MEDIA_ROOT = configured.STORAGES["default"]["OPTIONS"]["location"]
    return live_server.url


@pytest.fixture
def pagoda(answering) -> Landmark:
    """A place with two photos that the methods know, beside another."""
    pagoda = LandmarkFactory(
        slug="chua-mot-cot", name_vi="Chùa Một Cột", name_en="One Pillar Pagoda", latitude=21.036, longitude=105.834
    )  # fmt: skip
    for landmark, seed in ((pagoda, PAGODA), (LandmarkFactory(), PAGODA + 1)):
        image = LandmarkImageFactory(
            landmark=landmark, published=True, data=drawn_photo(seed), author="An Nguyễn", licence="CC BY 4.0"
        )
        indexing.describe_image(image)
    return pagoda


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A visitor's photo of the pagoda."""
    path = tmp_path / "visitor.jpg"
    path.write_bytes(drawn_photo(PAGODA, (600, 450)))
    return path


@pytest.fixture
def make_key(transactional_db) -> Callable[..., str]:
    """Makes a key that may search and read, used by the websites named."""

    def make(*origins: str, scopes: tuple[str, ...] = ("search", "catalogue")) -> str:
        return keys.issue(UserFactory(), name="Our app", scopes=scopes, origins=origins).token

    return make
