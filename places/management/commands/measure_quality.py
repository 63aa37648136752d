from django.core.management.base import BaseCommand
from tqdm import tqdm

from places import detecting, finishing
from places.models import LandmarkImage
from places.photo import PhotoRefused


class Command(BaseCommand):
    help = (
        "Measure how good the photos are that were not measured yet: blur, exposure, collages, lettering, faces. "
        "May be stopped and run again: it goes on where it was."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="only tell how many photos are not measured"
        )

    def handle(self, *, dry_run: bool, **options) -> None:
        waiting = LandmarkImage.objects.unmeasured().order_by("pk")
        count = waiting.count()
        if not detecting.can_look():
            self.stderr.write("The weights that find faces and lettering are missing; run: make install")
        if dry_run:
            self.stdout.write(f"{count} photos are not measured")
            return
        failed = 0
        for image in tqdm(waiting.iterator(chunk_size=100), total=count, unit="photo"):
            try:
                finishing.measure_quality(image)
            except (OSError, PhotoRefused) as error:
                failed += 1
                self.stderr.write(f"photo {image.pk}: {error}")
        self.stdout.write(f"{count - failed} photos measured, {failed} failed")
        self.stdout.write(f"{LandmarkImage.objects.low_quality().count()} photos of all have a fault")
