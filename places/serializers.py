"""The API's view of the catalogue. Names come in both languages; where a photo was taken is never told."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from . import attribution
from .models import FormerProvince, Landmark, LandmarkImage, Province


class FormerProvinceSerializer(serializers.ModelSerializer):
    class Meta:
        model = FormerProvince
        fields = ["name_vi", "name_en"]


class ProvinceNameSerializer(serializers.ModelSerializer):
    class Meta:
        model = Province
        fields = ["slug", "name_vi", "name_en"]


class ProvinceSerializer(serializers.ModelSerializer):
    former = FormerProvinceSerializer(many=True, help_text="What it was before July 2025.")

    class Meta:
        model = Province
        fields = ["slug", "name_vi", "name_en", "is_city", "region", "former"]


class LandmarkSerializer(serializers.ModelSerializer):
    """A landmark in brief; needs its province."""

    url = serializers.SerializerMethodField(help_text="Its page.")
    province = ProvinceNameSerializer()
    distance_km = serializers.SerializerMethodField(
        help_text="From `near`, where the list is asked for that."
    )

    class Meta:
        model = Landmark
        fields = [
            "slug", "url", "name_vi", "name_en", "other_names", "province", "category", "kind", "latitude",
            "longitude", "unesco", "unesco_year", "wikidata_id", "distance_km",
        ]  # fmt: skip

    @extend_schema_field(serializers.URLField)
    def get_url(self, landmark: Landmark) -> str:
        return _absolute(self, landmark.get_absolute_url())

    def get_distance_km(self, landmark: Landmark) -> float | None:
        distance = getattr(landmark, "distance_km", None)
        return None if distance is None else round(distance, 3)


class LandmarkDetailSerializer(LandmarkSerializer):
    """All that is known of a landmark."""

    former_province = FormerProvinceSerializer()
    overlaps_with = serializers.SlugRelatedField(
        "slug", many=True, read_only=True, help_text="Landmarks that it stands in or holds."
    )
    photo_count = serializers.IntegerField()

    class Meta(LandmarkSerializer.Meta):
        fields = [
            *LandmarkSerializer.Meta.fields,
            "former_province", "description_vi", "description_en", "overlaps_with", "photo_count",
        ]  # fmt: skip


class LandmarkImageSerializer(serializers.ModelSerializer):
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


def _absolute(serializer: serializers.Serializer, url: str) -> str:
    request = serializer.context.get("request")
    return request.build_absolute_uri(url) if request else url
