"""Measures methods on photos whose places are known, and prints or writes the figures."""

import json
from argparse import ArgumentParser
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from retrieval.evaluation import benchmark
from retrieval.evaluation.datasets import Dataset, DatasetError, from_folder, from_json
from retrieval.evaluation.metrics import Interval
from retrieval.methods import UnknownMethod, available, load
from retrieval.methods.base import Method
from retrieval.methods.weights import MissingWeights

HEADINGS = ("method", "setup", "queries", "mAP", "P@1", "place top-1", "s/photo", "ms/query", "checkpoint")


class Command(BaseCommand):
    help = "Prints mAP, P@1 and place top-1 of the methods on a folder of photos or a revisited benchmark."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        sources = parser.add_subparsers(dest="source", required=True)
        folder = sources.add_parser(
            "folder", help="a folder per landmark; each photo is a query against the rest"
        )
        folder.add_argument("path", type=Path)
        folder.add_argument(
            "--queries", type=Path, metavar="PATH", help="ask with this folder's photos instead"
        )
        file = sources.add_parser("json", help="imlist, qimlist and gnd in a .json, or a published gnd_*.pkl")
        file.add_argument("path", type=Path)
        file.add_argument("--images", type=Path, required=True, metavar="DIR", help="where the photos are")
        for source in (folder, file):
            source.add_argument("--methods", metavar="A,B", help="names, by default all")
            source.add_argument("--out", type=Path, metavar="DIR", help="write report.json there")
            source.add_argument(
                "--cache", type=Path, metavar="DIR", help="keep descriptions: a stopped run resumes"
            )

    def handle(self, *, source: str, path: Path, methods: str | None, **options: Any) -> None:
        names = [name.strip() for name in methods.split(",")] if methods else sorted(available())
        try:
            if source == "folder":
                dataset = from_folder(path, queries=options["queries"])
            else:
                dataset = from_json(path, images=options["images"])
            self.stdout.write(_facts(dataset))
            loaded = [load(name) for name in names]  # all of them first: a wrong name ends no long run
            reports = [_run(dataset, method, cache_dir=options["cache"]) for method in loaded]
        except (DatasetError, UnknownMethod, MissingWeights) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_table(reports))
        if out := options["out"]:
            out.mkdir(parents=True, exist_ok=True)
            figures = json.dumps(benchmark.report(dataset, reports), indent=2, ensure_ascii=False)
            (out / "report.json").write_text(figures + "\n", encoding="utf-8")
            self.stdout.write(f"Written: {out / 'report.json'}")


def _run(dataset: Dataset, method: Method, *, cache_dir: Path | None) -> benchmark.MethodReport:
    with ExitStack() as bars:

        @cache
        def bar(stage: str, total: int) -> tqdm:
            return bars.enter_context(
                tqdm(total=total, desc=f"{method.label}: {stage}", leave=False, disable=None)
            )

        def progress(stage: str, done: int, total: int) -> None:
            bar(stage, total).update(done - bar(stage, total).n)

        return benchmark.run(dataset, method, progress=progress, cache_dir=cache_dir)


def _facts(dataset: Dataset) -> str:
    left_out = (
        f", {dataset.left_out} photos left out as no others show their place" if dataset.left_out else ""
    )
    return (
        f"{dataset.name}: {len(dataset.images)} images, {len(dataset.queries)} queries{left_out}; "
        f"content {dataset.content_hash[:12]}"
    )


def _table(reports: list[benchmark.MethodReport]) -> str:
    rows: list[tuple[str, ...]] = [HEADINGS]
    for one in reports:
        times = (f"{one.seconds_per_photo:.3f}", f"{one.milliseconds_per_query:.1f}")
        for setup in one.setups:
            figures = map(_interval, (setup.mean_average_precision, setup.mean_precision[0], one.place_top1))
            rows.append((one.label, setup.setup, str(setup.queries), *figures, *times, one.checkpoint))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
    )


def _interval(figure: Interval | None) -> str:
    return "-" if figure is None else f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"
