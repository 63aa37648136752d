from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from retrieval.index import parts
from retrieval.locks import claim
from retrieval.models import Descriptor, Part


class Command(BaseCommand):
    help = (
        "Keep some of the vectors on other PostgreSQL servers, each a part of the index; searches go on through all of "
        "them. Without options: carry what is new to its part, and say where everything lies. A stopped run goes on."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("--add", metavar="NAME", help="make a part, then fill it")
        parser.add_argument(
            "--at", metavar="ADDRESS", help="of its server: postgresql://user:password@host/database"
        )
        parser.add_argument("--share", type=int, metavar="N", help="how many of a hundred photos it keeps")
        parser.add_argument("--remove", metavar="NAME", help="bring a part's vectors home, then forget it")
        parser.add_argument("--check", action="store_true", help="have described anew what a part has lost")
        parser.add_argument(
            "--dry-run", action="store_true", help="only say where everything lies, and would"
        )

    def handle(self, *, add, at, share, remove, check, dry_run: bool, **options) -> None:
        if add and not (at and share):
            raise CommandError("--add needs --at and --share.")
        try:
            with claim(parts.LOCK, wait=True):
                if not dry_run:
                    self.change(add, at, share, remove, check=check)
                elif add:
                    moved = Descriptor.objects.count() * share // Part.SLOTS
                    self.stdout.write(f"{add} would keep some {moved} vectors.")
                elif remove:
                    self.stdout.write(
                        f"{Descriptor.objects.filter(part=remove).count()} vectors would come home."
                    )
                self.tell()
        except parts.PartError as error:
            raise CommandError(str(error)) from error

    def change(self, add, at, share, remove, *, check: bool) -> None:
        if add:
            parts.add(add, address=at, share=share)
        if remove:
            part = Part.objects.filter(name=remove).first()
            if part is None:
                raise CommandError(
                    f"There is no part {remove}. There are: {', '.join(parts.names()) or 'none'}."
                )
            parts.retire(part)
            self.repeat(lambda: parts.bring_home(part), "home")
            parts.remove(part)
        if check:
            for part in Part.objects.all():
                self.stdout.write(
                    f"{part}: {parts.check(part)} vectors were lost, and are to be described anew."
                )
        self.repeat(parts.move, "moved")
        parts.sweep()
        parts.take_stock()

    def repeat(self, step, words: str) -> None:
        with tqdm(unit="vector", desc=words, leave=False, disable=None) as bar:
            while count := step():
                bar.update(count)

    def tell(self) -> None:
        here = Descriptor.objects.filter(part="").count()
        self.stdout.write(f"{'here':12} {here:9} vectors")
        for each in parts.standing():
            self.stdout.write(
                f"{each.part.name:12} {each.kept:9} vectors of {each.part.share} % of the photos, {each.waiting} more to "
                f"come, on {each.server}"
            )
