"""Forget what was counted and says nothing any more."""

from datetime import timedelta

from django.core.management.base import BaseCommand
from django.utils import timezone

from accounts import limits, usage

USAGE_KEPT = timedelta(days=366)


class Command(BaseCommand):
    help = "Forget who asked how often, once it limits nobody any more, and the use of keys after a year."

    def handle(self, *, verbosity: int, **_options) -> None:
        counts, days = limits.forget_old(), usage.forget(before=timezone.localdate() - USAGE_KEPT)
        if verbosity:
            self.stdout.write(f"{counts} counts and {days} days of keys' use forgotten.")
