"""What can break is broken, one thing at a time, while visitors browse and search; nothing may be lost by it.

A worker is killed, PostgreSQL and Redis are restarted, the store refuses, the disk for photos is full. After each:
every search that was promised is answered or says why not, no photo is gone, no row is there twice, and what visitors
saw meanwhile was the page, or a 503 that says when to come back.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.figures import Figure, Report

from . import kept
from .crowd import answered_within, visiting
from .disk import SmallDisk
from .ledger import Ledger, answers, judge
from .processes import Platform, Seeded

BEFORE, AFTER = 8, 12  # seconds of visits as they are every day
HELD = 15  # seconds that a fault lasts
RESTART = 5  # seconds that a server is away while it is restarted
RECOVERED_WITHIN = 60  # seconds
SETTLED_WITHIN = 150  # seconds; a message that a broker lost is missed after a minute


@dataclass(frozen=True)
class Fault:
    """strike: breaks something; mend: makes it whole again, after `lasts` seconds."""

    name: str
    strike: Callable[[], None]
    mend: Callable[[], None]
    lasts: float


def run(platform: Platform, seeded: Seeded) -> Report:
    """All faults on the running set."""
    return _while_visited(platform, seeded, faults_of(platform), keeps="store")


def run_on_files(platform: Platform, seeded: Seeded) -> Report:
    """The one that only photos in files know. The set is started for it, and must not run yet."""
    queries = platform.folder / "var" / "private" / "queries"
    disk = SmallDisk(queries, processes=lambda: platform.children["web"].tree())
    with disk, platform.running(keeps="files"):
        fault = Fault(f"disk for photos full ({disk.way})", disk.fill, disk.empty, HELD)
        return _while_visited(platform, seeded, [fault], keeps="files")


def faults_of(platform: Platform) -> list[Fault]:
    found = [
        Fault("worker killed (-9)", platform.children["worker-describe"].kill, _nothing, 0),
        Fault("PostgreSQL restarted", platform.database.stop, platform.database.start, RESTART),
        Fault("store refuses", platform.store.gate.refuse, platform.store.gate.let_through, HELD),
    ]
    if platform.redis:
        found.append(Fault("Redis restarted", platform.redis.stop, platform.redis.start, RESTART))
    return found


def _nothing() -> None:
    pass


def _while_visited(platform: Platform, seeded: Seeded, faults: list[Fault], *, keeps: str) -> Report:
    report = Report()
    begun = time.time()
    with visiting(platform, seeded, name=f"faults-{keeps}", thumbnails=False) as ledger:
        for fault in faults:
            report.add(*_one(platform, seeded, fault, ledger, keeps=keeps))
    settled = kept.drained(platform, seconds=SETTLED_WITHIN)
    rows = kept.rows(platform, since=begun)
    judged = judge(ledger.asked(), rows, photos=kept.private_photos(platform, keeps=keeps))
    gone = kept.lost_of_catalogue(platform, keeps=keeps)
    report.add(
        [
            Figure("faults", f"rows twice, photos in {keeps}", judged.duplicates, most=0, least=0),
            Figure("faults", f"photos of the catalogue gone, in {keeps}", len(gone), most=0, least=0),
            Figure("faults", f"all answered after, photos in {keeps}", settled, "s", most=SETTLED_WITHIN),
        ],
        [f"faults: twice: {each}" for each in judged.twice] + [f"faults: gone: {each}" for each in gone],
    )
    return report


def _one(
    platform: Platform, seeded: Seeded, fault: Fault, ledger: Ledger, *, keeps: str
) -> tuple[list[Figure], list[str]]:
    """Break one thing while visitors come, mend it, and see what became of what was asked meanwhile."""
    since, marks = time.time(), platform.marks()
    time.sleep(BEFORE)
    fault.strike()
    time.sleep(fault.lasts)
    fault.mend()
    recovered = answered_within(platform, seeded, ledger, seconds=RECOVERED_WITHIN)
    time.sleep(AFTER)
    until = time.time()
    kept.drained(platform, seconds=SETTLED_WITHIN)
    asked = ledger.asked(since=since, until=until)
    promised = {pk for one in asked for pk in one.ids}
    rows = [row for row in kept.rows(platform, since=since) if row.id in promised]
    judged = judge(asked, rows, photos=kept.private_photos(platform, keeps=keeps))
    seen = answers(ledger.seen(since=since, until=until))
    lost = [*judged.lost, *judged.unanswered, *judged.silent]
    figures = [
        Figure("faults", f"{fault.name}: works again after", recovered, "s", most=RECOVERED_WITHIN),
        Figure(
            "faults",
            f"{fault.name}: searches lost",
            len(lost),
            most=0,
            least=0,
            note=f"{judged.accepted} accepted, {judged.answered} answered, {judged.failed} failed with a reason",
        ),
        Figure("faults", f"{fault.name}: photos lost", len(judged.without_photo), most=0, least=0),
        Figure(
            "faults",
            f"{fault.name}: answers that were no clear pause",
            sum(int(each.partition(" ")[0]) for each in seen.wrong),
            most=0,
            least=0,
            note=f"{seen.count} answers, {seen.pauses} times 503 with Retry-After",
        ),
    ]
    findings = [f"{fault.name}: {each}" for each in (*seen.wrong, *(f"lost {pk}" for pk in lost))]
    findings += [f"{fault.name}: logged by {each}" for each in platform.complaints(since=marks)]
    return figures, findings
