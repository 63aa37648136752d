"""The catalogue: provinces, landmarks, the photos that show them, and what curators did to those."""

from .catalogue import FormerProvince, Landmark, LandmarkQuerySet, Province
from .curation import CurationEvent
from .images import LandmarkImage, LandmarkImageQuerySet

__all__ = [
    "CurationEvent",
    "FormerProvince",
    "Landmark",
    "LandmarkImage",
    "LandmarkImageQuerySet",
    "LandmarkQuerySet",
    "Province",
]
