"""What the visitors noted, held against what the platform kept: no search lost, no photo lost, no row twice.

The visitors write one JSON object a line: of every request, and of every question what they were promised.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

BUSY = 503


@dataclass(frozen=True)
class Seen:
    """One request as its visitor saw it. status: 0 where no answer came. at: seconds of the epoch, when it was sent."""

    at: float
    kind: str
    status: int
    seconds: float
    says_when: bool = False  # Retry-After
    shows_trace: bool = False  # of a program, which is nobody's business
    error: str = ""

    @property
    def is_well(self) -> bool:
        return 200 <= self.status < 400

    @property
    def is_clear_pause(self) -> bool:
        """A refusal that tells a visitor what to do: come back in so many seconds."""
        return self.status == BUSY and self.says_when and not self.shows_trace


@dataclass
class Asked:
    """One question, sent as often as it took under one key. ids: the searches that its answers named."""

    key: str
    at: float
    via: str
    ids: list[str] = field(default_factory=list)
    tries: int = 0

    @property
    def is_accepted(self) -> bool:
        return bool(self.ids)


@dataclass(frozen=True)
class Row:
    """A search as the database has it in the end. parts: hits and places; parts_twice: those of one rank twice."""

    id: str
    state: str
    reason: str
    photo: str
    parts_twice: int = 0


@dataclass(frozen=True)
class Judgement:
    """What came of all that was asked. Each list names searches or keys."""

    accepted: int
    answered: int
    failed: int  # and said why
    lost: list[str]  # accepted, and no row is there
    unanswered: list[str]
    silent: list[str]  # failed without a reason
    without_photo: list[str]
    twice: list[str]  # one key, two searches; or one answer written twice
    surplus: int  # rows more than questions

    @property
    def duplicates(self) -> int:
        return len(self.twice) + self.surplus


def judge(asked: Iterable[Asked], rows: Iterable[Row], *, photos: set[str]) -> Judgement:
    """Hold what visitors were promised against the rows. photos: the names of those that the store has.

    A row that nobody was told of is no fault where its answer was cut off: its key has one row all the same.
    """
    asked = list(asked)
    kept = {row.id: row for row in rows}
    accepted = {pk for one in asked for pk in one.ids}
    there = [kept[pk] for pk in accepted & kept.keys()]
    return Judgement(
        accepted=len(accepted),
        answered=sum(row.state == "answered" for row in there),
        failed=sum(row.state == "failed" and bool(row.reason) for row in there),
        lost=sorted(accepted - kept.keys()),
        unanswered=sorted(row.id for row in kept.values() if row.state not in ("answered", "failed")),
        silent=sorted(row.id for row in there if row.state == "failed" and not row.reason),
        without_photo=sorted(row.id for row in kept.values() if row.photo not in photos),
        twice=sorted(
            [one.key for one in asked if len(set(one.ids)) > 1]
            + [row.id for row in kept.values() if row.parts_twice]
        ),
        surplus=max(0, len(kept) - len({one.key for one in asked})),
    )


@dataclass(frozen=True)
class Answers:
    """What the answers to pages amount to. wrong: neither well nor a clear pause, in words."""

    count: int
    pauses: int
    wrong: list[str]
    seconds: dict[str, list[float]]  # of those that went well, by kind


def answers(seen: Iterable[Seen]) -> Answers:
    seconds: dict[str, list[float]] = defaultdict(list)
    wrong: Counter[str] = Counter()
    count = pauses = 0
    for one in seen:
        count += 1
        if one.is_well and not one.shows_trace:
            seconds[one.kind].append(one.seconds)
        elif one.is_clear_pause:
            pauses += 1
        else:
            wrong[_fault(one)] += 1
    return Answers(
        count, pauses, [f"{number} x {fault}" for fault, number in wrong.most_common()], dict(seconds)
    )


def _fault(one: Seen) -> str:
    said = f"{one.kind}: {one.status or one.error or 'no answer'}"
    if one.status == BUSY and not one.says_when:
        said += " without Retry-After"
    return said + (" with a stack trace" if one.shows_trace else "")


class Ledger:
    """The file that visitors write, read as it stands at a moment; a line that is half written is not there yet."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def new(cls, path: Path) -> Ledger:
        """An empty one, in place of what a run before has left there."""
        path.unlink(missing_ok=True)
        return cls(path)

    def note(self, **line: object) -> None:
        """One more line; several processes may write, each line whole."""
        with open(self.path, "a") as file:
            file.write(json.dumps(line) + "\n")

    def _lines(self) -> Iterator[dict]:
        if self.path.exists():
            for line in self.path.read_text().splitlines(keepends=True):
                if line.endswith("\n"):
                    yield json.loads(line)

    def seen(self, *, since: float = 0, until: float = float("inf")) -> list[Seen]:
        return [
            Seen(**line["seen"])
            for line in self._lines()
            if "seen" in line and since <= line["seen"]["at"] < until
        ]

    def asked(self, *, since: float = 0, until: float = float("inf")) -> list[Asked]:
        """Questions by their key. A line says that one is sent, another what it was promised."""
        found: dict[str, Asked] = {}
        for line in self._lines():
            if sent := line.get("asked"):
                one = found.setdefault(sent["key"], Asked(sent["key"], sent["at"], sent["via"]))
                one.tries += 1
            elif promised := line.get("promised"):
                found[promised["key"]].ids.append(promised["id"])
        return [one for one in found.values() if since <= one.at < until]
