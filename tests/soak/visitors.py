"""Visitors who browse and visitors who search, until they are told to stop.

    python -m tests.soak.visitors SCENE.json

SCENE says where the site is, what there is on it, how many come, and where they write what they saw (see ledger).
A process of its own: locust turns Python's sockets into gevent's as soon as it is imported.
"""

from __future__ import annotations

import locust  # isort: skip  # first: it changes what all others import

import json
import random
import re
import signal
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import gevent
from locust.env import Environment

from tests.soak.crowd import cookies, from_elsewhere
from tests.soak.ledger import Ledger

LOOKS_AT_A_PAGE = (2, 8)  # seconds
LOOKS_AT_AN_ANSWER = (4, 10)
PATIENCE = 90  # seconds that a visitor goes on trying to ask, or waits for an answer
WORDS = (
    "hà nội",
    "ha noi",
    "cầu",
    "chua",
    "sai gon",
    "vịnh",
    "bridge",
    "tower",
    "lang bac",
    "hue",
    "thap cham",
)
TRACE = ("Traceback (most recent call last)", 'File "/', "DEBUG = True")


@dataclass(frozen=True)
class Scene:
    """What the visitors find, and who comes. photos: files to ask with."""

    url: str
    media: str
    ledger: str
    slugs: list[str]
    thumbnails: list[str]
    photos: list[str]
    methods: list[str]
    token: str
    browsing: int
    searching: int


scene: Scene
ledger: Ledger


def note_request(name, response_time, response, exception, start_time=None, **_more) -> None:
    status = getattr(response, "status_code", 0) or 0
    headers = getattr(response, "headers", None) or {}
    text = ""
    if status >= 400 or "html" in (headers.get("Content-Type") or ""):
        text = (getattr(response, "text", "") or "")[:200_000]
    ledger.note(
        seen={
            "at": start_time or time.time(),
            "kind": name,
            "status": status,
            "seconds": round(response_time / 1000, 4),
            "says_when": "Retry-After" in headers,
            "shows_trace": any(trace in text for trace in TRACE),
            "error": type(exception).__name__ if exception and not status else "",
        }
    )


def somebody() -> dict[str, str]:
    """The headers of one visitor with a browser."""
    return from_elsewhere() | {
        "Origin": scene.url.replace("http:", "https:"),
        "Referer": scene.url.replace("http:", "https:") + "/",
        "Accept-Language": random.choice(("vi", "en")),
    }


class Browsing(locust.FastHttpUser):
    """Somebody who looks around."""

    wait_time = locust.between(*LOOKS_AT_A_PAGE)
    network_timeout = connection_timeout = 60

    def on_start(self) -> None:
        self.headers = somebody()
        self.way = random.choice(("", "/en"))
        gevent.sleep(random.uniform(0, LOOKS_AT_A_PAGE[1]))  # not all at the same moment

    def look(self, path: str, kind: str) -> None:
        self.client.get(path, name=kind, headers=self.headers, allow_redirects=False)

    @locust.task(2)
    def home(self) -> None:
        self.look(f"{self.way}/", "home")

    @locust.task(3)
    def places(self) -> None:
        self.look(f"{self.way}/places/", "places")
        self.thumbnails(3)

    @locust.task(5)
    def place(self) -> None:
        self.look(f"{self.way}/places/{random.choice(scene.slugs)}/", "place")
        self.thumbnails(2)

    @locust.task(1)
    def map(self) -> None:
        self.look(f"{self.way}/places/map/", "map")
        self.look(f"{self.way}/places/map/places.json", "map places")

    @locust.task(2)
    def words(self) -> None:
        self.client.get(
            f"{self.way}/places/", params={"q": random.choice(WORDS)}, name="words", headers=self.headers
        )

    @locust.task(1)
    def programs(self) -> None:
        headers = self.headers | {"Authorization": f"Bearer {scene.token}"}
        for path in ("landmarks", "images", "provinces"):
            self.client.get(f"/api/v1/{path}/", name=f"API {path}", headers=headers)

    def thumbnails(self, number: int) -> None:
        if scene.media:
            for name in random.sample(scene.thumbnails, number):
                self.client.get(f"{scene.media}/{name}", name="thumbnail", headers=self.headers)


class Searching(locust.HttpUser):
    """Somebody who asks with a photo, waits for the answer and looks at it; every second one is a program."""

    wait_time = locust.between(*LOOKS_AT_AN_ANSWER)

    @locust.task
    def ask(self) -> None:
        self.client.cookies.clear()
        self.client.headers = somebody()
        self.photo = Path(random.choice(scene.photos)).read_bytes()
        self.method = random.choice(scene.methods)
        (self.by_form if random.random() < 0.5 else self.by_program)()

    def send(self, method: str, path: str, kind: str, **more):
        headers = cookies(self.client) | more.pop("headers", {})
        return self.client.request(
            method, path, name=kind, headers=headers, allow_redirects=False, timeout=60, **more
        )

    def try_on(self, key: str, via: str, send, promised) -> str | None:
        """Send one question until it is taken; where it is not clear whether it was, the same key tells."""
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            ledger.note(asked={"key": key, "at": time.time(), "via": via})
            answer = send()
            if found := promised(answer):
                ledger.note(promised={"key": key, "id": found})
                return found
            if answer.status_code not in (0, 503):
                return None
            gevent.sleep(min(float(answer.headers.get("Retry-After", 1)), 3) if answer.headers else 1)
        return None

    def by_form(self) -> None:
        page = self.send("GET", "/", "home (to ask)")
        fields = dict(re.findall(r'name="(csrfmiddlewaretoken|key)" value="([^"]+)"', page.text or ""))
        if len(fields) != 2:
            return
        form = fields | {"method": self.method}
        found = self.try_on(
            fields["key"],
            "form",
            lambda: self.send(
                "POST",
                "/searches/new/",
                "ask",
                data=form,
                files={"photo": ("photo.jpg", self.photo, "image/jpeg")},
            ),
            lambda answer: _id_in(answer.headers.get("Location", "")) if answer.status_code == 302 else None,
        )
        if found:
            self.wait_for(
                lambda: self.send(
                    "GET", f"/searches/{found}/progress/", "progress", headers={"HX-Request": "true"}
                ),
                lambda answer: answer.status_code == 200 and "answer--waiting" not in answer.text,
            )
            self.send("GET", f"/searches/{found}/", "answer")

    def by_program(self) -> None:
        key = str(uuid.uuid4())
        headers = {"Authorization": f"Bearer {scene.token}", "Idempotency-Key": key}
        address = ""

        def promised(answer) -> str | None:
            nonlocal address
            if answer.status_code not in (200, 202):
                return None
            address = answer.json()["url"].replace("https:", "http:")
            return answer.json()["id"]

        found = self.try_on(
            key,
            "API",
            lambda: self.send(
                "POST",
                "/api/v1/searches/",
                "API ask",
                data={"method": self.method},
                files={"photo": ("photo.jpg", self.photo, "image/jpeg")},
                headers=headers,
            ),
            promised,
        )
        if found:
            self.wait_for(
                lambda: self.send("GET", address, "API answer", headers=headers),
                lambda answer: answer.status_code == 200,
            )

    def wait_for(self, look, is_there) -> None:
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            gevent.sleep(1)
            if is_there(look()):
                return


def _id_in(address: str) -> str | None:
    found = re.search(r"/searches/([0-9a-f-]{36})/", address)
    return found[1] if found else None


def main() -> None:
    global scene, ledger
    scene = Scene(**json.loads(Path(sys.argv[1]).read_text()))
    ledger = Ledger(Path(scene.ledger))
    Browsing.fixed_count, Searching.fixed_count = scene.browsing, scene.searching
    classes = [kind for kind in (Browsing, Searching) if kind.fixed_count]
    environment = Environment(user_classes=classes, host=scene.url)
    environment.events.request.add_listener(note_request)
    runner = environment.create_local_runner()
    over = gevent.event.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, over.set)
    runner.start(scene.browsing + scene.searching, spawn_rate=20)
    over.wait()
    runner.quit()


if __name__ == "__main__":
    main()
