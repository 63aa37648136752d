from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from retrieval.evaluation.datasets import DatasetError
from retrieval.management.progress import bars
from retrieval.management.training import TrainingCommand
from retrieval.methods.weights import MissingWeights
from retrieval.training import whitening
from retrieval.training.maps import Maps
from retrieval.training.matches import match_photos


class Command(TrainingCommand, BaseCommand):
    help = "Learn the methods' PCA (from photos alone) and whitening (from pairs that geometry finds)."

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("--into", type=Path, required=True, help="the folder for the .npz files")
        parser.add_argument("--training-set", required=True, help="one line on what the photos show")
        parser.add_argument("--only", metavar="A,B", help=f"of {', '.join(whitening.NAMES)}")
        parser.add_argument("--regions", type=int, default=2, help="random boxes of each photo for PCA")

    def handle(self, *, into, training_set, only, regions, seed, work, **options):
        names = only.split(",") if only else whitening.NAMES
        if unknown := set(names) - set(whitening.NAMES):
            raise CommandError(f"There is no {', '.join(unknown)}; there are: {', '.join(whitening.NAMES)}.")
        try:
            photos = self.photos(**options)
            matches = None
            with bars() as progress:
                if set(names) & set(whitening.FROM_PAIRS):
                    maps = Maps(work / "maps", seed=seed)
                    matches = match_photos(photos, maps, cache_dir=work, progress=progress)
                written = whitening.learn_whitening(
                    photos,
                    into=into,
                    training_set=training_set,
                    names=names,
                    matches=matches,
                    seed=seed,
                    regions=regions,
                    progress=lambda done, total: progress("learning", done, total),
                )
        except (DatasetError, MissingWeights, ValueError) as error:
            raise CommandError(str(error)) from error
        for name, sha256 in written.items():
            self.stdout.write(f"{sha256}  {into / name}")
