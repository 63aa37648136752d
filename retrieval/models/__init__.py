"""What the platform knows of each photo by each method, what visitors asked, and what they were answered."""

from .batches import Batch, BatchPhoto, BatchQuerySet
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
from .webhooks import Webhook, WebhookQuerySet
from .workers import WorkerPulse

__all__ = [
    "Batch",
    "BatchPhoto",
    "BatchQuerySet",
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
    "Webhook",
    "WebhookQuerySet",
    "WorkerPulse",
    "query_photo_path",
]
