"""Describing on every core: real processes on the test's database, with the real networks."""

import numpy as np
import pytest
from django.db import connection

from retrieval import index, indexing, methods
from retrieval.methods import engine
from retrieval.models import DescribeFailure, Descriptor
from tests.factories import LandmarkImageFactory
from tests.retrieval.test_indexing import break_file

pytestmark = [pytest.mark.weights, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def processes_find_the_tests_database(monkeypatch):
    monkeypatch.setenv("TEST_DATABASE", connection.settings_dict["NAME"])


def test_several_processes_describe_each_photo_once_and_as_one_alone_does():
    images = [LandmarkImageFactory(published=True, seed=seed) for seed in range(7)]
    break_file(images[3])
    indexing.describe_image(images[0], names=["sir"])
    [alone] = index.vectors([images[0].pk], method=methods.find("sir")).values()
    Descriptor.objects.all().delete()

    heard: list[bool] = []
    assert indexing.describe_missing(names=["sir"], processes=2, done=heard.append) == 7
    assert sorted(heard) == [False, *[True] * 6]
    assert Descriptor.objects.count() == 6
    assert DescribeFailure.objects.get().image == images[3]
    assert not indexing.missing_by_any(["sir"]).exists()
    together = index.vectors([images[0].pk], method=methods.find("sir"))[images[0].pk]
    assert np.allclose(alone, together, atol=1e-5)


def test_no_more_are_begun_than_were_asked_for():
    LandmarkImageFactory.create_batch(6, published=True)
    assert indexing.describe_missing(names=["sir"], processes=2, limit=3) == 3
    assert Descriptor.objects.count() == 3


@pytest.mark.parametrize("processes", [1, 2])
def test_on_a_gpu_threads_describe_side_by_side_each_photo_once(processes, monkeypatch):
    monkeypatch.setattr(engine, "at_once", lambda: 3)
    monkeypatch.setattr(indexing, "SHARE", 1)
    images = [LandmarkImageFactory(published=True, seed=seed) for seed in range(7)]
    break_file(images[3])
    heard: list[bool] = []
    assert indexing.describe_missing(names=["sir"], processes=processes, done=heard.append) == 7
    assert sorted(heard) == [False, *[True] * 6]
    assert Descriptor.objects.count() == 6
    assert DescribeFailure.objects.get().image == images[3]
