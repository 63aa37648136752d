"""Hostile files at every door for photos: refused in words or taken like any photo, and nothing smuggled in is served."""

import itertools
import json
import resource
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from places import contributing, curation
from places.models import LandmarkImage
from retrieval import tasks
from retrieval.models import Query
from tests.factories import CuratorFactory, LandmarkFactory, UserFactory, drawn_photo
from tests.hostile import MARK, Upload, uploads

pytestmark = pytest.mark.django_db

FILES = list(uploads(drawn_photo(1, (640, 480))))
MOST_MORE = 400  # megabytes that this process may grow by: what decodes is another
REFUSED_OR_TAKEN = {200, 202, 302, 400, 413, 415, 422}


@pytest.fixture
def visitor(monkeypatch) -> Client:
    monkeypatch.setattr(tasks, "enqueue", lambda query: None)
    monkeypatch.setattr(contributing, "MOST_A_DAY", 10_000)
    LandmarkFactory(slug="here")
    client = Client()
    client.force_login(UserFactory())
    return client


def sent(upload: Upload) -> SimpleUploadedFile:
    return SimpleUploadedFile(upload.filename, upload.data, upload.content_type)


def by_form(visitor: Client, upload: Upload):
    return visitor.post("/en/searches/new/", {"photo": sent(upload), "method": "sir"})


def by_program(visitor: Client, upload: Upload):
    return visitor.post("/api/v1/searches/", {"photo": sent(upload), "method": "sir"})


def as_a_gift(visitor: Client, upload: Upload):
    said = {"author": "Lan", "licence": "CC BY 4.0", "may_license": "on", "photos": [sent(upload)]}
    return visitor.post("/en/places/here/contribute/", said)


def public_files() -> list[Path]:
    return [path for path in Path(default_storage.path("")).rglob("*") if path.is_file()]


@pytest.mark.parametrize("door", [by_form, by_program, as_a_gift])
@pytest.mark.parametrize("kind", range(4))
def test_hostile_files_are_refused_in_words_or_taken_like_any_photo(visitor, door, kind):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for upload in itertools.islice(FILES, kind, None, 4):
        answer = door(visitor, upload)
        assert answer.status_code in REFUSED_OR_TAKEN, upload.what
        if door is by_program and answer.status_code >= 400:
            assert json.loads(answer.content)["detail"], upload.what
        assert MARK not in answer.content, upload.what
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1000 < MOST_MORE
    taken = LandmarkImage.objects.count() if door is as_a_gift else Query.objects.count()
    assert 0 < taken < len(FILES) / 4  # some are photos, only oddly named or told of
    # What was taken was drawn anew, under a name of ours.
    for query in Query.objects.all():
        with query.photo.open() as file:
            kept = file.read()
        assert kept.startswith(b"\xff\xd8\xff")
        assert MARK not in kept
        assert str(query.pk) in query.photo.name
    curation.publish(LandmarkImage.objects.all(), actor=CuratorFactory())
    assert not any(MARK in path.read_bytes() for path in public_files())


def test_there_are_enough_of_them():
    assert len(FILES) >= 300
