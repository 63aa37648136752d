"""What the commands that learn have in common: which photos, where to work, and what they say."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from retrieval.evaluation.datasets import DatasetError
from retrieval.evaluation.splits import SPLITS
from retrieval.management.progress import bars
from retrieval.methods.weights import MissingWeights, sha256
from retrieval.training.fine_tuning import Progress
from retrieval.training.photos import Photos, read_photos


class TrainingCommand(BaseCommand):
    """Learns from folders of photos and says what it wrote: a line of SHA-256 and path for each file."""

    requires_system_checks: list[str] = []

    def add_arguments(self, parser) -> None:
        parser.add_argument("folders", nargs="+", type=Path, help="a folder per place in each")
        parser.add_argument(
            "--split",
            choices=SPLITS,
            default="train",
            help="which landmarks of folders with a landmarks.csv; the others stay for choosing and reporting",
        )
        parser.add_argument(
            "--into", type=Path, required=True, help="the folder for the weights and their cards"
        )
        parser.add_argument("--training-set", required=True, help="one line on what the photos show")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument(
            "--work",
            type=Path,
            default=settings.VAR_DIR / "training",
            help="keeps what is computed once, and runs that were stopped",
        )

    def handle(self, *, folders: list[Path], split: str, **options: Any) -> None:
        try:
            photos = read_photos(folders, split=split)
            with bars() as progress:
                written = list(self.learn(photos, progress=progress, **options))
        except (DatasetError, MissingWeights, ValueError) as error:
            raise CommandError(str(error)) from error
        for path in written:
            self.stdout.write(f"{sha256(path)}  {path}")

    def learn(
        self,
        photos: Photos,
        *,
        into: Path,
        training_set: str,
        seed: int,
        work: Path,
        progress: Progress,
        **options: Any,
    ) -> Iterable[Path]:
        """Write weights and cards into a folder; gives the files of weights. May raise what `handle` tells."""
        raise NotImplementedError
