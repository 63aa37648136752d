"""Places by words alone, each with a photo to show it by: nothing is asked of the index, and nothing kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from places.models import Landmark, LandmarkImage, Province
from places.search import alike, search

from .limits import landmarks_within


@dataclass(frozen=True)
class FoundByWords:
    """Landmarks, each with its `rank` from 0, its `relevance`, and `image`, a photo of it or None."""

    words: str
    places: list[Landmark]
    alike: list[Landmark]  # where there are none: those whose names are spelt most like it


def find(
    *,
    words: str,
    k: int,
    province: Province | None = None,
    category: str = "",
    bbox: Sequence[float] | None = None,
    near: Sequence[float] | None = None,
) -> FoundByWords:
    """The k places that words most likely mean, among those that the limits let pass."""
    among = landmarks_within(bbox=bbox, near=near)
    among = (Landmark.objects.standing() if among is None else among).with_places()
    if province:
        among = among.filter(province=province)
    if category:
        among = among.filter(category=category)
    places = list(search(words, among=among)[:k])
    photos = LandmarkImage.objects.published().filter(landmark__in=places).select_related("landmark")
    first_of = {
        photo.landmark_id: photo for photo in photos.order_by("landmark_id", "pk").distinct("landmark_id")
    }
    for rank, place in enumerate(places):
        place.rank, place.image = rank, first_of.get(place.pk)
    return FoundByWords(words, places, [] if places else list(alike(words, among=among)))
