"""Where alone a search looks: only among the landmarks that its words mean, or that lie where it says."""

from __future__ import annotations

from collections.abc import Sequence

from places.models import Landmark, LandmarkQuerySet
from places.search import meant_by


def landmarks_within(
    *, words: str = "", bbox: Sequence[float] | None = None, near: Sequence[float] | None = None
) -> LandmarkQuerySet | None:
    """The landmarks that all of these let pass; None where there is none of them, and every landmark may be found.

    bbox: west, south, east, north in degrees; near: latitude, longitude, km. A landmark whose position is not known
    lies nowhere.
    """
    if not (words or bbox or near):
        return None
    landmarks = meant_by(words) if words else Landmark.objects.standing()
    if bbox:
        west, south, east, north = bbox
        landmarks = landmarks.inside(south, west, north, east)
    if near:
        latitude, longitude, km = near
        landmarks = landmarks.near(latitude, longitude, within_km=km)
    return landmarks
