"""The catalogue: provinces, landmarks, the photos that show them, and what curators did to those."""

from .catalogue import FormerProvince, Landmark, LandmarkQuerySet, Province
from .curation import CurationEvent
from .facts import Fact
from .images import LandmarkImage, LandmarkImageQuerySet

__all__ = [
    "CurationEvent",
    "Fact",
    "FormerProvince",
    "Landmark",
    "LandmarkImage",
    "LandmarkImageQuerySet",
    "LandmarkQuerySet",
    "Province",
]
