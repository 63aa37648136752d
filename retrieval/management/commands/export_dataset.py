from functools import partial
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from places import exporting
from retrieval.dataset import splits


class Command(BaseCommand):
    help = "Write the dataset: published photos, landmarks, licences, splits and a Croissant description."

    def add_arguments(self, parser) -> None:
        parser.add_argument("target", type=Path, metavar="TARGET", help="a folder to be made, or a .zip")

        parser.add_argument("--url", default="", help="where the dataset has its page, for its description")

    def handle(self, *, target: Path, url: str, **options) -> None:
        try:
            tally = exporting.export(
                target,
                split_of=splits,
                made_on=timezone.localdate(),
                url=url,
                progress=partial(tqdm, unit="photo", disable=None),
            )
        except exporting.ExportError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError("Stopped; nothing is left behind.") from None
        self.stdout.write(f"{tally.photos} photos of {tally.landmarks} landmarks written to {target}.")
        for name in tally.unreadable:
            self.stdout.write(f"Left out, its original cannot be read: {name}")
