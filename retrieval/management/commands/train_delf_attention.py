from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from retrieval.evaluation.datasets import DatasetError
from retrieval.management.progress import bars
from retrieval.management.training import TrainingCommand
from retrieval.methods.weights import MissingWeights, sha256
from retrieval.training import attention, fine_tuning
from retrieval.training.cards import attention_card
from retrieval.training.maps import Maps


class Command(TrainingCommand, BaseCommand):
    help = (
        "Train DELF's attention by landmark classification. Measure it with evaluate_methods --methods delf=NAME. "
        "A run that was stopped goes on."
    )

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument(
            "--into", type=Path, required=True, help="the folder for the weights and their card"
        )
        parser.add_argument("--training-set", required=True, help="one line on what the photos show")
        parser.add_argument("--epochs", type=int, default=attention.Recipe.epochs)

    def handle(self, *, into, training_set, epochs, seed, work, **options):
        recipe = attention.Recipe(epochs=epochs)
        try:
            photos = self.photos(**options)
            run = work / "attention" / f"{photos.content_hash[:16]}-{seed}"
            maps = Maps(work / "maps", seed=seed)
            with bars() as progress:
                learned = attention.train_attention(
                    photos, maps, into=run, seed=seed, recipe=recipe, progress=progress
                )
            least = attention.least_score(learned, maps, photos)
        except (DatasetError, MissingWeights, ValueError) as error:
            raise CommandError(str(error)) from error
        facts = fine_tuning.as_facts(recipe, training_set=training_set, seed=seed, photos=len(photos))
        path = attention.write(learned, into, least=least, facts=facts)
        digest = sha256(path)
        card = attention_card(path, sha256=digest, facts=facts, curve=(run / "curve.csv").read_text())
        path.with_suffix(".md").write_text(card)
        self.stdout.write(f"{digest}  {path}")
