"""What a program may ask, and how it is checked before it is kept."""

from __future__ import annotations

import base64
import io

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from places import public_web
from places.models import Landmark, LandmarkImage, Province
from places.photo import PhotoRefused, inspect
from places.positions import Area, AreaField, Position, PositionField
from places.public_web import NotFetched, NotPublic
from places.search import meant_by
from places.serializers import BySlugField
from retrieval import batches, webhooks
from retrieval.answering import approaches
from retrieval.batches import Sent
from retrieval.forms import too_many_photos, unknown_words
from retrieval.keeping import MOST_PHOTOS
from retrieval.limits import landmarks_within
from retrieval.models import Query, Webhook

NEAR_KM = 50  # where a program does not say how far
FARTHEST_KM = 2000
LONGEST_WAIT = 30  # seconds


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
        except ValueError:
            self.fail("not_base64")

    def to_representation(self, value):
        raise TypeError("a photo is only taken")


class SentPhotoField(PhotoField):
    """The same for one of many: a file is read when its turn comes, and what is neither is refused by itself."""

    def to_internal_value(self, value) -> Sent:
        if hasattr(value, "read"):
            return Sent(value, name=(getattr(value, "name", None) or "")[:200])
        try:
            return Sent(io.BytesIO(super().to_internal_value(value)))
        except serializers.ValidationError:
            return Sent(io.BytesIO(b""))


class NumbersField(serializers.ListField):
    """Some numbers in their order; in a form or an address separated by commas, or one by one under one name."""

    child = serializers.FloatField()

    def __init__(self, *, count: int, **kwargs):
        super().__init__(min_length=count, max_length=count, **kwargs)

    def get_value(self, dictionary):
        value = dictionary.get(self.field_name, serializers.empty)
        if not isinstance(value, str):
            return value
        one_by_one = dictionary.getlist(self.field_name) if hasattr(dictionary, "getlist") else []
        return one_by_one if len(one_by_one) > 1 else value.split(",")


@extend_schema_field({"type": "string", "example": "21.028,105.854"})
class NearField(serializers.CharField):
    """A latitude and a longitude in degrees, as everywhere on the site rounded to some hundred metres."""

    def to_internal_value(self, data) -> Position | None:
        try:
            return PositionField(required=False).clean(super().to_internal_value(data))
        except ValidationError as error:
            raise serializers.ValidationError(error.messages, code=error.code) from error


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "example": "105.7,20.9,106.0,21.1"},
            {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
            {"type": "null"},
        ]
    }
)
class BboxField(serializers.CharField):
    """A box on the map as text, as the catalogue's filters take it, or in JSON as a list."""

    def to_internal_value(self, data) -> Area | None:
        if isinstance(data, list):
            data = ",".join(map(str, data))
        try:
            return AreaField(required=False).clean(super().to_internal_value(data))
        except ValidationError as error:
            raise serializers.ValidationError(error.messages, code=error.code) from error


class LimitsSerializer(serializers.Serializer):
    """Where alone to look: a landmark must satisfy all that is given."""

    province = BySlugField(
        queryset=Province.objects.all(), required=False, default=None, help_text="Slug of a province."
    )
    category = serializers.ChoiceField(
        Landmark.Category.choices, required=False, default="", help_text="The kind of place."
    )
    words = serializers.CharField(
        max_length=Query._meta.get_field("words").max_length, required=False, allow_blank=True, default="",
        help_text="Only in or near: a province of today or of before July 2025, or a place, as people type them "
        "(“Huế”, “sai gon”); only the landmarks meant are looked among.",
    )  # fmt: skip
    bbox = BboxField(
        required=False, allow_null=True, allow_blank=True, default=None,
        help_text="west,south,east,north in degrees (min lon, min lat, max lon, max lat); only landmarks in this box.",
    )  # fmt: skip
    near = NearField(
        required=False, allow_null=True, allow_blank=True, default=None,
        help_text="latitude,longitude in degrees; only landmarks within `within_km` of it. It is kept with the "
        "search, rounded to some hundred metres.",
    )  # fmt: skip
    within_km = serializers.FloatField(
        min_value=0.1, max_value=FARTHEST_KM, required=False, allow_null=True, default=None,
        help_text=f"How far around `near`; {NEAR_KM} where not said.",
    )  # fmt: skip

    def validate_words(self, words: str) -> str:
        if words and not meant_by(words).exists():
            raise serializers.ValidationError(unknown_words(words), code="unknown_words")
        return words

    def validate(self, attributes: dict) -> dict:
        """`bbox` and `near` become what rows keep: west, south, east, north; latitude, longitude, km. within_km goes."""
        area = attributes["bbox"]
        attributes["bbox"] = (area.west, area.south, area.east, area.north) if area else None
        position, km = attributes.pop("near"), attributes.pop("within_km")
        if km is not None and not position:
            raise serializers.ValidationError(
                {"within_km": [_("A radius needs `near`, the point that it lies around.")]}, code="needs_near"
            )
        around = position and (position.latitude, position.longitude, km or float(NEAR_KM))
        attributes["near"] = around or None
        where = {name: attributes[name] for name in ("bbox", "near")}
        within = landmarks_within(**where)
        if within is not None and not within.exists():
            raise serializers.ValidationError(
                {
                    name: [_("No place of our catalogue lies there.")]
                    for name, given in where.items()
                    if given
                },
                code="nothing_there",
            )
        return attributes


class QuestionSerializer(LimitsSerializer):
    """What may be asked of one photo and of a hundred."""

    method = serializers.ChoiceField(
        choices=[(one.name, one.label) for one in approaches.available().values()],
        default=approaches.CONSENSUS,
        error_messages={"invalid_choice": _("There is no method called “{input}”.")},
    )
    verifier = serializers.ChoiceField(
        choices=[approaches.UNVERIFIED, *approaches.CLOSE_LOOKS], required=False, default="",
        help_text="What compares the best photos closely, in place of the method's own; none for nothing.",
    )  # fmt: skip
    k = serializers.IntegerField(
        min_value=1, max_value=100, default=50, help_text="How many photos to return."
    )
    private = serializers.BooleanField(
        default=False,
        help_text="Keep nothing: the search is in no history and can be read for some minutes after its answer.",
    )
    no_store = serializers.BooleanField(
        default=False, help_text="The same as `private`, by the name that HTTP has for it; either is enough."
    )
    webhook = serializers.CharField(
        max_length=Webhook._meta.get_field("url").max_length, required=False, allow_blank=True, default="",
        help_text="A public http or https address that is sent a signed message (Standard Webhooks) once all is "
        "answered, at least once; tried again up to "
        f"{webhooks.MOST_ATTEMPTS} times until it answers with 200 to 299. No redirect is followed.",
    )  # fmt: skip
    webhook_secret = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=100,
        help_text="What the message is signed with: whsec_ and 24 to 64 bytes as base64. Where none is given, one "
        "is made and stands in this call's answer, and in no other.",
    )  # fmt: skip

    def validate_webhook(self, address: str) -> str:
        if address:
            try:
                public_web.check(address, public_only=settings.WEBHOOKS_PUBLIC_ONLY)
            except NotPublic as error:
                raise serializers.ValidationError(str(error), code="not_public") from error
            except NotFetched as error:
                raise serializers.ValidationError(str(error), code="not_a_web_address") from error
        return address

    def validate_webhook_secret(self, secret: str) -> str:
        if secret:
            try:
                webhooks.key_of(secret)
            except ValueError as error:
                raise serializers.ValidationError(
                    _("A secret is whsec_ and {fewest} to {most} bytes as base64.").format(
                        fewest=webhooks.FEWEST_BYTES, most=webhooks.MOST_BYTES
                    ),
                    code="bad_secret",
                ) from error
        return secret

    def validate(self, attributes: dict) -> dict:
        attributes = super().validate(attributes)
        attributes["private"] |= attributes.pop("no_store")
        if attributes["webhook_secret"] and not attributes["webhook"]:
            raise serializers.ValidationError(
                {"webhook_secret": [_("A secret needs a webhook to sign for.")]}, code="needs_webhook"
            )
        return attributes


class AskSerializer(QuestionSerializer):
    """A search to be made: with a photo, up to five of one place, or one of the catalogue; words limit it."""

    photo = PhotoField(
        required=False,
        help_text="The photo asked about, or the first of up to five of one place: a form may repeat it.",
    )
    photos = serializers.ListField(
        child=PhotoField(),
        required=False,
        help_text="Further photos of the same place, five in all; the box is on the first.",
    )
    image = serializers.PrimaryKeyRelatedField(
        queryset=LandmarkImage.objects.published(), required=False, allow_null=True, default=None,
        help_text="Id of a photo of the catalogue, in place of a photo; neither it nor its near-duplicates are found.",
    )  # fmt: skip
    box = NumbersField(
        count=4, required=False, allow_null=True, default=None,
        help_text="left, top, right, bottom of the upright photo; in a form four numbers separated by commas.",
    )  # fmt: skip
    box_unit = serializers.ChoiceField(
        choices=["fraction", "pixel"], default="fraction",
        help_text="fraction: 0..1 of the photo's width and height; pixel: of the upright photo as sent",
    )  # fmt: skip
    wait = serializers.FloatField(
        min_value=0, max_value=LONGEST_WAIT, default=0,
        help_text="Seconds to wait for the answer: 200 where it comes in time, else 202 and where to read it.",
    )  # fmt: skip
    explain = serializers.BooleanField(
        default=False, help_text="Give with each hit the details that lie alike in it and in the photo."
    )

    def validate(self, attributes: dict) -> dict:
        """Refuse a bad photo here, and turn a box in pixels into fractions."""
        attributes = super().validate(attributes)
        if image := attributes["image"]:
            self._alone(image, attributes)
            size = (image.width, image.height)
        else:
            photo, *more = self._photos(attributes)
            try:
                facts = inspect(photo)
            except PhotoRefused as error:
                raise serializers.ValidationError({"photo": [str(error)]}, code=error.code) from error
            attributes |= {"photo": photo, "more": more}
            size = (facts.width, facts.height)
        if attributes.pop("box_unit") == "pixel" and attributes["box"]:
            sides = size * 2
            attributes["box"] = [pixel / side for pixel, side in zip(attributes["box"], sides, strict=True)]
        return attributes

    def _alone(self, image: LandmarkImage, attributes: dict) -> None:
        if attributes.pop("photo", None) is not None or attributes.pop("photos", None):
            raise serializers.ValidationError(
                {"image": [_("Send a photo, or the id of one of the catalogue, not both.")]},
                code="photo_and_image",
            )

    def _photos(self, attributes: dict) -> list[bytes]:
        """All photos sent, under either name, the first one first."""
        photo = attributes.pop("photo", None)
        photos = [] if photo is None else [photo]
        if hasattr(self.initial_data, "getlist"):  # of a repeated field, DRF takes the last alone
            *before, _last = self.initial_data.getlist("photo") or [None]
            photos = [self.fields["photo"].run_validation(each) for each in before] + photos
        photos += attributes.pop("photos", [])
        if not photos:
            raise serializers.ValidationError(
                {"photo": [self.fields["photo"].error_messages["required"]]}, code="required"
            )
        if len(photos) > MOST_PHOTOS:
            raise serializers.ValidationError({"photos": [too_many_photos()]}, code="too_many_photos")
        return photos


class ReadSerializer(serializers.Serializer):
    """How a search is to be read."""

    wait = serializers.FloatField(
        min_value=0, max_value=LONGEST_WAIT, default=0,
        help_text="Seconds to wait for the answer, if it is not there yet.",
    )  # fmt: skip
    explain = serializers.BooleanField(
        default=False, help_text="Give with each hit the details that lie alike in it and in the photo."
    )


class AskBatchSerializer(QuestionSerializer):
    """A search for each of many photos."""

    photos = serializers.ListField(
        child=SentPhotoField(),
        allow_empty=False,
        help_text=f"Up to {batches.MOST_PHOTOS} photos, each a search of its own: files under one name, or base64. "
        "One that cannot be used is refused by itself; the others are searched with.",
    )

    def validate_photos(self, photos: list[Sent]) -> list[Sent]:
        if len(photos) > batches.MOST_PHOTOS:
            raise serializers.ValidationError(too_many_in_a_batch(), code="too_many_photos")
        return photos


def too_many_in_a_batch() -> str:
    return gettext("One batch takes {number} photos at most.").format(number=batches.MOST_PHOTOS)


class WordsSerializer(LimitsSerializer):
    """Words alone, to find places by."""

    words = serializers.CharField(
        max_length=LimitsSerializer().fields["words"].max_length,
        help_text="Words as a traveller types them, with or without accents: names in either language, provinces "
        "of today and before July 2025, kinds of place; slips are forgiven where nothing is spelt like it.",
    )
    k = serializers.IntegerField(
        min_value=1, max_value=100, default=20, help_text="How many places to return."
    )

    def validate_words(self, words: str) -> str:
        """Words that mean nothing find nothing, which is an answer."""
        return words
