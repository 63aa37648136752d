"""The dataset as an archive: asked for by those who may, made once, fetched, and taken the place of by a newer one."""

import hashlib
import io
import zipfile

import pytest
from django.urls import reverse

from accounts import keys, roles
from accounts.roles import Role
from places import curation, exporting
from places.models import DatasetExport
from retrieval import dataset, tasks
from tests.factories import LandmarkImageFactory, UserFactory

pytestmark = pytest.mark.django_db
EXPORTS = "/api/v1/exports/"
State = DatasetExport.State


@pytest.fixture
def reader():
    """Somebody whose role lets them have the dataset."""
    user = UserFactory()
    roles.give(user, Role.VIEWER, by=None)
    return user


@pytest.fixture
def photos():
    return LandmarkImageFactory.create_batch(2, published=True)


@pytest.fixture
def queued(monkeypatch, django_capture_on_commit_callbacks):
    sent = []
    monkeypatch.setattr(tasks.make_exports, "delay", lambda: sent.append(True))
    return sent


def test_an_archive_is_asked_for_made_and_fetched(
    client, reader, photos, queued, django_capture_on_commit_callbacks
):
    client.force_login(reader)
    with django_capture_on_commit_callbacks(execute=True):
        asked = client.post(EXPORTS)
    assert asked.status_code == 202
    assert queued == [True]
    address = asked["Location"]
    assert asked.json()["state"] == "waiting"
    assert asked.json()["download"] is None
    tasks.make_exports()
    told = client.get(address).json()
    assert (told["state"], told["photos"], told["landmarks"]) == ("ready", 2, 2)
    fetched = client.get(told["download"])
    data = b"".join(fetched.streaming_content)
    assert fetched["Content-Type"] == "application/zip"
    assert 'filename="vietnam-tourism.zip"' in fetched["Content-Disposition"]
    assert "no-store" in fetched["Cache-Control"]
    assert (len(data), hashlib.sha256(data).hexdigest()) == (told["bytes"], told["sha256"])
    assert {"landmarks.csv", "images.csv", "croissant.json"} <= set(
        zipfile.ZipFile(io.BytesIO(data)).namelist()
    )
    assert client.get(EXPORTS).json()["results"] == [told]


def test_who_asks_while_one_is_made_waits_for_the_same_and_who_asks_later_gets_it_as_long_as_it_is_new(
    client, reader, photos, queued
):
    client.force_login(reader)
    first, second = client.post(EXPORTS).json(), client.post(EXPORTS).json()
    assert first["id"] == second["id"]
    tasks.make_exports()
    again = client.post(EXPORTS)
    assert (again.status_code, again.json()["id"]) == (200, first["id"])
    LandmarkImageFactory(published=True)
    newer = client.post(EXPORTS)
    assert newer.status_code == 202
    assert newer.json()["id"] != first["id"]


def test_only_the_newest_archives_are_kept_with_their_files(reader, photos):
    made = []
    for _number in range(4):
        LandmarkImageFactory(published=True)
        made.append(dataset.ask(reader))
        dataset.make_asked()
    kept = list(DatasetExport.objects.all())
    assert [export.pk for export in kept] == [made[3].pk, made[2].pk]
    storage = kept[0].file.storage
    there = set(storage.listdir("exports")[1])
    assert {f"{export.pk}.zip" for export in kept} <= there
    assert not {f"{export.pk}.zip" for export in made[:2]} & there


def test_an_archive_that_lost_its_worker_is_made_again_and_given_up_after_three_tries(reader, photos):
    export = dataset.ask(reader)
    DatasetExport.objects.update(state=State.RUNNING, attempts=1)
    dataset.make_asked()
    assert DatasetExport.objects.get(pk=export.pk).state == State.READY
    curation.reject(photos[:1], reason="blurred")
    second = dataset.ask(reader)
    DatasetExport.objects.filter(pk=second.pk).update(state=State.RUNNING, attempts=dataset.MAX_ATTEMPTS)
    dataset.make_asked()
    assert DatasetExport.objects.get(pk=second.pk).state == State.FAILED


@pytest.mark.parametrize(
    "error", [exporting.ExportError("nothing to write"), OSError(28, "No space left on device")]
)
def test_one_that_fails_says_why_and_leaves_nothing_behind(client, reader, photos, monkeypatch, error):
    def fail(*_args, **_kwargs):
        raise error

    monkeypatch.setattr(exporting, "export", fail)
    export = dataset.ask(reader)
    dataset.make_asked()
    export.refresh_from_db()
    assert (export.state, bool(export.file)) == (State.FAILED, False)
    assert export.reason
    client.force_login(reader)
    assert client.get(reverse("api:export-file", args=[export.pk])).status_code == 404


# Who may


def test_visitors_are_asked_for_a_key_and_those_without_the_role_are_told_so(client, photos):
    assert client.post(EXPORTS).status_code == 401
    client.force_login(UserFactory())
    refused = client.post(EXPORTS)
    assert (refused.status_code, refused.json()["code"]) == (403, "role_missing")
    assert client.get(EXPORTS).status_code == 403
    assert not DatasetExport.objects.exists()


@pytest.mark.parametrize(
    ("scopes", "has_role", "code"),
    [
        (["export"], True, None),
        (["catalogue"], True, "scope_missing"),
        (["export"], False, "role_missing"),
    ],
)
def test_a_key_needs_the_scope_and_its_owner_the_role(client, reader, photos, queued, scopes, has_role, code):
    owner = reader if has_role else UserFactory()
    token = keys.issue(owner, name="mirror", scopes=scopes).token
    response = client.post(EXPORTS, headers={"authorization": f"Bearer {token}"})
    assert response.status_code == (202 if code is None else 403)
    assert response.json().get("code") == code


def test_nobody_fetches_the_file_without_the_role(client, reader, photos):
    export = dataset.ask(reader)
    dataset.make_asked()
    address = reverse("api:export-file", args=[export.pk])
    assert client.get(address).status_code == 401
    client.force_login(UserFactory())
    assert client.get(address).status_code == 403


def test_where_exports_are_looked_at_an_id_that_cannot_be_is_not_found(client, reader):
    client.force_login(reader)
    for wrong in ("0" * 36, "f47ac10b-58cc-4372-a567-0e02b2c3d479", "a"):
        assert client.get(f"{EXPORTS}{wrong}/").status_code == 404
