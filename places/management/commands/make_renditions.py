from django.core.management.base import BaseCommand
from tqdm import tqdm

from places import finishing
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
        waiting = list(LandmarkImage.objects.without_renditions().order_by("pk").only("pk"))
        if dry_run:
            self.stdout.write(f"{len(waiting)} photos lack their renditions")
            return
        failed = 0
        for image in tqdm(waiting, unit="photo"):
            try:
                finishing.make_renditions(image)
            except (OSError, PhotoRefused) as error:
                failed += 1
                self.stderr.write(f"photo {image.pk}: {error}")
        self.stdout.write(f"{len(waiting) - failed} photos have their renditions now, {failed} failed")
