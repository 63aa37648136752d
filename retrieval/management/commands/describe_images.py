import os
from concurrent.futures.process import BrokenProcessPool

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from retrieval import indexing, methods
from retrieval.locks import claim
from retrieval.methods import engine

CORES = len(os.sched_getaffinity(0))
CORES_A_GPU_PROCESS = 4  # Python's lock lets its threads decode and choose features on so many at most
WORTH_A_PROCESS = 20  # photos


def processes_for(photos: int, *, most: int | None = None) -> int:
    """How many are worth their start: one loads the networks for seconds."""
    cores_each = 1 if engine.at_once() == 1 else CORES_A_GPU_PROCESS
    return min(most or -(-CORES // cores_each), photos // WORTH_A_PROCESS)


class Command(BaseCommand):
    help = "Describe the published photos that lack a descriptor. A stopped run goes on where it was."

    def add_arguments(self, parser):
        parser.add_argument("--methods", help="comma-separated names; all where it is left out")
        parser.add_argument("--limit", type=int, help="stop after so many photos")
        parser.add_argument(
            "--retry-failed", action="store_true", help="try again what could not be described"
        )
        parser.add_argument(
            "--processes", type=int,
            help="how many work at it, of some gigabyte of memory each; by default one for each core, "
            f"with a GPU for each {CORES_A_GPU_PROCESS} cores",
        )  # fmt: skip
        parser.add_argument("--dry-run", action="store_true", help="only say what is missing")

    def handle(self, **options):
        names = options["methods"].split(",") if options["methods"] else None
        try:
            if options["retry_failed"] and not options["dry_run"]:
                indexing.forget_failures(names)
            missing = indexing.missing_by_any(names).count()
        except methods.UnknownMethod as error:
            raise CommandError(error) from error
        if options["dry_run"]:
            self.stdout.write(f"{missing} photos lack a descriptor.")
            return
        failed = 0
        total = min(missing, options["limit"]) if options["limit"] else missing
        with claim(indexing.LOCK, wait=True), tqdm(total=total, unit="photo", disable=not total) as bar:

            def done(well: bool) -> None:
                nonlocal failed
                failed += not well
                bar.update()

            processes = processes_for(total, most=options["processes"])
            try:
                count = indexing.describe_missing(
                    names=names, limit=options["limit"], done=done, processes=processes
                )
            except BrokenProcessPool as error:
                raise CommandError(
                    "A process ended in the middle of a photo, for want of memory perhaps. What was described is kept: "
                    "begin again, with fewer --processes."
                ) from error
        self.stdout.write(f"{count} photos described, of which {failed} not by every method.")
        for line in indexing.coverage():
            self.stdout.write(
                f"{line.method.label:12} {line.described:6} described {line.missing:6} missing "
                f"{line.failed:4} failed  ({line.method.checkpoint.name})"
            )
