import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from retrieval import fetching
from retrieval.fetching import FetchError, Progress
from retrieval.methods import weights


class Command(BaseCommand):
    help = (
        "Bring the weights that the methods' authors published to WEIGHTS_DIR and check them. "
        "Without a name: list all weights and where they stand."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser):
        parser.add_argument("names", nargs="*", metavar="NAME", help="weights, as the list names them")
        parser.add_argument("--all", action="store_true", help="all that do not come with the project")
        parser.add_argument(
            "--from",
            dest="source",
            type=Path,
            metavar="PATH",
            help="take the file from here, or from this folder, instead of its author's address",
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")

    def handle(self, *, names, source, dry_run, **options):
        if unknown := sorted(set(names) - set(weights.FILES)):
            raise CommandError(f"no weights {', '.join(unknown)}; there are: {', '.join(weights.FILES)}")
        if options["all"]:
            names = [name for name, file in weights.FILES.items() if not file.bundled]
        if not names:
            for name in weights.FILES:
                self.stdout.write(f"{name:32} {_state(name)}")
            return
        if source and not source.exists():
            raise CommandError(f"{source} does not exist.")
        if source and not source.is_dir() and len(names) > 1:
            raise CommandError(f"{source} is one file: name the weights that it holds.")
        failures = []
        for name in names:
            try:
                self.stdout.write(_fetch(name, source=source, dry_run=dry_run))
            except FetchError as error:
                failures.append(f"{name}: {error}")
        if failures:
            raise CommandError("\n".join(failures))


def _state(name: str) -> str:
    path = next((place for place in weights.places(name) if place.is_file()), None)
    if path and (reason := weights.fault(name, path)):
        return f"unusable: {path} {reason}"
    if weights.FILES[name].bundled:
        return "comes with the project" if path else "missing: run make install"
    return f"there: {path}" if path else f"not fetched, from {weights.FILES[name].address}"


def _fetch(name: str, *, source: Path | None, dry_run: bool) -> str:
    """Bring one file into place; gives a sentence on what was done. Raises FetchError."""
    file = weights.FILES[name]
    if file.bundled:
        return f"{name} comes with the project."
    path = Path(os.environ["WEIGHTS_DIR"]) / file.filename
    origin = source / file.filename if source and source.is_dir() else source
    if path.is_file():
        if not file.published and not weights.recorded(path) and not dry_run and not _damage(path):
            weights.record(path)  # somebody put it there
        if weights.fault(name, path) is None:
            return f"{name} is there: {path}"
    if origin and not origin.is_file():
        raise FetchError(f"there is no {file.filename} in {source}.")
    if dry_run:
        return f"{name} would come from {origin or file.address} to {path}"
    check = partial(weights.fault, name) if file.published else _damage
    if origin:
        fetching.adopt(origin, path, check=check)
    else:
        with _bar(name) as progress:
            fetching.download(file.address, path, check=check, progress=progress)
    if not file.published:
        weights.record(path)
    return f"{name} is in place: {path}"


def _damage(path: Path) -> str | None:
    """What is wrong with an archive by its own checksum: all there is where no digest was published."""
    try:
        with gzip.open(path) as archive:
            while archive.read(1 << 20):
                pass
    except (OSError, EOFError, zlib.error):
        return "is not a whole gzip archive"
    return None


@contextmanager
def _bar(name: str) -> Iterator[Progress]:
    with tqdm(desc=name, unit="B", unit_scale=True, unit_divisor=1024, disable=None) as bar:

        def progress(done: int, total: int | None) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield progress
