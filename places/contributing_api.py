"""The API's door to offering photos: send one, see what became of it, take it back."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from . import contributing, reasons
from .models import Contribution, Landmark, LandmarkImage
from .serializers import BySlugField


class OfferSerializer(serializers.Serializer):
    """A photo, and what has to be known before it can be shown to everyone."""

    photo = serializers.FileField(allow_empty_file=True)
    landmark = BySlugField(
        queryset=Landmark.objects.standing(), required=False, allow_null=True, default=None,
        help_text="Which place it shows; left out where you do not know.",
    )  # fmt: skip
    author = serializers.CharField(
        max_length=LandmarkImage._meta.get_field("author").max_length,
        help_text="The name that stands beside the photo.",
    )
    licence = serializers.ChoiceField(list(contributing.LICENCES))
    note = serializers.CharField(
        max_length=Contribution._meta.get_field("note").max_length, required=False, allow_blank=True, default="",
        help_text="When and from where it was taken, for the curators alone.",
    )  # fmt: skip
    may_license = serializers.BooleanField(
        help_text="Must be true: you took the photo, or you may put it under this licence."
    )

    def validate_may_license(self, said: bool) -> bool:
        if not said:
            raise serializers.ValidationError(
                _("We can only show photos that you may license."), code="required"
            )
        return said

    def validate_licence(self, code: str) -> contributing.Licence:
        return contributing.LICENCES[code]


class ContributionSerializer(serializers.ModelSerializer):
    """A photo that was offered, and what a curator made of it."""

    id = serializers.IntegerField(source="image_id", help_text="Of the photo.")
    url = serializers.SerializerMethodField(help_text="Where to ask what became of it.")
    landmark = serializers.SlugRelatedField("slug", source="image.landmark", read_only=True, allow_null=True)
    author = serializers.CharField(source="image.author")
    licence = serializers.CharField(source="image.licence")
    state = serializers.ChoiceField(LandmarkImage.State.choices, source="image.state")
    reason = serializers.SerializerMethodField(
        help_text="Why it was turned down, in the reader's language; empty where it was not."
    )

    class Meta:
        model = Contribution
        fields = ["id", "url", "landmark", "author", "licence", "note", "state", "reason", "offered_at"]

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, contribution: Contribution) -> str:
        return reverse(
            "api:contribution-detail", [contribution.image_id], request=self.context.get("request")
        )

    def get_reason(self, contribution: Contribution) -> str:
        image = contribution.image
        return reasons.in_words(image.state_reason) if image.state == LandmarkImage.State.REJECTED else ""


@extend_schema_view(
    list=extend_schema(summary="One's own photos, the latest first"),
    retrieve=extend_schema(summary="What became of a photo"),
)
class ContributionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Photos that an account has offered to the catalogue; a curator looks at each before anyone sees it."""

    required_scope = "contribute"
    needs_key = True
    queryset = Contribution.objects.all()
    serializer_class = ContributionSerializer
    parser_classes = [MultiPartParser]
    filter_backends: list = []
    lookup_field, lookup_url_kwarg, lookup_value_regex = "image_id", "pk", "[0-9]{1,18}"

    def get_queryset(self) -> QuerySet[Contribution]:
        return Contribution.objects.of(self.request.user)

    @extend_schema(
        request={"multipart/form-data": OfferSerializer},
        responses={
            201: OpenApiResponse(
                ContributionSerializer, "It waits for a curator; sent again, it still is the same."
            )
        },
    )
    def create(self, request: Request):
        """Offer a photo. So many may be offered a day as on the site."""
        offer = OfferSerializer(data=request.data)
        offer.is_valid(raise_exception=True)
        told = {name: offer.validated_data[name] for name in ("landmark", "author", "licence", "note")}
        received = contributing.offer(
            [offer.validated_data["photo"]],
            contributor=request.user,
            site=request.build_absolute_uri("/"),
            **told,
        )
        for _name, reason in received.refused:
            raise ValidationError({"photo": [reason]}, code="photo_refused")
        kept = self.get_serializer(self.get_queryset().get(image=received.waiting[0])).data
        return Response(kept, status=status.HTTP_201_CREATED, headers={"Location": kept["url"]})

    @extend_schema(
        responses={
            204: OpenApiResponse(description="A photo that waited is erased, a published one shown no more.")
        }
    )
    def destroy(self, request: Request, pk: str):
        """Take a photo back."""
        contributing.withdraw(self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)
