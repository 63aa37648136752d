"""How far a batch is, and what its searches answer."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from places.photo import PhotoRefused
from retrieval.models import Batch, BatchPhoto, Query

from .answers import SearchInBriefSerializer, WebhookSerializer


class RefusalSerializer(serializers.Serializer):
    """Why a photo could not be used."""

    code = serializers.CharField()
    detail = serializers.CharField(help_text="In the reader's language.")


class BatchPhotoSerializer(serializers.ModelSerializer):
    """One photo: its search, or why it was refused; neither where the search was deleted since."""

    name = serializers.CharField(
        help_text="Of the file as it was sent; empty in JSON, and where nothing is kept."
    )
    refusal = serializers.SerializerMethodField()
    search = serializers.SerializerMethodField()

    class Meta:
        model = BatchPhoto
        fields = ["number", "name", "refusal", "search"]

    @extend_schema_field(RefusalSerializer(allow_null=True))
    def get_refusal(self, photo: BatchPhoto) -> dict | None:
        if not photo.refusal:
            return None
        return {"code": photo.refusal, "detail": str(PhotoRefused(photo.refusal))}

    @extend_schema_field(SearchInBriefSerializer(allow_null=True))
    def get_search(self, photo: BatchPhoto) -> dict | None:
        query = photo.query
        if query is None or _is_over(query):
            return None
        return SearchInBriefSerializer(query, context=self.context).data


def _is_over(query: Query) -> bool:
    return bool(query.forgotten_at and query.forgotten_at < timezone.now())


class BatchSerializer(serializers.ModelSerializer):
    """A batch: how many of its photos are how far, and of each what is answered."""

    url = serializers.SerializerMethodField()
    is_finished = serializers.SerializerMethodField(
        help_text="Whether every photo is answered, failed or refused."
    )
    total = serializers.IntegerField(help_text="Photos sent.")
    waiting = serializers.IntegerField()
    running = serializers.IntegerField()
    answered = serializers.IntegerField()
    failed = serializers.IntegerField()
    refused = serializers.IntegerField()
    photos = BatchPhotoSerializer(many=True)
    webhook = serializers.SerializerMethodField(
        help_text="Whom to tell that it is finished; null for nobody."
    )

    class Meta:
        model = Batch
        fields = [
            "id", "url", "is_finished", "asked_at", "finished_at", "total", "waiting", "running", "answered", "failed",
            "refused", "photos", "webhook",
        ]  # fmt: skip

    @extend_schema_field(serializers.URLField)
    def get_url(self, batch: Batch) -> str:
        return self.context["address_of_batch"](batch)

    def get_is_finished(self, batch: Batch) -> bool:
        return batch.finished_at is not None

    @extend_schema_field(WebhookSerializer(allow_null=True))
    def get_webhook(self, batch: Batch) -> dict | None:
        hook = getattr(batch, "webhook", None)
        return WebhookSerializer(hook, context=self.context).data if hook else None
