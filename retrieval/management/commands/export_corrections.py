"""Writes the corrections that curators found true as photos with their places, to measure methods on."""

import csv
from argparse import ArgumentParser
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from places.models import Landmark
from places.photo import PhotoRefused, encode, upright
from retrieval.evaluation.duplicates import near_duplicate_groups
from retrieval.management.progress import bars
from retrieval.methods.preprocessing import decode
from retrieval.models import Correction, Query

PHOTO_SIDE = 2048  # pixels, longest: as searches keep their photos
MARK = ".exported_corrections"  # lies in a folder that this command may clear of what is no longer true


@dataclass(frozen=True)
class Truth:
    """A photo as it was asked with, the box alone where there was one, and the landmark that it shows."""

    path: Path  # within the folder written
    landmark: Landmark
    photo: bytes  # JPEG


class Command(BaseCommand):
    help = (
        "Write the corrections that curators found true as a folder of photos per landmark, for "
        "`evaluate_methods folder PATH --queries DIR`. Run again, it follows what was deleted or changed since. "
        "It is for measuring: nothing is learned from it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dir", type=Path, metavar="DIR", help="a folder of its own; made where it is not")
        parser.add_argument("--dry-run", action="store_true", help="say what would be written")

    def handle(self, *, dir: Path, dry_run: bool, **_options) -> None:
        try:
            if dir.exists() and not (dir / MARK).exists() and any(dir.iterdir()):
                raise CommandError(f"{dir} holds something else: name an empty folder, or a new one.")
            truths, gone = self._truths()
            removed = sorted(_exported(dir) - {truth.path for truth in truths})
            if not dry_run:
                dir.mkdir(parents=True, exist_ok=True)
                (dir / MARK).touch()
                _write(dir, truths, removed=removed)
        except OSError as error:
            raise CommandError(str(error)) from error
        for query in gone:
            self.stderr.write(f"{query.pk}: its photo is gone.")
        landmarks = len({truth.landmark for truth in truths})
        would = "Would write" if dry_run else "Written"
        self.stdout.write(f"{would}: {len(truths)} photos of {landmarks} landmarks; {len(removed)} removed.")

    def _truths(self) -> tuple[list[Truth], list[Query]]:
        """What to write, of near-duplicates of one landmark the first asked; and the searches without a photo."""
        found, gone = [], []
        rows = Correction.objects.usable_as_truth().select_related("query", "landmark__merged_into")
        rows = rows.order_by("query__asked_at", "pk")
        with bars() as progress:
            for number, row in enumerate(rows, start=1):
                try:
                    photo = _asked_with(row.query)
                except (FileNotFoundError, PhotoRefused):
                    gone.append(row.query)
                else:
                    landmark = row.landmark.merged_into or row.landmark
                    path = Path(landmark.slug) / f"{row.query.pk}.jpg"
                    found.append(Truth(path, landmark, photo))
                progress("reading the photos", number, len(rows))
        first: dict[tuple[int, int], Truth] = {}
        for group, truth in zip(
            near_duplicate_groups(decode(one.photo) for one in found), found, strict=True
        ):
            first.setdefault((group, truth.landmark.pk), truth)
        return list(first.values()), gone


def _asked_with(query: Query) -> bytes:
    """The photo of a search, cut to its box. Raises FileNotFoundError, PhotoRefused."""
    with query.photo.open() as file:
        picture = upright(file.read(), longest_side=PHOTO_SIDE)
    if query.has_box:
        picture = picture.crop((query.left, query.top, query.right, query.bottom))
    return encode(picture, format="JPEG")


def _exported(dir: Path) -> set[Path]:
    """The photos of earlier runs, within the folder."""
    return {path.relative_to(dir) for path in dir.glob("*/*.jpg")}


def _write(dir: Path, truths: list[Truth], *, removed: list[Path]) -> None:
    for path in removed:
        (dir / path).unlink()
        if not any((dir / path).parent.iterdir()):
            (dir / path).parent.rmdir()
    for truth in truths:
        (dir / truth.path).parent.mkdir(exist_ok=True)
        (dir / truth.path).write_bytes(truth.photo)
    _table(
        dir / "images.csv",
        "path landmark",
        [(truth.path.as_posix(), truth.landmark.slug) for truth in truths],
    )
    landmarks = Landmark.objects.filter(pk__in={truth.landmark.pk for truth in truths})
    rows = [
        (
            one.slug,
            one.name_vi,
            one.name_en,
            one.kind,
            " ".join(other.slug for other in one.overlaps_with.all()),
        )
        for one in landmarks.order_by("slug").prefetch_related("overlaps_with")
    ]
    _table(dir / "landmarks.csv", "landmark name_vi name_en kind overlaps_with", rows)


def _table(path: Path, columns: str, rows: Iterable[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns.split(), *rows])
