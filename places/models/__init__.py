"""The catalogue: provinces, landmarks, the photos that show them, what curators did to those; and what visitors
save, offer and ask to be taken down."""

from .catalogue import FormerProvince, Landmark, LandmarkQuerySet, Province
from .changes import Change
from .collections import Collection, CollectionItem
from .contributions import Contribution
from .curation import CurationEvent, OpenPhoto
from .exports import DatasetExport
from .facts import Fact
from .images import Bands, LandmarkImage, LandmarkImageQuerySet
from .takedowns import TakedownRequest

__all__ = [
    "Bands",
    "Change",
    "Collection",
    "CollectionItem",
    "Contribution",
    "CurationEvent",
    "DatasetExport",
    "Fact",
    "FormerProvince",
    "Landmark",
    "LandmarkImage",
    "LandmarkImageQuerySet",
    "LandmarkQuerySet",
    "OpenPhoto",
    "Province",
    "TakedownRequest",
]
