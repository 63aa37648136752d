"""How old the queues are, on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from retrieval.queues import Waiting


@dataclass(frozen=True)
class Age:
    """A queue that is not empty. days: since when the oldest waits; None where its rows have no age."""

    label: str
    address: str
    count: int
    days: int | None
    share: str  # of the oldest of all, in percent


def ages(queues: Sequence[Waiting], *, now: datetime) -> list[Age]:
    """Those that are not empty, the oldest first. No query."""
    days = {each.queue.name: (now - each.oldest).days for each in queues if each.count and each.oldest}
    oldest = max(days.values(), default=0)
    found = [
        Age(
            str(each.queue.label),
            each.queue.address,
            each.count,
            days.get(each.queue.name),
            f"{100 * days.get(each.queue.name, 0) / oldest:.1f}" if oldest else "0",
        )
        for each in queues
        if each.count
    ]
    return sorted(found, key=lambda age: -1 if age.days is None else age.days, reverse=True)
