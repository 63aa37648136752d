"""The API's doors to the catalogue: read only."""

import django_filters
from django.db.models import QuerySet
from django.http import Http404, HttpResponsePermanentRedirect
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import viewsets

from .models import Landmark, LandmarkImage, Province
from .positions import Position, PositionField
from .search import search
from .serializers import (
    LandmarkDetailSerializer,
    LandmarkImageSerializer,
    LandmarkSerializer,
    ProvinceSerializer,
)

NEAR_KM = 50  # where a client does not say how far


@extend_schema_field(OpenApiTypes.STR)
class PositionFilter(django_filters.Filter):
    field_class = PositionField


class LandmarkFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        method="meaning",
        label="Words as a traveller types them, with or without accents: names in either language, provinces of today "
        "and before July 2025, kinds of place; slips are forgiven where nothing is spelt like it. The likeliest first.",
    )
    province = django_filters.CharFilter("province__slug", label="Slug of a province")

    near = PositionFilter(
        method="near_to",
        label="latitude,longitude in degrees: only what lies around it, the nearest first, with distance_km",
    )
    within_km = django_filters.NumberFilter(
        method="as_they_are", label=f"How far around `near`; {NEAR_KM} where not said",
        min_value=0, max_value=20_000,
    )  # fmt: skip

    class Meta:
        model = Landmark
        fields = ["category", "kind", "unesco"]

    def meaning(self, landmarks, _name: str, text: str) -> QuerySet[Landmark]:
        return search(text, among=landmarks)

    def near_to(self, landmarks, _name: str, position: Position) -> QuerySet[Landmark]:
        within_km = self.form.cleaned_data["within_km"]
        within_km = NEAR_KM if within_km is None else float(within_km)
        return landmarks.near(position.latitude, position.longitude, within_km=within_km)

    def as_they_are(self, landmarks, _name: str, _value: object) -> QuerySet[Landmark]:
        return landmarks


class LandmarkImageFilter(django_filters.FilterSet):
    landmark = django_filters.CharFilter("landmark__slug", label="Slug of a landmark")


class ProvinceViewSet(viewsets.ReadOnlyModelViewSet):
    """The provinces and cities of Vietnam since July 2025, each with those it was made of."""

    required_scope = "catalogue"
    queryset = Province.objects.prefetch_related("former")
    serializer_class = ProvinceSerializer
    lookup_field = "slug"


class LandmarkViewSet(viewsets.ReadOnlyModelViewSet):
    """The places of the catalogue: in brief as a list, whole one by one."""

    required_scope = "catalogue"
    queryset = Landmark.objects.standing().with_places()
    filterset_class = LandmarkFilter
    lookup_field = "slug"

    def get_queryset(self) -> QuerySet[Landmark]:
        landmarks = super().get_queryset()
        if self.detail:
            landmarks = landmarks.with_photo_count().prefetch_related("overlaps_with")
        return landmarks

    def retrieve(self, request, *args, **kwargs):
        """A landmark; one that was merged into another, or renamed, redirects."""
        try:
            return super().retrieve(request, *args, **kwargs)
        except Http404:
            landmark = Landmark.objects.known_as(kwargs["slug"]).first()
            if landmark is None:
                raise
            return HttpResponsePermanentRedirect(self.reverse_action("detail", args=[landmark.slug]))

    def get_serializer_class(self) -> type[LandmarkSerializer]:
        return LandmarkDetailSerializer if self.detail else LandmarkSerializer


class LandmarkImageViewSet(viewsets.ReadOnlyModelViewSet):
    """The published photos, each with whom to thank for it."""

    required_scope = "catalogue"
    queryset = LandmarkImage.objects.published().select_related("landmark")
    serializer_class = LandmarkImageSerializer
    filterset_class = LandmarkImageFilter
