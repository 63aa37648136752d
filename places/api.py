"""The API's doors to the catalogue: read only."""

import django_filters
from django.db.models import QuerySet
from django.http import Http404, HttpResponsePermanentRedirect
from rest_framework import viewsets

from .models import Landmark, LandmarkImage, Province
from .search import search
from .serializers import (
    LandmarkDetailSerializer,
    LandmarkImageSerializer,
    LandmarkSerializer,
    ProvinceSerializer,
)


class LandmarkFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        method="meaning",
        label="Words as a traveller types them, with or without accents: names in either language, provinces of today "
        "and before July 2025, kinds of place; slips are forgiven where nothing is spelt like it. The likeliest first.",
    )
    province = django_filters.CharFilter("province__slug", label="Slug of a province")

    class Meta:
        model = Landmark
        fields = ["category", "kind", "unesco"]

    def meaning(self, landmarks, _name: str, text: str) -> QuerySet[Landmark]:
        return search(text, among=landmarks)


class LandmarkImageFilter(django_filters.FilterSet):
    landmark = django_filters.CharFilter("landmark__slug", label="Slug of a landmark")


class ProvinceViewSet(viewsets.ReadOnlyModelViewSet):
    """The provinces and cities of Vietnam since July 2025, each with those it was made of."""

    queryset = Province.objects.prefetch_related("former")
    serializer_class = ProvinceSerializer
    lookup_field = "slug"


class LandmarkViewSet(viewsets.ReadOnlyModelViewSet):
    """The places of the catalogue: in brief as a list, whole one by one."""

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

    queryset = LandmarkImage.objects.published().select_related("landmark")
    serializer_class = LandmarkImageSerializer
    filterset_class = LandmarkImageFilter
