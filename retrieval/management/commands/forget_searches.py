from django.core.management.base import BaseCommand

from retrieval import retention
from retrieval.locks import claim
from retrieval.models import Query


class Command(BaseCommand):
    help = "Delete the searches that are older than they are kept for, and photos whose search is gone. A worker does it every hour."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Count what would be deleted.")

    def handle(self, *, dry_run: bool, **_options) -> None:
        if dry_run:
            self._tell(
                Query.objects.private_and_over().count(),
                Query.objects.old().count(),
                sum(1 for _name in retention.lost_photos()),
            )
            return
        with claim(retention.LOCK, wait=True):
            self._tell(
                retention.forget_private_searches(),
                retention.forget_old_searches(),
                retention.forget_lost_photos(),
            )

    def _tell(self, private: int, old: int, lost: int) -> None:
        self.stdout.write(
            f"private searches: {private}, old searches: {old}, photos without a search: {lost}"
        )
