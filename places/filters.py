"""What the API's lists of the catalogue may be narrowed to. What is no filter's value is an error, never an empty list."""

from __future__ import annotations

from datetime import UTC, datetime

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import CharField, Exists, OuterRef, QuerySet
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _
from django_filters.fields import IsoDateTimeField
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from .models import Change, Landmark, LandmarkImage, Province
from .positions import Area, AreaField, Position, PositionField
from .search import search

NEAR_KM, FARTHEST_KM = 50, 20_000  # where a client does not say how far; and around the Earth


@extend_schema_field(OpenApiTypes.STR)
class PositionFilter(django_filters.Filter):
    field_class = PositionField


@extend_schema_field(OpenApiTypes.STR)
class AreaFilter(django_filters.Filter):
    field_class = AreaField


@extend_schema_field(OpenApiTypes.STR)
class SlugFilter(django_filters.ModelChoiceFilter):
    """One thing by its slug; a slug of nothing is refused."""

    def __init__(self, *args, queryset: QuerySet, **kwargs) -> None:
        messages = {"invalid_choice": _("There is none with this slug.")}
        super().__init__(*args, queryset=queryset, to_field_name="slug", error_messages=messages, **kwargs)


@extend_schema_field(OpenApiTypes.BOOL)
class YesNoFilter(django_filters.TypedChoiceFilter):
    """true or false, and nothing else."""

    def __init__(self, *args, **kwargs) -> None:
        choices = (("true", "true"), ("false", "false"))
        super().__init__(*args, choices=choices, coerce=lambda value: value == "true", **kwargs)


class MomentField(IsoDateTimeField):
    """A moment as ISO 8601 has it, in the site's time where it names no other; cleaned to UTC."""

    def to_python(self, value: object) -> datetime | None:
        moment = super().to_python(value)
        try:
            return moment and moment.astimezone(UTC)
        except OverflowError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error


@extend_schema_field(OpenApiTypes.DATETIME)
class ChangedSinceFilter(django_filters.Filter):
    """Things that changed at a moment or since. kind: of which; key: the column that changes call them by."""

    field_class = MomentField

    def __init__(self, *args, kind: Change.Kind, key: str, **kwargs) -> None:
        super().__init__(
            *args, label="A moment as ISO 8601 has it: what was changed then or since.", **kwargs
        )
        self.kind, self.key = kind, key

    def filter(self, queryset: QuerySet, moment: datetime | None) -> QuerySet:
        if moment is None:
            return queryset
        changes = Change.objects.of(self.kind).filter(at__gte=moment)
        return queryset.filter(Exists(changes.filter(key=Cast(OuterRef(self.key), CharField()))))


class ProvinceFilter(django_filters.FilterSet):
    region = django_filters.ChoiceFilter(choices=Province.Region.choices)
    is_city = YesNoFilter()
    updated_since = ChangedSinceFilter(kind=Change.Kind.PROVINCE, key="slug")
    ordering = django_filters.OrderingFilter(fields=["name_vi", "name_en", "slug"])


class LandmarkFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        method="meaning",
        label="Words as a traveller types them, with or without accents: names in either language, provinces of today "
        "and before July 2025, kinds of place; slips are forgiven where nothing is spelt like it. The likeliest first.",
    )
    province = SlugFilter(queryset=Province.objects.all(), label="Slug of a province")
    region = django_filters.ChoiceFilter(field_name="province__region", choices=Province.Region.choices)
    category = django_filters.ChoiceFilter(choices=Landmark.Category.choices)
    kind = django_filters.ChoiceFilter(choices=Landmark.Kind.choices)
    unesco = django_filters.ChoiceFilter(choices=Landmark.Unesco.choices)
    near = PositionFilter(
        method="near_to",
        label="latitude,longitude in degrees: only what lies around it, the nearest first, with distance_km",
    )
    within_km = django_filters.NumberFilter(
        method="as_they_are", label=f"How far around `near`; {NEAR_KM} where not said",
        min_value=0, max_value=FARTHEST_KM,
    )  # fmt: skip
    bbox = AreaFilter(
        method="inside",
        label="west,south,east,north in degrees: only what lies in this box; west is less than east",
    )
    has_photos = YesNoFilter(method="pictured", label="Whether it has published photos")
    updated_since = ChangedSinceFilter(kind=Change.Kind.LANDMARK, key="slug")
    ordering = django_filters.OrderingFilter(
        fields=["name_vi", "name_en", "slug"], label="In place of the order that q and near give"
    )

    def meaning(self, landmarks, _name: str, text: str) -> QuerySet[Landmark]:
        return search(text, among=landmarks)

    def near_to(self, landmarks, _name: str, position: Position) -> QuerySet[Landmark]:
        within_km = self.form.cleaned_data["within_km"]
        within_km = NEAR_KM if within_km is None else float(within_km)
        return landmarks.near(position.latitude, position.longitude, within_km=within_km)

    def inside(self, landmarks, _name: str, area: Area) -> QuerySet[Landmark]:
        return landmarks.inside(area.south, area.west, area.north, area.east)

    def pictured(self, landmarks, _name: str, wanted: bool) -> QuerySet[Landmark]:
        photos = Exists(LandmarkImage.objects.published().filter(landmark=OuterRef("pk")))
        return landmarks.filter(photos if wanted else ~photos)

    def as_they_are(self, landmarks, _name: str, _value: object) -> QuerySet[Landmark]:
        return landmarks


class LandmarkImageFilter(django_filters.FilterSet):
    landmark = SlugFilter(queryset=Landmark.objects.standing(), label="Slug of a landmark")
    province = SlugFilter(
        field_name="landmark__province", queryset=Province.objects.all(), label="Slug of a province"
    )
    region = django_filters.ChoiceFilter(
        field_name="landmark__province__region", choices=Province.Region.choices
    )
    category = django_filters.ChoiceFilter(field_name="landmark__category", choices=Landmark.Category.choices)
    licence = django_filters.CharFilter(max_length=100, label="As photos tell it: CC BY-SA 4.0, CC0 1.0, …")
    is_rendered = YesNoFilter(label="Whether a computer drew it from a model of the place")
    updated_since = ChangedSinceFilter(kind=Change.Kind.IMAGE, key="pk")
    ordering = django_filters.OrderingFilter(
        fields=["id"], label="By id, the order in which they came; else those of a place together"
    )
