from django.core.management.base import BaseCommand, CommandError

from places.models import LandmarkImage
from retrieval import sizes

KINDS = (sizes.FILES, sizes.ROWS, sizes.VECTORS, sizes.FEATURES)


class Command(BaseCommand):
    help = "Measure how many bytes a photo takes, kind by kind, and reckon what many photos would."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--sample", type=int, default=500, help="how many photos' files are looked at")
        parser.add_argument(
            "--photos",
            type=int,
            nargs="*",
            default=[10_000, 1_000_000, 100_000_000],
            help="how many to reckon for",
        )

    def handle(self, *, sample: int, photos: list[int], **options) -> None:
        if not LandmarkImage.objects.published().exists():
            raise CommandError("There is no published photo to measure.")
        measured = sizes.measure(sample=sample)
        for kind in (*KINDS, sizes.SEARCHES):
            if not any(size.kind == kind for size in measured):
                continue
            self.stdout.write(kind)
            for size in measured:
                if size.kind == kind:
                    self.stdout.write(f"  {size.what:60} {size.bytes:12,.0f} bytes (of {size.of})")
            self.stdout.write(f"  {'together':60} {sizes.of_a_photo(measured, kind):12,.0f} bytes")
        for many in photos:
            told = [f"{kind} {sizes.of_a_photo(measured, kind) * many / 1e9:,.1f} GB" for kind in KINDS]
            self.stdout.write(f"{many:,} photos: {', '.join(told)}")
