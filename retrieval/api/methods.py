"""The methods to choose from, and what was measured of them."""

from rest_framework import mixins, viewsets

from retrieval import serving
from retrieval.models import Evaluation
from retrieval.serializers import EvaluationSerializer, MethodSerializer


class MethodViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """The methods to choose from."""

    required_scope = "search"
    serializer_class = MethodSerializer
    pagination_class = None
    filter_backends: list = []

    def get_queryset(self) -> list:
        return list(serving.offered().values())


class EvaluationViewSet(viewsets.ReadOnlyModelViewSet):
    """What was measured of the methods, the newest first; `split` says on which part of the landmarks."""

    required_scope = "search"
    queryset = Evaluation.objects.all()
    serializer_class = EvaluationSerializer
    filter_backends: list = []
