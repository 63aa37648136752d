from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from config.backups import BackupError, checking, manifest, restoring
from config.management.counting import counted


class Command(BaseCommand):
    help = (
        "Bring a backup back into a platform that is empty. All of it is read through before anything is written; the "
        "database changes at once or not at all. A stopped run is begun again and goes on."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER", help="where `backup` put it")
        parser.add_argument("--name", default="", help="which backup of the folder; else the latest")
        parser.add_argument("--seal", default="", help="what `backup` printed when it was made")
        parser.add_argument(
            "--replace",
            action="store_true",
            help="what is here goes, its rows and its photos, for what the backup has",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="only read it through and say what would be done"
        )

    def handle(self, *, folder: Path, name: str, seal: str, replace: bool, dry_run: bool, **options) -> None:
        try:
            found = manifest.find(folder, name=name, seal=seal)
            told = found.manifest
            with counted(total=told.file_count) as progress:
                if dry_run:
                    restoring.allow(found, replace=replace)
                    checking.check(found, progress=progress)
                else:
                    done = restoring.restore(found, replace=replace, progress=progress)
        except BackupError as error:
            raise CommandError(str(error)) from error
        if dry_run:
            self.stdout.write(
                f"{found.folder} of {told.made_at} is whole and may be brought back: {sum(told.rows.values())} rows, "
                f"{told.file_count} files of {told.file_bytes:,} bytes."
            )
            return
        self.stdout.write(
            f"The platform is as it was on {told.made_at}: {sum(told.rows.values())} rows, {done.files} files, of which "
            f"{done.written} were written; {done.removed} of before removed."
        )
        if done.missing_weights:
            self.stdout.write(f"Weights it had and this machine lacks: {', '.join(done.missing_weights)}")
