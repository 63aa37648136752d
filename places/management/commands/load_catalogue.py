from django.core.management.base import BaseCommand, CommandError

from places import catalogue


class Command(BaseCommand):
    help = (
        "Bring provinces and landmarks to what the tables in places/data say. May be run again at any time."
    )

    def handle(self, **options) -> None:
        try:
            tallies = catalogue.load()
        except catalogue.CatalogueError as error:
            raise CommandError(f"Nothing was loaded.\n{error}") from error
        for kind, tally in tallies.items():
            self.stdout.write(f"{kind}: {tally}")
