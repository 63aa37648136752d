"""The methods to choose from, and what was measured of them."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from retrieval import serving
from retrieval.answering.approaches import Approach
from retrieval.models import Evaluation


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
        allow_null=True,
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
