"""Places found by words alone."""

from rest_framework import serializers

from places.serializers import LandmarkImageSerializer, LandmarkSerializer

from .answers import AttributionSerializer


class PlaceByWordsSerializer(serializers.Serializer):
    """A place that the words may mean; needs its `rank`, `relevance`, and its `image` or None."""

    rank = serializers.IntegerField(help_text="0 is the likeliest.")
    relevance = serializers.FloatField(help_text="Only to compare places of one answer by.")
    landmark = LandmarkSerializer(source="*")
    image = LandmarkImageSerializer(allow_null=True, help_text="A photo of it; null where there is none.")
    attribution = AttributionSerializer(source="image", allow_null=True)


class FoundByWordsSerializer(serializers.Serializer):
    """The places that words may mean, the likeliest first."""

    words = serializers.CharField()
    places = PlaceByWordsSerializer(many=True)
    alike = LandmarkSerializer(
        many=True, help_text="Where nothing is found: places whose names are spelt most like it."
    )
