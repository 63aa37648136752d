"""The weights of the networks: what was learned here is put by, and of all the rest is told what it was."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from retrieval.methods import weights
from retrieval.models import ServableCheckpoint

from .manifest import Weights
from .shelf import CHUNK, Content, Shelf, digest_of


def put_by(shelf: Shelf) -> list[Weights]:
    """Every file of weights that is here; those learned here, with their cards, go on the shelf."""
    found = []
    for name in sorted({*weights.FILES, *_learned()}):
        path = next((place for place in weights.places(name) if place.is_file()), None)
        if path is None:
            continue
        kept = weights.is_learned(name)
        if kept:
            for file in (path, *_beside(path)):
                content = shelf.add(_chunks(file))
                found.append(Weights(name, file.name, content.sha256, content.size, kept=True))
        else:
            found.append(Weights(name, path.name, digest_of(path), path.stat().st_size, kept=False))
    return found


def bring_back(listed: list[Weights], shelf: Shelf) -> list[str]:
    """Put what was learned where it lay, unless it is there; returns the names of those that are missing now."""
    folder = Path(os.environ["WEIGHTS_DIR"])
    for each in listed:
        place = folder / each.filename
        if each.kept and not (place.is_file() and digest_of(place) == each.sha256):
            folder.mkdir(parents=True, exist_ok=True)
            draft = place.with_name(f"{place.name}.unfinished")
            draft.write_bytes(shelf.path(each.sha256).read_bytes())
            draft.replace(place)
    return sorted(
        {each.name for each in listed if not any(place.is_file() for place in weights.places(each.name))}
    )


def contents(listed: list[Weights]) -> list[tuple[str, Content]]:
    """The files that lie on the shelf, with what each holds."""
    return [(each.filename, Content(each.sha256, each.size)) for each in listed if each.kept]


def _learned() -> set[str]:
    """The names of weights that were learned here: what rows name, and what lies in WEIGHTS_DIR."""
    named = {
        value
        for facts in ServableCheckpoint.objects.values_list("facts", flat=True)
        for value in facts.values()
        if isinstance(value, str)
    }
    lying = {path.stem for path in Path(os.environ["WEIGHTS_DIR"]).glob("*.npz")}
    return {name for name in named | lying if weights.is_learned(name)}


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _beside(path: Path) -> list[Path]:
    """A file's card and what else bears its name."""
    return sorted(other for other in path.parent.glob(f"{path.stem}.*") if other != path and other.is_file())
