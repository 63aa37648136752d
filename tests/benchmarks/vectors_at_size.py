"""Searching among many photos: what building the index takes, what it finds, and how soon.

    python -m tests.benchmarks.vectors_at_size [--sizes 10000 100000] [--method delf] [--json FILE]

For each size a database of its own is filled with made-up vectors around real ones: a method describes the rendered
pictures, and places are drawn from the spread of those, photos from their spread within a place. Then, for queries
that are photos of the same places, not in the database: recall of the ten and the hundred nearest beside an exact
product of matrices, milliseconds by one client and by four, plain and within one province, through the very function
that the site searches with. Beside it HNSW of usearch at the same recall, the same statement through psycopg alone, and
an index of signs (binary quantisation) whose finds are ordered anew.
"""

# ruff: noqa: E402 -- Django is set up before its settings are read
import os
import shutil
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import django

django.setup()

import numpy as np
from django.db import connection

from config import database
from places.models import LandmarkImage, Province
from retrieval import index, methods
from retrieval.methods.base import Method
from tests.benchmarks import made_up_vectors, server_memory
from tests.benchmarks.command import command, own_database
from tests.benchmarks.made_up_vectors import Places
from tests.factories import LandmarkFactory, LandmarkImageFactory, ProvinceFactory
from tests.figures import Figure, Report, percentile

LANDMARKS = 400
SHARES = {
    0.5: 2,
    1: 4,
    2: 8,
    5: 20,
    25: 100,
}  # per cent of all photos, and so many landmarks, in one province each
QUERIES, ASKED_BOTH_WAYS = 200, 40
MOST_READ = 50_000  # rows; of more it would take seconds a search
RECALL, MEDIAN = 0.95, 50  # of the ten nearest; milliseconds
MEMORY, MILLION = 6_000, 1_000_000  # megabytes at most, from so many photos on
COPY_RATE = 50_000  # rows a second
OF_HNSW = 4.5  # times usearch's processor time at the same recall
COMPARED = 100_000  # photos at most that usearch is given
NEIGHBOURS, CANDIDATES = 16, 64  # HNSW's m and ef_construction: pgvector's own
BYTES_A_ROW = 12  # of disk, for each number of a vector: the row, the index, and what is written before

Search = Callable[[np.ndarray, int], list[int]]


@dataclass(frozen=True)
class Filled:
    """A database full of vectors, and what is nearest to each query: (Q, 100) image ids."""

    size: int
    method: type[Method]
    queries: np.ndarray
    nearest: np.ndarray
    first_image: int
    places: Places


@contextmanager
def filled(size: int, *, method: type[Method], report: Report) -> Iterator[Filled]:
    """A database of its own with so many photos."""
    with own_database("vectors_at_size"):
        first = _fill_photos(size)
        places = made_up_vectors.learned(method, folder=database.PROJECT / "var" / "bench")
        seconds = _copy(places, size=size, first_image=first, method=method)
        least = COPY_RATE if size >= COPY_RATE else None  # of fewer the beginning is what is measured
        report.add([Figure(_part(size), "rows copied a second", size / seconds, least=least)])
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE places_landmarkimage, retrieval_descriptor")
        queries = places.queries(QUERIES, size=size)
        nearest = first + places.nearest(queries, size=size, k=100)
        yield Filled(size, method, queries, nearest, first, places)


def _fill_photos(size: int) -> int:
    """Rows of published photos that share the files of one, dealt out over the landmarks; the first one's id."""
    landmarks = []
    for share, count in SHARES.items():
        province = ProvinceFactory(slug=_slug(share))
        landmarks += LandmarkFactory.create_batch(count, province=province)
    rest = ProvinceFactory(slug="the-rest")
    landmarks += LandmarkFactory.create_batch(LANDMARKS - len(landmarks), province=rest)
    one = LandmarkImageFactory(published=True, size=(64, 48))
    columns = [field.column for field in LandmarkImage._meta.concrete_fields if not field.generated]
    made = {
        "id": f"{one.pk} + number",
        "sha256": "lpad(to_hex(number), 64, '0')",
        "landmark_id": "(ARRAY[%s]::bigint[])[1 + (number - 1) %% %s]",
    }
    chosen = ", ".join(made.get(column, f'"{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no journal of a million changes
        values = ", ".join(str(landmark.pk) for landmark in landmarks)
        cursor.execute(
            f"INSERT INTO places_landmarkimage ({names}) SELECT {chosen} FROM places_landmarkimage, "
            f"generate_series(1, {size}) AS number WHERE id = {one.pk}" % (values, LANDMARKS)
        )
        cursor.execute("SET session_replication_role = origin")
    return one.pk + 1


def _slug(share: float) -> str:
    return f"share-{share * 10:.0f}"  # per mille


def _copy(places: Places, *, size: int, first_image: int, method: type[Method]) -> float:
    """Copy the vectors in PostgreSQL's binary form; the seconds that the server took for it."""
    name, version = method.name.encode(), method.checkpoint.name.encode()
    dimensions = method.checkpoint.dimensions
    row = np.dtype(
        [("fields", ">i2"), ("image", [("bytes", ">i4"), ("id", ">i8")])]
        + [(text, [("bytes", ">i4"), ("text", f"S{len(value)}")]) for text, value in (("method", name), ("version", version))]
        + [("at", [("bytes", ">i4"), ("microseconds", ">i8")]), ("part", ">i4")]
        + [("vector", [("bytes", ">i4"), ("dimensions", ">i2"), ("unused", ">i2"), ("numbers", ">f4", dimensions)])]
    )  # fmt: skip
    seconds = 0.0
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        statement = "COPY retrieval_descriptor (image_id, method, version, at, part, vector) FROM STDIN (FORMAT binary)"
        start = time.perf_counter()
        with cursor.copy(statement) as copy:
            copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
            for begin, vectors in places.blocks(size):
                making = time.perf_counter()
                rows = np.zeros(len(vectors), row)
                rows["fields"] = 6
                rows["image"]["bytes"], rows["image"]["id"] = 8, first_image + begin + np.arange(len(vectors))
                rows["method"]["bytes"], rows["method"]["text"] = len(name), name
                rows["version"]["bytes"], rows["version"]["text"] = len(version), version
                rows["at"]["bytes"], rows["part"] = 8, 0
                rows["vector"]["bytes"], rows["vector"]["dimensions"] = 4 + 4 * dimensions, dimensions
                rows["vector"]["numbers"] = vectors
                data = rows.tobytes()
                seconds -= time.perf_counter() - making
                copy.write(data)
            copy.write(b"\xff\xff")
        seconds += time.perf_counter() - start - places.seconds
        cursor.execute("SET session_replication_role = origin")
    return seconds


def _part(size: int) -> str:
    return f"{size:,} photos"


def measure(given: Filled, report: Report) -> None:
    with server_memory.watched() as megabytes:
        _build(given, report)
        _ask(given, report)
        _within_provinces(given, report)
        name = "memory of the server, at most, while it builds and is asked"
        most = MEMORY if given.size >= MILLION else None
        report.add([Figure(_part(given.size), name, megabytes(), "MB", most=most)])
    _beside_psycopg(given, report)
    _signs(given, report)
    _exactly(given, report)


def _build(given: Filled, report: Report) -> None:
    part = _part(given.size)
    start = time.perf_counter()
    index.build_index(given.method)
    built = time.perf_counter() - start
    sizes = [_bytes(index.index_name(given.method)), _bytes("retrieval_descriptor")]
    report.add(
        [
            Figure(part, "index built", built, "s"),
            Figure(part, "the index", sizes[0] / 1e6, "MB"),
            Figure(part, "the vectors, with their table's other indexes", sizes[1] / 1e6, "MB"),
        ]
    )


def _ask(given: Filled, report: Report) -> None:
    part = _part(given.size)
    for k in (10, 100):
        recall = _recall(_search(given.method, k=k), given, k=k)
        report.add([Figure(part, f"recall@{k}", recall, least=RECALL if k == 10 else None)])
    search = _search(given.method, k=100)
    for clients, name, most in (
        (1, "a hundred nearest, one client, median", MEDIAN),
        (4, "four clients at once", None),
    ):
        times = _times(search, given.queries, clients=clients)
        note = f"p95 {percentile(times, 95):.1f} ms"
        report.add([Figure(part, name, statistics.median(times), "ms", most=most, note=note)])


def _search(method: type[Method], *, k: int, province: Province | None = None) -> Search:
    return lambda query, _number: [
        found.id for found in index.nearest(query, method=method, k=k, province=province)
    ]


def _times(search: Search, queries: np.ndarray, *, clients: int) -> list[float]:
    """Milliseconds of each, asked by so many at once."""

    def client(numbers: range) -> list[float]:
        search(queries[0], 0)  # the first opens a connection and reads the index
        times = []
        for number in numbers:
            start = time.perf_counter()
            search(queries[number], number)
            times.append(1000 * (time.perf_counter() - start))
        connection.close()
        return times

    with ThreadPoolExecutor(clients) as threads:
        parts = threads.map(client, [range(first, len(queries), clients) for first in range(clients)])
        return [took for part in parts for took in part]


def _recall(search: Search, given: Filled, *, k: int, among: np.ndarray | None = None) -> float:
    truth = given.nearest if among is None else among
    shares = []
    for number, query in enumerate(given.queries):
        true = {int(each) for each in truth[number][:k] if each >= 0}
        shares.append(len(true & {*search(query, number)}) / max(len(true), 1))
    return statistics.mean(shares)


def _within_provinces(given: Filled, report: Report) -> None:
    """Both ways, whichever the site takes: its limits follow from this."""
    some = replace(given, queries=given.queries[:ASKED_BOTH_WAYS])
    landmark = np.arange(given.size) % LANDMARKS
    begin = 0
    for share, count in SHARES.items():
        province = Province.objects.get(slug=_slug(share))
        rows = np.flatnonzero((landmark >= begin) & (landmark < begin + count))
        begin += count
        near = given.places.nearest(some.queries, size=given.size, k=100, among=rows)
        truth = np.where(near >= 0, near + given.first_image, -1)
        search = _search(given.method, k=100, province=province)
        for way, through_index in (("read", False), ("through the index", True)):
            if not through_index and len(rows) > MOST_READ:
                continue
            with mock.patch.object(index, "_is_for_the_index", return_value=through_index):
                recall = _recall(search, some, k=100, among=truth)
                times = _times(search, some.queries, clients=1)
            note = f"{len(rows):,} photos; recall@100 {recall:.3f}"
            name = f"in a province of {share:g} %, {way}"
            report.add([Figure(_part(given.size), name, statistics.median(times), "ms", note=note)])
        recall = _recall(search, some, k=100, among=truth)
        least = 0.99 if len(rows) <= index.EXACT_LIMIT else None
        report.add(
            [
                Figure(
                    _part(given.size),
                    f"recall@100 in a province of {share:g} %, as the site asks",
                    recall,
                    least=least,
                )
            ]
        )


def _beside_psycopg(given: Filled, report: Report) -> None:
    """The same statement without Django, and usearch at the same recall; both by their processor's time."""
    method, part = given.method, _part(given.size)
    if not index.has_index(method) or given.size <= index.EXACT_LIMIT:
        return
    dimensions = method.checkpoint.dimensions
    statement = (
        f"SELECT image_id, (vector::halfvec({dimensions})) <=> %s::halfvec({dimensions}) AS distance "
        "FROM retrieval_descriptor WHERE method = %s AND version = %s AND part = '' ORDER BY distance LIMIT 100"
    )
    with connection.cursor() as cursor:
        cursor.execute("SET hnsw.ef_search = 200")

        def direct(query: np.ndarray, _number: int) -> list[int]:
            text = "[" + ",".join(map(str, query.tolist())) + "]"
            cursor.execute(statement, [text, method.name, method.checkpoint.name])
            return [image for image, _distance in cursor.fetchall()]

        alone, alone_cpu = _cost(direct, given.queries)
        ours, ours_cpu = _cost(_search(method, k=100), given.queries)
        recall = _recall(direct, given, k=100)
        cursor.execute("RESET hnsw.ef_search")
    report.add(
        [
            Figure(
                part,
                "of the statement's time by psycopg alone",
                ours / alone,
                "x",
                note=f"{ours:.1f} ms beside {alone:.1f} ms",
            )
        ]
    )
    if given.size > COMPARED:
        return  # all the vectors would have to be in memory, and the graph takes long to build
    try:
        from usearch.index import Index
    except ImportError:
        report.add([], ["usearch is not installed: nothing to compare HNSW with."])
        return
    graph = Index(
        ndim=dimensions, metric="ip", dtype="f16", connectivity=NEIGHBOURS, expansion_add=CANDIDATES
    )
    for begin, vectors in given.places.blocks(given.size):
        graph.add(given.first_image + begin + np.arange(len(vectors)), vectors, threads=1)
    for reach in (100, 120, 150, 200, 300, 400, 600, 800):
        graph.expansion_search = reach
        if (
            _recall(lambda query, _number: graph.search(query, 100, threads=1).keys.tolist(), given, k=100)
            >= recall
        ):
            break
    start = time.process_time()
    for query in given.queries:
        graph.search(query, 100, threads=1)
    theirs = 1000 * (time.process_time() - start) / len(given.queries)
    note = f"the server's {alone_cpu:.2f} ms beside {theirs:.2f} ms at ef {reach}, recall@100 {recall:.3f}"
    name = "of usearch's processor time at the same recall"
    most = (
        OF_HNSW if given.size == COMPARED else None
    )  # of fewer, a statement's fixed cost is what is measured
    report.add([Figure(part, name, alone_cpu / theirs, "x", most=most, note=note)])


def _cost(search: Search, queries: np.ndarray) -> tuple[float, float]:
    """Milliseconds a query: passed, and of the server's processor. Of this thread's connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [server] = cursor.fetchone()
    search(queries[0], 0)
    busy, start = _processor(server), time.perf_counter()
    for number, query in enumerate(queries):
        search(query, number)
    return (
        1000 * (time.perf_counter() - start) / len(queries),
        1000 * (_processor(server) - busy) / len(queries),
    )


def _processor(pid: int) -> float:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def _signs(given: Filled, report: Report) -> None:
    """An index of each number's sign alone, a sixteenth of the size, whose finds are put in order by the vectors."""
    method, part = given.method, _part(given.size)
    dimensions = method.checkpoint.dimensions
    bits = f"binary_quantize(vector::vector({dimensions}))::bit({dimensions})"
    statement = (
        f"SELECT image_id FROM (SELECT image_id, vector FROM retrieval_descriptor WHERE method = %s AND version = %s "
        f"AND part = '' ORDER BY {bits} <~> binary_quantize(%s::vector({dimensions})) LIMIT {{many}}) AS found "
        f"ORDER BY vector <=> %s::vector({dimensions}) LIMIT 100"
    )
    with connection.cursor() as cursor:
        start = time.perf_counter()
        cursor.execute("SET maintenance_work_mem = '1GB'")
        cursor.execute(
            f"CREATE INDEX signs ON retrieval_descriptor USING hnsw (({bits}) bit_hamming_ops) "
            f"WHERE method = '{method.name}' AND version = '{method.checkpoint.name}'"
        )
        built = time.perf_counter() - start
        for many in (200, 400, 800):
            cursor.execute(f"SET hnsw.ef_search = {many}")

            def by_signs(query: np.ndarray, _number: int, many: int = many) -> list[int]:
                text = "[" + ",".join(map(str, query.tolist())) + "]"
                cursor.execute(statement.format(many=many), [method.name, method.checkpoint.name, text, text])
                return [image for (image,) in cursor.fetchall()]

            recalls = [_recall(by_signs, given, k=k) for k in (10, 100)]
            passed, _busy = _cost(by_signs, given.queries)
            note = f"recall@10 {recalls[0]:.3f}, @100 {recalls[1]:.3f}; built in {built:.0f} s, {_bytes('signs') / 1e6:.0f} MB"
            report.add([Figure(part, f"by signs, {many} put in order", passed, "ms", note=note)])
        cursor.execute("DROP INDEX signs")
        cursor.execute("RESET hnsw.ef_search")


def _exactly(given: Filled, report: Report) -> None:
    """Every row read, as below EXACT_LIMIT; from here follows where that limit lies."""
    index.drop_index(given.method)
    queries = given.queries[:5] if given.size >= 100_000 else given.queries[:50]
    passed, _busy = _cost(_search(given.method, k=100), queries)
    report.add([Figure(_part(given.size), "every row read, no index", passed, "ms")])


def _bytes(relation: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size(%s)", [relation])
        return cursor.fetchone()[0]


def has_room(size: int, *, dimensions: int) -> bool:
    return shutil.disk_usage(database.home().parent).free > 2e9 + size * dimensions * BYTES_A_ROW


def figures(*, sizes: Sequence[int], method: str) -> Report:
    report = Report()
    of = methods.find(method)
    for size in sizes:
        if not has_room(size, dimensions=of.checkpoint.dimensions):
            report.add([], [f"{_part(size)} left out: too little room on the disk."])
            continue
        with filled(size, method=of, report=report) as given:
            measure(given, report)
    return report


if __name__ == "__main__":
    command(__doc__, figures, sizes=[10_000, 100_000], method="delf")  # whose vectors have 512 numbers
