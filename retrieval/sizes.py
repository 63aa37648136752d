"""How much room a photo takes, kind by kind: its files, its rows, what each method knows of it; and what many would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.core.files.storage import default_storage
from django.db import connection, models
from django.db.models import Avg, Count

from places import storage
from places.models import LandmarkImage

from .models import Descriptor, Hit, LocalFeatureSet, Query, RankedPlace

FILES, ROWS, VECTORS, FEATURES, SEARCHES = "files", "rows", "vectors", "local features", "a search"


@dataclass(frozen=True)
class Size:
    """Of one thing, the bytes that one photo (or one search) takes on average. where: which machine's disk."""

    kind: str
    what: str
    bytes: float
    of: int  # how many were measured


class VectorSize(models.Func):
    function = "pg_column_size"
    output_field = models.IntegerField()


def measure(*, sample: int) -> list[Size]:
    """Every size, by the latest `sample` published photos where files are looked at, by all rows else."""
    photos = list(LandmarkImage.objects.published().order_by("-pk")[:sample])
    return [*_files(photos), *_rows(), *_known(Descriptor, "vector", VECTORS), *_known(
        LocalFeatureSet, "features", FEATURES
    ), *_indexes(), *_searches()]  # fmt: skip


def of_a_photo(sizes: list[Size], *kinds: str) -> float:
    """The bytes of these kinds together."""
    return sum(size.bytes for size in sizes if size.kind in kinds)


def _files(photos: list[LandmarkImage]) -> Iterator[Size]:
    named = {
        "original": [(photo.original.storage, photo.original.name) for photo in photos],
        "served photo": [(default_storage, photo.photo.name) for photo in photos],
        "thumbnail": [(default_storage, photo.thumbnail.name) for photo in photos],
    }
    for what, files in named.items():
        yield Size(
            FILES, what, sum(store.size(name) for store, name in files) / max(len(files), 1), len(files)
        )
    rendered = [photo for photo in photos if photo.has_renditions]
    for rendition in storage.RENDITIONS:
        # A photo that is too small for one takes none of its room.
        names = [
            rendition.name(photo.photo.name) for photo in rendered if rendition in storage.renditions(photo)
        ]
        mean = sum(default_storage.size(name) for name in names) / max(len(rendered), 1)
        yield Size(FILES, f"rendition {rendition.side} {rendition.format}", mean, len(names))


def _rows() -> Iterator[Size]:
    count = LandmarkImage.objects.count()
    for what, function in (("photo's row", "pg_table_size"), ("photo's row, its indexes", "pg_indexes_size")):
        yield Size(ROWS, what, _asked(f"{function}(%s)", LandmarkImage) / max(count, 1), count)
    rows = Descriptor.objects.count()
    per_photo = rows / max(Descriptor.objects.values("image").distinct().count(), 1)
    indexes = _asked("pg_indexes_size(%s)", Descriptor) - sum(size for _name, size in _hnsw())
    yield Size(ROWS, "descriptors, their indexes but HNSW", indexes / max(rows, 1) * per_photo, rows)


def _known(model: type[models.Model], column: str, kind: str) -> Iterator[Size]:
    by_method = (
        model.objects.order_by()
        .values("method", "version")
        .annotate(size=Avg(VectorSize(column)), number=Count("pk"))
        .order_by("method", "version")
    )
    for row in by_method:
        if row["size"] is not None:
            yield Size(kind, f"{row['method']} ({row['version']})", float(row["size"]), row["number"])


def _indexes() -> Iterator[Size]:
    for name, size in _hnsw():
        method = name.removeprefix("hnsw_").rpartition("_")[0]
        rows = Descriptor.objects.filter(method=method).count()
        yield Size(VECTORS, f"{method}, its HNSW index", size / max(rows, 1), rows)


def _searches() -> Iterator[Size]:
    count = Query.objects.count()
    if not count:
        return
    for model in (Query, Hit, RankedPlace):
        total = _asked("pg_total_relation_size(%s)", model)
        yield Size(SEARCHES, f"rows of {model._meta.object_name}", total / max(count, 1), count)
    kept = [query.photo for query in Query.objects.exclude(photo="").order_by("-asked_at")[:200]]
    yield Size(SEARCHES, "photo", sum(photo.size for photo in kept) / max(len(kept), 1), len(kept))


def _hnsw() -> list[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexrelname, pg_relation_size(indexrelid) FROM pg_stat_user_indexes "
            "WHERE relname = %s AND indexrelname LIKE 'hnsw%%' ORDER BY 1",
            [Descriptor._meta.db_table],
        )
        return cursor.fetchall()


def _asked(what: str, model: type[models.Model]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {what}", [model._meta.db_table])
        return cursor.fetchone()[0]
