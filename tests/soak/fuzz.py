"""Hostile files against the running set, by the form and by the API: refused in words, or searched like any photo.

No process may end or grow without bound, no answer be a fault of ours, and nothing that was sent be served as it was.
"""

from __future__ import annotations

import os
import re
import time
from collections import Counter

import django
import requests

from tests.figures import Figure, Report

from . import kept
from .crowd import QUICKEST, answered_within, cookies, from_elsewhere
from .ledger import Ledger, Seen, answers
from .processes import Platform, Seeded

FEWEST = 300
# Megabytes that the largest process of each kind may have: the limit of its container, or well below it.
MOST_MEMORY = {"web": 1000, "worker-describe": 3000, "worker-default": 2000, "beat": 500}
ANSWERED_WITHIN = 300  # seconds, for all the searches that were made


def run(platform: Platform, seeded: Seeded) -> Report:
    marks, restarts = platform.marks(), platform.restarts()
    before = dict(platform.weigh().now)
    platform.memory.most.clear()
    ledger = Ledger.new(platform.folder / "fuzz.jsonl")
    hostile = _files()
    begun = time.time()
    sent = 0
    statuses: Counter[int] = Counter()
    surprises = []
    for sent, upload in enumerate(hostile.all_uploads(), start=1):
        seen, found = (_by_form if sent % 2 else _by_program)(platform, seeded, upload)
        statuses[seen.status] += 1
        ledger.note(seen=seen.__dict__)
        if not hostile.came_to_what_it_must(upload, taken=bool(found)):
            surprises.append(f"{upload}: {seen.status}")
        if found:
            ledger.note(asked={"key": upload.name, "at": seen.at, "via": "fuzz"})
            ledger.note(promised={"key": upload.name, "id": found})
    drained = kept.drained(platform, seconds=ANSWERED_WITHIN)
    works = answered_within(platform, seeded, ledger, seconds=60)
    told = answers(seen for seen in ledger.seen() if not 400 <= seen.status < 500 or seen.shows_trace)
    deaths = platform.deaths(since=marks)
    ended = sum(platform.restarts().values()) - sum(restarts.values()) + len(deaths)
    marked = kept.marked(platform, hostile.MARK)
    memory = platform.weigh()
    report = Report()
    report.add(
        [
            Figure("fuzz", "hostile uploads", sent, least=FEWEST, note=_told(statuses)),
            Figure(
                "fuzz",
                "answers that were faults of ours",
                sum(number for status, number in statuses.items() if status >= 500 or not status),
                most=0,
                least=0,
                note=f"{time.time() - begun:.0f} s for all",
            ),
            Figure("fuzz", "taken though to be refused, or the other way", len(surprises), most=0, least=0),
            Figure("fuzz", "processes that ended", ended, most=0, least=0),
            Figure("fuzz", "files kept with what was smuggled in", len(marked), most=0, least=0),
            Figure(
                "fuzz", "all that were taken for photos answered after", drained, "s", most=ANSWERED_WITHIN
            ),
            Figure("fuzz", "a good photo then answered within", works, "s", most=60),
        ],
        [f"fuzz: {each}" for each in told.wrong]
        + [f"fuzz: not as it should have been: {each}" for each in surprises]
        + [f"fuzz: kept: {name}" for name in marked]
        + [f"fuzz: died: {each}" for each in deaths]
        + [f"fuzz: logged by {each}" for each in platform.complaints(since=marks)],
    )
    for name, most in MOST_MEMORY.items():
        report.add(
            [
                Figure(
                    "fuzz",
                    f"memory of {name}, at most",
                    memory.most[name],
                    "MB",
                    most=most,
                    note=f"{before[name]:.0f} before, {memory.now[name]:.0f} after",
                )
            ]
        )
    return report


def _told(statuses: Counter[int]) -> str:
    return ", ".join(f"{number} x {status}" for status, number in sorted(statuses.items()))


def _files():
    """The module of them, which makes its pictures as the tests' rows do: with Django."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    django.setup()
    from tests import hostile

    return hostile


def _by_form(platform: Platform, seeded: Seeded, upload) -> tuple[Seen, str | None]:
    with requests.Session() as visitor:
        visitor.headers.update(from_elsewhere() | {"Origin": platform.url.replace("http:", "https:")})
        page = visitor.get(f"{platform.url}/", timeout=60)
        fields = dict(re.findall(r'name="(csrfmiddlewaretoken|key)" value="([^"]+)"', page.text))
        answer, seen = _sent(
            visitor, f"{platform.url}/searches/new/", upload, headers=cookies(visitor), said=fields
        )
    found = re.search(
        r"/searches/([0-9a-f-]{36})/", answer.headers.get("Location", "") if answer is not None else ""
    )
    return seen, found[1] if found else None


def _by_program(platform: Platform, seeded: Seeded, upload) -> tuple[Seen, str | None]:
    headers = from_elsewhere() | {"Authorization": f"Bearer {seeded.tokens['search']}"}
    with requests.Session() as program:
        answer, seen = _sent(program, f"{platform.url}/api/v1/searches/", upload, headers=headers, said={})
    return seen, answer.json()["id"] if answer is not None and answer.status_code in (200, 202) else None


def _sent(
    session: requests.Session, address: str, upload, *, headers: dict[str, str], said: dict[str, str]
) -> tuple[requests.Response | None, Seen]:
    body, content_type = _files().form("photo", upload, method=QUICKEST, **said)
    begun, clock = time.time(), time.monotonic()
    try:
        answer = session.post(
            address,
            data=body,
            headers=headers | {"Content-Type": content_type},
            allow_redirects=False,
            timeout=120,
        )
    except requests.RequestException as error:
        return None, Seen(begun, upload.name, 0, time.monotonic() - clock, error=type(error).__name__)
    return answer, Seen(
        begun,
        upload.name,
        answer.status_code,
        round(time.monotonic() - clock, 3),
        says_when="Retry-After" in answer.headers,
        shows_trace="Traceback (most recent call last)" in answer.text,
    )
