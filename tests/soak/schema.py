"""Every operation of the API's schema, asked by callers with every kind of key and with none, as schemathesis finds cases.

No answer may be a server error, have a status or a type that is not documented, or differ from its schema.
"""

from __future__ import annotations

import base64
import random
import time
from dataclasses import dataclass, field

import requests
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.hooks import unregister_all

from tests.figures import Figure, Report

from . import kept
from .crowd import QUICKEST, from_elsewhere, photos_to_ask_with
from .processes import Platform, Seeded

FEWEST = 2000  # cases
EACH = 10  # of an operation, besides those that cover its parameters one by one
MOST_SECONDS = 240  # after which no further round begins
SECONDS, FEWER = 60, 25  # at most for each caller; those whose key has one scope are mostly refused
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
GOOD = 0.6  # so often an address is of something that there is, so that what lies behind it is reached


@dataclass
class Found:
    """How many cases were sent, with which answers, and what was wrong with them: each kind with one case that shows it."""

    cases: int = 0
    statuses: dict[int, int] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)  # what could not be tried at all


def run(platform: Platform, seeded: Seeded) -> Report:
    report, found = Report(), Found()
    document = requests.get(
        f"{platform.url}/api/v1/schema/",
        headers=from_elsewhere() | {"Accept": "application/vnd.oai.openapi+json"},
        timeout=60,
    ).json()
    begun = time.monotonic()
    while found.cases < FEWEST and time.monotonic() - begun < MOST_SECONDS:  # each round has other cases
        for caller, token in {"nobody": "", **seeded.tokens}.items():
            _ask_all(document, platform, seeded, caller=caller, token=token, found=found)
    kept.drained(platform, seconds=300)
    report.add(
        [
            Figure(
                "schema",
                "cases",
                found.cases,
                least=FEWEST,
                note=f"{len(seeded.tokens) + 1} callers, {time.monotonic() - begun:.0f} s",
            ),
            Figure("schema", "answers of 500 and above", _at_least(found, 500), most=0, least=0),
            Figure(
                "schema",
                "kinds of answers that the schema does not allow",
                len(found.faults),
                most=0,
                least=0,
            ),
            Figure("schema", "operations that could not be tried", len(found.broken), most=0, least=0),
        ],
        [f"schema: {fault}\n{shown}" for fault, shown in found.faults.items()] + found.broken,
    )
    return report


def _at_least(found: Found, status: int) -> int:
    return sum(number for each, number in found.statuses.items() if each >= status)


def _ask_all(
    document: dict, platform: Platform, seeded: Seeded, *, caller: str, token: str, found: Found
) -> None:
    config = SchemathesisConfig.from_dict(
        {
            "base-url": platform.url,
            "headers": {"Authorization": f"Bearer {token}"} if token else {},
            "max-time": SECONDS if caller in ("nobody", "all") else FEWER,
            "continue-on-failure": True,
            "request-timeout": 30,
            "suppress-health-check": ["all"],
            "checks": {"enabled": False} | {name: {"enabled": True} for name in CHECKS},
            "phases": {"stateful": {"enabled": False}},
            "generation": {"max-examples": EACH, "no-shrink": True, "database": "none"},
        }
    )
    schema = schemathesis.openapi.from_dict(document, config=config)
    there = _There(platform, seeded, token)

    @schemathesis.hook("before_call")
    def make_real(_context, case, _kwargs) -> None:
        there.put_into(case)

    try:
        for event in from_schema(schema).execute():
            if isinstance(event, events.ScenarioFinished):
                _take(event.recorder, found, caller=caller)
            elif isinstance(event, events.NonFatalError):
                found.broken.append(f"schema: {caller}: {event.label}: {event.value}")
            elif isinstance(event, events.FatalError):
                raise event.exception
    finally:
        unregister_all()


def _take(recorder, found: Found, *, caller: str) -> None:
    for interaction in recorder.interactions.values():
        if interaction.response is not None:
            found.cases += 1
            status = interaction.response.status_code
            found.statuses[status] = found.statuses.get(status, 0) + 1
    for case_id, nodes in recorder.checks.items():
        for node in nodes:
            if node.failure_info is None:
                continue
            failure = node.failure_info.failure
            fault = f"{recorder.label}: {failure.title}"
            if fault not in found.faults:
                response = recorder.find_response(case_id=case_id)
                case = recorder.cases[case_id].value
                found.faults[fault] = "\n".join(
                    [
                        f"  as {caller}: {case.method} {case.formatted_path} {case.query} {_brief(case.body)}",
                        f"  {failure.message[:600]}",
                        f"  answered {response.status_code} {response.text[:300]}" if response else "",
                    ]
                )


def _brief(body: object) -> str:
    return repr(body)[:300]


class _There:
    """What exists, put where a case has something made up; and where each case comes from."""

    def __init__(self, platform: Platform, seeded: Seeded, token: str) -> None:
        self.random = random.Random(7)
        self.seeded = seeded
        self.photos = [file.read_bytes() for file in photos_to_ask_with()[:3]]
        self.searches = self._made(platform, token)

    def _made(self, platform: Platform, token: str) -> list[str]:
        headers = from_elsewhere() | ({"Authorization": f"Bearer {token}"} if token else {})
        answer = requests.post(
            f"{platform.url}/api/v1/searches/",
            data={"method": QUICKEST},
            files={"photo": self.photos[0]},
            headers=headers,
            timeout=60,
        )
        return [answer.json()["id"]] if answer.status_code in (200, 202) else []

    def put_into(self, case) -> None:
        case.headers.update(from_elsewhere(self.random))
        for name in case.path_parameters or {}:
            existing = self._existing(case.path, name)
            if existing and self.random.random() < GOOD:
                case.path_parameters[name] = self.random.choice(existing)
        if isinstance(case.body, dict) and self.random.random() < GOOD:
            self._give_photo(case)

    def _existing(self, path: str, name: str) -> list:
        if "/searches/" in path:
            return [0, 1] if name == "rank" else self.searches
        if "/landmarks/" in path:
            return self.seeded.slugs
        if "/images/" in path:
            return self.seeded.images
        if "/problems/" in path:
            return ["invalid", "not_found"]
        return []

    def _give_photo(self, case) -> None:
        photo = self.random.choice(self.photos)
        given = photo if case.media_type == "multipart/form-data" else base64.b64encode(photo).decode()
        for name in ("photo", "photos"):
            if name in case.body:
                case.body[name] = [given] if name == "photos" else given
        # Networks are tried elsewhere: here one is enough, the quickest.
        if "method" in case.body and self.random.random() < GOOD:
            case.body["method"] = QUICKEST
