"""The parts of the index that lie on other PostgreSQL servers, reached through postgres_fdw.

A Descriptor's row stays here, whole but for its vector, so what is described, missing or withdrawn is known here
alone, and no server that is away loses anything. New vectors are written here; `move` carries them to their part.

A search asks each part by itself for its k nearest, `ORDER BY ... LIMIT` done there, and the few rows that come back
are merged here. (Asked through the partitioned table, each part would send all its rows in order: PostgreSQL pushes
an order below the merge of partitions, and no limit.)
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import unquote, urlsplit

import numpy as np
import psycopg
from django.db import DatabaseError, connection, models, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Mod, Now
from pgvector import Vector

from ..models import Descriptor, MovedVector, Part, StrayVector

LOCK = "spreading"  # held by whoever moves vectors
AT_ONCE = 500
IDS_SENT = 50_000  # photos that pass a filter; of more a part is asked without it, for more and more
MOST_ASKED = 3_000  # rows of a part, before all ids are sent after all
# A search that began before a vector came home may still ask for it where it was.
STRAY_FOR = timedelta(seconds=60)
TABLE = "descriptor_vectors"  # on the other server


class PartError(Exception):
    """A part cannot be made or reached; the message says why."""


@dataclass(frozen=True)
class Found:
    """A row of a part that is near."""

    descriptor: int
    image: int
    distance: float


@dataclass(frozen=True)
class Standing:
    """How much of the index a part keeps, and how much is still to be carried there."""

    part: Part
    server: str
    kept: int
    waiting: int


def names() -> list[str]:
    """The parts there are; none on most platforms."""
    return list(Part.objects.values_list("name", flat=True))


def nearest(
    names: Collection[str],
    vector: np.ndarray,
    *,
    method: str,
    version: str,
    k: int,
    images: Collection[int] | None = None,
    through_index: bool = False,
) -> list[Found]:
    """The k rows of the parts nearest to a vector, the nearest first. images: the ids that may be found; None for all.

    through_index: by the parts' HNSW indexes, so nearly the nearest.
    """
    number = f"halfvec({len(vector):d})" if through_index else "vector"
    distance = f"(vector::{number}) <=> %s::{number}"
    passing = "" if images is None else " AND image_id = ANY(%s)"
    # A second key would keep HNSW from being used.
    order = "distance" if through_index else "distance, image_id"
    asked = [
        f"(SELECT id, image_id, {distance} AS distance FROM {_table(name)} "
        f"WHERE method = %s AND version = %s{passing} ORDER BY {order} LIMIT {k:d})"
        for name in names
    ]
    told = [Vector(vector).to_text(), method, version, *([] if images is None else [list(images)])]
    with transaction.atomic(), connection.cursor() as cursor:
        sort_there(cursor)
        cursor.execute(" UNION ALL ".join(asked), told * len(asked))
        found = [Found(*row) for row in cursor.fetchall()]
    return sorted(found, key=lambda each: (each.distance, each.image))[:k]


def sort_there(cursor) -> None:
    """Until the transaction ends, have what can be sorted on the other server sorted there, however few rows it may be
    thought to keep: only below its own order does a limit go with it."""
    cursor.execute("SET LOCAL enable_sort = off")
    cursor.execute("SET LOCAL enable_incremental_sort = off")


def nearest_of(
    rows: QuerySet[Descriptor],
    vector: np.ndarray,
    *,
    method: str,
    version: str,
    k: int,
    is_filtered: bool,
    through_index: bool = False,
) -> tuple[list[Found], set[int]]:
    """The k nearest of these rows that lie in parts; fewer only where fewer exist. And which rows a part gave that lie
    here by now: come home since a moment ago, or described anew.

    A filter is answered here, where photos and places are: the parts are sent the ids of those that pass, or where
    these are too many are asked for more until enough of what they find passes. What a part still keeps of a photo
    that has gone passes never.
    """
    there = names()
    if not there:
        return [], set()
    images: list[int] | None = None
    if is_filtered:
        passing = _ids(rows, most=IDS_SENT)
        images = passing if len(passing) <= IDS_SENT else None
        if images == []:
            return [], set()
    asked = k
    while True:
        found = nearest(
            there, vector, method=method, version=version, k=asked, images=images, through_index=through_index
        )
        named = rows.filter(pk__in=[each.descriptor for each in found]).order_by()
        part_of = dict(named.values_list("pk", "part"))
        kept = [each for each in found if part_of.get(each.descriptor)][:k]
        is_all = len(found) < asked and not through_index
        if len(kept) == k or is_all:
            return kept, {pk for pk, part in part_of.items() if not part}
        if asked < MOST_ASKED and len(found) == asked:
            asked *= 4
        elif through_index or (is_filtered and images is None):
            # Exactly, and among nothing else.
            images, through_index, asked = _ids(rows) if is_filtered else None, False, k
        else:
            asked *= 4  # only what has gone stands in the way


def vectors(of: Mapping[int, str]) -> dict[int, np.ndarray]:
    """The vectors of Descriptors that lie in parts, (D,) float32 each, by the Descriptor. of: their ids, with the part."""
    by_part: dict[str, list[int]] = {}
    for pk, part in of.items():
        by_part.setdefault(part, []).append(pk)
    sent = models.Func("vector", function="vector_send", output_field=models.BinaryField())
    found = {}
    for part, ids in by_part.items():
        for pk, packed in MovedVector.objects.filter(part=part, pk__in=ids).values_list("pk", sent):
            found[pk] = np.frombuffer(bytes(packed)[4:], ">f4").astype(np.float32)
    if lost := set(of) - set(found):
        raise PartError(f"{len(lost)} vectors are in no part that should keep them; `spread_index --check`.")
    return found


def standing() -> list[Standing]:
    """Each part, with how much it keeps."""
    return [
        Standing(
            part,
            _server_of(part.name),
            Descriptor.objects.filter(part=part.name).count(),
            _waiting_for(part).count(),
        )
        for part in Part.objects.all()
    ]


def add(name: str, *, address: str, share: int) -> Part:
    """Make a part of a server, given as postgresql://user:password@host:port/database, for so many of a hundred photos.

    Nothing is moved yet. Raises PartError.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,29}", name):
        raise PartError("A part's name begins with a letter and has small letters, digits and _, 30 at most.")
    if Part.objects.filter(name=name).exists():
        raise PartError(f"There is a part {name} already.")
    if not 1 <= share <= Part.SLOTS:
        raise PartError(f"A share is 1 to {Part.SLOTS} of a hundred photos.")
    first = _free_slots(share)
    told = _read(address)
    with _talking(address) as server:
        server.execute("CREATE EXTENSION IF NOT EXISTS vector")
        server.execute(
            f"CREATE TABLE IF NOT EXISTS {TABLE} (id bigint PRIMARY KEY, part text NOT NULL, image_id bigint NOT NULL, "
            "method text NOT NULL, version text NOT NULL, vector vector NOT NULL)"
        )
        if server.execute(f"SELECT EXISTS (SELECT FROM {TABLE})").fetchone() != (False,):
            raise PartError(
                f"{told['host']} keeps vectors already: of another platform, or of a part removed."
            )
        server.execute(f"CREATE INDEX IF NOT EXISTS vectors_by_method ON {TABLE} (method, version, image_id)")
    account = {key: told.pop(key) for key in ("user", "password") if key in told}
    options = told | {
        "extensions": "vector",  # so that <=> and casts are done there
        "async_capable": "true",  # all parts work at once
        "fetch_size": "2000",
        "batch_size": "200",
        "connect_timeout": "5",
        # An index scan goes on until enough rows pass.
        "options": "-c hnsw.ef_search=400 -c hnsw.iterative_scan=relaxed_order",
    }
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS postgres_fdw")
            cursor.execute(
                f"CREATE SERVER {_server(name)} FOREIGN DATA WRAPPER postgres_fdw OPTIONS ({_options(options)})"
            )
            cursor.execute(
                f"CREATE USER MAPPING FOR CURRENT_USER SERVER {_server(name)} OPTIONS ({_options(account)})"
            )
            cursor.execute(
                f"CREATE FOREIGN TABLE {_table(name)} PARTITION OF {MovedVector._meta.db_table} "
                f"FOR VALUES IN ('{name}') SERVER {_server(name)} OPTIONS (table_name '{TABLE}')"
            )
            return Part.objects.create(name=name, first_slot=first, end_slot=first + share)
    except DatabaseError as error:
        raise PartError(str(error)) from error


def move(*, limit: int = AT_ONCE) -> int:
    """Carry up to so many vectors to the parts they belong to; returns how many. Read back there before it is done.

    One transaction: the part's commit comes first, so a failure leaves at worst a copy that nobody asks for, and the
    next run writes over it.
    """
    moved = 0
    for part in Part.objects.filter(retired=False):
        with transaction.atomic():
            rows = list(
                _waiting_for(part).select_for_update(skip_locked=True).order_by("pk")[: max(limit - moved, 0)]
            )
            if not rows:
                continue
            ids = [row.pk for row in rows]
            MovedVector.objects.filter(part=part.name, pk__in=ids).delete()
            MovedVector.objects.bulk_create(
                MovedVector(
                    id=row.pk,
                    part=part.name,
                    image_id=row.image_id,
                    method=row.method,
                    version=row.version,
                    vector=row.vector,
                )
                for row in rows
            )
            there = vectors(dict.fromkeys(ids, part.name))
            if any(not np.array_equal(there[row.pk], np.array(row.vector, np.float32)) for row in rows):
                raise PartError(f"{part} gives back other vectors than it was sent.")
            StrayVector.objects.filter(part=part.name, descriptor__in=ids).delete()
            Descriptor.objects.filter(pk__in=ids).update(vector=None, part=part.name)
        moved += len(rows)
    return moved


def take_stock() -> None:
    """Tell the planner how much each part keeps: only then does it see that a limit saves something."""
    for name in names():
        with talking_to(name) as server:
            server.execute(f"ANALYZE {TABLE}")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SET LOCAL default_statistics_target = 1"
            )  # a sample is sent here, vectors and all
            cursor.execute(f"ANALYZE {_table(name)}")


def retire(part: Part) -> None:
    """Send no more there: what is to come home would be carried back. Its slots stay taken until it is removed."""
    Part.objects.filter(pk=part.pk).update(retired=True)


def bring_home(part: Part, *, limit: int = AT_ONCE) -> int:
    """Carry up to so many vectors of a part back here; returns how many."""
    with transaction.atomic():
        rows = list(
            Descriptor.objects.filter(part=part.name)
            .select_for_update(skip_locked=True)
            .order_by("pk")[:limit]
        )
        there = vectors({row.pk: part.name for row in rows})
        for row in rows:
            row.vector, row.part = there[row.pk], ""
        Descriptor.objects.bulk_update(rows, ["vector", "part"])
    return len(rows)


def remove(part: Part) -> None:
    """Forget a part that keeps nothing any more; its table on the other server goes too. Raises PartError."""
    if Descriptor.objects.filter(part=part.name).exists():
        raise PartError(f"{part} still keeps vectors.")
    with talking_to(part.name) as server:
        server.execute(f"DROP TABLE IF EXISTS {TABLE}")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DROP SERVER {_server(part.name)} CASCADE")
        StrayVector.objects.filter(part=part.name).delete()
        part.delete()


def sweep(*, at_once: bool = False) -> int:
    """Remove from the parts what nobody needs; returns how many. at_once: also what a search may still ask for."""
    count = 0
    for name in names():
        old = Q(part=name) if at_once else Q(part=name, at__lt=Now() - STRAY_FOR)
        while True:
            with transaction.atomic():
                strays = list(StrayVector.objects.filter(old).select_for_update(skip_locked=True)[:AT_ONCE])
                if not strays:
                    break
                ids = {stray.descriptor for stray in strays}
                ids -= set(Descriptor.objects.filter(part=name, pk__in=ids).values_list("pk", flat=True))
                MovedVector.objects.filter(part=name, pk__in=ids).delete()
                StrayVector.objects.filter(pk__in=[stray.pk for stray in strays]).delete()
            count += len(ids)
    return count


def check(part: Part) -> int:
    """Let the photos whose vectors a part has lost be described anew; returns how many vectors that are."""
    lost = 0
    ids = Descriptor.objects.filter(part=part.name).order_by("pk").values_list("pk", flat=True)
    after = 0
    while batch := list(ids.filter(pk__gt=after)[: 10 * AT_ONCE]):
        there = set(MovedVector.objects.filter(part=part.name, pk__in=batch).values_list("pk", flat=True))
        lost += Descriptor.objects.filter(part=part.name, pk__in=set(batch) - there).delete()[0]
        after = batch[-1]
    return lost


def forget(image_ids: Collection[int]) -> None:
    """Remove at once what the parts keep of photos. Raises where a part is away; then `sweep` does it later."""
    for name in names():
        MovedVector.objects.filter(part=name, image__in=image_ids).delete()


@contextmanager
def talking_to(name: str):
    """A connection of our own to a part's server, for what cannot be said through a foreign table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT srvoptions, umoptions FROM pg_user_mappings JOIN pg_foreign_server AS s ON s.oid = srvid "
            "WHERE s.srvname = %s",
            [_server(name)],
        )
        row = cursor.fetchone()
    if row is None:
        raise PartError(f"There is no server of a part {name}.")
    told = dict(option.split("=", 1) for options in row for option in options or [])
    ours = {"extensions", "async_capable", "fetch_size", "batch_size"}
    known = {key: value for key, value in told.items() if key not in ours}
    with _connected(**known) as server:
        yield server


def _ids(rows: QuerySet[Descriptor], *, most: int | None = None) -> list[int]:
    """The photos of these rows that lie in parts; of more than `most` one more."""
    found = rows.exclude(part="").order_by().values_list("image_id", flat=True)
    return list(found if most is None else found[: most + 1])


def _waiting_for(part: Part) -> QuerySet[Descriptor]:
    slots = Descriptor.objects.filter(part="").alias(slot=Mod(F("image_id"), Part.SLOTS))
    return slots.filter(slot__gte=part.first_slot, slot__lt=part.end_slot)


def _free_slots(share: int) -> int:
    """The first of so many neighbouring slots that no part has."""
    start = 0
    for part in Part.objects.order_by("first_slot"):
        if part.first_slot - start >= share:
            break
        start = part.end_slot
    if start + share > Part.SLOTS:
        raise PartError(f"There are no {share} of a hundred photos together that no part has.")
    return start


def _table(name: str) -> str:
    return f"descriptors_on_{name}"


def _server(name: str) -> str:
    return f"vectors_on_{name}"


def _server_of(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT option_value FROM pg_foreign_server, pg_options_to_table(srvoptions) "
            "WHERE srvname = %s AND option_name = 'host'",
            [_server(name)],
        )
        row = cursor.fetchone()
    return row[0] if row else ""


def _read(address: str) -> dict[str, str]:
    parts = urlsplit(address)
    if parts.scheme not in ("postgres", "postgresql") or not parts.path.strip("/"):
        raise PartError("A server is given as postgresql://user:password@host:port/database.")
    told = psycopg.conninfo.conninfo_to_dict(address)
    told.setdefault("host", unquote(parts.hostname or "localhost"))
    return {key: str(value) for key, value in told.items()}


@contextmanager
def _talking(address: str):
    with _connected(**_read(address)) as server:
        yield server


@contextmanager
def _connected(**told: str):
    try:
        with psycopg.connect(**{"connect_timeout": "5", **told}, autocommit=True) as server:
            yield server
    except psycopg.Error as error:
        raise PartError(f"{told.get('host')}: {error}") from error


def _options(told: Mapping[str, str]) -> str:
    quoted = ((key, value.replace("'", "''")) for key, value in told.items())
    return ", ".join(f"{key} '{value}'" for key, value in quoted)
