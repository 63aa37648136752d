from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from config.backups import BackupError, checking, making, manifest
from config.management.counting import counted


class Command(BaseCommand):
    help = (
        "Put the whole platform by in a folder, while it is in use: database, photos, learned weights. The folder holds "
        "any number of backups, and each copies only what is new. A stopped run goes on where it was."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER")
        parser.add_argument(
            "--verify", action="store_true", help="read a backup through instead of making one"
        )
        parser.add_argument(
            "--name", default="", help="with --verify: which backup of the folder; else the latest"
        )
        parser.add_argument(
            "--seal", default="", help="with --verify: what `backup` printed when it was made"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say how much would be written")

    def handle(self, *, folder: Path, verify: bool, name: str, seal: str, dry_run: bool, **options) -> None:
        try:
            if verify:
                self.verify(folder, name=name, seal=seal)
            elif dry_run:
                wanted = making.needs(folder)
                self.stdout.write(
                    f"{wanted.files} files of {wanted.file_bytes:,} bytes are new; the database has {wanted.database:,} "
                    f"bytes, and takes fewer. There is room for {wanted.free:,}."
                )
            else:
                self.make(folder)
        except BackupError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError("Stopped; what was copied is not copied again.") from None

    def verify(self, folder: Path, *, name: str, seal: str) -> None:
        found = manifest.find(folder, name=name, seal=seal)
        with counted(total=found.manifest.file_count) as progress:
            checking.check(found, progress=progress)
        self.stdout.write(f"{found.folder} is whole: {_words(found.manifest)}. Seal: {found.seal}")

    def make(self, folder: Path) -> None:
        with counted() as progress:
            made = making.make(folder, progress=progress)
        for file in made.manifest.lost:
            self.stderr.write(f"Named by a row, and not in the {file.store} store: {file.name}")
        self.stdout.write(
            f"{made.folder}: {_words(made.manifest)}, {made.new_files} of them new. Seal: {made.seal}"
        )


def _words(told: manifest.Manifest) -> str:
    rows = sum(told.rows.values())
    return f"{rows} rows in {len(told.rows)} tables, {told.file_count} files of {told.file_bytes:,} bytes"
