"""The dataset for those who may have it: asked for, made by a worker as one archive, kept until a newer one is there.

The row is the truth. One that is being made while nobody holds the lock has lost its worker, and is begun again.
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Iterable
from pathlib import Path

from django.core.files import File
from django.db.models import F
from django.utils import timezone

from places import changes, exporting
from places.models import DatasetExport, Landmark
from retrieval.evaluation.splits import deal

from .locks import claim

logger = logging.getLogger(__name__)

LOCK = "dataset export"
KEPT = 2  # archives: the newest, and the one that somebody may still be fetching
MAX_ATTEMPTS = 3
MAX_SECONDS = 6 * 3600  # a million photos are written for hours
State = DatasetExport.State


def ask(user) -> DatasetExport:
    """The export that somebody wants: the newest if nothing has changed since, one that is being made, or a new one."""
    version = changes.version()
    newest = DatasetExport.objects.ready().first()
    if newest and version and newest.catalogue == version.name:
        return newest
    return DatasetExport.objects.unfinished().first() or DatasetExport.objects.create(asked_by=user)


def make_asked() -> None:
    """Make the archives that were asked for, unless somebody is at it."""
    with claim(LOCK) as claimed:
        while claimed and (export := DatasetExport.objects.unfinished().order_by("asked_at").first()):
            _make(export)


def _make(export: DatasetExport) -> None:
    if export.attempts >= MAX_ATTEMPTS:
        _fail(export, "given up")
        return
    version = changes.version()
    DatasetExport.objects.filter(pk=export.pk).update(state=State.RUNNING, attempts=F("attempts") + 1)
    with tempfile.TemporaryDirectory(prefix="dataset-") as folder:
        archive = Path(folder) / "dataset.zip"
        try:
            tally = exporting.export(archive, split_of=splits, made_on=timezone.localdate())
            export.sha256, export.bytes = _digest(archive), archive.stat().st_size
            with archive.open("rb") as file:
                export.file.save(f"{export.pk}.zip", File(file), save=False)
        except (exporting.ExportError, OSError) as error:
            logger.warning("export %s of the dataset failed: %s", export.pk, error)
            _fail(export, str(error))
            return
    export.catalogue = version.name if version else ""
    export.photos, export.landmarks = tally.photos, tally.landmarks
    export.state, export.made_at = State.READY, timezone.now()
    export.attempts += 1
    export.save()
    forget_old()


def _fail(export: DatasetExport, reason: str) -> None:
    DatasetExport.objects.filter(pk=export.pk).update(state=State.FAILED, reason=reason[:300], file="")


def forget_old() -> int:
    """Delete archives that newer ones have taken the place of; returns how many."""
    kept = DatasetExport.objects.ready()[:KEPT]
    old = DatasetExport.objects.exclude(pk__in=kept.values("pk")).exclude(
        pk__in=DatasetExport.objects.unfinished().values("pk")
    )
    count = 0
    for export in old:
        if export.file:
            export.file.delete(save=False)
        export.delete()
        count += 1
    return count


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def splits(landmarks: Iterable[Landmark]) -> dict[str, str]:
    """As `evaluate_methods --split` deals the same landmarks."""
    listed = list(landmarks)
    return deal(
        {landmark.slug: landmark.kind for landmark in listed},
        overlaps={each.slug: {other.slug for other in each.overlaps_with.all()} for each in listed},
    )
