"""How the platform does at the moment, for everybody."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from retrieval import running

KEPT = 10  # seconds
TALL = 100  # the highest column


@dataclass(frozen=True)
class Column:
    """An hour as it is drawn; answered stands on failed. x: which of them."""

    x: int
    hour: running.Hour
    answered: float
    failed: float

    @property
    def top(self) -> float:
        return TALL - self.answered - self.failed

    @property
    def failed_top(self) -> float:
        return TALL - self.failed


@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """One look at the rows serves all who ask within some seconds."""
    state = cache.get_or_set("status", running.state, KEPT)
    return render(request, "retrieval/status.html", {"state": state, "columns": _columns(state.hours)})


def _columns(hours: tuple[running.Hour, ...]) -> list[Column]:
    most = max((hour.answered + hour.failed for hour in hours), default=0) or 1
    return [
        Column(x, hour, answered=TALL * hour.answered / most, failed=TALL * hour.failed / most)
        for x, hour in enumerate(hours)
    ]
