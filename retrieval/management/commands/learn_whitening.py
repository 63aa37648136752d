from django.core.management.base import CommandError

from retrieval.management.training import TrainingCommand
from retrieval.training import whitening
from retrieval.training.maps import Maps
from retrieval.training.matches import match_photos


class Command(TrainingCommand):
    help = "Learn the methods' PCA (from photos alone) and whitening (from pairs that geometry finds)."

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("--only", metavar="A,B", help=f"of {', '.join(whitening.NAMES)}")
        parser.add_argument("--regions", type=int, default=2, help="random boxes of each photo for PCA")

    def learn(self, photos, *, into, training_set, seed, work, progress, only, regions, **_options):
        names = only.split(",") if only else whitening.NAMES
        if unknown := set(names) - set(whitening.NAMES):
            raise CommandError(f"There is no {', '.join(unknown)}; there are: {', '.join(whitening.NAMES)}.")
        matches = None
        if set(names) & set(whitening.FROM_PAIRS):
            matches = match_photos(photos, Maps(work / "maps", seed=seed), cache_dir=work, progress=progress)
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
        return [into / name for name in written]
