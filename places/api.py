"""The API's doors to the catalogue: read only, the same for everyone, and with a version that saves reading it again."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from hashlib import sha256

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpResponsePermanentRedirect
from django.utils import translation
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import http_date
from django.utils.translation import gettext_lazy
from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from . import changes, exploring
from .filters import FARTHEST_KM, NEAR_KM, LandmarkFilter, LandmarkImageFilter, ProvinceFilter
from .models import Landmark, LandmarkImage, Province
from .paging import address
from .serializers import (
    CategorySerializer,
    ChangesAskedSerializer,
    ChangesSerializer,
    LandmarkDetailSerializer,
    LandmarkImageSerializer,
    LandmarkSerializer,
    ProvinceSerializer,
)

FRESH_SECONDS = (
    60  # for so long a copy may be shown without asking; so long a withdrawn photo is still told of
)
FIELDS = OpenApiParameter("fields", str, description="Only these fields, separated by commas.")
NOT_MODIFIED = "It is as If-None-Match or If-Modified-Since has it."
MOVED = "It was merged into another landmark, or renamed: Location has its address."


class CursorExpired(APIException):
    status_code = status.HTTP_410_GONE
    default_code = "cursor_expired"
    default_detail = gettext_lazy(
        "This cursor is of another history: begin without one, and put what you get in place of all you have."
    )


class Moved(Exception):
    """A landmark goes by another slug now."""

    def __init__(self, landmark: Landmark) -> None:
        self.landmark = landmark


def unless_known(method: Callable) -> Callable:
    """Answer with 304, before anything is read, where the caller has the answer of the catalogue's version."""

    @wraps(method)
    def answer(self, request: Request, *args, **kwargs):
        version = changes.version()
        tag = self.tag_of(version) if version else None
        since = int(version.since.timestamp()) if version and version.since else None
        response = get_conditional_response(request._request, etag=tag, last_modified=since)
        if response is None:
            response = method(self, request, *args, **kwargs)
        if response.status_code in {200, 304}:
            if tag:
                response["ETag"] = tag
            if since:
                response["Last-Modified"] = http_date(since)
            patch_cache_control(response, max_age=FRESH_SECONDS, **self.shared_by())
        return response

    return answer


class CatalogueView(viewsets.GenericViewSet):
    """What is told follows from the catalogue's version, the address and the language alone."""

    required_scope = "catalogue"

    def initial(self, request: Request, *args, **kwargs) -> None:
        super().initial(request, *args, **kwargs)
        if self.get_serializer_context().get("fields") is not None:
            self.get_serializer().fields  # noqa: B018  refuses names that there are not, also for an empty list

    def get_serializer_context(self) -> dict:
        context = super().get_serializer_context()
        if self.request and (names := self.request.query_params.get("fields")):
            context["fields"] = [name.strip() for name in names.split(",")]
        return context

    def tag_of(self, version: changes.Version) -> str:
        told = (
            version.name,
            settings.SPECTACULAR_SETTINGS["VERSION"],
            translation.get_language(),
            self.request.build_absolute_uri(),
        )
        return f'"{sha256(repr(told).encode()).hexdigest()[:32]}"'

    def further_answers(self) -> dict[int, str]:
        """What it may answer besides, by status, for the API's description."""
        return {304: NOT_MODIFIED, 412: ""}

    def shared_by(self) -> dict[str, bool]:
        """Whether one caller's answer may be kept for all: not where it was counted for somebody."""
        return (
            {"private": True} if self.request.auth or self.request.user.is_authenticated else {"public": True}
        )


class ListedAndRead(CatalogueView, viewsets.ReadOnlyModelViewSet):
    @extend_schema(parameters=[FIELDS])
    @unless_known
    def list(self, request: Request, *args, **kwargs):
        return super().list(request, *args, **kwargs)

    @extend_schema(parameters=[FIELDS])
    @unless_known
    def retrieve(self, request: Request, *args, **kwargs):
        return super().retrieve(request, *args, **kwargs)


@extend_schema_view(
    list=extend_schema(summary="All provinces"), retrieve=extend_schema(summary="One province")
)
class ProvinceViewSet(ListedAndRead):
    """The provinces and cities of Vietnam since July 2025, each with those it was made of."""

    queryset = Province.objects.with_counts().prefetch_related("former")
    serializer_class = ProvinceSerializer
    filterset_class = ProvinceFilter
    lookup_field = "slug"


class CategoryViewSet(CatalogueView):
    """The categories that landmarks are of."""

    serializer_class = CategorySerializer
    pagination_class = None
    filter_backends: list = []

    @extend_schema(parameters=[FIELDS], responses=CategorySerializer(many=True))
    @unless_known
    def list(self, request: Request):
        """All categories, with their names and with how much there is of each."""
        return Response(self.get_serializer(exploring.categories(), many=True).data)


@extend_schema_view(
    list=extend_schema(summary="Landmarks, found and narrowed"),
    retrieve=extend_schema(summary="One landmark, whole"),
)
class LandmarkViewSet(ListedAndRead):
    """The places of the catalogue: in brief as a list, whole one by one."""

    queryset = Landmark.objects.standing().with_places()
    filterset_class = LandmarkFilter
    lookup_field = "slug"

    def get_queryset(self) -> QuerySet[Landmark]:
        landmarks = super().get_queryset()
        if self.action == "retrieve":
            landmarks = landmarks.with_photo_count().prefetch_related("overlaps_with")
        return landmarks

    def get_object(self) -> Landmark:
        try:
            return super().get_object()
        except Http404:
            landmark = Landmark.objects.known_as(self.kwargs["slug"]).first()
            if landmark is None:
                raise
            raise Moved(landmark) from None

    def handle_exception(self, error: Exception):
        if isinstance(error, Moved):
            name = self.action.replace("_", "-") if self.action != "retrieve" else "detail"
            return HttpResponsePermanentRedirect(self.reverse_action(name, args=[error.landmark.slug]))
        return super().handle_exception(error)

    def further_answers(self) -> dict[int, str]:
        return super().further_answers() | ({301: MOVED} if self.detail else {})

    @extend_schema(
        parameters=[
            FIELDS,
            OpenApiParameter("within_km", float, description=f"How far around; {NEAR_KM} where not said."),
        ],
        responses=LandmarkSerializer(many=True),
    )
    @action(detail=True, filterset_class=None, filter_backends=[])
    @unless_known
    def nearby(self, request: Request, slug: str):
        """The other landmarks around one, the nearest first, each with distance_km."""
        field = serializers.FloatField(min_value=0, max_value=FARTHEST_KM)
        try:
            within_km = field.run_validation(request.query_params.get("within_km", NEAR_KM))
        except serializers.ValidationError as error:
            raise serializers.ValidationError({"within_km": error.detail}) from error
        others = self.get_object().nearby(within_km=within_km).with_places()
        page = self.paginate_queryset(others)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def get_serializer_class(self) -> type[LandmarkSerializer]:
        return LandmarkDetailSerializer if self.action == "retrieve" else LandmarkSerializer


@extend_schema_view(
    list=extend_schema(summary="Photos, narrowed"), retrieve=extend_schema(summary="One photo")
)
class LandmarkImageViewSet(ListedAndRead):
    """The published photos that everyone may use, each with whom to thank for it."""

    queryset = LandmarkImage.objects.to_pass_on().select_related("landmark")
    serializer_class = LandmarkImageSerializer
    filterset_class = LandmarkImageFilter


class ChangesViewSet(viewsets.GenericViewSet):
    """What is new, other or gone, for those who keep a copy of the catalogue."""

    required_scope = "catalogue"
    serializer_class = ChangesSerializer
    pagination_class = None
    filter_backends: list = []

    def further_answers(self) -> dict[int, str]:
        return {410: ""}

    @extend_schema(
        parameters=[ChangesAskedSerializer],
        responses=forced_singular_serializer(ChangesSerializer),
        operation_id="changes_list",
    )
    def list(self, request: Request):
        """The changes after a cursor or a moment; without either, the whole catalogue as if all of it were new."""
        asked = ChangesAskedSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        cursor = said.get("cursor") or (
            changes.cursor_at(said["since"]) if "since" in said else changes.START
        )
        try:
            page = changes.read(cursor, most=said["page_size"], kinds=said.get("kind", ()))
        except changes.UnknownCursor as error:
            raise CursorExpired from error
        told = {
            "next": address(request, cursor=page.cursor, since=None),
            "cursor": page.cursor,
            "has_more": page.has_more,
            "results": page.changes,
        }
        response = Response(ChangesSerializer(told, context=self.get_serializer_context()).data)
        patch_cache_control(response, no_cache=True)
        return response
