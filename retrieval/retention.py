"""How long what visitors asked is kept, and the forgetting of what is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.core.management import call_command
from django.utils import timezone

from places import storage

from .models import Batch, Query, QueryQuerySet

LOCK = "forgetting"
BATCH = 100  # searches deleted in one transaction
FOLDER = "queries"
BEING_SAVED = timedelta(days=1)  # a file younger than this may belong to a row that is still being written


def forget_what_is_over() -> None:
    """Delete all that has no reason to be kept any longer."""
    forget_private_searches()
    forget_old_searches()
    Batch.objects.empty().delete()
    forget_lost_photos()
    call_command("clearsessions")
    call_command("forget_counts", verbosity=0)


def forget_private_searches() -> int:
    """Delete the private searches whose time is over, with their photos; returns how many."""
    return _forget(Query.objects.private_and_over())


def forget_old_searches() -> int:
    """Delete the searches that are older than they are kept for, with their photos; returns how many."""
    return _forget(Query.objects.old())


def _forget(searches: QueryQuerySet) -> int:
    count = 0
    while batch := list(searches.order_by("asked_at").values_list("pk", flat=True)[:BATCH]):
        # What stands beside a search or belongs to it goes along, each with its file.
        Query.objects.filter(pk__in=batch).delete()
        count += len(batch)
    return count


def forget_lost_photos() -> int:
    """Delete the photos of searches that are no longer there, as a crash leaves them; returns how many."""
    lost = list(lost_photos())
    for name in lost:
        storage.private().delete(name)
    return len(lost)


def lost_photos() -> Iterator[str]:
    """The names of those files."""
    store = storage.private()
    for folder in _listed(FOLDER)[0]:
        names = [f"{FOLDER}/{folder}/{name}" for name in _listed(f"{FOLDER}/{folder}")[1]]
        known = set(Query.objects.filter(photo__in=names).values_list("photo", flat=True))
        for name in names:
            if name not in known and store.get_modified_time(name) < timezone.now() - BEING_SAVED:
                yield name


def _listed(folder: str) -> tuple[list[str], list[str]]:
    try:
        return storage.private().listdir(folder)
    except FileNotFoundError:  # nobody has asked anything yet
        return [], []
