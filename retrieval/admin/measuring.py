"""The curators' desk: how well each method finds places, and how sure it may be."""

from django.contrib import admin
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from retrieval.models import Calibration, Evaluation

from .read_only import ReadOnly


@admin.register(Evaluation)
class EvaluationAdmin(ReadOnly, ModelAdmin):
    """Rows that evaluate_methods saved; one that misled can be deleted."""

    list_display = [
        "at",
        "method",
        "checkpoint",
        "dataset",
        "split",
        "mean_average_precision",
        "queries",
        "cropped",
    ]
    list_filter = ["method", "split", "dataset"]
    date_hierarchy = "at"

    @admin.display(description="mAP")
    def mean_average_precision(self, evaluation: Evaluation) -> str:
        figures = evaluation.figures
        if "mAP" not in figures:
            return "–"
        low, high = figures["intervals"]["mAP"]
        return f"{figures['mAP']:.3f} [{low:.3f}, {high:.3f}]"


@admin.register(Calibration)
class CalibrationAdmin(ReadOnly, ModelAdmin):
    """Rows that calibrate_confidence kept; without one a method falls back on what came with the project."""

    list_display = ["method", "version", "at", "false_accepts", "true_accepts", "calibration_error"]
    list_filter = ["method"]

    @admin.display(description=gettext_lazy("unknown places accepted"))
    def false_accepts(self, calibration: Calibration) -> str:
        return f"{calibration.figures['false_accepts']:.3f}"

    @admin.display(description=gettext_lazy("known places accepted"))
    def true_accepts(self, calibration: Calibration) -> str:
        return f"{calibration.figures['true_accepts']:.3f}"

    @admin.display(description=gettext_lazy("calibration error"))
    def calibration_error(self, calibration: Calibration) -> str:
        return f"{calibration.figures['calibration_error']:.3f}"
