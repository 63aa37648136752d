"""Measures methods on photos whose places are known; prints, writes and saves the figures."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError
from django.template.loader import render_to_string

from retrieval import catalogue_folder
from retrieval.answering import approaches, bundled
from retrieval.answering.approaches import Approach, Loaded, UnknownVerifier
from retrieval.evaluation import benchmark, datasets, report, sheet
from retrieval.evaluation.datasets import Dataset, DatasetError
from retrieval.evaluation.metrics import Interval
from retrieval.evaluation.splits import SPLITS
from retrieval.management import naming
from retrieval.management.progress import bars
from retrieval.methods import UnknownCheckpoint, UnknownMethod
from retrieval.methods.weights import MissingWeights, UnusableWeights
from retrieval.models import Evaluation

HEADINGS = (
    "method", "setup", "queries", "mAP", "mP@1", "mP@5", "mP@10", "place top-1", "place top-3", "s/photo",
    "s/query", "verified", "expansion", "cropped", "checkpoint", "training set",
)  # fmt: skip
# The benchmarks whose photographs come from their authors, and which folder of theirs is meant.
BENCHMARKS = {
    "roxford5k": "the photographs of Oxford5k (oxbuild_images)",
    "rparis6k": "the photographs of Paris6k (paris_1 and paris_2 in one folder, flat)",
    "oxford5k": "the photographs of Oxford5k (oxbuild_images)",
    "paris6k": "the photographs of Paris6k (paris_1 and paris_2)",
}
CLASSIC = ("oxford5k", "paris6k")
FOLDER_ONLY = {"queries": "--queries", "split": "--split", "against_all": "--against-all"}


class Command(BaseCommand):
    help = "Measures the methods: mAP, mP@k and place top-k, each with its 95 % interval, and the time."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset", choices=["catalogue", "folder", "json", *BENCHMARKS])
        parser.add_argument(
            "--held", action="store_true", help="with catalogue: photos kept on this machine only too"
        )
        parser.add_argument("path", type=Path, nargs="?", help="of the folder, or of the ground truth")
        parser.add_argument("--gnd", type=Path, metavar="FILE", help="gnd_*.pkl, or the folder of text files")
        parser.add_argument("--images", type=Path, metavar="DIR", help="where a ground truth's photos are")
        parser.add_argument("--queries", type=Path, metavar="DIR", help="ask with this folder's photos")
        parser.add_argument("--split", choices=SPLITS, default="", help="only this part of the landmarks")
        parser.add_argument(
            "--against-all", action="store_true", help="the split asks, the whole folder answers"
        )
        parser.add_argument("--distractors", type=Path, metavar="DIR", help="more photos to be searched")
        parser.add_argument("--methods", nargs="+", metavar="NAME", help=naming.HELP)
        parser.add_argument("--verify", type=int, metavar="N", help="verify so many of each ranking at most")
        parser.add_argument(
            "--expansion",
            choices=["none", *approaches.EXPANSIONS],
            help="make each ranking once more by this",
        )
        parser.add_argument("--out", type=Path, metavar="DIR", help="write report.json and report.html there")
        parser.add_argument(
            "--cache", type=Path, metavar="DIR", default=settings.VAR_DIR / "evaluation",
            help="where descriptions are kept: a stopped run resumes",
        )  # fmt: skip
        parser.add_argument("--no-save", action="store_true", help="leave no row in the database")

    def handle(self, *, methods: list[str] | None, out: Path | None, no_save: bool, **options: Any) -> None:
        names = naming.several(methods)
        if (options["verify"] or 0) < 0:
            raise CommandError("--verify counts photos: 0 or more.")
        reports: list[benchmark.MethodReport] = []
        try:
            chosen = [_chosen(name, **options) for name in names]
            if len({one.name for one in chosen}) < len(chosen):
                raise CommandError("--methods names a method twice: its figures are kept by its name.")
            dataset = _dataset(**options)
            self.stdout.write(_facts(dataset))
            loaded = [one.load() for one in chosen]  # all first: missing weights end no long run
            failure = _run_each(dataset, loaded, into=reports, kept=options["cache"])
            if reports:  # what was finished stands, whatever happened to the next
                self.stdout.write(_table(reports))
                self.stdout.write("".join((*_kinds(reports), *_rejections(reports))), ending="")
                if out:
                    self._write(dataset, reports, out)
                if not no_save:
                    self._save(dataset, reports)
            if failure:
                raise failure
        except (
            DatasetError,
            UnknownMethod,
            UnknownCheckpoint,
            UnknownVerifier,
            MissingWeights,
            UnusableWeights,
            OSError,
        ) as error:
            raise CommandError(str(error)) from error

    def _write(self, dataset: Dataset, reports: Sequence[benchmark.MethodReport], out: Path) -> None:
        out.mkdir(parents=True, exist_ok=True)
        figures = report.as_json(dataset, reports)
        text = json.dumps(figures, indent=2, ensure_ascii=False)
        (out / "report.json").write_text(text + "\n", encoding="utf-8")
        context = figures | {
            "headings": HEADINGS,
            "rows": list(_rows(reports)),
            "curves": sheet.curves(reports),
            "width": sheet.CURVE_WIDTH,
            "height": sheet.CURVE_HEIGHT,
            "sheets": [sheet.sheet(one) for one in reports],
        }
        page = render_to_string("retrieval/evaluation_report.html", context)
        (out / "report.html").write_text(page, encoding="utf-8")
        self.stdout.write(f"Written: {out / 'report.json'}, {out / 'report.html'}")

    def _save(self, dataset: Dataset, reports: Sequence[benchmark.MethodReport]) -> None:
        try:
            Evaluation.objects.record(dataset, reports)
        except (DatabaseError, InterfaceError) as error:
            reason = str(error).strip().splitlines()[0]
            self.stderr.write(f"The figures are not saved: the database does not take them ({reason}).")
        else:
            self.stdout.write("Saved for the methods page.")


def _dataset(
    *, dataset: str, path: Path | None, gnd: Path | None, images: Path | None, distractors: Path | None,
    held: bool, cache: Path, **options: Any,
) -> Dataset:  # fmt: skip
    truth = gnd or path
    if held and dataset != "catalogue":
        raise CommandError("--held is for the catalogue only.")
    if dataset == "catalogue":
        # A name of its own where photos take part that nobody else has: its figures are not the other's.
        kept = cache / ("catalogue-with-held" if held else "catalogue")
        with bars(of="catalogue: ") as progress:
            catalogue_folder.lay_out(catalogue_folder.measurable(held=held), kept, progress=progress)
        found = datasets.from_folder(kept, **{name: options[name] for name in FOLDER_ONLY})
    elif dataset == "folder":
        if path is None:
            raise CommandError("folder needs a PATH: a folder with a folder of photos per landmark.")
        asked = {name: options[name] for name in FOLDER_ONLY}
        found = datasets.from_folder(path, **asked)
    elif wrong := [flag for name, flag in FOLDER_ONLY.items() if options[name]]:
        raise CommandError(f"{wrong[0]} is for the catalogue or a folder of landmarks.")
    elif truth is None:
        what = (
            "the folder of its text files" if dataset in CLASSIC else f"its ground truth (gnd_{dataset}.pkl)"
        )
        raise CommandError(
            "json needs a PATH: the ground truth." if dataset == "json" else f"{dataset} needs --gnd: {what}."
        )
    elif images is None:
        which = BENCHMARKS.get(dataset, "the photographs that the ground truth names")
        raise CommandError(f"{dataset} needs --images DIR: the folder with {which}.")
    elif dataset in CLASSIC:
        found = datasets.from_text_files(truth, images=images, name=dataset)
    else:
        found = datasets.from_ground_truth(truth, images=images)
    return found.with_distractors(datasets.photos_in(distractors)) if distractors else found


def _chosen(asked: str, *, verify: int | None, expansion: str | None, **_options: Any) -> Approach:
    """The approach as it is to be measured, if it says what it is: no figure is printed without."""
    approach = naming.approach(asked)
    if not (approach.checkpoint.name and approach.checkpoint.training_set):
        raise CommandError(
            f"{approach.label} is not measured: its checkpoint does not state its name and training set."
        )
    if approach.close_look and verify is not None:
        approach = replace(approach, close_look=replace(approach.close_look, depth=verify))
    return replace(approach, expansion="" if expansion == "none" else expansion) if expansion else approach


def _run_each(
    dataset: Dataset,
    chosen: Sequence[Loaded],
    *,
    into: list[benchmark.MethodReport],
    kept: Path,
) -> CommandError | None:
    """Each approach's report into `into`; why the first that could not be measured was not, or None."""
    for one in chosen:
        try:
            into.append(_run(dataset, one, cache_dir=kept))
        except DatasetError as error:
            return CommandError(
                f"{one.approach.label}: {error}. What was described is kept in {kept}: run again to go on."
            )
    return None


def _run(dataset: Dataset, one: Loaded, **options: Any) -> benchmark.MethodReport:
    calibrated = bundled.calibrations().get((one.approach.name, one.approach.checkpoint.name))
    with bars(of=f"{one.approach.label}: ") as progress:
        curve = calibrated.curve if calibrated else None
        return benchmark.run(dataset, one, progress=progress, curve=curve, **options)


def _facts(dataset: Dataset) -> str:
    left_out = (
        f", {dataset.left_out} photos left out as no others show their place" if dataset.left_out else ""
    )
    outside = f", {len(dataset.outside)} photos of places outside" if dataset.outside else ""
    return (
        f"{dataset.name}: {len(dataset.images)} images, {len(dataset.queries)} queries{left_out}{outside}; "
        f"content {dataset.content_hash[:12]}"
    )


def _rows(reports: Sequence[benchmark.MethodReport]) -> Iterator[tuple[str, ...]]:
    for one in reports:
        how = (str(one.verified), one.expansion or "none", "yes" if one.cropped else "no")
        conditions = (*how, one.checkpoint.name, one.checkpoint.training_set)
        times = (f"{one.seconds_per_photo:.3f}", f"{one.seconds_per_query:.3f}")
        places = [_interval(place) for place in one.places] or ["-"] * len(benchmark.PLACES_AT)
        for setup in one.setups:
            figures = map(_interval, (setup.mean_average_precision, *setup.mean_precision))
            of_main = places if setup == one.main else ["-"] * len(places)
            yield (one.label, setup.setup, str(setup.queries), *figures, *of_main, *times, *conditions)


def _table(reports: Sequence[benchmark.MethodReport]) -> str:
    rows = [HEADINGS, *_rows(reports)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _kinds(reports: Sequence[benchmark.MethodReport]) -> Iterator[str]:
    for one in reports:
        if one.kinds:
            each = ", ".join(f"{kind} {_interval(figure)} of {count}" for kind, count, figure in one.kinds)
            yield f"{one.label}, place top-1 by kind: {each}\n"


def _rejections(reports: Sequence[benchmark.MethodReport]) -> Iterator[str]:
    for one in reports:
        for found in one.rejection:
            yield (
                f"{one.label} ({one.checkpoint.name}), places outside told by {found.signal}: "
                f"AUROC {_interval(found.auroc)}, {_interval(found.true_accepts)} of {found.inside} accepted "
                f"at 5 % of {found.outside} falsely\n"
            )


def _interval(figure: Interval) -> str:
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"
