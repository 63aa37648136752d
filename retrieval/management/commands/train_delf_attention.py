from retrieval.management.training import TrainingCommand
from retrieval.methods.weights import sha256
from retrieval.training import attention, fine_tuning
from retrieval.training.cards import attention_card
from retrieval.training.maps import Maps


class Command(TrainingCommand):
    help = (
        "Train DELF's attention by landmark classification. Measure it with evaluate_methods --methods delf=NAME. "
        "A run that was stopped goes on."
    )

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("--epochs", type=int, default=attention.Recipe.epochs)

    def learn(self, photos, *, into, training_set, seed, work, progress, epochs, **_options):
        recipe = attention.Recipe(epochs=epochs)
        run = work / "attention" / f"{photos.content_hash[:16]}-{seed}"
        maps = Maps(work / "maps", seed=seed)
        learned = attention.train_attention(
            photos, maps, into=run, seed=seed, recipe=recipe, progress=progress
        )
        least = attention.least_score(learned, maps, photos)
        facts = fine_tuning.as_facts(recipe, training_set=training_set, seed=seed, photos=len(photos))
        path = attention.write(learned, into, least=least, facts=facts)
        curve = (run / "curve.csv").read_text()
        card = attention_card(path, sha256=sha256(path), facts=facts, curve=curve)
        path.with_suffix(".md").write_text(card)
        return [path]
