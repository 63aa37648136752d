"""What the platform knows of each photo by each method, what visitors asked, and what they were answered."""

from .checkpoints import NightlyTuning, ServableCheckpoint
from .confidence import Calibration
from .corrections import Correction, CorrectionQuerySet
from .coverage import PlaceCoverage, PlaceCoverageQuerySet
from .described import DescribeFailure, Descriptor, LocalFeatureSet
from .effects import Effect
from .evaluations import Evaluation
from .guesses import Neighbour, PlaceGuess, PlaceGuessQuerySet, WaitingDescriptor
from .lookalikes import LookAlike, LookAlikeQuerySet
from .offers import Offer, OfferQuerySet
from .parts import MovedVector, Part, StrayVector
from .queries import Hit, Query, QueryQuerySet, RankedPlace, query_photo_path
from .workers import WorkerPulse

__all__ = [
    "Calibration",
    "Correction",
    "CorrectionQuerySet",
    "DescribeFailure",
    "Descriptor",
    "Effect",
    "Evaluation",
    "Hit",
    "LocalFeatureSet",
    "LookAlike",
    "LookAlikeQuerySet",
    "MovedVector",
    "Neighbour",
    "NightlyTuning",
    "Offer",
    "OfferQuerySet",
    "Part",
    "PlaceCoverage",
    "PlaceCoverageQuerySet",
    "PlaceGuess",
    "PlaceGuessQuerySet",
    "Query",
    "QueryQuerySet",
    "RankedPlace",
    "ServableCheckpoint",
    "StrayVector",
    "WaitingDescriptor",
    "WorkerPulse",
    "query_photo_path",
]
