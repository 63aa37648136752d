"""The API's view of the catalogue. Names come in both languages; where a photo was taken is never told."""

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import (
    PolymorphicProxySerializer,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import serializers

from . import attribution
from .changes import Told
from .models import Change, FormerProvince, Landmark, LandmarkImage, Province

NAMES = ["name", "name_vi", "name_en"]


class SparseFields:
    """A serializer that tells no more than the fields that its context names, where it is the outermost."""

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        wanted = self.context.get("fields")
        outermost = (
            self.parent is None
            or self.parent is self.root
            and isinstance(self.parent, serializers.ListSerializer)
        )
        if wanted is None or not outermost:
            return fields
        if unknown := [name for name in wanted if name not in fields]:
            words = _("There is no field called “{name}”. There are: {fields}.")
            said = [words.format(name=name, fields=", ".join(fields)) for name in unknown]
            raise serializers.ValidationError({"fields": said}, code="unknown_field")
        return {name: field for name, field in fields.items() if name in wanted}


class BySlugField(serializers.SlugRelatedField):
    """A thing that is named by its slug."""

    def __init__(self, **options) -> None:
        super().__init__("slug", **options)

    def to_internal_value(self, data):
        try:
            is_text = b"\0" not in str(data).encode()
        except UnicodeEncodeError:  # half of a pair
            is_text = False
        if not is_text:  # DRF lets it through here, and PostgreSQL cannot even look for it
            self.fail("invalid")
        return super().to_internal_value(data)


class NamedSerializer(serializers.ModelSerializer):
    """Something with names."""

    name = serializers.CharField(read_only=True, help_text="In the reader's language (Accept-Language).")


class FormerProvinceSerializer(NamedSerializer):
    class Meta:
        model = FormerProvince
        fields = NAMES


class ProvinceNameSerializer(NamedSerializer):
    class Meta:
        model = Province
        fields = ["slug", *NAMES]


class ProvinceRecordSerializer(NamedSerializer):
    """All that is known of a province."""

    former = FormerProvinceSerializer(many=True, help_text="What it was before July 2025.")

    class Meta:
        model = Province
        fields = ["slug", *NAMES, "is_city", "region", "former"]


class ProvinceSerializer(SparseFields, ProvinceRecordSerializer):
    """A province with what the catalogue has of it."""

    landmark_count = serializers.IntegerField(help_text="How many landmarks of it are in the catalogue.")
    photo_count = serializers.IntegerField(help_text="How many published photos show them.")

    class Meta(ProvinceRecordSerializer.Meta):
        fields = [*ProvinceRecordSerializer.Meta.fields, "landmark_count", "photo_count"]


class CategorySerializer(SparseFields, serializers.Serializer):
    """A category with what the catalogue has of it."""

    category = serializers.ChoiceField(Landmark.Category.choices, help_text="As landmarks name it.")
    name = serializers.CharField(help_text="In the reader's language (Accept-Language).")
    name_vi = serializers.CharField()
    name_en = serializers.CharField()
    landmark_count = serializers.IntegerField(help_text="How many landmarks are of it.")
    photo_count = serializers.IntegerField(help_text="How many published photos show them.")


class LandmarkSerializer(SparseFields, NamedSerializer):
    """A landmark in brief; needs its province."""

    url = serializers.SerializerMethodField(help_text="Its page.")
    province = ProvinceNameSerializer(allow_null=True)
    distance_km = serializers.SerializerMethodField(
        help_text="From `near`, where the list is asked for that."
    )

    class Meta:
        model = Landmark
        fields = [
            "slug", "url", *NAMES, "other_names", "province", "category", "kind", "latitude",
            "longitude", "unesco", "unesco_year", "wikidata_id", "distance_km",
        ]  # fmt: skip

    @extend_schema_field(serializers.URLField)
    def get_url(self, landmark: Landmark) -> str:
        return _absolute(self, landmark.get_absolute_url())

    def get_distance_km(self, landmark: Landmark) -> float | None:
        distance = getattr(landmark, "distance_km", None)
        return None if distance is None else round(distance, 3)


class LandmarkRecordSerializer(LandmarkSerializer):
    """All that is known of a landmark."""

    distance_km = None
    former_province = FormerProvinceSerializer(allow_null=True)
    overlaps_with = serializers.SlugRelatedField(
        "slug", many=True, read_only=True, help_text="Landmarks that it stands in or holds."
    )

    class Meta(LandmarkSerializer.Meta):
        fields = [
            *(name for name in LandmarkSerializer.Meta.fields if name != "distance_km"),
            "former_province", "description_vi", "description_en", "overlaps_with",
        ]  # fmt: skip


class LandmarkDetailSerializer(LandmarkRecordSerializer):
    """All that is known of a landmark, with how many photos show it."""

    photo_count = serializers.IntegerField(help_text="How many published photos show it.")

    class Meta(LandmarkRecordSerializer.Meta):
        fields = [*LandmarkRecordSerializer.Meta.fields, "photo_count"]


class LandmarkImageSerializer(SparseFields, serializers.ModelSerializer):
    """A published photo with its attribution; needs its landmark."""

    landmark = serializers.SlugRelatedField("slug", read_only=True)
    photo = serializers.SerializerMethodField(help_text="JPEG, 1600 pixels at the longest side at most.")
    thumbnail = serializers.SerializerMethodField(help_text="WebP, 480 pixels at the longest side at most.")
    width = serializers.IntegerField(help_text="Of the original, upright, in pixels.")
    height = serializers.IntegerField(help_text="Of the original, upright, in pixels.")
    credit_vi = serializers.SerializerMethodField(
        help_text="Whom to thank, as it may stand beside the photo."
    )
    credit_en = serializers.SerializerMethodField(help_text="The same in English.")

    class Meta:
        model = LandmarkImage
        fields = [
            "id", "landmark", "photo", "thumbnail", "width", "height", "is_rendered", "author", "licence", "licence_url",
            "source_url", "credit_vi", "credit_en",
        ]  # fmt: skip

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_photo(self, image: LandmarkImage) -> str | None:
        return _absolute(self, image.photo.url) if image.photo else None

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_thumbnail(self, image: LandmarkImage) -> str | None:
        return _absolute(self, image.thumbnail.url) if image.thumbnail else None

    def get_credit_vi(self, image: LandmarkImage) -> str:
        return attribution.credit(image, language="vi")

    def get_credit_en(self, image: LandmarkImage) -> str:
        return attribution.credit(image, language="en")


RECORDS = {
    Change.Kind.PROVINCE: ProvinceRecordSerializer,
    Change.Kind.LANDMARK: LandmarkRecordSerializer,
    Change.Kind.IMAGE: LandmarkImageSerializer,
}


class ChangeSerializer(serializers.Serializer):
    """What became of one thing of the catalogue."""

    kind = serializers.ChoiceField(Change.Kind.choices)
    key = serializers.CharField(help_text="The slug of a province or a landmark, the id of a photo.")
    what = serializers.ChoiceField(
        Change.What.choices,
        help_text="added, changed: put the record in place of what you have under this key. withdrawn: remove what you "
        "have, a photo's files too. merged, renamed: the same, its place is taken by leads_to.",
    )
    leads_to = serializers.CharField(
        allow_blank=True, help_text="A slug, where it was merged or renamed; else empty."
    )
    at = serializers.DateTimeField(help_text="When it was changed.")
    record = serializers.SerializerMethodField(
        help_text="The thing as it is now, as its own address tells it without counts; null where it is gone."
    )

    @extend_schema_field(
        PolymorphicProxySerializer(
            component_name="Record",
            serializers=list(RECORDS.values()),
            resource_type_field_name=None,
            allow_null=True,
        )
    )
    def get_record(self, told: Told) -> dict | None:
        if told.record is None:
            return None
        return RECORDS[Change.Kind(told.kind)](told.record, context=self.context).data


@extend_schema_serializer(many=False)  # a page of them, though the address lists
class ChangesSerializer(serializers.Serializer):
    """Changes in order. Keep the cursor, and ask with it next time."""

    next = serializers.URLField(help_text="Where to go on: at once if there is more, else whenever you like.")
    cursor = serializers.CharField(help_text="The same as part of an address.")
    has_more = serializers.BooleanField(help_text="Whether there are more changes already.")
    results = ChangeSerializer(many=True)


class ChangesAskedSerializer(serializers.Serializer):
    """From where on changes are told."""

    cursor = serializers.CharField(
        max_length=60,
        required=False,
        help_text="As the last answer gave it; without it, everything from the beginning.",
    )
    since = serializers.DateTimeField(
        required=False,
        help_text="In place of a cursor: all that could not be seen yet at this moment (ISO 8601).",
    )
    kind = serializers.MultipleChoiceField(
        choices=Change.Kind.choices, required=False, help_text="Only of these kinds; may be repeated."
    )
    page_size = serializers.IntegerField(
        min_value=1, max_value=500, default=100, help_text="How many changes are read at most."
    )

    def validate(self, asked: dict) -> dict:
        if "cursor" in asked and "since" in asked:
            raise serializers.ValidationError(
                {"since": [_("Either a cursor or a moment, not both.")]}, code="both"
            )
        return asked


def _absolute(serializer: serializers.Serializer, url: str) -> str:
    request = serializer.context.get("request")
    return request.build_absolute_uri(url) if request else url
