"""The API's doors to searching."""

from .batches import BatchViewSet
from .exports import ExportViewSet
from .methods import EvaluationViewSet, MethodViewSet
from .searches import SearchViewSet

__all__ = ["BatchViewSet", "EvaluationViewSet", "ExportViewSet", "MethodViewSet", "SearchViewSet"]
