from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from retrieval import calibrating, serving, tuning
from retrieval.evaluation import calibration
from retrieval.evaluation.benchmark import MethodReport
from retrieval.evaluation.datasets import DatasetError
from retrieval.locks import claim
from retrieval.management.progress import bars
from retrieval.methods.weights import MissingWeights
from retrieval.models import NightlyTuning


class Command(BaseCommand):
    help = (
        "Learn from the published photos and their landmarks, measure before and after on photos from another source, "
        "and serve the tuned checkpoint if it wins, calibrated. A run that was stopped goes on."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--queries",
            type=Path,
            metavar="DIR",
            help="a folder per landmark of photos from another source; by default a fifth of the catalogue, by author",
        )
        parser.add_argument("--work", type=Path, default=settings.VAR_DIR / "training")
        parser.add_argument("--epochs", type=int, help="fewer for a trial")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--nightly", action="store_true", help="tell the curators what came of it")
        parser.add_argument("--undo", action="store_true", help="serve the bundled checkpoint again")

    def handle(self, *, undo, nightly, **options):
        if undo:
            serving.serve_bundled("cnn_irwnha")
            self.stdout.write("The bundled checkpoint serves; describe_images fills in what it lacks.")
            return
        try:
            said = self._tune(**options)
        except BaseException as error:  # at night nobody else is told
            said = str(error) if isinstance(error, CommandError) else f"{type(error).__name__}: {error}"
            raise
        finally:
            if nightly:
                NightlyTuning.objects.update(outcome=said)
        self.stdout.write(said)

    def _tune(self, *, queries, work, epochs, seed, **_options) -> str:
        with claim(tuning.LOCK) as claimed:
            if not claimed:
                raise CommandError("Another tuning is at work; it goes on.")
            try:
                with bars() as progress:
                    outcome = tuning.tune(
                        queries=queries, work=work, seed=seed, epochs=epochs, progress=progress
                    )
            except (tuning.CannotTune, DatasetError, MissingWeights, ValueError) as error:
                raise CommandError(str(error)) from error
        said = [_line("before", outcome.before), _line("after", outcome.after)]
        if not outcome.won:
            return "\n".join([*said, "It did not win: all stays as it was."])
        return "\n".join([*said, "It won, and serves.", *_recalibrated(outcome.asked_from)])


def _recalibrated(questions: Path) -> Iterator[str]:
    """A new checkpoint's similarities are others: how sure answers may be is learned anew from the same photos."""
    for name, approach in serving.offered().items():
        if not any(method.name == "cnn_irwnha" for method in approach.methods):
            continue
        try:
            with bars(of=f"{approach.label}: ") as progress:
                found = calibrating.calibrate(
                    calibration.remembering(serving.approach(name).load()),
                    queries=questions,
                    cache_dir=settings.VAR_DIR / "evaluation",
                    progress=progress,
                )
        except calibrating.CannotCalibrate as error:
            yield f"{approach.label} gives no probabilities until calibrate_confidence has run: {error}"
        else:
            calibrating.keep(found)
            yield f"{approach.label} is calibrated anew: calibration error {found.figures['calibration_error']:.3f}."


def _line(when: str, report: MethodReport) -> str:
    assert report.main is not None
    figures = {
        "mAP": report.main.mean_average_precision,
        "P@1": report.main.mean_precision[0],
        "place top-1": report.places[0],
    }
    said = ", ".join(
        f"{name} {value.value:.3f} [{value.low:.3f}, {value.high:.3f}]" for name, value in figures.items()
    )
    return f"{when + ':':8}{said}  ({report.main.queries} queries; {report.checkpoint.name})"
