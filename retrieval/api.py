"""The API's doors to searching."""

from uuid import UUID

from django.core import signing
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.response import Response
from rest_framework.reverse import reverse

from places.photo import PhotoRefused

from . import corrections, serving, tasks
from .models import Evaluation, Hit, Query
from .serializers import (
    AskSerializer,
    CorrectionSerializer,
    EvaluationSerializer,
    HitDetailSerializer,
    MethodSerializer,
    QuerySerializer,
)
from .visitors import asks_privately, owns, visitor_of

TOKEN = OpenApiParameter(
    "token",
    OpenApiTypes.STR,
    description="Part of the address that the search was created under; opens it without an account.",
)

RANK = OpenApiParameter(
    "rank",
    OpenApiTypes.INT,
    OpenApiParameter.PATH,
    description="Of the hit, as the answer gives it; 0 is the best.",
)


class NothingToCorrect(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "nothing_to_correct"
    default_detail = gettext_lazy("This search has no answer that could be right or wrong.")


class SearchViewSet(viewsets.GenericViewSet):
    """Searches: ask with a photo, then read the answer at the address given."""

    required_scope = "search"
    asking_actions = frozenset({"create"})  # each photo counts as one
    queryset = Query.objects.with_answer()
    serializer_class = QuerySerializer
    parser_classes = [MultiPartParser, JSONParser]
    filter_backends: list = []
    lookup_value_regex = "[0-9a-f-]{36}"
    signer = signing.Signer(salt="search")

    def cost_of(self, request) -> int:
        """As many as it has photos, under whichever name."""
        sent = request.data
        if hasattr(sent, "getlist"):
            return len(sent.getlist("photo")) + len(sent.getlist("photos"))
        photos = sent.get("photos") if isinstance(sent, dict) else None
        return 1 + (len(photos) if isinstance(photos, list) else 0)

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
                **question.validated_data
                | {"private": question.validated_data["private"] or asks_privately(request)},
                user=request.user,
                session_key=request.session.session_key or "",
            )
        except tasks.OneOfSeveralRefused as error:
            reason = _("Photo {number}: {reason}").format(number=1 + error.number, reason=error)
            raise ValidationError({"photos": [reason]}) from error
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

    @extend_schema(parameters=[TOKEN, RANK], responses=HitDetailSerializer)
    @action(
        detail=True,
        url_path=r"hits/(?P<rank>[0-9]{1,5})",
        queryset=Query.objects.all(),
        serializer_class=HitDetailSerializer,
    )
    def hit(self, request, pk: str, rank: str):
        """Why a photo was found: which of its details lie alike in the photo asked about."""
        hits = self._readable(request, pk).hits.shown().select_related("image__landmark")
        return Response(self.get_serializer(get_object_or_404(hits, rank=rank)).data)

    @extend_schema(
        request=CorrectionSerializer,
        responses={
            200: CorrectionSerializer,
            409: OpenApiResponse(
                description="The search is not answered, names no place to judge, or is private."
            ),
        },
    )
    @action(
        detail=True,
        methods=["post"],
        queryset=Query.objects.all(),
        serializer_class=CorrectionSerializer,
    )
    def correction(self, request, pk: str):
        """Say that the answer is right, wrong, or in fact another place; only who asked may."""
        query = self._own(request, pk)
        said = self.get_serializer(data=request.data)
        said.is_valid(raise_exception=True)
        try:
            kept = corrections.correct(query, **said.validated_data)
        except (corrections.NotAnswered, corrections.NoPlaceAnswered, corrections.IsPrivate) as error:
            raise NothingToCorrect from error
        return Response(self.get_serializer(kept).data)

    @extend_schema(request=None, responses={204: None})
    @correction.mapping.delete
    def take_back(self, request, pk: str):
        """Take back what was said of the answer."""
        corrections.take_back(self._own(request, pk))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def get_serializer_context(self) -> dict:
        return super().get_serializer_context() | {
            "address_of": self._address_of,
            "address_of_hit": self._address_of_hit,
        }

    def _address_of(self, query: Query) -> str:
        return self._signed("api:search-detail", query.pk)

    def _address_of_hit(self, hit: Hit) -> str:
        return self._signed("api:search-hit", hit.query_id, hit.rank)

    def _signed(self, name: str, pk: UUID, *more: int) -> str:
        token = self.signer.signature(str(pk))
        return reverse(name, [pk, *more], request=self.request) + f"?token={token}"

    def _own(self, request, pk: str) -> Query:
        """A search of this visitor's own: an address that only opens it does not do."""
        query = self._readable(request, pk)
        if not owns(query, **visitor_of(request)):
            raise Http404
        return query

    def _readable(self, request, pk: str) -> Query:
        queries = self.get_queryset()
        try:
            self.signer.unsign(f"{pk}:{request.query_params.get('token', '')}")
        except signing.BadSignature:
            queries = queries.readable_by(user=request.user, session_key=request.session.session_key)
        query = queries.still_kept().filter(pk=pk).first()
        if query is None:
            raise Http404
        return query


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
