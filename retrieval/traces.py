"""What is left of a photo once it is withdrawn: nothing, and this is how anyone can make sure of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import models

from places import storage
from places.models import LandmarkImage

# That the visitor who gave the photo consented, and may take that back.
STAYS = frozenset({"Offer.image"})


@dataclass(frozen=True)
class Traces:
    """Rows by "Model.field" that speak of a photo, and the public files that show it; all were looked for."""

    image: int
    rows: dict[str, int]
    files: dict[str, bool]

    @property
    def left(self) -> list[str]:
        """The names of those that are there."""
        return [name for found in (self.rows, self.files) for name, there in found.items() if there]


def of(image: LandmarkImage) -> Traces:
    """Look for a photo wherever methods, answers and pages could keep it."""
    rows = {
        f"{field.model.__name__}.{field.name}": field.model._default_manager.filter(
            **{field.name: image.pk}
        ).count()
        for field in links()
    }
    return Traces(image.pk, rows, {name: default_storage.exists(name) for name in _public_files(image)})


def links() -> Iterator[models.Field]:
    """Every column here that may name a photo; a table made tomorrow is among them by itself."""
    for model in apps.get_app_config("retrieval").get_models():
        for field in (*model._meta.fields, *model._meta.many_to_many):
            if field.related_model is LandmarkImage and f"{model.__name__}.{field.name}" not in STAYS:
                yield field


def _public_files(image: LandmarkImage) -> list[str]:
    """All the names that the photo's files would have: they follow from its content."""
    photo, thumbnail = storage.photo_path(image, ""), storage.thumbnail_path(image, "")
    return [photo, thumbnail, *(rendition.name(photo) for rendition in storage.renditions(image))]
