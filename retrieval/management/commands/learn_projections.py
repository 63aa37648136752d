from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from retrieval.methods.weights import MissingWeights
from retrieval.training.projections import learn_projections


class Command(BaseCommand):
    help = "Learn every method's PCA and whitening from folders of photos, without labels, and write them."

    def add_arguments(self, parser):
        parser.add_argument("folders", nargs="+", type=Path)
        parser.add_argument("--into", type=Path, required=True, help="the folder for the .npz files")
        parser.add_argument("--training-set", required=True, help="one line on what the photos show")
        parser.add_argument(
            "--regions", type=int, default=2, help="random boxes of each photo to learn from too"
        )
        parser.add_argument("--seed", type=int, default=0)

    def handle(self, *, folders, into, training_set, regions, seed, **_options):
        if missing := [str(folder) for folder in folders if not folder.is_dir()]:
            raise CommandError(f"There is no folder {', '.join(missing)}.")
        with tqdm(unit="photo", disable=None) as bar:

            def progress(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            try:
                written = learn_projections(
                    folders,
                    into=into,
                    training_set=training_set,
                    seed=seed,
                    regions=regions,
                    progress=progress,
                )
            except (ValueError, MissingWeights) as error:
                raise CommandError(str(error)) from error
        for name, sha256 in written.items():
            self.stdout.write(f"{sha256}  {into / name}")
