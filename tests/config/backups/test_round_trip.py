"""A platform put by and brought back elsewhere: another database, other folders, as on a new machine."""

import hashlib
import json
import threading
from io import StringIO
from pathlib import Path

import boto3
import numpy as np
import psycopg
import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from moto.server import ThreadedMotoServer
from psycopg import sql

from config.backups import BackupError, making, manifest, stores
from places import curation, finishing
from places.models import LandmarkImage
from retrieval import asking, index, methods
from retrieval.methods.base import Description
from retrieval.models import Descriptor, Query, ServableCheckpoint
from tests.factories import LandmarkImageFactory, UserFactory, drawn_photo
from tests.other_server import other_server

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]

GEM = methods.find("cnn_irwnha")
LEARNED = "cnn_irwnha-{}"


def vector(seed: int) -> np.ndarray:
    numbers = np.random.default_rng(seed).normal(size=GEM.checkpoint.dimensions).astype(np.float32)
    return numbers / np.linalg.norm(numbers)


@pytest.fixture
def photos() -> list[LandmarkImage]:
    """Three published photos that can be found, one of them with its renditions, one that waits, and a search."""
    shown = LandmarkImageFactory.create_batch(3, published=True)
    for seed, image in enumerate(shown):
        index.put(image, method=GEM, description=Description(vector(seed)))
    finishing.make_renditions(shown[0])
    LandmarkImageFactory()
    asking.ask(drawn_photo(7, (200, 150)), method="sir", user=UserFactory())
    index.build_index(GEM)
    return shown


def put_by(folder: Path) -> making.Made:
    return making.make(folder)


def rows_of(name: str) -> dict[str, list[str]]:
    """Every row of every table of a database, as text, and where its sequences stand."""
    given = connection.get_connection_params() | {"dbname": name}
    keys = ("dbname", "user", "host", "port", "password")
    with psycopg.connect(**{key: given[key] for key in keys if given.get(key)}) as server:
        tables = server.execute(
            "SELECT relname, relkind = 'S' FROM pg_class "
            "WHERE relkind IN ('r', 'S') AND relnamespace = 'public'::regnamespace"
        ).fetchall()
        whole = sql.SQL("SELECT t::text FROM {} AS t ORDER BY 1")
        stand = sql.SQL("SELECT (last_value, is_called)::text FROM {}")
        return {
            table: [
                row
                for (row,) in server.execute(
                    (stand if is_sequence else whole).format(sql.Identifier(table))
                ).fetchall()
            ]
            for table, is_sequence in tables
        }


def files_in(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and "ready" not in path.parts
    }


def files_named() -> dict[str, str]:
    folders = {"default": "media", "private": "private"}
    return {
        f"{folders[file.store]}/{file.name}": hashlib.sha256(
            (settings.FILES / folders[file.store] / file.name).read_bytes()
        ).hexdigest()
        for file in stores.named_by_rows()
    }


def test_what_is_brought_back_is_equal_row_for_row_and_byte_for_byte_and_answers_alike(
    photos, kept, elsewhere, weights_folder, tmp_path
):
    digest = hashlib.sha256(b"learned here").hexdigest()
    name = LEARNED.format(digest[:16])
    (weights_folder / f"{name}.npz").write_bytes(b"learned here")
    (weights_folder / f"{name}.md").write_text("a card")
    ServableCheckpoint.objects.create(method="cnn_irwnha", name="mine", facts={"weights": name})
    said = StringIO()
    call_command("backup", kept, stdout=said)
    assert f"{len(files_named())} files" in said.getvalue()
    before = rows_of(connection.settings_dict["NAME"])

    told = elsewhere("restore", kept).stdout
    assert "The platform is as it was" in told
    after = rows_of(f"{connection.settings_dict['NAME']}_elsewhere")
    caches = {"cache", "kombu_message", "kombu_queue"}
    assert {table: rows for table, rows in after.items() if table not in caches} == {
        table: rows for table, rows in before.items() if table not in caches
    }
    assert len(before["places_landmarkimage"]) == 4
    assert files_in(tmp_path / "elsewhere") == files_named()
    assert (tmp_path / "weights-elsewhere" / f"{name}.npz").read_bytes() == b"learned here"
    assert (tmp_path / "weights-elsewhere" / f"{name}.md").read_text() == "a card"

    ask = (
        "import json, numpy as np; from retrieval import index, methods\n"
        "gem = methods.find('cnn_irwnha')\n"
        f"vector = np.frombuffer(bytes.fromhex('{vector(1).tobytes().hex()}'), np.float32)\n"
        "print(json.dumps([[c.id, c.similarity] for c in index.nearest(vector, method=gem, k=3)]))\n"
        "print(index.has_index(gem))\n"
    )
    answer, has_index = elsewhere("shell", "--no-imports", "-c", ask).stdout.split("\n")[:2]
    here = index.nearest(vector(1), method=GEM, k=3)
    assert json.loads(answer) == [[found.id, found.similarity] for found in here]
    assert has_index == "True"
    assert elsewhere("migrate", "--check", check=False).returncode == 0


def test_vectors_that_lie_on_another_server_are_put_by_and_all_at_home_where_they_are_brought_back(
    photos, kept, elsewhere
):
    expected = index.vectors_of(GEM)
    with other_server() as beside:
        call_command(
            "spread_index", "--add", "beside", "--at", beside.address(), "--share", 100, stdout=StringIO()
        )
        assert not Descriptor.objects.filter(part="").exists()
        put_by(kept)
        call_command("backup", kept, "--verify", stdout=StringIO())
        with connection.cursor() as cursor:
            cursor.execute("DROP EXTENSION postgres_fdw CASCADE")
    elsewhere("restore", kept)
    ask = (
        "from retrieval import index, methods; from retrieval.models import Descriptor, Part\n"
        "ids, vectors = index.vectors_of(methods.find('cnn_irwnha'))\n"
        "print(ids.tobytes().hex(), vectors.tobytes().hex(), Part.objects.count(), Descriptor.objects.exclude(part='').count())\n"
    )
    ids, vectors, parts, away = elsewhere("shell", "--no-imports", "-c", ask).stdout.split()
    assert (ids, vectors) == (expected[0].tobytes().hex(), expected[1].tobytes().hex())
    assert (parts, away) == ("0", "0")


def test_the_next_backup_into_the_same_folder_copies_only_what_is_new(photos, kept):
    first = put_by(kept)
    LandmarkImageFactory()
    again = put_by(kept)
    assert first.new_files == first.manifest.file_count
    assert again.new_files == 1
    assert again.manifest.file_count == first.manifest.file_count + 1
    assert manifest.names(kept) == [first.folder.name, again.folder.name]


def test_a_stopped_run_leaves_no_backup_and_its_files_are_not_read_again(photos, kept, monkeypatch):
    def stop(*_arguments, **_options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(making.dump, "dump", stop)
        with pytest.raises(KeyboardInterrupt):
            put_by(kept)
    assert manifest.names(kept) == []
    assert put_by(kept).new_files == 0
    assert not list(kept.glob("*.unfinished"))
    assert not list(kept.rglob("unfinished-*"))


def test_a_dry_run_of_either_writes_nothing(photos, kept, elsewhere, tmp_path):
    said = StringIO()
    call_command("backup", kept, "--dry-run", stdout=said)
    assert f"{len(files_named())} files" in said.getvalue()
    assert manifest.names(kept) == []
    put_by(kept)
    assert "may be brought back" in elsewhere("restore", kept, "--dry-run").stdout
    assert not (tmp_path / "elsewhere").exists()
    assert rows_of(f"{connection.settings_dict['NAME']}_elsewhere") == {}


def test_a_platform_that_is_not_empty_is_left_alone_unless_told_and_then_nothing_of_it_stays(
    photos, kept, elsewhere, tmp_path
):
    put_by(kept)
    elsewhere("restore", kept)
    extra = LandmarkImageFactory()
    put_by(kept)
    refused = elsewhere("restore", kept, check=False)
    assert refused.returncode == 1
    assert "not empty" in refused.stderr
    assert "--replace" in refused.stderr
    elsewhere("restore", kept, "--replace")
    assert f"private/{extra.original.name}" in files_in(tmp_path / "elsewhere")
    first = manifest.names(kept)[0]
    elsewhere("restore", kept, "--replace", "--name", first)
    assert f"private/{extra.original.name}" not in files_in(tmp_path / "elsewhere")
    assert len(rows_of(f"{connection.settings_dict['NAME']}_elsewhere")["places_landmarkimage"]) == 4


def test_a_restore_that_fails_half_way_leaves_the_database_as_it_was(photos, kept, elsewhere):
    made = put_by(kept)
    elsewhere("restore", kept)
    before = rows_of(f"{connection.settings_dict['NAME']}_elsewhere")
    cut = (made.folder / manifest.DUMP).read_bytes()[:-3000]
    (made.folder / manifest.DUMP).write_bytes(cut)
    told = json.loads((made.folder / manifest.MANIFEST).read_text())
    told["database"] = {"sha256": hashlib.sha256(cut).hexdigest(), "size": len(cut)}
    body = json.dumps(told)
    (made.folder / manifest.MANIFEST).write_text(body)
    (made.folder / manifest.SEAL).write_text(hashlib.sha256(body.encode()).hexdigest())
    failed = elsewhere("restore", kept, "--replace", check=False)
    assert failed.returncode == 1
    assert "is as it was" in failed.stderr
    assert rows_of(f"{connection.settings_dict['NAME']}_elsewhere") == before


def test_a_backup_made_while_photos_come_and_go_is_whole_and_of_one_moment(
    photos, kept, elsewhere, tmp_path, monkeypatch
):
    """Photos are added, published and withdrawn, files and all, as fast as one thread can."""
    monkeypatch.setattr(making, "MOMENTS", 100)  # on a busy machine hardly one of five stays unspoiled
    stop, seen = threading.Event(), []

    def come_and_go() -> None:
        try:
            while not stop.is_set():
                image = LandmarkImageFactory(published=True)
                with transaction.atomic():
                    curation.reject([image], reason="gone again")
                seen.append(image.pk)
        finally:
            connection.close()

    other = threading.Thread(target=come_and_go)
    other.start()
    try:
        while len(seen) < 3:
            pass
        made = put_by(kept)
    finally:
        stop.set()
        other.join()
    assert made.manifest.lost == []
    call_command("backup", kept, "--verify", stdout=StringIO())
    elsewhere("restore", kept)
    ask = (
        "from config.backups import stores\n"
        "print(sum(1 for file in stores.named_by_rows() if not stores.is_there(file)), "
        "sum(1 for file in stores.named_by_rows()))\n"
    )
    missing, there = map(int, elsewhere("shell", "--no-imports", "-c", ask).stdout.split())
    assert missing == 0
    assert there == made.manifest.file_count


def test_a_moment_whose_files_went_before_they_could_be_copied_is_given_up_for_another(
    photos, kept, monkeypatch
):
    moments = []
    whole = making.stores.named_by_rows

    def named():
        moments.append(connection.in_atomic_block)
        yield from whole()
        if sum(moments) == 1 and moments[-1]:  # of the first moment: a file that no row names any more
            yield stores.Named("default", "photos/gone.jpg")

    monkeypatch.setattr(making.stores, "named_by_rows", named)
    assert put_by(kept).manifest.lost == []
    assert sum(moments) == 2


def test_a_file_that_was_lost_before_is_told_of_and_stops_nothing(photos, kept):
    name = photos[1].original.name
    photos[1].original.storage.delete(name)
    errors = StringIO()
    call_command("backup", kept, stdout=StringIO(), stderr=errors)
    assert name in errors.getvalue()
    assert manifest.find(kept).manifest.lost == [stores.Named("private", name)]


def test_where_there_is_too_little_room_nothing_is_begun(photos, kept, monkeypatch):
    monkeypatch.setattr(making, "free_bytes", lambda folder: 1000)
    with pytest.raises(BackupError, match="has room for 1,000 bytes"):
        put_by(kept)
    assert not (kept / "files").exists()


def test_two_backups_do_not_run_into_one_folder(kept):
    with making._alone(kept), pytest.raises(BackupError, match="Another backup"):
        put_by(kept)


def test_photos_in_s3_are_brought_there_and_put_by_from_there(photos, kept, elsewhere, tmp_path):
    server = ThreadedMotoServer(port=0)
    server.start()
    try:
        host, port = server.get_host_and_port()
        given = {
            "S3_BUCKET": "photos", "S3_ENDPOINT_URL": f"http://{host}:{port}", "S3_REGION": "us-east-1",
            "S3_ACCESS_KEY": "key", "S3_SECRET_KEY": "secret",
        }  # fmt: skip
        boto3.client(
            "s3", endpoint_url=given["S3_ENDPOINT_URL"], region_name="us-east-1",
            aws_access_key_id="key", aws_secret_access_key="secret",
        ).create_bucket(Bucket="photos")  # fmt: skip
        first = put_by(kept)
        elsewhere("restore", kept, **given)
        assert not (tmp_path / "elsewhere").exists()
        elsewhere("backup", tmp_path / "from-s3", **given)
        again = elsewhere("backup", tmp_path / "from-s3", **given).stdout
    finally:
        server.stop()
    listed = [
        sorted(manifest.files_of(manifest.find(folder)), key=str) for folder in (kept, tmp_path / "from-s3")
    ]
    assert listed[0] == listed[1]
    assert len(listed[0]) == first.manifest.file_count
    assert ", 0 of them new" in again


def test_a_search_and_its_photo_are_put_by_too(photos, kept):
    put_by(kept)
    query = Query.objects.get()
    listed = {file: content for file, content in manifest.files_of(manifest.find(kept))}
    with query.photo.open() as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    assert listed[stores.Named("private", query.photo.name)].sha256 == digest
    assert stores.Named("default", photos[0].photo.name) in listed
    assert default_storage.exists(photos[0].photo.name)


def test_a_file_is_no_folder_of_backups(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match="is a file"):
        call_command("backup", tmp_path / "file")
