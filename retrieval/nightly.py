"""What a curator has switched on for every night."""

from __future__ import annotations

import subprocess
import sys

from django.conf import settings
from django.utils import timezone

from .models import NightlyTuning


def tune_if_due() -> bool:
    """Start tonight's tuning where a curator has switched it on and none has started; returns whether it did.

    It runs for many minutes, so in a process of its own, with the lowest claim to the processor: no search waits.
    """
    now = timezone.localtime()
    tonight = now.replace(minute=0, second=0, microsecond=0)
    due = NightlyTuning.objects.filter(on=True, hour=now.hour).exclude(started_at__gte=tonight)
    if not due.update(started_at=now):  # one update, so of several workers one starts it
        return False
    command = [sys.executable, settings.BASE_DIR / "manage.py", "tune_to_catalogue", "--nightly"]
    subprocess.Popen(["nice", "-n", "19", *command], start_new_session=True)
    return True
