"""A real streaming replica, made from the tests' own server by pg_basebackup, read from, stopped and held up."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import InternalError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config import database, replica
from places.models import Landmark, LandmarkImage
from tests.factories import LandmarkFactory, UserFactory
from tests.other_server import at_home

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def standby(django_db_setup) -> Iterator[Path]:
    """The home of a running replica of the tests' own server."""
    folder = Path(tempfile.mkdtemp(prefix="vietnam-tourism-", dir="/tmp"))
    folder.chmod(0o755)
    home = folder / "postgres"
    primary = database.socket_folder()
    try:
        with at_home(home):
            database._make_folder(home)
            database._run(
                "pg_basebackup",
                *("--host", primary, "--username", database.USER, "--pgdata", home / "data"),
                *("--write-recovery-conf", "--checkpoint", "fast", "--wal-method", "stream"),
            )
            database._start()
        yield home
        with at_home(home):
            database._stop()
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def server(standby, monkeypatch) -> Iterator[Path]:
    """The replica, known to the platform as DATABASE_REPLICA_URL would make it, and as far as the primary."""
    given = connections[replica.PRIMARY].settings_dict | {"CONN_MAX_AGE": 0}
    with at_home(standby):
        given["HOST"] = str(database.socket_folder())
    monkeypatch.setitem(connections.settings, replica.REPLICA, given)
    monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", _also_to_the_replica())
    monkeypatch.setattr(replica, "watch", replica.Watch())
    monkeypatch.setattr(replica, "LOOKED_AT_EVERY", 0)
    monkeypatch.setattr(replica, "AWAY_FOR", 0)
    yield standby
    connections[replica.REPLICA].close()
    del connections[replica.REPLICA]


def _also_to_the_replica() -> Callable:
    """Tests may speak to no database that they did not name beforehand, when there was no replica yet."""
    others = BaseDatabaseWrapper.ensure_connection

    def ensure_connection(self) -> None:
        if self.alias != replica.REPLICA:
            others(self)
        elif self.connection is None:
            with self.wrap_database_errors:
                self.connect()

    return ensure_connection


def until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def catch_up() -> None:
    until(lambda: replica.watch.may_read(written=replica.log_position()))


def hold_up(*, on: bool) -> None:
    with connections[replica.REPLICA].cursor() as cursor:
        cursor.execute(f"SELECT pg_wal_replay_{'pause' if on else 'resume'}()")
        if on:
            until(
                lambda: (
                    cursor.execute("SELECT pg_get_wal_replay_pause_state()")
                    or cursor.fetchone() == ("paused",)
                )
            )


class Reads:
    """How many statements about the catalogue's tables each server was asked inside the block."""

    def __enter__(self) -> "Reads":
        self._seen = [
            CaptureQueriesContext(connections[alias]) for alias in (replica.PRIMARY, replica.REPLICA)
        ]
        for each in self._seen:
            each.__enter__()
        return self

    def __exit__(self, *exception) -> None:
        for each in self._seen:
            each.__exit__(*exception)

    @property
    def counts(self) -> tuple[int, int]:
        primary, standby = (sum('FROM "places_' in each["sql"] for each in seen) for seen in self._seen)
        return primary, standby


def reads_of(address: str, client: Client | None = None, **headers: str) -> tuple[int, int]:
    with Reads() as reads:
        response = (client or Client()).get(address, headers=headers)
        assert response.status_code == 200
    return reads.counts


PAGES = [
    "/places/",
    "/en/places/",
    "/places/{slug}/",
    "/places/map/",
    "/api/v1/landmarks/",
    "/api/v1/landmarks/{slug}/",
    "/api/v1/provinces/",
]


def test_what_anybody_is_shown_of_the_catalogue_is_read_from_the_replica_and_nothing_else_is(server):
    landmark = LandmarkFactory()
    catch_up()
    for page in PAGES:
        primary, standby = reads_of(page.format(slug=landmark.slug))
        assert (primary, standby > 0) == (0, True), page
    for page in ("/", "/accounts/login/"):
        assert reads_of(page)[1] == 0, page


def test_who_is_logged_in_or_brings_a_key_reads_from_the_primary(server):
    landmark = LandmarkFactory()
    catch_up()
    client = Client()
    client.force_login(UserFactory())
    assert reads_of(f"/places/{landmark.slug}/", client)[1] == 0
    response = Client().get("/api/v1/landmarks/", headers={"Authorization": "Bearer vtr_x"})
    assert response.status_code in (200, 401)
    with Reads() as reads:
        Client().get("/api/v1/landmarks/", headers={"Authorization": "Bearer vtr_x"})
    assert reads.counts[1] == 0


def test_whoever_wrote_reads_from_the_primary_until_the_replica_has_come_as_far(server):
    landmark = LandmarkFactory()
    catch_up()
    client = Client()
    sent = client.post("/places/takedown/", {"about": "x"})
    assert replica.COOKIE not in sent.cookies or sent.status_code < 400
    hold_up(on=True)
    try:
        Landmark.objects.filter(pk=landmark.pk).update(name_vi="Mới")
        client.cookies[replica.COOKIE] = f"{replica.log_position():x}"
        primary, standby = reads_of(f"/places/{landmark.slug}/", client)
        assert primary > 0
        assert standby == 0
        assert "Mới" in client.get(f"/places/{landmark.slug}/").content.decode()
        assert reads_of(f"/places/{landmark.slug}/")[1] > 0  # somebody else may see it a moment later
    finally:
        hold_up(on=False)
    catch_up()
    assert reads_of(f"/places/{landmark.slug}/", client)[0] == 0


def test_a_form_that_was_sent_leaves_the_mark_and_a_page_that_was_read_does_not(server):
    landmark = LandmarkFactory()
    catch_up()
    client = Client()
    assert replica.COOKIE not in client.get(f"/places/{landmark.slug}/").cookies
    saved = client.post("/places/save/", {"landmark": landmark.pk})
    assert saved.status_code < 400
    mark = saved.cookies[replica.COOKIE]
    assert int(mark.value, 16) <= replica.log_position()
    assert mark["httponly"]


def test_an_odd_mark_counts_as_one_that_no_replica_reaches(server):
    landmark = LandmarkFactory()
    catch_up()
    client = Client()
    client.cookies[replica.COOKIE] = "'; DROP"
    assert reads_of(f"/places/{landmark.slug}/", client)[1] == 0


def test_a_replica_that_lags_too_far_is_not_read_from_until_it_has_caught_up(server, settings):
    settings.REPLICA_MAX_LAG = 0.2
    landmark = LandmarkFactory()
    catch_up()
    hold_up(on=True)
    try:
        LandmarkFactory()
        until(lambda: not replica.watch.may_read(written=0))
        assert reads_of(f"/places/{landmark.slug}/")[1] == 0
    finally:
        hold_up(on=False)
    catch_up()
    assert reads_of(f"/places/{landmark.slug}/")[1] > 0


def test_a_replica_that_is_away_is_not_missed_also_by_the_request_that_finds_out(server, monkeypatch):
    landmark = LandmarkFactory()
    catch_up()
    monkeypatch.setattr(replica, "LOOKED_AT_EVERY", 3600)
    assert reads_of(f"/places/{landmark.slug}/")[1] > 0
    with at_home(server):
        database._stop()
    try:
        connections[replica.REPLICA].close()
        assert Client().get(f"/places/{landmark.slug}/").status_code == 200
        assert Client().get("/api/v1/landmarks/").status_code == 200
        assert not replica.watch.may_read(written=0)
        assert Client().get(f"/places/{landmark.slug}/").status_code == 200
    finally:
        with at_home(server):
            database._start()
    monkeypatch.setattr(replica, "LOOKED_AT_EVERY", 0)
    catch_up()
    assert reads_of(f"/places/{landmark.slug}/")[1] > 0


def test_nothing_is_written_migrated_or_locked_on_the_replica(server):
    landmark = LandmarkFactory()
    catch_up()
    router = replica.ReplicaRouter()
    token = replica._reads_there.set(True)
    try:
        there = Landmark.objects.get(pk=landmark.pk)
        assert there._state.db == replica.REPLICA
        there.name_vi = "Mới"
        there.save()
        with transaction.atomic():
            assert Landmark.objects.get(pk=landmark.pk).name_vi == "Mới"
            assert Landmark.objects.all().db == replica.PRIMARY
        assert Landmark.objects.select_for_update().db == replica.PRIMARY
        assert router.db_for_write(LandmarkImage) == replica.PRIMARY
        assert not router.allow_migrate(replica.REPLICA, "places")
    finally:
        replica._reads_there.reset(token)
    assert Landmark.objects.all().db == replica.PRIMARY
    with pytest.raises(InternalError, match="read-only"), connections[replica.REPLICA].cursor() as cursor:
        cursor.execute("UPDATE places_landmark SET name_vi = ''")


def test_a_server_of_its_own_is_not_taken_for_a_replica(server, monkeypatch):
    monkeypatch.setitem(connections.settings[replica.REPLICA], "HOST", connection.settings_dict["HOST"])
    assert not replica.watch.may_read(written=0)
