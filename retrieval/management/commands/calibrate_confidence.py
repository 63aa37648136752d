"""Learns how sure the answers may be, and says how well that does on photos it was not learned from."""

import json
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from retrieval import calibrating, catalogue_folder, serving
from retrieval.answering.approaches import Loaded, UnknownVerifier
from retrieval.answering.bundled import FOLDER, Calibrated
from retrieval.evaluation import calibration
from retrieval.evaluation.benchmark import Database
from retrieval.evaluation.calibration import Asked
from retrieval.evaluation.datasets import DatasetError, from_folder
from retrieval.evaluation.splits import SPLITS
from retrieval.management import naming
from retrieval.management.progress import bars
from retrieval.methods import UnknownCheckpoint, UnknownMethod
from retrieval.methods.weights import MissingWeights, UnusableWeights


class Command(BaseCommand):
    help = (
        "Learns to tell from an answer's signals how likely each place is, and none: each photo asks as if it were "
        "not in the catalogue, and once more as if its landmark were not."
    )

    def add_arguments(self, parser):
        parser.add_argument("--methods", nargs="+", metavar="NAME", help=naming.HELP)
        parser.add_argument("--queries", type=Path, metavar="DIR", help="ask with this folder's photos")
        parser.add_argument(
            "--held", action="store_true", help="ask with the photos kept on this machine only"
        )
        parser.add_argument(
            "--photos",
            type=int,
            default=calibrating.PHOTOS,
            metavar="N",
            help="so many of the catalogue's ask",
        )
        parser.add_argument("--report", action="store_true", help="print all figures, not one line each")
        parser.add_argument("--dry-run", action="store_true", help="store nothing")
        parser.add_argument(
            "--folder", type=Path, metavar="DIR", help="a folder per landmark, in place of the catalogue"
        )
        parser.add_argument(
            "--learn", nargs="+", choices=SPLITS, metavar="SPLIT", help="with --folder: learn here"
        )
        parser.add_argument("--test", choices=SPLITS, help="with --folder: report here")
        parser.add_argument(
            "--bundle", action="store_true", help="with --folder: write what the project ships"
        )
        parser.add_argument("--cache", type=Path, metavar="DIR", default=settings.VAR_DIR / "evaluation")

    def handle(self, *, methods, folder, held, dry_run, report, bundle, **options):
        if held and (folder or options["queries"]):
            raise CommandError(
                "--held says what to ask the catalogue with: leave out --folder and --queries."
            )
        try:
            if held:
                options["queries"] = _held(options["cache"])
            for name in naming.several(methods):
                among = None if folder else serving.available()
                approach = calibration.remembering(naming.approach(name, among=among).load())
                with bars(of=f"{approach.approach.label}: ") as progress:
                    if folder:
                        found = self._of_folder(folder, approach, progress=progress, **options)
                    else:
                        found = calibrating.calibrate(
                            approach,
                            queries=options["queries"],
                            photos=options["photos"],
                            cache_dir=options["cache"],
                            progress=progress,
                        )
                self.stdout.write(_told(approach.approach.label, found, whole=report))
                if bundle:
                    _ship(found)
                elif not dry_run and not folder:
                    calibrating.keep(found)
        except (
            calibrating.CannotCalibrate,
            DatasetError,
            MissingWeights,
            UnknownCheckpoint,
            UnknownMethod,
            UnknownVerifier,
            UnusableWeights,
            ValueError,
        ) as error:
            raise CommandError(str(error)) from error

    def _of_folder(
        self, folder: Path, approach: Loaded, *, learn, test, queries, cache, progress, **_options
    ) -> Calibrated:
        """Learned on some landmarks of a folder, its figures on others (or crosswise where none are named)."""

        def asked(split: str, *, against_all: bool) -> list[Asked]:
            dataset = from_folder(folder, queries=queries, split=split, against_all=against_all)
            database = Database(dataset, approach, progress=progress, cache_dir=cache)
            return calibration.ask(
                list(calibration.questions_of(dataset, database)),
                approach=approach,
                catalogue=database.catalogue,
                progress=lambda done, total: progress(f"asking, {split or 'all'}", done, total),
            )

        names = calibration.names(approach)
        # Of a small catalogue and of a large one: what is learned must do for both.
        sizes = (False, True) if learn else (False,)
        taught = [one for split in learn or [""] for all_ in sizes for one in asked(split, against_all=all_)]
        curve, figures = calibration.calibrate(taught, names=names)
        where = f"{folder.name}, {' and '.join(learn)} split" if learn else folder.name
        if test:
            tested = asked(test, against_all=False)
            chances = [curve.probabilities(one.case.signals) for one in tested]
            figures = calibration.figures(*calibration.judged(tested, chances), curve=curve)
        facts = approach.approach
        return Calibrated(facts.name, facts.checkpoint.name, curve, figures.as_json(), where)


def _held(cache: Path) -> Path:
    with bars(of="held photos: ") as progress:
        asking = catalogue_folder.held_to_ask_with()
        return catalogue_folder.lay_out(asking, cache / "held", progress=progress)


def _told(label: str, found: Calibrated, *, whole: bool) -> str:
    figures = found.figures
    auroc = figures["auroc"]
    line = (
        f"{label}: place top-1 {_interval(figures['place_top1'])}, AUROC {_interval(auroc)}, at 5 % false accepts "
        f"{figures['true_accepts_at_5']:.3f} of known places accepted, calibration error "
        f"{figures['calibration_error']:.3f} ({figures['inside']} photos of known places, {figures['outside']} of "
        f"unknown ones; {found.version})"
    )
    if not whole:
        return line
    return "\n".join(
        [
            line,
            f"  learned from: {found.learned_from}",
            f"  a place is answered from {figures['accept']:.2f} on: {figures['true_accepts']:.3f} of known places, "
            f"{figures['false_accepts']:.3f} of unknown ones",
            f"  one place alone from {figures['certain']:.2f} on: {figures['certain_answers']:.3f} of known places; "
            f"of such answers {figures['certain_right']:.3f} are right",
            "  probability   answers   mean   right",
            *(
                f"  {one['low']:.1f} - {one['high']:.1f}   {one['answers']:7d}   {one['confidence']:.2f}   "
                f"{one['right']:.2f}  {'#' * round(40 * one['right'])}"
                for one in figures["bins"]
            ),
        ]
    )


def _interval(figure: dict) -> str:
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"


def _ship(found: Calibrated) -> None:
    kept = {
        "method": found.method,
        "version": found.version,
        "learned_from": found.learned_from,
        "curve": found.curve.as_json(),
        "figures": found.figures,
    }
    text = json.dumps(kept, indent=1, ensure_ascii=False)
    (FOLDER / f"{found.method}.json").write_text(text + "\n", encoding="utf-8")
