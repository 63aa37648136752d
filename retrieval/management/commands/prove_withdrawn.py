from django.core.management.base import BaseCommand, CommandError

from places.models import LandmarkImage
from retrieval import traces


class Command(BaseCommand):
    help = "Looks for what is left of withdrawn photos: descriptors, hits in past answers, files. Fails if there is any."

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "photos", nargs="*", type=int, metavar="NUMBER", help="of a photo; by default all"
        )

    def handle(self, *, photos: list[int], **options) -> None:
        withdrawn = LandmarkImage.objects.filter(state=LandmarkImage.State.REJECTED).order_by("pk")
        chosen = withdrawn.filter(pk__in=photos) if photos else withdrawn
        if missing := set(photos) - set(chosen.values_list("pk", flat=True)):
            raise CommandError(f"Not withdrawn, or never there: {', '.join(map(str, sorted(missing)))}")
        count, failed = 0, 0
        for image in chosen.iterator(chunk_size=200):
            found, count = traces.of(image), count + 1
            if found.left:
                failed += 1
                self.stdout.write(f"{image.pk}: {', '.join(found.left)}")
        if failed:
            raise CommandError(f"Of {failed} of {count} withdrawn photos something is left: see above.")
        places = len(list(traces.links()))
        self.stdout.write(f"{count} withdrawn photos: no row in {places} columns, no public file.")
