"""The API's view of the dataset's archives."""

from rest_framework import serializers
from rest_framework.reverse import reverse

from places.models import DatasetExport


class ExportSerializer(serializers.ModelSerializer):
    """An archive of the dataset, and how far it is."""

    url = serializers.SerializerMethodField(help_text="Where to ask how far it is.")
    download = serializers.SerializerMethodField(help_text="Where to fetch it; null until it is ready.")
    sha256 = serializers.CharField(help_text="Of the archive; empty until it is ready.")
    bytes = serializers.IntegerField(allow_null=True, help_text="How large the archive is.")

    class Meta:
        model = DatasetExport
        fields = [
            "id", "url", "state", "reason", "asked_at", "made_at", "photos", "landmarks", "bytes", "sha256", "download",
        ]  # fmt: skip

    def get_url(self, export: DatasetExport) -> str:
        return reverse("api:export-detail", [export.pk], request=self.context["request"])

    def get_download(self, export: DatasetExport) -> str | None:
        if export.state != DatasetExport.State.READY:
            return None
        return reverse("api:export-file", [export.pk], request=self.context["request"])
