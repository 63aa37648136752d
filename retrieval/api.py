"""The API's doors to searching."""

from django.core import signing
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.response import Response
from rest_framework.reverse import reverse

from places.photo import PhotoRefused

from . import serving, tasks
from .models import Evaluation, Query
from .serializers import AskSerializer, EvaluationSerializer, MethodSerializer, QuerySerializer

TOKEN = OpenApiParameter(
    "token",
    OpenApiTypes.STR,
    description="Part of the address that the search was created under; opens it without an account.",
)


class SearchViewSet(viewsets.GenericViewSet):
    """Searches: ask with a photo, then read the answer at the address given."""

    queryset = Query.objects.with_answer()
    serializer_class = QuerySerializer
    parser_classes = [MultiPartParser, JSONParser]
    filter_backends: list = []
    lookup_value_regex = "[0-9a-f-]{36}"
    signer = signing.Signer(salt="search")

    @extend_schema(
        request={"multipart/form-data": AskSerializer, "application/json": AskSerializer},
        responses={
            202: OpenApiResponse(QuerySerializer, "Kept and queued; its address is in Location and url.")
        },
    )
    def create(self, request):
        """Ask which place a photo shows."""
        question = AskSerializer(data=request.data)
        question.is_valid(raise_exception=True)
        try:
            query = tasks.ask(
                **question.validated_data,
                user=request.user,
                session_key=request.session.session_key or "",
            )
        except PhotoRefused as error:  # cut short: its header passed
            raise ValidationError({"photo": [str(error)]}) from error
        except tasks.BadBox as error:
            raise ValidationError({"box": [_("The box lies outside the photo or has no area.")]}) from error
        return Response(
            self.get_serializer(query).data,
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": self._address_of(query)},
        )

    @extend_schema(parameters=[TOKEN], responses={200: QuerySerializer, 202: QuerySerializer})
    def retrieve(self, request, pk: str):
        """The search: 202 while it runs, 200 once it is answered or has failed."""
        query = self._readable(request, pk)
        code = status.HTTP_200_OK if query.is_done else status.HTTP_202_ACCEPTED
        return Response(self.get_serializer(query).data, status=code)

    def get_serializer_context(self) -> dict:
        return super().get_serializer_context() | {"address_of": self._address_of}

    def _address_of(self, query: Query) -> str:
        token = self.signer.signature(str(query.pk))
        return reverse("api:search-detail", [query.pk], request=self.request) + f"?token={token}"

    def _readable(self, request, pk: str) -> Query:
        queries = self.get_queryset()
        try:
            self.signer.unsign(f"{pk}:{request.query_params.get('token', '')}")
        except signing.BadSignature:
            queries = queries.readable_by(user=request.user, session_key=request.session.session_key)
        query = queries.filter(pk=pk).first()
        if query is None:
            raise Http404
        return query


class MethodViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """The methods to choose from."""

    serializer_class = MethodSerializer
    pagination_class = None
    filter_backends: list = []

    def get_queryset(self) -> list:
        return list(serving.available().values())


class EvaluationViewSet(viewsets.ReadOnlyModelViewSet):
    """What was measured of the methods, the newest first; `split` says on which part of the landmarks."""

    queryset = Evaluation.objects.all()
    serializer_class = EvaluationSerializer
    filter_backends: list = []
