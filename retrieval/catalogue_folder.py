"""The catalogue's photos as a folder of photos per landmark, as what measures and learns without Django reads them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from pathlib import Path

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce

from places import storage
from places.models import Landmark, LandmarkImage

Progress = Callable[[str, int, int], None]


def measurable(*, held: bool = False) -> list[LandmarkImage]:
    """The photos to measure with: those published, and those kept on this machine only if so asked."""
    states = [LandmarkImage.State.PUBLISHED, *([LandmarkImage.State.HELD] if held else [])]
    photos = LandmarkImage.objects.filter(state__in=states, landmark__isnull=False)
    return list(photos.select_related("landmark").order_by("pk"))


def held_to_ask_with() -> list[LandmarkImage]:
    """The photos kept on this machine only that are no copies of a published one: the catalogue does not know them."""
    group = Coalesce("near_duplicate_of", "pk")
    copy = LandmarkImage.objects.published().filter(
        Q(pk=OuterRef("group_of")) | Q(near_duplicate_of=OuterRef("group_of"))
    )
    photos = LandmarkImage.objects.held().filter(landmark__isnull=False).annotate(group_of=group)
    return list(photos.exclude(Exists(copy)).select_related("landmark").order_by("pk"))


def lay_out(images: Iterable[LandmarkImage], folder: Path, *, progress: Progress) -> Path:
    """Write the photos' originals as a folder dataset; those of an earlier time that are not among them go."""
    images = list(images)
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for done, image in enumerate(images):
        progress("reading the catalogue", done, len(images))
        name = Path(image.landmark.slug) / f"{image.sha256}{Path(image.original.name).suffix}"
        if not (folder / name).exists():
            (folder / name).parent.mkdir(exist_ok=True)
            unfinished = (folder / name).with_suffix(".unfinished")
            unfinished.write_bytes(storage.original_bytes(image))
            unfinished.replace(folder / name)
        rows.append({"path": name.as_posix(), "near_duplicate_group": image.group})
    progress("reading the catalogue", len(images), len(images))
    kept = {folder / str(row["path"]) for row in rows}
    for path in folder.glob("*/*"):
        if path not in kept:
            path.unlink()
    with (folder / "images.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, ["path", "near_duplicate_group"])
        table.writeheader()
        table.writerows(rows)
    with (folder / "landmarks.csv").open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["landmark", "kind", "overlaps_with"])
        for landmark in Landmark.objects.prefetch_related("overlaps_with").order_by("slug"):
            others = sorted(other.slug for other in landmark.overlaps_with.all())
            lines.writerow([landmark.slug, landmark.kind, " ".join(others)])
    return folder
