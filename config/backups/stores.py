"""The files that rows name, in whichever store they lie: on this machine's disk or in S3."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import islice

from django.apps import apps
from django.core.files.base import File
from django.core.files.storage import Storage, default_storage, storages
from django.db import models

from places import storage as photo_files
from places.models import LandmarkImage

from .shelf import CHUNK, Content, ReadBefore, Seen, Shelf

AT_ONCE = 200


@dataclass(frozen=True, order=True)
class Named:
    """A file by its store's alias in STORAGES and its name there."""

    store: str
    name: str


@dataclass(frozen=True)
class Put:
    """A file that is on the shelf; content: None where the store does not have what the row names."""

    file: Named
    content: Content | None
    is_new: bool = False


def named_by_rows() -> Iterator[Named]:
    """Every file that a row names now, or in the transaction's moment where one is open; some come twice.

    The renditions of photos are among them, whose names follow from the photo's. What the platform makes again by
    itself (what is put by for photos that are not published) is not.
    """
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, models.FileField):
                rows = model._default_manager.exclude(**{field.name: ""}).order_by()
                for name in rows.values_list(field.name, flat=True).iterator(chunk_size=5000):
                    yield Named(_alias(field.storage), name)
    rendered = LandmarkImage.objects.published().filter(has_renditions=True).order_by()
    for image in rendered.only("photo", "width", "height").iterator(chunk_size=5000):
        for rendition in photo_files.renditions(image):
            yield Named("default", rendition.name(image.photo.name))


def is_still_named(file: Named) -> bool:
    """Whether a row that is there now names this file."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            of_store = isinstance(field, models.FileField) and _alias(field.storage) == file.store
            if of_store and model._default_manager.filter(**{field.name: file.name}).exists():
                return True
    return file.name.startswith("renditions/") and file in set(_renditions_beside(file))


def is_there(file: Named) -> bool:
    return storages[file.store].exists(file.name)


def _renditions_beside(file: Named) -> Iterator[Named]:
    """The renditions of the photo that this is one of, where that is published now."""
    stem = file.name.rpartition("/")[2].partition(".")[0]
    for image in LandmarkImage.objects.published().filter(has_renditions=True, photo__contains=stem):
        for rendition in photo_files.renditions(image):
            yield Named("default", rendition.name(image.photo.name))


def put_on_shelf(
    files: Iterator[Named], *, shelf: Shelf, before: ReadBefore, threads: Executor
) -> Iterator[Put]:
    """Copy these files, but for those read before that look as they did; one word on each, in their order."""
    while batch := list(islice(files, AT_ONCE)):
        seen = list(threads.map(_look, batch))
        known = [each and before.find(each) for each in seen]
        contents = {place: what for place, what in enumerate(known) if what and shelf.has(what)}
        new = [place for place, each in enumerate(seen) if each and place not in contents]
        added = zip(new, threads.map(lambda place: _copy(batch[place], shelf), new), strict=True)
        read = []
        for place, what in added:
            if what:
                contents[place] = what
                read.append((seen[place], what))
        before.note([(each, what) for each, what in read if each and each.size == what.size])
        for place, file in enumerate(batch):
            yield Put(file, contents.get(place), is_new=place in new)


def bytes_to_read(files: Iterator[Named], *, before: ReadBefore, threads: Executor) -> tuple[int, int]:
    """How many of these files are still to be read, and their bytes."""
    count = size = 0
    while batch := list(islice(files, AT_ONCE)):
        for seen in threads.map(_look, batch):
            if seen and before.find(seen) is None:
                count, size = count + 1, size + seen.size
    return count, size


def bring_back(file: Named, content: Content, shelf: Shelf) -> bool:
    """Write a file where its row names it, unless the very same is there; returns whether it was written."""
    store = storages[file.store]
    if store.exists(file.name):
        if store.size(file.name) == content.size and _digest(store, file.name) == content.sha256:
            return False
        store.delete(file.name)
    with shelf.path(content.sha256).open("rb") as kept:
        written = store.save(file.name, File(kept))
    if written != file.name:  # somebody wrote the same name in that moment
        store.delete(file.name)
        store.delete(written)
        return bring_back(file, content, shelf)
    return True


def remove(file: Named) -> None:
    storages[file.store].delete(file.name)


def local_folders() -> list[str]:
    """Where the stores lie that are folders of this machine."""
    aliases = ("default", "private")
    return [str(storages[alias].location) for alias in aliases if hasattr(storages[alias], "base_location")]


def _alias(store: Storage) -> str:
    if store is default_storage:
        return "default"
    return next(alias for alias in storages.backends if storages[alias] is store)


def _look(file: Named) -> Seen | None:
    store = storages[file.store]
    try:
        return Seen(
            file.store, file.name, store.size(file.name), store.get_modified_time(file.name).timestamp()
        )
    except FileNotFoundError:
        return None
    except Exception:  # each store has errors of its own
        if store.exists(file.name):
            raise
        return None


def _copy(file: Named, shelf: Shelf) -> Content | None:
    """None where it has gone since it was looked at."""
    store = storages[file.store]
    try:
        with store.open(file.name) as opened:
            return shelf.add(opened.chunks(CHUNK))
    except FileNotFoundError:
        return None
    except Exception:
        if store.exists(file.name):
            raise
        return None


def _digest(store: Storage, name: str) -> str:
    digest = hashlib.sha256()
    with store.open(name) as file:
        for chunk in file.chunks(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
