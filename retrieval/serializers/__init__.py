"""The API's view of searches and methods."""

from .answers import CorrectionSerializer, HitSerializer, QuerySerializer
from .asking import AskBatchSerializer, AskSerializer, ReadSerializer, WordsSerializer, too_many_in_a_batch
from .batches import BatchSerializer
from .methods import EvaluationSerializer, MethodSerializer
from .words import FoundByWordsSerializer

__all__ = [
    "AskBatchSerializer",
    "AskSerializer",
    "BatchSerializer",
    "CorrectionSerializer",
    "EvaluationSerializer",
    "FoundByWordsSerializer",
    "HitSerializer",
    "MethodSerializer",
    "QuerySerializer",
    "ReadSerializer",
    "WordsSerializer",
    "too_many_in_a_batch",
]
