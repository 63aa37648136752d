"""What a search answers."""

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from places.attribution import credit, credit_with_links
from places.models import Landmark, LandmarkImage
from places.serializers import BySlugField, LandmarkImageSerializer, LandmarkSerializer
from retrieval import answer_page
from retrieval.models import Correction, Hit, LookAlike, Query, RankedPlace, Webhook
from retrieval.ranking.alignment import image_onto_query, unpack
from retrieval.visitors import owns, visitor_of


class AttributionSerializer(serializers.Serializer):
    """Whom to thank for a photo, ready to print beside it, in the reader's language."""

    text = serializers.CharField(help_text="One line.")
    html = serializers.CharField(
        help_text="The same with links to the licence and to where the photo is from."
    )

    def to_representation(self, image: LandmarkImage) -> dict:
        return {"text": credit(image), "html": credit_with_links(image)}


class WebhookSerializer(serializers.ModelSerializer):
    """Whom to tell that all is answered, and how far that has come."""

    message = serializers.CharField(
        source="get_reason_display", help_text="Why the last attempt failed, in the reader's language."
    )
    next_attempt_at = serializers.SerializerMethodField(
        help_text="Null until all is answered, and once it is delivered or given up."
    )
    secret = serializers.SerializerMethodField(
        help_text="That its messages are signed with; in the answer to the call that asks, and null in all others."
    )

    class Meta:
        model = Webhook
        fields = [
            "url", "state", "attempts", "status", "reason", "message", "delivered_at", "next_attempt_at", "secret",
        ]  # fmt: skip

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_next_attempt_at(self, webhook: Webhook):
        return webhook.due_at if webhook.state == Webhook.State.WAITING else None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_secret(self, webhook: Webhook) -> str | None:
        return webhook.secret if self.context.get("tells_secret") else None


class TimesSerializer(serializers.Serializer):
    """How long each part took, in milliseconds; null for what was not done."""

    waiting = serializers.FloatField(allow_null=True, help_text="For a worker, from when it was asked.")
    describing = serializers.FloatField(allow_null=True)
    searching = serializers.FloatField(
        allow_null=True, help_text="The shortlists of the most similar photos."
    )
    verifying = serializers.FloatField(allow_null=True, help_text="The close comparison of the best of them.")
    voting = serializers.FloatField(
        allow_null=True, help_text="From photos to places and their probabilities."
    )

    def to_representation(self, query: Query) -> dict[str, float | None]:
        return {
            name: None if (seconds := query.seconds.get(name)) is None else round(1000 * seconds, 1)
            for name in self.fields
        }


class PlaceInBriefSerializer(serializers.ModelSerializer):
    landmark = LandmarkSerializer()
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
            "rank", "landmark", "probability", "share", "votes", "named_by", "best_similarity", "best_inliers",
        ]  # fmt: skip


class RankedPlaceSerializer(PlaceInBriefSerializer):
    """The same with what speaks against it, and which hit shows it best."""

    against = serializers.IntegerField(help_text="Photos that voted for other places.")
    best_hit = serializers.IntegerField(
        source="own_hit.rank", default=None, allow_null=True,
        help_text="The rank of its best photo among the hits; null where only a further view shows it.",
    )  # fmt: skip

    class Meta(PlaceInBriefSerializer.Meta):
        fields = [*PlaceInBriefSerializer.Meta.fields, "against", "best_hit"]


class HitSerializer(serializers.ModelSerializer):
    """A photo found; where the context `explains`, also which details lie alike in it and in the photo asked about."""

    url = serializers.SerializerMethodField(help_text="Where its matches are.")
    image = LandmarkImageSerializer()
    attribution = AttributionSerializer(source="image")
    query_width = serializers.IntegerField(
        source="query.width",
        help_text="Of the photo asked about as it is kept: upright, perhaps made smaller.",
    )
    query_height = serializers.IntegerField(source="query.height")
    matches = serializers.SerializerMethodField(
        help_text="[query_x, query_y, image_x, image_y], a row for each inlier, in pixels of the photo asked about "
        "as it is kept and of the upright original of the photo found; empty where they are too few to count, "
        "and in answers that did not keep them; null where no explanation is asked for."
    )
    image_onto_query = serializers.SerializerMethodField(
        help_text="The affine map [[a, b, c], [d, e, f]] of those pixels, x' = a x + b y + c and "
        "y' = d x + e y + f, that lays the photo found onto the one asked about; null where none fits, and where "
        "no explanation is asked for."
    )

    class Meta:
        model = Hit
        fields = [
            "rank", "url", "image", "attribution", "similarity", "inliers", "query_width", "query_height", "matches",
            "image_onto_query",
        ]  # fmt: skip

    @extend_schema_field(serializers.URLField)
    def get_url(self, hit: Hit) -> str:
        return self.context["address_of_hit"](hit)

    @extend_schema_field(
        serializers.ListField(
            child=serializers.ListField(child=serializers.IntegerField(), min_length=4, max_length=4),
            allow_null=True,
        )
    )
    def get_matches(self, hit: Hit) -> list[list[int]] | None:
        return unpack(hit.matches).tolist() if self.context.get("explains") else None

    @extend_schema_field(
        serializers.ListField(
            child=serializers.ListField(child=serializers.FloatField(), min_length=3, max_length=3),
            min_length=2,
            max_length=2,
            allow_null=True,
        )
    )
    def get_image_onto_query(self, hit: Hit) -> list[list[float]] | None:
        transform = image_onto_query(unpack(hit.matches)) if self.context.get("explains") else None
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

    landmark = BySlugField(
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


class SearchInBriefSerializer(serializers.ModelSerializer):
    """A search and its places, without the photos found."""

    url = serializers.SerializerMethodField(
        help_text="Where the whole answer is; opens it without an account."
    )
    message = serializers.CharField(
        source="get_reason_display", help_text="Why it failed, in the reader's language."
    )
    checkpoint = serializers.CharField(source="version")
    catalogue_version = serializers.CharField(
        source="catalogue",
        help_text="What the catalogue was when the answer was given: the same for answers that differ by nothing "
        "that was published, withdrawn, moved, described or edited in between.",
    )
    times_ms = TimesSerializer(source="*")
    verdict = serializers.ChoiceField(
        choices=Query.Verdict.choices, allow_blank=True,
        help_text="is: the first place is it; one_of: one of the first is; unknown: none of the catalogue is; "
        "empty until it is answered, and where the method is not calibrated.",
    )  # fmt: skip
    places = PlaceInBriefSerializer(many=True)

    class Meta:
        model = Query
        fields = [
            "id", "url", "state", "stage", "reason", "message", "method", "verifier", "checkpoint",
            "catalogue_version", "asked_at", "answered_at", "times_ms", "verdict", "known", "places",
        ]  # fmt: skip

    @extend_schema_field(serializers.URLField)
    def get_url(self, query: Query) -> str:
        return self.context["address_of"](query)


class QuerySerializer(SearchInBriefSerializer):
    """A search, and once it is answered its verdict, places and photos."""

    box = serializers.SerializerMethodField(
        help_text="left, top, right, bottom, 0..1; null for the whole photo"
    )
    image = serializers.IntegerField(
        source="from_image_id",
        allow_null=True,
        help_text="Id of the catalogue's photo that it was asked with.",
    )
    province = serializers.SlugRelatedField("slug", read_only=True, allow_null=True)
    bbox = serializers.ListField(
        child=serializers.FloatField(), min_length=4, max_length=4, allow_null=True,
        help_text="west, south, east, north in degrees.",
    )  # fmt: skip
    near = serializers.SerializerMethodField(help_text="latitude,longitude in degrees.")
    within_km = serializers.SerializerMethodField(help_text="How far around `near`.")
    places = RankedPlaceSerializer(many=True, source="weighed_places")
    hits = HitSerializer(many=True)
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
    webhook = serializers.SerializerMethodField(
        help_text="Whom to tell that it is done; null where nobody is told, and to other readers."
    )

    class Meta:
        model = Query
        fields = [
            *(name for name in SearchInBriefSerializer.Meta.fields if name != "places"),
            "image", "box", "k", "province", "category", "words", "bbox", "near", "within_km", "private", "places",
            "hits", "hints", "lookalikes", "views", "correction", "webhook",
        ]  # fmt: skip

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_near(self, query: Query) -> str | None:
        return ",".join(f"{degrees:g}" for degrees in query.near[:2]) if query.near else None

    @extend_schema_field(serializers.FloatField(allow_null=True))
    def get_within_km(self, query: Query) -> float | None:
        return query.near[2] if query.near else None

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

    @extend_schema_field(WebhookSerializer(allow_null=True))
    def get_webhook(self, query: Query) -> dict | None:
        hook = getattr(query, "webhook", None)
        if hook is None:
            return None
        # A program without an account has nothing but the address to show that it is its own.
        is_nobodys = not query.user_id and not query.session_key and not query.shared
        if not is_nobodys and not owns(query, **visitor_of(self.context["request"])):
            return None
        return WebhookSerializer(hook, context=self.context).data

    @extend_schema_field(serializers.ListField(child=serializers.FloatField(), allow_null=True))
    def get_box(self, query: Query) -> list[float] | None:
        return list(query.fractions) if query.has_box else None
