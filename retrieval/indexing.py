"""Describing the catalogue's photos. What has no descriptor is still to do, so a stopped run goes on where it was."""

from __future__ import annotations

import logging
import multiprocessing
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    as_completed,
    wait,
)
from dataclasses import dataclass
from itertools import chain, islice

import django
from django.db import connection, transaction
from django.db.models import QuerySet

from places.models import LandmarkImage
from retrieval import methods
from retrieval.methods import engine
from retrieval.methods.base import Method
from retrieval.methods.preprocessing import ENOUGH, UnreadableImage

from . import index, serving
from .decoding import decode
from .index import parts
from .models import (
    DescribeFailure,
    Descriptor,
    Effect,
    Hit,
    LocalFeatureSet,
    LookAlike,
    Neighbour,
    PlaceGuess,
    Query,
    WaitingDescriptor,
)

logger = logging.getLogger(__name__)

SHARE = 8  # photos for each of a process's threads at a time, where there are several
LOCK = "describing"  # held by whoever describes what is missing, so that no photo is described twice over


@dataclass(frozen=True)
class Coverage:
    """How much of the published catalogue a method's present checkpoint has described."""

    method: type[Method]
    described: int
    failed: int
    missing: int
    indexed: bool


def missing_by_any(names: Collection[str] | None = None) -> QuerySet[LandmarkImage]:
    """The published photos that one or more of the methods (None: all) has yet to describe."""
    pending = LandmarkImage.objects.none()
    for method in _chosen(names):
        pending = pending | LandmarkImage.objects.filter(pk__in=index.missing(method).order_by().values("pk"))
    return pending.order_by("pk")


def coverage() -> list[Coverage]:
    """One line per method."""
    return [
        Coverage(
            method=method,
            described=index.described_by(method).count(),
            failed=DescribeFailure.objects.filter(method=method.name, version=method.checkpoint.name).count(),
            missing=index.missing(method).count(),
            indexed=index.has_index(method),
        )
        for method in _chosen(None)
    ]


def describe_image(image: LandmarkImage, *, names: Collection[str] | None = None) -> bool:
    """Describe one photo by each method (None: all) that has yet to; record why where one cannot.

    Returns whether all went well. The photo is read and decoded once for all methods.
    """
    pending = [method for method in _chosen(names) if index.missing(method).filter(pk=image.pk).exists()]
    # What was said of it while it waited is not worked out again.
    pending = [method for method in pending if not index.put_what_waited(image, method=method)]
    if not pending:
        return True
    try:
        with image.original.open() as file:
            pixels = decode(file.read(), least=ENOUGH)
    except (OSError, UnreadableImage) as error:
        for method in pending:
            _record_failure(image, method=method, error=error)
        return False
    well = True
    for method in pending:
        try:
            description = methods.load(method.name, checkpoint=method.checkpoint).describe(pixels)
        except (ValueError, RuntimeError, MemoryError) as error:  # what networks and array code raise
            logger.exception("%s could not describe photo %s", method.name, image.pk)
            _record_failure(image, method=method, error=error)
            well = False
        else:
            index.put(image, method=method, description=description.at_size(image.width, image.height))
    return well


def describe_missing(
    *,
    names: Collection[str] | None = None,
    limit: int | None = None,
    done: Callable[[bool], None] | None = None,
    enough: Callable[[], bool] = lambda: False,
    processes: int = 1,
) -> int:
    """Describe photos until none is missing, or `limit` are done; `done` hears of each whether all went well.

    enough: asked after each, whether the rest should wait for another time.
    processes: how many of them work at it; one is this one itself. Each loads the networks, some gigabyte of memory.
    Returns how many photos were looked at. Raises BrokenProcessPool where a process ended in the middle of a photo.
    """
    count = 0
    ids = missing_by_any(names)[:limit].values_list("pk", flat=True).iterator(chunk_size=100)
    names = None if names is None else list(names)
    threads = engine.at_once()
    shares = _shares(ids, of=1 if threads == 1 else SHARE * threads)
    described = (
        _in_processes(shares, names, threads, processes=processes)
        if processes > 1
        else (_describe(share, names, threads) for share in shares)
    )
    for well in chain.from_iterable(described):
        count += 1
        if done:
            done(well)
        if enough():
            break
    return count


def _shares(ids: Iterator[int], *, of: int) -> Iterator[list[int]]:
    while share := list(islice(ids, of)):
        yield share


def _describe(image_ids: list[int], names: Collection[str] | None, threads: int) -> list[bool]:
    """Whether all went well with each, in the order they ended."""
    left = iter(image_ids)

    def describe_what_is_left() -> list[bool]:
        well = []
        for image_id in left:  # each thread takes the next
            image = LandmarkImage.objects.filter(pk=image_id).first()
            # Where it was erased meanwhile nothing is left to do.
            well.append(image is None or describe_image(image, names=names))
        return well

    def in_a_thread() -> list[bool]:
        try:
            return describe_what_is_left()
        finally:
            connection.close()  # it had one of its own

    if threads == 1:
        return describe_what_is_left()
    with ThreadPoolExecutor(threads) as pool:
        ended = [pool.submit(in_a_thread) for _ in range(threads)]
    return list(chain.from_iterable(each.result() for each in ended))


def _in_processes(
    shares: Iterable[list[int]], names: Collection[str] | None, threads: int, *, processes: int
) -> Iterator[list[bool]]:
    # Not forked: neither the database's connection nor a network's threads would live through it.
    pool = ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=django.setup,
    )
    with pool:
        waiting: set[Future[list[bool]]] = set()
        for share in shares:
            waiting.add(pool.submit(_describe, share, names, threads))
            if len(waiting) > 2 * processes:  # enough that nobody waits, few enough to be counted as they end
                ended, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (each.result() for each in ended)
        yield from (each.result() for each in as_completed(waiting))


def forget(image_ids: Collection[int]) -> None:
    """Remove all that the methods know of photos, their place in past answers, and the copies asked with."""
    Query.objects.filter(from_image__in=image_ids).delete()
    Effect.images.through.objects.filter(landmarkimage__in=image_ids).delete()
    for known in (
        Hit,
        Descriptor,
        LocalFeatureSet,
        DescribeFailure,
        WaitingDescriptor,
        PlaceGuess,
        Neighbour,
    ):
        known.objects.filter(image__in=image_ids).delete()
    for side in ("first_image", "second_image"):
        LookAlike.objects.filter(**{f"{side}__in": image_ids}).update(**{side: None})
    # A part that is away is swept later; its copies are found by nobody meanwhile.
    transaction.on_commit(lambda: parts.forget(image_ids), robust=True)


def forget_failures(names: Collection[str] | None = None) -> int:
    """Let the photos that could not be described be tried again."""
    return DescribeFailure.objects.filter(method__in=[m.name for m in _chosen(names)]).delete()[0]


def _chosen(names: Collection[str] | None) -> list[type[Method]]:
    available = serving.available()
    if names is None:
        return list(available.values())
    return [serving.find(name) for name in names]


def _record_failure(image: LandmarkImage, *, method: type[Method], error: Exception) -> None:
    DescribeFailure.objects.update_or_create(
        image=image,
        method=method.name,
        version=method.checkpoint.name,
        defaults={"reason": str(error)[:500] or type(error).__name__},
    )
