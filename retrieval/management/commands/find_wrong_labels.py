from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from retrieval import guessing, methods, serving
from retrieval.locks import claim
from retrieval.models import PlaceGuess


class Command(BaseCommand):
    help = (
        "Ask the neighbours of every photo which place it shows, for curators to look at those that seem to stand in "
        "the wrong one. A stopped run goes on where it was; the worker looks at new photos by itself."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--again", action="store_true", help="ask about all photos, not the new ones alone"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say how many are to be asked about")

    def handle(self, *, again, dry_run, **_options):
        try:
            method = serving.find(guessing.METHOD)
        except methods.UnknownMethod as error:
            raise CommandError(error) from error
        since = timezone.now() if again else None
        pending = guessing.to_look_at(method=method, before=since).count()
        if dry_run:
            self.stdout.write(f"{pending} photos are to be asked about.")
            return
        with claim(guessing.LOCK, wait=True), tqdm(total=pending, unit="photo", disable=not pending) as bar:
            count = guessing.look_at_all(method=method, before=since, done=bar.update)
        guesses = PlaceGuess.objects.by(method)
        self.stdout.write(
            f"{count} photos asked about: {guesses.doubting().count()} published ones seem to show another place, "
            f"for {guesses.suggesting().count()} waiting ones there is a suggestion."
        )
