"""What an evaluation reached, as report.json holds it: no figure without its checkpoint and conditions."""

from collections.abc import Sequence
from typing import Any

from retrieval.evaluation.benchmark import PLACES_AT, MethodReport, SetupReport
from retrieval.evaluation.datasets import Dataset
from retrieval.evaluation.metrics import RECALL_LEVELS, Interval
from retrieval.evaluation.rejection import FALSE_ACCEPTS, Rejection


def as_json(dataset: Dataset, reports: Sequence[MethodReport]) -> dict[str, Any]:
    """The dataset's facts and every method's figures by its name, ready for JSON."""
    return {"dataset": facts(dataset), "methods": {one.method: of_method(one) for one in reports}}


def facts(dataset: Dataset) -> dict[str, Any]:
    return {
        "name": dataset.name,
        "content_hash": dataset.content_hash,
        "split": dataset.split,
        "images": len(dataset.images),
        "queries": len(dataset.queries),
        "queries_left_out": dataset.left_out,
        "outside": len(dataset.outside),
        "cropped": dataset.cropped,
        "landmarks": len(set(dataset.landmarks) - {""}),
    }


def of_method(report: MethodReport) -> dict[str, Any]:
    """One method's figures: those of the main setup, of all setups by name, of places and of rejection."""
    figures = _figures(report.main) if report.main else {}
    named = {f"place_top{k}": figure for k, figure in zip(PLACES_AT, report.places, strict=False)}
    intervals = figures.pop("intervals", {}) | {name: _ends(figure) for name, figure in named.items()}
    checkpoint = report.checkpoint
    return {
        "label": report.label,
        "checkpoint": checkpoint.name,
        "architecture": checkpoint.architecture,
        "training_set": checkpoint.training_set,
        "licence": checkpoint.licence,
        "paper": checkpoint.paper,
        "cropped": report.cropped,
        "verified": report.verified,
        "expansion": report.expansion,
        **figures,
        **{name: figure.value for name, figure in named.items()},
        "intervals": intervals,
        "place_top1_by_kind": {
            kind: {"queries": count, "value": figure.value, "interval": _ends(figure)}
            for kind, count, figure in report.kinds
        },
        "seconds_per_query": report.seconds_per_query,
        "seconds_per_photo": report.seconds_per_photo,
        "photos_described": report.photos_described,
        "setups": {setup.setup: _figures(setup) for setup in report.setups},
        "rejection": {one.signal: _rejection(one) for one in report.rejection},
        "precision_recall": curve(report.main) if report.main else None,
    }


def curve(setup: SetupReport) -> dict[str, list[float]]:
    """The mean interpolated precision-recall curve."""
    return {"recall": list(RECALL_LEVELS), "precision": list(setup.curve)}


def _figures(setup: SetupReport) -> dict[str, Any]:
    named = {"mAP": setup.mean_average_precision}
    named |= {f"mP@{k}": figure for k, figure in zip(setup.precision_at, setup.mean_precision, strict=True)}
    return {
        "setup": setup.setup,
        "queries": setup.queries,
        **{name: figure.value for name, figure in named.items()},
        "intervals": {name: _ends(figure) for name, figure in named.items()},
    }


def _rejection(one: Rejection) -> dict[str, Any]:
    return {
        "inside": one.inside,
        "outside": one.outside,
        "AUROC": one.auroc.value,
        "true_accepts": one.true_accepts.value,
        "false_accepts": FALSE_ACCEPTS,
        "intervals": {"AUROC": _ends(one.auroc), "true_accepts": _ends(one.true_accepts)},
    }


def _ends(figure: Interval) -> list[float]:
    return [figure.low, figure.high]
