import csv
from argparse import RawDescriptionHelpFormatter
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from functools import partial
from pathlib import Path
from types import ModuleType

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from places import importers
from places.models import Landmark


class Command(BaseCommand):
    help = "Add the photos of a dataset. May be run again: what is there is skipped."

    def add_arguments(self, parser) -> None:
        listed = "\n".join(f"{name}: {module.__doc__}" for name, module in importers.formats().items())
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = listed
        parser.add_argument(
            "format", choices=importers.formats(), help="how the dataset is laid out; see below"
        )
        parser.add_argument(
            "source", type=Path, nargs="?", metavar="SOURCE", help="a folder, a file, or what the format says"
        )
        parser.add_argument("--landmark", default="", help="slug of the landmark that all the photos show")
        parser.add_argument(
            "--hold", action="store_true", help="publish nothing: keep the photos for measurements here alone"
        )
        parser.add_argument(
            "--report",
            type=Path,
            metavar="FILE",
            help="a CSV file in which to note what became of each photo",
        )
        parser.add_argument("--dry-run", action="store_true", help="look at everything, change nothing")
        for name, what in (
            ("author", "author"),
            ("licence", "licence"),
            ("licence-url", "address of the licence"),
            ("source-url", "address of the source"),
        ):
            parser.add_argument(f"--{name}", default="", help=f"{what} of the photos that name none")

    def handle(
        self,
        *,
        format: str,
        source: Path | None,
        landmark: str,
        hold: bool,
        dry_run: bool,
        report: Path | None = None,
        **options,
    ) -> None:
        reader = importers.formats()[format]
        source = source or _source_for(landmark, reader=reader)
        try:
            dataset = reader.read(source)
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        if landmark:
            dataset = dataset.all_of(landmark)
        if not dataset.records and not dataset.failures:
            raise CommandError(f"There are no photos in {source}.")
        defaults = importers.Attribution(
            options["author"], options["licence"], options["licence_url"], options["source_url"]
        )
        try:
            with _noting(report, failures=dataset.failures) as note:
                done = importers.run(
                    dataset,
                    defaults=defaults,
                    hold=hold,
                    dry_run=dry_run,
                    progress=partial(tqdm, unit="photo"),
                    tell=note,
                )
        except KeyboardInterrupt:
            raise CommandError("Stopped. Run it again to go on where it was.") from None
        self._tell(done, dry_run=dry_run)

    def _tell(self, report: importers.Report, *, dry_run: bool) -> None:
        if dry_run:
            self.stdout.write("Nothing was changed. A real run comes to this:")
        self.stdout.write(
            f"{len(report.added)} photos added, {len(report.present) + len(report.skipped)} skipped "
            f"({len(report.present)} there already, {len(report.skipped)} the same as another), "
            f"{len(report.failed)} failed"
        )
        if report.landmarks:
            self.stdout.write(f"{len(report.landmarks)} landmarks made: {', '.join(report.landmarks)}")
        for reason, count in Counter(waiting.reason for waiting in report.waiting).items():
            self.stdout.write(f"{count} photos wait to be published. {reason}")
        for title, failures in (("Skipped", report.skipped), ("Failed", report.failed)):
            for failure in failures:
                self.stdout.write(f"{title}: {failure.name}: {failure.reason}")


@contextmanager
def _noting(
    file: Path | None, *, failures: Iterable[importers.Failure]
) -> Iterator[Callable[[importers.Fate], None]]:
    """What notes the fate of a photo in a CSV file, line by line, for a run may be stopped. Raises CommandError."""
    if file is None:
        yield lambda fate: None
        return
    columns = [column.name for column in fields(importers.Fate)]
    try:
        opened = open(file, "w", encoding="utf-8", newline="", buffering=1)  # noqa: SIM115
    except OSError as error:
        raise CommandError(str(error)) from error
    with opened:
        writer = csv.DictWriter(opened, columns)
        writer.writeheader()
        for failure in failures:
            writer.writerow(asdict(importers.Fate(failure.name, "failed", failure.reason)))
        yield lambda fate: writer.writerow(asdict(fate))


def _source_for(slug: str, *, reader: ModuleType) -> Path:
    """What a format reads for a landmark where nothing else is named. Raises CommandError."""
    landmark = Landmark.objects.standing().filter(slug=slug).first()
    if landmark is None or not hasattr(reader, "source_for"):
        raise CommandError("Say what to read: name a SOURCE.")
    if not (source := reader.source_for(landmark)):
        raise CommandError(f"{landmark} has no Wikidata item: name a SOURCE, or note its item in the admin.")
    return Path(source)
