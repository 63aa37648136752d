import time

from django.core.management.base import BaseCommand, CommandError

from retrieval import index, methods, serving


class Command(BaseCommand):
    help = "Build a method's HNSW index anew, without blocking searches; below 5,000 photos it is not used."

    def add_arguments(self, parser):
        parser.add_argument("method")
        parser.add_argument("--drop", action="store_true", help="remove it: search exactly again")

    def handle(self, **options):
        try:
            method = serving.find(options["method"])
        except methods.UnknownMethod as error:
            raise CommandError(error) from error
        if options["drop"]:
            index.drop_index(method)
            self.stdout.write(f"{method.label} is searched exactly.")
            return
        start = time.perf_counter()
        index.build_index(method)
        rows = index.described_by(method).count()
        self.stdout.write(f"{method.label}: {rows} vectors indexed in {time.perf_counter() - start:.1f} s.")
