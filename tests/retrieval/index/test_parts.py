"""The index over two real PostgreSQL servers: the tests' own and one more, which keeps two of its parts."""

from collections.abc import Iterator
from io import StringIO

import numpy as np
import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from config import database
from places import curation
from places.models import LandmarkImage
from retrieval import index, indexing, methods, traces
from retrieval.index import parts
from retrieval.methods.base import Description
from retrieval.models import Descriptor, MovedVector, Part, StrayVector
from tests.factories import THANKS, LandmarkFactory, LandmarkImageFactory
from tests.other_server import OtherServer, at_home, other_server

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]

GEM = methods.find("cnn_irwnha")
PHOTOS = 120


@pytest.fixture(scope="module")
def beside() -> Iterator[OtherServer]:
    with other_server() as server:
        yield server


@pytest.fixture
def addresses(beside) -> Iterator[dict[str, str]]:
    """Of two empty databases of the other server, by the names of parts."""
    with psycopg.connect(beside.address("postgres"), autocommit=True) as server:
        for name in ("north", "south"):
            server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            server.execute(f"CREATE DATABASE {name}")
    yield {name: beside.address(name) for name in ("north", "south")}
    with connection.cursor() as cursor:
        cursor.execute("DROP EXTENSION IF EXISTS postgres_fdw CASCADE")


def vector(seed: int) -> np.ndarray:
    numbers = np.random.default_rng(seed).normal(size=GEM.checkpoint.dimensions).astype(np.float32)
    return numbers / np.linalg.norm(numbers)


@pytest.fixture
def photos() -> list[LandmarkImage]:
    """Rows only, of four places, described by one method, and by an older checkpoint of it."""
    landmarks = LandmarkFactory.create_batch(4)
    images = LandmarkImage.objects.bulk_create(
        LandmarkImage(
            landmark=landmarks[n % 4], state="published", original="o", photo="p", thumbnail="t", sha256=f"{n}",
            perceptual_hash=n, width=1, height=1, **THANKS,
        )
        for n in range(PHOTOS)
    )  # fmt: skip
    for version in (GEM.checkpoint.name, "an older one"):
        Descriptor.objects.bulk_create(
            Descriptor(image=image, method=GEM.name, version=version, vector=vector(n))
            for n, image in enumerate(images)
        )
    return images


def spread(addresses: dict[str, str], **shares: int) -> str:
    said = StringIO()
    for name, share in (shares or {"north": 40, "south": 30}).items():
        call_command("spread_index", "--add", name, "--at", addresses[name], "--share", share, stdout=said)
    return said.getvalue()


def asked(**filters) -> list[list[tuple[int, float]]]:
    """What some searches find."""
    return [
        [
            (found.id, round(found.similarity, 6))
            for found in index.nearest(vector(seed) + vector(seed + 1), method=GEM, k=k, **filters)
        ]
        for seed, k in ((1, 1), (2, 10), (3, PHOTOS), (4, 2 * PHOTOS))
    ]


def kept_by(address: str) -> int:
    with psycopg.connect(address) as server:
        return server.execute(f"SELECT count(*) FROM {parts.TABLE}").fetchone()[0]


def test_what_is_found_over_two_servers_is_what_one_finds_whatever_the_filter(photos, addresses):
    province = photos[1].landmark.province
    filters = [
        {},
        {"province": province},
        {"category": photos[0].landmark.category},
        {"landmarks": [photos[0].landmark_id, photos[2].landmark_id]},
        {"landmarks": []},
        {"without": photos[7].pk},
    ]
    before = [asked(**each) for each in filters]
    every = index.vectors_of(GEM)
    some = index.vectors([photos[3].pk, photos[50].pk], method=GEM)
    told = spread(addresses)

    assert (
        kept_by(addresses["north"]) + kept_by(addresses["south"])
        == Descriptor.objects.exclude(part="").count()
    )
    assert Descriptor.objects.exclude(part="").count() == pytest.approx(0.7 * 2 * PHOTOS, abs=40)
    assert Descriptor.objects.filter(part="").exists()
    assert "40 % of the photos, 0 more to come" in told
    assert [asked(**each) for each in filters] == before
    for one, other in zip(every, index.vectors_of(GEM), strict=True):
        assert np.array_equal(one, other)
    assert {key: row.tolist() for key, row in index.vectors(some, method=GEM).items()} == {
        key: row.tolist() for key, row in some.items()
    }


def test_the_order_and_the_limit_are_done_on_the_other_server(photos, addresses):
    spread(addresses)
    for filters in ({}, {"province": photos[0].landmark.province}):
        with CaptureQueriesContext(connection) as seen:
            index.nearest(vector(1), method=GEM, k=10, **filters)
        [statement] = [each["sql"] for each in seen if "descriptors_on_north" in each["sql"]]
        with transaction.atomic(), connection.cursor() as cursor:
            parts.sort_there(cursor)
            cursor.execute("EXPLAIN (VERBOSE, COSTS OFF) " + statement)
            plan = [line for (line,) in cursor.fetchall()]
        remote = [line for line in plan if "Remote SQL" in line]
        assert len(remote) == 2, plan
        for line in remote:
            assert "<=>" in line
            assert "ORDER BY" in line
            assert "LIMIT 10" in line
            assert "method = 'cnn_irwnha'" in line
            assert ("image_id = ANY" in line) == bool(filters)
        assert sum("Async Foreign Scan" in line for line in plan) == 2, plan


def test_through_the_partitioned_table_no_limit_would_reach_the_other_server(photos, addresses):
    """Why each part is asked by itself."""
    spread(addresses)
    with transaction.atomic(), connection.cursor() as cursor:
        parts.sort_there(cursor)
        cursor.execute(
            "EXPLAIN (VERBOSE, COSTS OFF) SELECT image_id FROM retrieval_movedvector ORDER BY vector <=> %s::vector LIMIT 10",
            [parts.Vector(vector(1)).to_text()],
        )
        remote = [line for (line,) in cursor.fetchall() if "Remote SQL" in line]
    assert len(remote) == 2
    assert not any("LIMIT" in line for line in remote)


def test_the_parts_have_hnsw_indexes_of_their_own_and_a_filter_still_finds_all_it_lets_pass(
    photos, addresses, monkeypatch
):
    monkeypatch.setattr(index, "EXACT_LIMIT", 20)
    spread(addresses)
    exact = asked()
    index.build_index(GEM)
    with psycopg.connect(addresses["north"]) as server:
        there = server.execute("SELECT indexdef FROM pg_indexes WHERE indexname LIKE 'hnsw%'").fetchall()
    assert len(there) == 1
    with CaptureQueriesContext(connection) as seen:
        found = index.nearest(vector(2) + vector(3), method=GEM, k=10)
    assert any("descriptors_on_north" in each["sql"] and "halfvec" in each["sql"] for each in seen)
    assert len({each.id for each in found} & {pk for pk, _similarity in exact[1]}) >= 9
    province = photos[1].landmark.province
    assert len(index.nearest(vector(1), method=GEM, k=PHOTOS, province=province)) == PHOTOS // 4
    assert len(index.nearest(vector(1), method=GEM, k=PHOTOS)) == PHOTOS
    index.drop_index(GEM)
    with psycopg.connect(addresses["north"]) as server:
        assert not server.execute("SELECT 1 FROM pg_indexes WHERE indexname LIKE 'hnsw%'").fetchall()


def test_where_too_many_photos_pass_a_filter_for_their_ids_to_be_sent_the_parts_are_asked_for_more(
    photos, addresses, monkeypatch
):
    province = photos[1].landmark.province
    before = asked(province=province)
    spread(addresses)
    monkeypatch.setattr(parts, "IDS_SENT", 3)
    assert asked(province=province) == before
    monkeypatch.setattr(parts, "MOST_ASKED", 2)
    assert asked(province=province) == before


def test_a_photo_described_anew_is_found_by_its_new_vector_alone_and_a_new_one_is_carried_to_its_part(
    photos, addresses
):
    spread(addresses, north=100)
    new = LandmarkImageFactory(published=True)
    for image, seed in ((photos[0], 1000), (new, 1001)):
        index.put(image, method=GEM, description=Description(vector(seed)))
    assert Descriptor.objects.filter(part="").count() == 2
    for _where in ("here", "there"):
        assert [index.nearest(vector(seed), method=GEM, k=1)[0].id for seed in (1000, 1001)] == [
            photos[0].pk,
            new.pk,
        ]
        assert index.nearest(vector(0), method=GEM, k=1)[0].id != photos[0].pk
        while parts.move():
            pass
        parts.sweep(at_once=True)
    assert not Descriptor.objects.filter(part="").exists()
    assert not StrayVector.objects.exists()
    assert kept_by(addresses["north"]) == 2 * PHOTOS + 1


def test_a_withdrawn_photo_is_found_no_more_and_nothing_of_it_stays_on_the_other_server(photos, addresses):
    spread(addresses, north=100)
    image = LandmarkImageFactory(published=True)
    index.put(image, method=GEM, description=Description(vector(500)))
    parts.move()
    assert MovedVector.objects.filter(image=image).count() == 1
    assert "MovedVector.image" in traces.of(image).left
    curation.reject([image], reason="by request")
    assert index.nearest(vector(500), method=GEM, k=1)[0].id != image.pk
    assert MovedVector.objects.filter(image=image).count() == 0
    assert traces.of(image).left == []


def test_what_a_part_keeps_of_a_removed_row_is_never_found_and_swept_in_time(photos, addresses):
    spread(addresses, north=100)
    gone = [photo.pk for photo in photos[:30]]
    with connection.cursor() as cursor:  # whoever removes it, and however
        cursor.execute("DELETE FROM retrieval_descriptor WHERE image_id = ANY(%s)", [gone])
    assert StrayVector.objects.count() == 60
    found = index.nearest(vector(3), method=GEM, k=PHOTOS)
    assert len(found) == PHOTOS - 30
    assert not {each.id for each in found} & set(gone)
    assert len(index.nearest(vector(3), method=GEM, k=80)) == 80
    assert parts.sweep() == 0  # a search that began before may still ask
    assert parts.sweep(at_once=True) == 60
    assert kept_by(addresses["north"]) == 2 * (PHOTOS - 30)


def test_a_move_that_stops_half_way_loses_nothing_and_is_gone_on_with(photos, addresses, monkeypatch):
    before = asked()
    parts.add("north", address=addresses["north"], share=100)
    assert parts.move(limit=50) == 50

    def stop(*_of):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(parts, "vectors", stop)
        with pytest.raises(KeyboardInterrupt):
            parts.move()
    assert asked() == before
    assert Descriptor.objects.exclude(part="").count() == 50
    call_command("spread_index", stdout=StringIO())
    assert asked() == before
    assert not Descriptor.objects.filter(part="").exists()


def test_a_part_that_gives_back_something_else_than_it_was_sent_gets_nothing(photos, addresses, monkeypatch):
    parts.add("north", address=addresses["north"], share=100)
    monkeypatch.setattr(parts, "vectors", lambda of: dict.fromkeys(of, np.zeros(3, np.float32)))
    with pytest.raises(parts.PartError, match="other vectors"):
        parts.move()
    assert not Descriptor.objects.exclude(part="").exists()


def test_a_removed_part_sends_all_home_and_leaves_nothing(photos, addresses):
    before = asked()
    spread(addresses)
    call_command("spread_index", "--remove", "north", "--dry-run", stdout=StringIO())
    assert Part.objects.count() == 2
    call_command("spread_index", "--remove", "north", stdout=StringIO())
    call_command("spread_index", "--remove", "south", stdout=StringIO())
    assert asked() == before
    assert not Part.objects.exists()
    assert not StrayVector.objects.exists()
    assert not Descriptor.objects.exclude(part="").exists()
    with psycopg.connect(addresses["north"]) as server:
        assert server.execute(f"SELECT to_regclass('{parts.TABLE}')").fetchone() == (None,)
    spread(addresses, north=10)  # and may be added again


def test_a_server_that_is_away_makes_a_search_wait_and_never_answer_with_less(photos, addresses, beside):
    spread(addresses)
    before = asked()
    with at_home(beside.home):
        database._stop()
    connection.close()
    with pytest.raises(OperationalError):
        asked()
    # What is described meanwhile is kept here, and a photo is withdrawn all the same.
    index.put(photos[0], method=GEM, description=Description(vector(0)))
    indexing.forget([photos[1].pk])
    assert not Descriptor.objects.filter(image=photos[1]).exists()
    with at_home(beside.home):
        database._start()
    connection.close()
    assert asked()[3] == [found for found in before[3] if found[0] != photos[1].pk]
    parts.sweep(at_once=True)
    assert MovedVector.objects.filter(image=photos[1].pk).count() == 0


def test_what_a_part_has_lost_is_described_anew(photos, addresses):
    spread(addresses, north=100)
    with psycopg.connect(addresses["north"]) as server:
        server.execute(f"DELETE FROM {parts.TABLE} WHERE image_id = %s", [photos[0].pk])
    said = StringIO()
    call_command("spread_index", "--check", stdout=said)
    assert "north: 2 vectors were lost" in said.getvalue()
    assert list(index.missing(GEM)) == [photos[0]]


@pytest.mark.parametrize(
    ("name", "share", "words"),
    [("North!", 10, "begins with a letter"), ("north", 0, "1 to 100"), ("north", 101, "1 to 100")],
)
def test_a_part_that_cannot_be_is_refused(addresses, name, share, words):
    with pytest.raises(parts.PartError, match=words):
        parts.add(name, address=addresses["north"], share=share)
    with pytest.raises(parts.PartError, match="given as postgresql"):
        parts.add("north", address="mysql://somewhere/db", share=10)


def test_shares_do_not_overlap_and_no_more_than_all_is_shared_out(addresses):
    parts.add("north", address=addresses["north"], share=60)
    with pytest.raises(parts.PartError, match="no 50 of a hundred"):
        parts.add("south", address=addresses["south"], share=50)
    with pytest.raises(parts.PartError, match="is a part north already"):
        parts.add("north", address=addresses["south"], share=10)
    assert parts.add("south", address=addresses["south"], share=40).first_slot == 60
    with pytest.raises(CommandError, match="There are: north, south"):
        call_command("spread_index", "--remove", "east", stdout=StringIO())
