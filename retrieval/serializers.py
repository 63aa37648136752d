"""The API's view of searches and methods."""

import base64
import binascii

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from places.models import Landmark, Province
from places.photo import PhotoRefused, inspect
from places.search import meant_by
from places.serializers import LandmarkImageSerializer, LandmarkSerializer
from retrieval.ranking.alignment import image_onto_query, unpack

from . import answer_page, serving
from .answering import approaches
from .answering.approaches import Approach
from .forms import too_many_photos, unknown_words
from .models import Correction, Evaluation, Hit, LookAlike, Query, RankedPlace
from .tasks import MOST_PHOTOS
from .visitors import owns, visitor_of


class EvaluationSerializer(serializers.ModelSerializer):
    """What a checkpoint reached on a dataset: never without the conditions it was measured under."""

    class Meta:
        model = Evaluation
        fields = [
            "id", "method", "checkpoint", "training_set", "dataset", "content_hash", "split", "images", "queries",
            "cropped", "at", "figures",
        ]  # fmt: skip


class MethodSerializer(serializers.Serializer):
    name = serializers.CharField()
    label = serializers.CharField()
    summary = serializers.CharField()
    paper = serializers.CharField()
    verifier = serializers.CharField(
        source="close_look.name",
        default=None,
        help_text="What compares its best photos closely; null for nothing.",
    )
    checkpoint = serializers.CharField(source="checkpoint.name")
    training_set = serializers.CharField(source="checkpoint.training_set")
    licence = serializers.CharField(source="checkpoint.licence")
    confidence = serializers.SerializerMethodField(
        help_text="How far its probabilities can be relied on, measured on photos they were not learned from: "
        "false_accepts, true_accepts, auroc, calibration_error, the bins of a reliability diagram; null where its "
        "checkpoint is not calibrated."
    )
    evaluation = serializers.SerializerMethodField(
        help_text="The last of this checkpoint on landmarks that it neither learned nor was chosen on, or null."
    )

    @extend_schema_field(serializers.DictField(allow_null=True))
    def get_confidence(self, method: Approach) -> dict | None:
        found = serving.calibrated(method)
        return found.figures if found else None

    @extend_schema_field(EvaluationSerializer(allow_null=True))
    def get_evaluation(self, method: Approach) -> dict | None:
        last = (
            Evaluation.objects.reportable()
            .filter(method=method.name, checkpoint=method.checkpoint.name)
            .first()
        )
        return EvaluationSerializer(last).data if last else None


@extend_schema_field(
    {"type": "string", "format": "binary", "description": "A file; in JSON its bytes as base64."}
)
class PhotoField(serializers.Field):
    """An uploaded file, or in JSON its bytes as base64 (a data: address is taken too)."""

    default_error_messages = {"not_base64": _("The photo is neither a file nor base64.")}

    def to_internal_value(self, value) -> bytes:
        if hasattr(value, "read"):
            return value.read()
        if not isinstance(value, str):
            self.fail("not_base64")
        try:
            return base64.b64decode(value.rpartition(",")[2], validate=True)
        except binascii.Error:
            self.fail("not_base64")

    def to_representation(self, value):
        raise TypeError("a photo is only taken")


class BoxField(serializers.ListField):
    """left, top, right, bottom; in a form as four numbers separated by commas."""

    child = serializers.FloatField()

    def __init__(self, **kwargs):
        super().__init__(min_length=4, max_length=4, **kwargs)

    def get_value(self, dictionary):
        value = dictionary.get(self.field_name, serializers.empty)
        return value.split(",") if isinstance(value, str) else value


class AskSerializer(serializers.Serializer):
    """A search to be made."""

    photo = PhotoField(
        required=False,
        help_text="The photo asked about, or the first of up to five of one place: a form may repeat it.",
    )
    photos = serializers.ListField(
        child=PhotoField(),
        required=False,
        help_text="Further photos of the same place, five in all; the box is on the first.",
    )
    method = serializers.ChoiceField(
        choices=[(one.name, one.label) for one in approaches.available().values()],
        error_messages={"invalid_choice": _("There is no method called “{input}”.")},
    )
    verifier = serializers.ChoiceField(
        choices=[approaches.UNVERIFIED, *approaches.CLOSE_LOOKS], required=False, default="",
        help_text="What compares the best photos closely, in place of the method's own; none for nothing.",
    )  # fmt: skip
    box = BoxField(required=False, allow_null=True, help_text="left, top, right, bottom of the upright photo")
    box_unit = serializers.ChoiceField(
        choices=["fraction", "pixel"], default="fraction",
        help_text="fraction: 0..1 of the photo's width and height; pixel: of the upright photo as sent",
    )  # fmt: skip
    k = serializers.IntegerField(
        min_value=1, max_value=100, default=50, help_text="how many photos to return"
    )
    province = serializers.SlugRelatedField(
        "slug", queryset=Province.objects.all(), required=False, default=None
    )
    category = serializers.ChoiceField(Landmark.Category, required=False, default="")
    private = serializers.BooleanField(
        default=False, help_text="Keep nothing: the search can be read for some minutes after its answer."
    )
    words = serializers.CharField(
        max_length=Query._meta.get_field("words").max_length, required=False, allow_blank=True, default="",
        help_text="Only in or near: a province of today or of before July 2025, or a place, as people type them "
        "(“Huế”, “sai gon”); only the landmarks meant are looked among.",
    )  # fmt: skip

    def validate_words(self, words: str) -> str:
        if words and not meant_by(words).exists():
            raise serializers.ValidationError(unknown_words(words), code="unknown")
        return words

    def validate(self, attributes: dict) -> dict:
        """Refuse a bad photo here, and turn a box in pixels into fractions."""
        photo, *more = self._photos(attributes)
        try:
            facts = inspect(photo)
        except PhotoRefused as error:
            raise serializers.ValidationError({"photo": [str(error)]}, code=error.code) from error
        attributes |= {"photo": photo, "more": more}
        if attributes.pop("box_unit") == "pixel" and attributes.get("box"):
            sides = (facts.width, facts.height) * 2
            attributes["box"] = [pixel / side for pixel, side in zip(attributes["box"], sides, strict=True)]
        return attributes

    def _photos(self, attributes: dict) -> list[bytes]:
        """All photos sent, under either name, the first one first."""
        photo = attributes.pop("photo", None)
        photos = [] if photo is None else [photo]
        if hasattr(self.initial_data, "getlist"):  # of a repeated field, DRF takes the last alone
            *before, _last = self.initial_data.getlist("photo") or [None]
            photos = [self.fields["photo"].run_validation(each) for each in before] + photos
        photos += attributes.pop("photos", [])
        if not photos:
            raise serializers.ValidationError({"photo": [self.fields["photo"].error_messages["required"]]})
        if len(photos) > MOST_PHOTOS:
            raise serializers.ValidationError({"photos": [too_many_photos()]})
        return photos


class RankedPlaceSerializer(serializers.ModelSerializer):
    landmark = LandmarkSerializer()
    against = serializers.IntegerField(help_text="Photos that voted for other places.")
    best_hit = serializers.IntegerField(
        source="own_hit.rank", default=None, allow_null=True,
        help_text="The rank of its best photo among the hits; null where only a further view shows it.",
    )  # fmt: skip
    probability = serializers.FloatField(
        allow_null=True, help_text="That it is this place, 0..1; null where the method is not calibrated."
    )
    named_by = serializers.ListField(
        child=serializers.CharField(),
        help_text="The methods, of those asked, that put it first by themselves.",
    )

    class Meta:
        model = RankedPlace
        fields = [
            "rank", "landmark", "probability", "share", "votes", "against", "named_by", "best_similarity",
            "best_inliers", "best_hit",
        ]  # fmt: skip


class HitSerializer(serializers.ModelSerializer):
    url = serializers.SerializerMethodField(help_text="Where its matches are.")
    image = LandmarkImageSerializer()

    class Meta:
        model = Hit
        fields = ["rank", "url", "image", "similarity", "inliers"]

    @extend_schema_field(serializers.URLField)
    def get_url(self, hit: Hit) -> str:
        return self.context["address_of_hit"](hit)


class HitDetailSerializer(HitSerializer):
    """A photo found, and which details lie alike in it and in the photo asked about."""

    query_width = serializers.IntegerField(
        source="query.width",
        help_text="Of the photo asked about as it is kept: upright, perhaps made smaller.",
    )
    query_height = serializers.IntegerField(source="query.height")
    matches = serializers.SerializerMethodField(
        help_text="[query_x, query_y, image_x, image_y], a row for each inlier, in pixels of the photo asked about "
        "as it is kept and of the upright original of the photo found; empty where they are too few to count, "
        "and in answers that did not keep them."
    )
    image_onto_query = serializers.SerializerMethodField(
        help_text="The affine map [[a, b, c], [d, e, f]] of those pixels, x' = a x + b y + c and "
        "y' = d x + e y + f, that lays the photo found onto the one asked about; null where none fits."
    )

    class Meta(HitSerializer.Meta):
        fields = [*HitSerializer.Meta.fields, "query_width", "query_height", "matches", "image_onto_query"]

    @extend_schema_field(
        serializers.ListField(
            child=serializers.ListField(child=serializers.IntegerField(), min_length=4, max_length=4)
        )
    )
    def get_matches(self, hit: Hit) -> list[list[int]]:
        return unpack(hit.matches).tolist()

    @extend_schema_field(
        serializers.ListField(
            child=serializers.ListField(child=serializers.FloatField(), min_length=3, max_length=3),
            min_length=2,
            max_length=2,
            allow_null=True,
        )
    )
    def get_image_onto_query(self, hit: Hit) -> list[list[float]] | None:
        transform = image_onto_query(unpack(hit.matches))
        return None if transform is None else transform.tolist()


class LookAlikeSerializer(serializers.ModelSerializer):
    """Two landmarks that are taken for each other, and what tells them apart; needs both and their photos."""

    landmarks = serializers.SerializerMethodField(help_text="The slugs of both.")
    images = serializers.SerializerMethodField(
        help_text="A photo of each, in the same order, that look most alike; null where there is none now."
    )

    class Meta:
        model = LookAlike
        fields = ["landmarks", "detail_vi", "detail_en", "images", "confusions", "photos"]

    @extend_schema_field(serializers.ListField(child=serializers.SlugField(), min_length=2, max_length=2))
    def get_landmarks(self, pair: LookAlike) -> list[str]:
        return [landmark.slug for landmark, _image in pair.sides]

    @extend_schema_field(
        serializers.ListField(child=LandmarkImageSerializer(allow_null=True), min_length=2, max_length=2)
    )
    def get_images(self, pair: LookAlike) -> list[dict | None]:
        return [
            LandmarkImageSerializer(image, context=self.context).data if image else None
            for _landmark, image in pair.sides
        ]


class CorrectionSerializer(serializers.ModelSerializer):
    """What the one who asked says of an answer."""

    landmark = serializers.SlugRelatedField(
        "slug",
        queryset=Landmark.objects.standing(),
        required=False,
        allow_null=True,
        help_text="What the photo shows: sent with in_fact only; where the answer is right, its place.",
    )
    note = serializers.CharField(
        required=False, allow_blank=True, max_length=Correction._meta.get_field("note").max_length
    )
    is_true = serializers.BooleanField(
        read_only=True, allow_null=True, help_text="What a curator found; null until one has looked."
    )

    class Meta:
        model = Correction
        fields = ["said", "landmark", "note", "at", "is_true"]
        read_only_fields = ["at"]

    def validate(self, attributes: dict) -> dict:
        if attributes["said"] == Correction.Said.IN_FACT:
            if not attributes.get("landmark"):
                raise serializers.ValidationError({"landmark": [_("Please name the place.")]})
        elif attributes.get("landmark"):
            raise serializers.ValidationError({"landmark": [_("A place is named with in_fact only.")]})
        return attributes


class HintSerializer(serializers.Serializer):
    """What may help where a search did not find the place."""

    code = serializers.CharField()
    text = serializers.CharField(help_text="In the reader's language.")
    box = serializers.ListField(
        child=serializers.FloatField(), min_length=4, max_length=4, allow_null=True,
        help_text="To search with instead: left, top, right, bottom, 0..1; null where none is proposed.",
    )  # fmt: skip


class QuerySerializer(serializers.ModelSerializer):
    """A search, and once it is answered its verdict, places and photos."""

    url = serializers.SerializerMethodField()
    box = serializers.SerializerMethodField(
        help_text="left, top, right, bottom, 0..1; null for the whole photo"
    )
    message = serializers.CharField(
        source="get_reason_display", help_text="Why it failed, in the reader's language."
    )
    checkpoint = serializers.CharField(source="version")
    province = serializers.SlugRelatedField("slug", read_only=True)
    places = RankedPlaceSerializer(many=True, source="weighed_places")
    hits = HitSerializer(many=True)
    verdict = serializers.ChoiceField(
        choices=Query.Verdict.choices, allow_blank=True,
        help_text="is: the first place is it; one_of: one of the first is; unknown: none of the catalogue is; "
        "empty until it is answered, and where the method is not calibrated.",
    )  # fmt: skip
    hints = serializers.SerializerMethodField(help_text="What may help, the most helpful first.")
    lookalikes = serializers.SerializerMethodField(
        help_text="Pairs among the first places that are taken for each other, and what tells them apart."
    )
    views = serializers.SerializerMethodField(
        help_text="The addresses of further photos of the same place, each a search with its own answer."
    )
    correction = serializers.SerializerMethodField(
        help_text="What the one who asked says of the answer; null where nothing is said, and to other readers."
    )

    class Meta:
        model = Query
        fields = [
            "id", "url", "state", "stage", "reason", "message", "method", "verifier", "checkpoint", "box", "k",
            "province", "category", "words", "asked_at", "answered_at", "seconds", "verdict", "known", "places", "hits",
            "hints", "lookalikes", "views", "correction",
        ]  # fmt: skip

    @extend_schema_field(serializers.URLField)
    def get_url(self, query: Query) -> str:
        return self.context["address_of"](query)

    @extend_schema_field(HintSerializer(many=True))
    def get_hints(self, query: Query) -> list[dict]:
        return HintSerializer(answer_page.hints(query), many=True).data

    @extend_schema_field(LookAlikeSerializer(many=True))
    def get_lookalikes(self, query: Query) -> list[dict]:
        places = list(query.places.all())
        pairs = LookAlike.objects.between(answer_page.of_best(places)) if len(places) > 1 else []
        return LookAlikeSerializer(pairs, many=True, context=self.context).data

    @extend_schema_field(serializers.ListField(child=serializers.URLField()))
    def get_views(self, query: Query) -> list[str]:
        return [self.context["address_of"](view) for view in query.views.all()]

    @extend_schema_field(CorrectionSerializer(allow_null=True))
    def get_correction(self, query: Query) -> dict | None:
        if query.state != Query.State.ANSWERED or not owns(query, **visitor_of(self.context["request"])):
            return None
        said = Correction.objects.of_owner(query).select_related("landmark").first()
        return CorrectionSerializer(said).data if said else None

    @extend_schema_field(serializers.ListField(child=serializers.FloatField(), allow_null=True))
    def get_box(self, query: Query) -> list[float] | None:
        return list(query.fractions) if query.has_box else None
