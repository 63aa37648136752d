"""What was measured of the methods."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from retrieval.evaluation.benchmark import MethodReport
    from retrieval.evaluation.datasets import Dataset


class EvaluationQuerySet(models.QuerySet["Evaluation"]):
    def record(self, dataset: "Dataset", reports: "Iterable[MethodReport]") -> "list[Evaluation]":
        """Keep what methods reached on a dataset, for whoever looks at the methods page."""
        from retrieval.evaluation import report  # it brings OpenCV, which the web process has no use for

        return self.bulk_create(
            self.model(
                method=one.method,
                checkpoint=one.checkpoint.name,
                training_set=one.checkpoint.training_set,
                dataset=dataset.name,
                content_hash=dataset.content_hash,
                split=dataset.split,
                images=len(dataset.images),
                queries=len(dataset.queries),
                cropped=one.cropped,
                figures=report.of_method(one),
            )
            for one in reports
        )

    def reportable(self) -> "EvaluationQuerySet":
        """Those that say what strangers' photos meet: none on landmarks that were learned or chosen on."""
        return self.exclude(split__in=["train", "choose"])

    def newest(self) -> "EvaluationQuerySet":
        """The last of each method and checkpoint on each dataset, the newest first."""
        same = ["dataset", "content_hash", "split", "method", "checkpoint"]
        last = self.order_by(*same, "-at", "-pk").distinct(*same)
        return self.model.objects.filter(pk__in=last.values("pk")).order_by("-at", "-pk")


class Evaluation(models.Model):
    """What one checkpoint of one method reached on one dataset, and under which conditions."""

    method = models.CharField(_("method"), max_length=40)
    checkpoint = models.CharField(_("checkpoint"), max_length=300)
    training_set = models.TextField(_("training set"))
    dataset = models.CharField(_("dataset"), max_length=200)
    content_hash = models.CharField(_("hash of its photos and truths"), max_length=64)
    split = models.CharField(_("part of the landmarks"), max_length=10, blank=True)
    images = models.PositiveIntegerField(_("photos searched"))
    queries = models.PositiveIntegerField(_("photos asked with"))
    cropped = models.BooleanField(_("queries cropped to a box"))
    figures = models.JSONField(_("figures"), help_text=_("As the method stands in report.json."))
    at = models.DateTimeField(_("at"), default=timezone.now)

    objects = EvaluationQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("evaluation"), _("evaluations")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["method", "checkpoint", "-at"], name="evaluations_of_a_checkpoint")]

    def __str__(self) -> str:
        return f"{self.method} {self.checkpoint} · {self.dataset}"
