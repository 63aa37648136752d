"""What the commands that learn have in common: which photos, and where to work."""

from pathlib import Path
from typing import Any

from django.conf import settings

from retrieval.evaluation.splits import SPLITS
from retrieval.training.photos import Photos, read_photos


class TrainingCommand:
    """Folders of photos, of which those with a landmarks.csv give one split's landmarks only."""

    requires_system_checks: list[str] = []

    def add_arguments(self, parser) -> None:
        parser.add_argument("folders", nargs="+", type=Path, help="a folder per place in each")
        parser.add_argument(
            "--split",
            choices=SPLITS,
            default="train",
            help="which landmarks of folders with a landmarks.csv; the others stay for choosing and reporting",
        )
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument(
            "--work",
            type=Path,
            default=settings.VAR_DIR / "training",
            help="keeps what is computed once, and runs that were stopped",
        )

    def photos(self, *, folders: list[Path], split: str, **_options: Any) -> Photos:
        return read_photos(folders, split=split)
