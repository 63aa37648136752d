"""The photos of the catalogue most like one of its own, by what is stored of them: no network looks at anything."""

from __future__ import annotations

from dataclasses import dataclass

from places.models import LandmarkImage

from . import index, serving

METHOD = "cnn_irwnha"  # of the three the best by itself
LOOKED_AT = 60  # near-duplicates and photos withdrawn meanwhile are among them


@dataclass(frozen=True)
class Similar:
    """A photo, how similar it is, and those among the nearest that are nearly the same."""

    image: LandmarkImage
    similarity: float
    alike: tuple[LandmarkImage, ...]


def similar_photos(image: LandmarkImage, *, number: int) -> list[Similar] | None:
    """The `number` photos most like it, best first, neither it nor its near-duplicates among them.

    None where the photo itself is not described yet.
    """
    method = serving.find(METHOD)
    vector = index.vectors([image.pk], method=method).get(image.pk)
    if vector is None:
        return None
    nearest = index.nearest(vector, method=method, k=LOOKED_AT, without=image.group)
    rows = LandmarkImage.objects.published().select_related("landmark__province")
    rows = rows.in_bulk([candidate.id for candidate in nearest])
    groups: dict[int, list[tuple[LandmarkImage, float]]] = {}
    for candidate in nearest:
        if row := rows.get(candidate.id):
            groups.setdefault(row.group, []).append((row, candidate.similarity))
    return [
        Similar(row, similarity, tuple(other for other, _similarity in alike))
        for (row, similarity), *alike in groups.values()
    ][:number]
