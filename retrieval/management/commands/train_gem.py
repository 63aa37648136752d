from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from retrieval.evaluation.datasets import DatasetError
from retrieval.management.progress import bars
from retrieval.management.training import TrainingCommand
from retrieval.methods.weights import MissingWeights
from retrieval.training import fine_tuning, gem
from retrieval.training.cards import gem_card
from retrieval.training.maps import Maps
from retrieval.training.matches import match_photos


class Command(TrainingCommand, BaseCommand):
    help = (
        "Fine-tune CNN-IRwNHA with no human annotation: pairs that geometry finds, hard negatives, contrastive loss. "
        "A run that was stopped goes on."
    )

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument(
            "--into", type=Path, required=True, help="the folder for the weights and their card"
        )
        parser.add_argument("--training-set", required=True, help="one line on what the photos show")
        parser.add_argument("--epochs", type=int, default=gem.Recipe.epochs)

    def handle(self, *, into, training_set, epochs, seed, work, **options):
        recipe = gem.Recipe(epochs=epochs)
        try:
            photos = self.photos(**options)
            run = work / "gem" / f"{photos.content_hash[:16]}-{seed}"
            maps = Maps(work / "maps", seed=seed)
            with bars() as progress:
                matches = match_photos(photos, maps, cache_dir=work, progress=progress)
                tail = gem.train_gem(
                    photos, matches, maps, into=run, seed=seed, recipe=recipe, progress=progress
                )
                projection = gem.learn_projection(tail, maps, photos, progress=progress)
        except (DatasetError, MissingWeights, ValueError) as error:
            raise CommandError(str(error)) from error
        facts = fine_tuning.as_facts(
            recipe, training_set=training_set, seed=seed, photos=len(photos), pairs=len(matches.pairs)
        )
        path = into / "cnn_irwnha_tail.npz"
        sha256 = fine_tuning.write(tail, projection, path, weight=gem.WEIGHT, facts=facts)
        curve = (run / "curve.csv").read_text()
        path.with_suffix(".md").write_text(gem_card(path, sha256=sha256, facts=facts, curve=curve))
        self.stdout.write(f"{sha256}  {path}")
