from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

try:
    from places.demo import rendering
except ImportError:  # numpy's neighbours for modelling are no part of the platform
    rendering = None


class Command(BaseCommand):
    help = "Render the demo set's pictures again from the scenes in places/demo/scenes."

    def add_arguments(self, parser):
        parser.add_argument("slugs", nargs="*", metavar="SLUG", help="all scenes without any")
        parser.add_argument("--draft", action="store_true", help="small and quick")
        parser.add_argument("--to", type=Path, help="a folder other than the set's own")

    def handle(self, *, slugs, draft, to, **options):
        if rendering is None:
            raise CommandError(MISSING)
        for slug in slugs or rendering.slugs():
            if slug not in rendering.slugs():
                raise CommandError(f"No scene is called {slug}. There are: {', '.join(rendering.slugs())}")
            try:
                rendering.render(slug, to=to or rendering.PHOTOS, draft=draft, progress=self.stdout.write)
            except ImportError as error:
                raise CommandError(MISSING) from error


MISSING = "The scenes are rendered by Mitsuba, which is not installed: pip install -r requirements-demo.txt"
