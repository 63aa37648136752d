"""The vectors of all photos, and how the nearest are found. The only file that speaks pgvector.

All methods and versions share one column without a dimension. A search reads every row that may be found, which is exact,
where there are few: up to EXACT_LIMIT, and up to RARE_LIMIT of those that pass a filter which few pass. Else a method's
partial HNSW index is used where `build_index` made one; it scans on until enough rows pass the filters, and where even
that brings too few, the exact search answers. So a filter never returns fewer photos than exist. Some of the vectors may
lie on other servers: `parts`.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from django.conf import settings
from django.db import connection, transaction
from django.db.models import BinaryField, Exists, F, Func, Max, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast
from pgvector.django import CosineDistance, HalfVectorField

from places.models import Change, Landmark, LandmarkImage, Province
from retrieval.answering import Label
from retrieval.methods.base import Description, LocalFeatures, Method
from retrieval.ranking import Candidate

from ..models import DescribeFailure, Descriptor, LocalFeatureSet, WaitingDescriptor
from . import parts

EXACT_LIMIT = 5_000  # rows; up to so many the exact search is quick enough, and misses nothing
# The index scans on until enough rows pass a filter. Of a million photos 10,000 passing took it 249 ms, and it found 67 of
# the hundred nearest, where to read those rows takes 108; of 20,000 it found 77 in 178 ms, where reading takes 212; of
# 50,000, 85 in 145 ms, where reading takes two seconds (vectors_at_size).
RARE_LIMIT = 20_000  # rows that are read all the same, where a filter passes fewer than
RARE = 50  # one in so many
LATEST = 1_000  # photos that are looked at for it; all would take a second of a million
EF_SEARCH_LIMIT = 1_000  # pgvector's own
GRAPH_BYTES = 1_000  # of memory that a photo takes in a graph that is being built, beside its vector


def put(image: LandmarkImage, *, method: type[Method] | Method, description: Description) -> bool:
    """Store what a method says of a photo, in place of what it said before.

    Returns False, and stores nothing, where the photo has been withdrawn in the meantime.
    """
    key = {"method": method.name, "version": method.checkpoint.name}
    with transaction.atomic():
        if not LandmarkImage.objects.published().select_for_update(no_key=True).filter(pk=image.pk).exists():
            return False
        if method.ranks:
            Descriptor.objects.update_or_create(
                image=image, **key, defaults={"vector": description.vector, "part": ""}
            )
        if description.local is not None:
            LocalFeatureSet.objects.update_or_create(
                image=image,
                **key,
                defaults={"features": description.local.to_bytes(), "count": len(description.local)},
            )
        DescribeFailure.objects.filter(image=image, **key).delete()
        WaitingDescriptor.objects.filter(image=image, **key).delete()
    return True


def put_waiting(image: LandmarkImage, *, method: type[Method] | Method, vector: np.ndarray) -> bool:
    """Store the vector of a photo that waits for a curator, where it asks and is never found.

    Returns False, and stores nothing, where a curator has decided on it in the meantime.
    """
    key = {"method": method.name, "version": method.checkpoint.name}
    with transaction.atomic():
        if not LandmarkImage.objects.waiting().select_for_update(no_key=True).filter(pk=image.pk).exists():
            return False
        WaitingDescriptor.objects.update_or_create(image=image, **key, defaults={"vector": vector})
    return True


def put_what_waited(image: LandmarkImage, *, method: type[Method] | Method) -> bool:
    """Store what a method said of a photo while it waited, if it did and said all that it has to say."""
    if method.checkpoint.local_dimensions:
        return False
    vector = vectors_of(method, images=[image.pk], waiting=True)[1]
    return len(vector) > 0 and put(image, method=method, description=Description(vector[0]))


def nearest(
    vector: np.ndarray,
    *,
    method: type[Method] | Method,
    k: int,
    province: Province | None = None,
    category: str = "",
    landmarks: Collection[int] | None = None,
    without: int | None = None,
) -> list[Candidate]:
    """The k photos most similar to a vector (D,), best first; fewer only where fewer exist.

    landmarks: the ids of those that may be shown; None for any. without: a group of near-duplicates that is
    passed over.
    """
    rows = everything = described_by(method)
    if province:
        rows = rows.filter(image__landmark__province=province)
    if category:
        rows = rows.filter(image__landmark__category=category)
    if landmarks is not None:
        rows = rows.filter(image__landmark__in=landmarks)
    through_index = _is_for_the_index(rows, method=method, is_filtered=rows is not everything)
    if without is not None:  # a handful: no matter for the choice
        rows = rows.exclude(Q(image=without) | Q(image__near_duplicate_of=without))
    # Here first, then there: what is carried away between the two is found twice rather than not at all.
    here = _nearest_here(rows, vector, k=k, through_index=through_index)
    there, home = parts.nearest_of(
        rows, vector, method=method.name, version=method.checkpoint.name, k=k,
        is_filtered=rows is not everything, through_index=through_index,
    )  # fmt: skip
    if home:
        here += _nearest_here(rows.filter(pk__in=home), vector, k=k, through_index=False)
    return _merged(here, there, k=k)


def _is_for_the_index(rows: QuerySet, *, method: type[Method] | Method, is_filtered: bool) -> bool:
    """Whether the index is asked, or these rows are all read: as the measurements say that it is best."""
    indexed = rows_indexed(method)
    if indexed is None:
        return False
    limit = RARE_LIMIT if is_filtered else EXACT_LIMIT
    count = rows[: limit + 1].count()
    return count > limit or (count > EXACT_LIMIT and count * RARE > indexed)


def _nearest_here(rows: QuerySet, vector: np.ndarray, *, k: int, through_index: bool) -> list[Candidate]:
    rows = rows.filter(part="")
    if through_index:
        found = _approximate(rows, vector, k=k)
        if len(found) == k:
            return found
    return _ordered(rows.annotate(distance=CosineDistance("vector", vector)), k=k)


def _merged(here: list[Candidate], there: list[parts.Found], *, k: int) -> list[Candidate]:
    found = {candidate.id: candidate for candidate in here}
    for each in there:
        found.setdefault(each.image, Candidate(each.image, 1 - each.distance))
    return sorted(found.values(), key=lambda candidate: (-candidate.similarity, candidate.id))[:k]


def described_by(method: type[Method] | Method) -> QuerySet:
    """The rows of a method's present checkpoint: descriptors, or where it ranks nothing its local features."""
    rows = Descriptor.objects if method.ranks else LocalFeatureSet.objects
    return rows.filter(method=method.name, version=method.checkpoint.name)


def missing(method: type[Method]) -> QuerySet[LandmarkImage]:
    """The published photos that a method has neither described nor failed to, the oldest first."""
    key = {"image": OuterRef("pk"), "method": method.name, "version": method.checkpoint.name}
    return (
        LandmarkImage.objects.published()
        .exclude(Exists(described_by(method).filter(image=OuterRef("pk"))))
        .exclude(Exists(DescribeFailure.objects.filter(**key)))
        .order_by("pk")
    )


def is_whole(methods: Iterable[type[Method]]) -> bool:
    """Whether these methods have described what is published. The oldest are described first, so the latest tell."""
    latest = LandmarkImage.objects.published().order_by("-pk").values("pk")[:LATEST]
    return not any(missing(method).filter(pk__in=latest).exists() for method in methods)


def waiting_by(method: type[Method] | Method) -> QuerySet[WaitingDescriptor]:
    """What the same checkpoint said of photos that wait for a curator."""
    return WaitingDescriptor.objects.filter(method=method.name, version=method.checkpoint.name)


def vectors(image_ids: Collection[int], *, method: type[Method] | Method) -> dict[int, np.ndarray]:
    """The vectors of some photos, (D,) float32 each, read in one query; a photo that has none is left out."""
    ids, rows = vectors_of(method, images=image_ids)
    return dict(zip(ids.tolist(), rows, strict=True))


def vectors_of(
    method: type[Method] | Method, *, images: Collection[int] | None = None, waiting: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """What a method's present checkpoint has described: image ids (N,) int64 and vectors (N, D) float32.

    images: the ids of those wanted; None for all. waiting: instead of what is found, what waits for a curator.
    """
    parts = list(batches_of(method, images=images, waiting=waiting))
    if not parts:
        return np.zeros(0, np.int64), np.zeros((0, method.checkpoint.dimensions), np.float32)
    ids, rows = zip(*parts, strict=True)
    return np.concatenate(ids), np.concatenate(rows)


def batches_of(
    method: type[Method] | Method,
    *,
    images: Collection[int] | None = None,
    waiting: bool = False,
    size: int = 2000,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The same in the order of the ids, so many at a time, for whoever does not want all in memory."""
    described = waiting_by(method) if waiting else described_by(method)
    if images is not None:
        described = described.filter(image__in=images)
    # As PostgreSQL sends it to programs, two shorts and the numbers: their text takes long to read.
    sent = Func("vector", function="vector_send", output_field=BinaryField())
    where = Value("") if waiting else F("part")
    rows = described.order_by("image_id").values_list("image_id", "pk", where, sent)
    read = rows.iterator(chunk_size=size)
    while batch := list(itertools.islice(read, size)):
        ids = np.array([image_id for image_id, *_ in batch], np.int64)
        elsewhere = parts.vectors({pk: part for _, pk, part, _ in batch if part})
        packed = [packed for *_, part, packed in batch if not part]
        here = iter(
            np.frombuffer(b"".join(bytes(each)[4:] for each in packed), ">f4").reshape(len(packed) or 1, -1)
        )
        vectors = [elsewhere[pk] if part else next(here) for _, pk, part, _ in batch]
        yield ids, np.array(vectors, np.float32)


def catalogue_version() -> str:
    """What the catalogue is at this moment, in few letters: the same as long as nothing is published, withdrawn, moved,
    described or edited, and another after.

    The ids of the last change that anyone may see, and of the last descriptor; both are read from the end of an index.
    """
    last = (rows.objects.aggregate(last=Max("pk"))["last"] or 0 for rows in (Change, Descriptor))
    return ".".join(map(str, last))


def local_features(image_ids: Collection[int], *, method: type[Method] | Method) -> dict[int, LocalFeatures]:
    """The local features of some photos, read in one query."""
    packed = packed_features(image_ids, method=method)
    return {image_id: LocalFeatures.from_bytes(features) for image_id, features in packed.items()}


def packed_features(image_ids: Collection[int], *, method: type[Method] | Method) -> dict[int, bytes]:
    """The same as LocalFeatures.to_bytes wrote them."""
    rows = LocalFeatureSet.objects.filter(
        method=method.name, version=method.checkpoint.name, image__in=image_ids
    ).values_list("image_id", "features")
    return {image_id: bytes(features) for image_id, features in rows}


@dataclass(frozen=True)
class Published:
    """The published photos as retrieval.answering asks about them, all of them or what a filter lets pass."""

    describers: Mapping[str, type[Method]]  # by name, each running the checkpoint asked for
    province: Province | None = None
    category: str = ""
    landmarks: frozenset[int] | None = None  # None: all
    without: int | None = None  # a group of near-duplicates

    def nearest(self, vector: np.ndarray, *, method: str, k: int) -> list[Candidate]:
        found = self.describers[method]
        return nearest(
            vector,
            method=found,
            k=k,
            province=self.province,
            category=self.category,
            landmarks=self.landmarks,
            without=self.without,
        )

    def vectors(self, images: Collection[int], *, method: str) -> dict[int, np.ndarray]:
        return vectors(images, method=self.describers[method])

    def local_features(self, images: Collection[int], *, method: str) -> dict[int, LocalFeatures]:
        return local_features(images, method=self.describers[method])

    def labels(self, images: Collection[int]) -> dict[int, Label]:
        # One may have been withdrawn in the meantime.
        rows = LandmarkImage.objects.published().in_bulk(images)
        return {pk: Label(image.landmark_id, image.group) for pk, image in rows.items()}

    def beside(self, landmark: int) -> set[int]:
        return set(Landmark.objects.filter(overlaps_with=landmark).values_list("pk", flat=True))


def _approximate(rows: QuerySet[Descriptor], vector: np.ndarray, *, k: int) -> list[Candidate]:
    # The very expression of the index, or the planner does not use it.
    stored = Cast("vector", HalfVectorField(dimensions=len(vector)))
    with transaction.atomic(), connection.cursor() as cursor:
        # The default of 40 would end the scan at 40 rows, however many are asked for.
        cursor.execute(f"SET LOCAL hnsw.ef_search = {min(max(2 * k, 100), EF_SEARCH_LIMIT)}")
        cursor.execute("SET LOCAL hnsw.iterative_scan = relaxed_order")
        return _ordered(rows.annotate(distance=CosineDistance(stored, vector)), k=k, ties=False)


def _ordered(rows: QuerySet[Descriptor], *, k: int, ties: bool = True) -> list[Candidate]:
    order = ["distance", "image_id"] if ties else ["distance"]  # a second key would keep HNSW from being used
    found = [
        Candidate(image_id, 1 - distance)
        for image_id, distance in rows.order_by(*order).values_list("image_id", "distance")[:k]
    ]
    return sorted(found, key=lambda candidate: (-candidate.similarity, candidate.id))


def index_name(method: type[Method] | Method) -> str:
    """The name of a method's HNSW index; the version is hashed, since names end at 63 bytes."""
    return f"hnsw_{method.name}_{hashlib.sha256(method.checkpoint.name.encode()).hexdigest()[:8]}"


def has_index(method: type[Method] | Method) -> bool:
    """Whether a method's HNSW index stands and is whole (a build cut short leaves an invalid one)."""
    return rows_indexed(method) is not None


def rows_indexed(method: type[Method] | Method) -> float | None:
    """How many rows a method's HNSW index held when PostgreSQL last counted; None where there is none, or a broken one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples FROM pg_class JOIN pg_index ON indexrelid = pg_class.oid "
            "WHERE indexrelid = to_regclass(%s) AND indisvalid",
            [index_name(method)],
        )
        found = cursor.fetchone()
        return found[0] if found else None


def build_index(method: type[Method] | Method) -> None:
    """Build a method's partial HNSW index anew, here and in every part, without blocking searches. Not inside a transaction."""
    name = connection.ops.quote_name(index_name(method))
    # A graph that outgrows this memory is finished on the disk, ten times as slowly.
    memory = f"SET maintenance_work_mem = '{_graph_megabytes(method)}MB'"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        cursor.execute(memory)
        try:
            cursor.execute(_hnsw(method, name=name, table=Descriptor._meta.db_table))
        finally:
            cursor.execute("RESET maintenance_work_mem")
    for part in parts.names():
        with parts.talking_to(part) as server:
            server.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            server.execute(memory)
            server.execute(_hnsw(method, name=name, table=parts.TABLE))


def _graph_megabytes(method: type[Method] | Method) -> int:
    """What a method's whole graph takes while it is built, as far as the setting lets it."""
    needed = described_by(method).count() * (2 * method.checkpoint.dimensions + GRAPH_BYTES) // 2**20
    return max(64, min(needed, settings.INDEX_BUILD_MEGABYTES))


def drop_index(method: type[Method] | Method) -> None:
    """Search a method exactly again."""
    name = connection.ops.quote_name(index_name(method))
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
    for part in parts.names():
        with parts.talking_to(part) as server:
            server.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


def _hnsw(method: type[Method] | Method, *, name: str, table: str) -> str:
    of, version = (each.replace("'", "''") for each in (method.name, method.checkpoint.name))
    return (
        f"CREATE INDEX CONCURRENTLY {name} ON {table} "
        f"USING hnsw ((vector::halfvec({method.checkpoint.dimensions:d})) halfvec_cosine_ops) "
        f"WHERE method = '{of}' AND version = '{version}'"
    )
