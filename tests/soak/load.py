"""50 visitors who browse and 5 who search, at once: no error, pages soon, all searches answered."""

from __future__ import annotations

import time

from tests.figures import Figure, Report, percentile

from . import kept
from .crowd import visiting
from .ledger import answers, judge
from .processes import Platform, Seeded

SECONDS = 120
WARMING = 20  # seconds before, in which processes read their templates and load their networks; errors count from the first
SOON = 300  # milliseconds that 95 of 100 pages take at most
DRAINED_WITHIN = 120  # seconds
# What a search itself is waited for is told apart: it sends a photo, which is looked at before it is kept.
PAGES = (
    *("home", "places", "place", "map", "map places", "words"),
    *("API landmarks", "API images", "API provinces"),
)


def run(platform: Platform, seeded: Seeded, *, seconds: int = SECONDS) -> Report:
    begun = time.time()
    with visiting(platform, seeded, name="load") as ledger:
        time.sleep(WARMING)
        warm = time.time()
        time.sleep(seconds)
        ended = time.time()
    drained = kept.drained(platform, seconds=DRAINED_WITHIN)
    seen = answers(ledger.seen(since=warm, until=ended))
    ever = answers(ledger.seen(until=ended))
    judged = judge(
        ledger.asked(), kept.rows(platform, since=begun), photos=kept.private_photos(platform, keeps="store")
    )
    pages = [took for kind in PAGES for took in seen.seconds.get(kind, ())]
    report = Report()
    report.add(
        [
            Figure("load", "requests", seen.count, note=f"{seen.count / seconds:.0f} a second"),
            Figure("load", "errors", sum(_count(each) for each in ever.wrong) + ever.pauses, most=0, least=0),
            Figure("load", "pages, half of them within", 1000 * percentile(pages, 50), "ms"),
            Figure("load", "pages, 95 of 100 within", 1000 * percentile(pages, 95), "ms", most=SOON),
        ],
        [f"load: {fault}" for fault in ever.wrong],
    )
    for kind, taken in sorted(seen.seconds.items()):
        report.add(
            [
                Figure(
                    "load",
                    f"{kind}, 95 of 100 within",
                    1000 * percentile(taken, 95),
                    "ms",
                    most=SOON if kind in PAGES else None,
                    note=f"{len(taken)}; half within {1000 * percentile(taken, 50):.0f} ms",
                )
            ]
        )
    report.add(
        [
            Figure("load", "searches accepted", judged.accepted, least=1),
            Figure("load", "of them answered", judged.answered, least=judged.accepted),
            Figure("load", "searches lost, silent, without photo or twice", _faults(judged), most=0, least=0),
            Figure("load", "queue drained after", drained, "s", most=DRAINED_WITHIN),
        ]
    )
    return report


def _count(wrong: str) -> int:
    return int(wrong.partition(" ")[0])


def _faults(judged) -> int:
    return (
        len(judged.lost)
        + len(judged.unanswered)
        + len(judged.silent)
        + len(judged.without_photo)
        + judged.duplicates
    )
