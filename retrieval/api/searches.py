"""Searches: ask with a photo, then read the answer; or find places by words alone."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response

from places.photo import PhotoRefused
from retrieval import asking, corrections, keeping, search_by_words, signed_addresses
from retrieval.forms import too_many_photos
from retrieval.models import Hit, Query
from retrieval.serializers import (
    AskSerializer,
    CorrectionSerializer,
    FoundByWordsSerializer,
    HitSerializer,
    QuerySerializer,
    ReadSerializer,
    WordsSerializer,
)
from retrieval.visitors import owns, visitor_of

from . import examples
from .asking import IDEMPOTENCY_KEY, Asks

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

UNDER_WAY = OpenApiResponse(
    QuerySerializer, "Kept and not answered yet; Retry-After says in how many seconds to ask again."
)
ANSWERED = OpenApiResponse(QuerySerializer, "Answered, or failed: `state` says which.")

PATIENCE = 10  # seconds after which a caller is asked to come back less often
SOON, LATER = 1, 5  # seconds


class NothingToCorrect(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "nothing_to_correct"
    default_detail = gettext_lazy("This search has no answer that could be right or wrong.")


class SearchViewSet(Asks, viewsets.GenericViewSet):
    """Searches: ask with a photo, then read the answer at the address given."""

    queryset = Query.objects.with_answer()
    serializer_class = QuerySerializer
    too_many_photos = staticmethod(too_many_photos)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request={"multipart/form-data": AskSerializer, "application/json": AskSerializer},
        responses={
            200: OpenApiResponse(QuerySerializer, "Answered within the seconds to wait, or failed."),
            202: OpenApiResponse(
                QuerySerializer,
                "Kept and queued; its address is in Location and url, and Retry-After says when to read it.",
            ),
            422: OpenApiResponse(description="The Idempotency-Key was sent with another question before."),
        },
        examples=examples.OF_SEARCHES,
    )
    def create(self, request):
        """Ask which place a photo shows: one photo, several of one place, or one of the catalogue.

        `words`, `province`, `category`, `bbox` and `near` limit the landmarks that are looked among.
        """
        question, how = self.checked(AskSerializer, leaving=("wait", "explain"))
        query = self._ask(**question, **visitor_of(request))
        self.explains, self.tells_secret = how["explain"], True
        return self._answer(query, wait=how["wait"])

    @extend_schema(parameters=[TOKEN, ReadSerializer], responses={200: ANSWERED, 202: UNDER_WAY})
    def retrieve(self, request, pk: str):
        """The search: 202 while it runs, 200 once it is answered or has failed."""
        how = ReadSerializer(data=request.query_params)
        how.is_valid(raise_exception=True)
        self.explains = how.validated_data["explain"]
        return self._answer(self._readable(request, pk), wait=how.validated_data["wait"])

    @extend_schema(responses={204: OpenApiResponse(description="Gone, with its photo.")})
    def destroy(self, request, pk: str):
        """Delete a search of one's own with its photo and all that belongs to it; one that waits is not answered."""
        query = self._own(request, pk)
        if query.root != query:  # a further view, or one to compare, goes with the search that it belongs to
            raise Http404
        query.delete()
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(parameters=[TOKEN, RANK], responses=HitSerializer)
    @action(
        detail=True,
        url_path=r"hits/(?P<rank>[0-9]{1,5})",
        serializer_class=HitSerializer,
    )
    def hit(self, request, pk: str, rank: str):
        """Why a photo was found: which of its details lie alike in the photo asked about."""
        self.explains = True
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

    @extend_schema(parameters=[WordsSerializer], responses=FoundByWordsSerializer, examples=examples.OF_WORDS)
    @action(detail=False, url_path="by-words", serializer_class=FoundByWordsSerializer)
    def by_words(self, request):
        """Places by words alone, the likeliest first. Nothing is kept, and the answer comes at once."""
        asked = WordsSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        return Response(self.get_serializer(search_by_words.find(**asked.validated_data)).data)

    # How the answer is told.
    explains = False
    tells_secret = False

    def get_serializer_context(self) -> dict:
        return super().get_serializer_context() | {
            "address_of": self._address_of,
            "address_of_hit": self._address_of_hit,
            "explains": self.explains,
            "tells_secret": self.tells_secret,
        }

    def _ask(self, *, image, **question) -> Query:
        """The search kept; what it cannot be made of is a field's error."""
        try:
            return asking.ask_about(image, **question) if image else asking.ask(**question)
        except keeping.OneOfSeveralRefused as error:
            reason = _("Photo {number}: {reason}").format(number=1 + error.number, reason=error)
            raise ValidationError({"photos": [reason]}, code=error.code) from error
        except PhotoRefused as error:  # cut short: its header passed
            raise ValidationError({"photo": [str(error)]}, code=error.code) from error
        except keeping.BadBox as error:
            reason = _("The box lies outside the photo or has no area.")
            raise ValidationError({"box": [reason]}, code="bad_box") from error
        except FileNotFoundError as error:
            reason = _("This photo cannot be read at the moment. Please try another one.")
            raise ValidationError({"image": [reason]}, code="unreadable") from error

    def _answer(self, query: Query, *, wait: float) -> Response:
        """The search as it is within so many seconds."""
        asking.is_done_within(query, seconds=wait)
        whole = self._whole(query)
        headers = {"Location": self._address_of(whole)}
        if whole.is_done:
            return Response(self.get_serializer(whole).data, headers=headers)
        asked_long_ago = (timezone.now() - whole.asked_at).total_seconds() > PATIENCE
        headers["Retry-After"] = str(LATER if asked_long_ago else SOON)
        return Response(self.get_serializer(whole).data, status=status.HTTP_202_ACCEPTED, headers=headers)

    def _whole(self, query: Query) -> Query:
        answers = Query.objects.with_answer(explained=self.explains).still_kept()
        return get_object_or_404(answers, pk=query.pk)  # deleted meanwhile

    def _address_of(self, query: Query) -> str:
        asked = {"explain": "true"} if self.explains else {}
        return self.request.build_absolute_uri(signed_addresses.path_of(query.pk, **asked))

    def _address_of_hit(self, hit: Hit) -> str:
        return self.request.build_absolute_uri(signed_addresses.path_of(hit.query_id, rank=hit.rank))

    def _own(self, request, pk: str) -> Query:
        """A search of this visitor's own: an address that only opens it does not do."""
        query = self._readable(request, pk)
        if not owns(query, **visitor_of(request)):
            raise Http404
        return query

    def _readable(self, request, pk: str) -> Query:
        queries = Query.objects.still_kept()
        if not signed_addresses.opens(request.query_params.get("token", ""), pk):
            queries = queries.readable_by(**visitor_of(request))
        return get_object_or_404(queries, pk=pk)
