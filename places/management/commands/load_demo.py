from functools import partial

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from places.demo import loading


class Command(BaseCommand):
    help = "Publish the rendered pictures of places/demo, on a platform that has no photos of its own."

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--site", default="http://127.0.0.1:8000/", help="address of the site's home page"
        )

    def handle(self, *, site: str, **options) -> None:
        try:
            report = loading.load(
                site=site, progress=partial(tqdm, unit="picture", desc="The demo's pictures")
            )
        except loading.HasPhotos:
            self.stdout.write("The catalogue has photos of its own: the demo's pictures stay out.")
            return
        except OSError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"demo: {len(report.added)} added, {len(report.present)} there already")
        for failure in (*report.failed, *report.waiting):
            self.stdout.write(f"{failure.name}: {failure.reason}")
