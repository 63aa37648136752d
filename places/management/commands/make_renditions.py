from django.core.management.base import BaseCommand
from tqdm import tqdm

from places import renditions
from places.models import LandmarkImage
from places.photo import PhotoRefused


class Command(BaseCommand):
    help = (
        "Make the copies of published photos that pages show on small and large screens, where they are missing. "
        "May be stopped and run again: it goes on where it was."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only tell how many photos lack them")

    def handle(self, *, dry_run: bool, **options) -> None:
        waiting = list(LandmarkImage.objects.without_renditions().order_by("pk").values_list("pk", flat=True))
        if dry_run:
            self.stdout.write(f"{len(waiting)} photos lack their renditions")
            return
        failed = 0
        for pk in tqdm(waiting, unit="photo"):
            try:
                renditions.make(pk)
            except (OSError, PhotoRefused) as error:
                failed += 1
                self.stderr.write(f"photo {pk}: {error}")
        self.stdout.write(f"{len(waiting) - failed} photos have their renditions now, {failed} failed")
