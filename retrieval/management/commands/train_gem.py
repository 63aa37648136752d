from retrieval.management.training import TrainingCommand
from retrieval.training import fine_tuning, gem
from retrieval.training.cards import gem_card
from retrieval.training.maps import Maps
from retrieval.training.matches import match_photos


class Command(TrainingCommand):
    help = (
        "Fine-tune CNN-IRwNHA with no human annotation: pairs that geometry finds, hard negatives, contrastive loss. "
        "A run that was stopped goes on."
    )

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("--epochs", type=int, default=gem.Recipe.epochs)

    def learn(self, photos, *, into, training_set, seed, work, progress, epochs, **_options):
        recipe = gem.Recipe(epochs=epochs)
        run = work / "gem" / f"{photos.content_hash[:16]}-{seed}"
        maps = Maps(work / "maps", seed=seed)
        matches = match_photos(photos, maps, cache_dir=work, progress=progress)
        tail = gem.train_gem(photos, matches, maps, into=run, seed=seed, recipe=recipe, progress=progress)
        projection = gem.learn_projection(tail, maps, photos, progress=progress)
        facts = fine_tuning.as_facts(
            recipe, training_set=training_set, seed=seed, photos=len(photos), pairs=len(matches.pairs)
        )
        path = into / "cnn_irwnha_tail.npz"
        sha256 = fine_tuning.write(tail, projection, path, weight=gem.WEIGHT, facts=facts)
        curve = (run / "curve.csv").read_text()
        path.with_suffix(".md").write_text(gem_card(path, sha256=sha256, facts=facts, curve=curve))
        return [path]
