from django.core.management.base import BaseCommand
from django.db import transaction

from retrieval import coverage, serving
from retrieval.locks import claim
from retrieval.management.progress import bars
from retrieval.models import PlaceCoverage

SHOWN = 10


class Command(BaseCommand):
    help = (
        "Measure what the photos of every place show of it, and which places need photos most. The worker measures "
        "places by themselves when their photos change; what depends on all others is renewed here."
    )

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true", help="only say what is found")

    def handle(self, *, dry_run, **_options):
        method = serving.find(coverage.METHOD)
        with claim(coverage.LOCK, wait=True), bars() as progress:
            measured = coverage.measure(method=method, progress=progress)
            if not dry_run:
                with transaction.atomic():
                    coverage.keep(measured)
                    PlaceCoverage.objects.exclude(
                        landmark__in=[each.landmark_id for each in measured]
                    ).delete()
        right, asked = (sum(getattr(each, name) for each in measured) for name in ("right", "asked"))
        found = f", {right} of {asked} photos find their place" if asked else ""
        self.stdout.write(f"{len(measured)} places measured{found}. Those that need photos most:")
        neediest = sorted(measured, key=lambda each: (-each.need, each.landmark.slug))[:SHOWN]
        for each in neediest:
            self.stdout.write(
                f"{each.need:3.0f}  {each.landmark.slug}: {each.published} photos, {each.viewpoints} viewpoints, "
                f"{each.right} of {each.asked} right, {each.failed_searches} searches missed it"
            )
