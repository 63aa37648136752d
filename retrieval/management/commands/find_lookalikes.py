from collections.abc import Iterator

from django.core.management.base import BaseCommand, CommandError

from retrieval import lookalikes, methods, serving
from retrieval.locks import claim
from retrieval.management.progress import bars
from retrieval.models import LookAlike


class Command(BaseCommand):
    help = (
        "Find the pairs of landmarks that the index confuses, for curators to write what tells them apart. Run again, "
        "it measures anew: pairs no longer confused go, unless a curator said something of them."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--method",
            default="cnn_irwnha",
            help="by whose vectors (default: cnn_irwnha); one tuned to these very photos confuses few of them",
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what is found")

    def handle(self, *, method, dry_run, **_options):
        try:
            chosen = serving.find(method)
        except methods.UnknownMethod as error:
            raise CommandError(error) from error
        with claim(lookalikes.LOCK, wait=True), bars() as progress:
            try:
                found = lookalikes.find(method=chosen, progress=progress)
            except lookalikes.NothingDescribed as error:
                raise CommandError(
                    f"No published photo is described by {chosen.label}: run describe_images first."
                ) from error
            kept = None if dry_run else lookalikes.keep(found)
        for line in _table(found):
            self.stdout.write(line)
        if kept is None:
            self.stdout.write(f"{len(found)} pairs; nothing is stored.")
        else:
            self.stdout.write(
                f"{len(found)} pairs: {kept.added} new, {kept.again} measured again; {kept.removed} removed."
            )


def _table(pairs: list[LookAlike]) -> Iterator[str]:
    """A line for each pair under one of headings: how many of its photos are confused, and what was said of it."""
    rows = [("pair", "confused", "similarity", "curators say")]
    rows += [
        (
            f"{pair.first.slug} {pair.second.slug}",
            f"{pair.confusions} of {pair.photos}",
            f"{pair.similarity:.3f}",
            "not alike" if pair.dismissed else "told apart" if pair.detail else "–",
        )
        for pair in pairs
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    if pairs:
        for row in rows:
            yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
