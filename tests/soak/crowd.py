"""The visitors as one process beside the platform, and one question of our own to see whether it works."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import requests

from config import database

from .ledger import Ledger
from .processes import Platform, Seeded
from .seed import PICTURES

STOPS_WITHIN = 30  # seconds
METHODS = ("consensus", "cnn_irwnha", "sir", "delf")
QUICKEST = "sir"


def photos_to_ask_with() -> list[Path]:
    """Pictures of the same places that the catalogue of the soak does not have."""
    places = sorted((database.PROJECT / "places" / "demo" / "photos").iterdir())
    return [file for place in places for file in sorted(place.glob("*.jpg"))[PICTURES:]]


def from_elsewhere(dice: random.Random | None = None) -> dict[str, str]:
    """The headers of somebody who comes through a proxy that speaks TLS to them, from an address of their own."""
    draw = (dice or random).randint
    return {
        "X-Forwarded-For": f"10.{draw(1, 254)}.{draw(1, 254)}.{draw(1, 254)}",
        "X-Forwarded-Proto": "https",
    }


def cookies(session: requests.Session) -> dict[str, str]:
    """The header that sends back a site's cookies, which are for https alone: the proxy's TLS is left out here."""
    return {"Cookie": "; ".join(f"{cookie.name}={cookie.value}" for cookie in session.cookies)}


@contextmanager
def visiting(
    platform: Platform,
    seeded: Seeded,
    *,
    name: str,
    browsing: int = 50,
    searching: int = 5,
    thumbnails: bool = True,
) -> Iterator[Ledger]:
    """So many visitors at once for as long as the block lasts; what they see is in the ledger as they see it.

    thumbnails: they fetch those too, from the store itself.
    """
    ledger = Ledger.new(platform.folder / f"{name}.jsonl")
    scene = {
        "url": platform.url,
        "media": f"{platform.store.url}/{platform.store.BUCKET}/public" if thumbnails else "",
        "ledger": str(ledger.path),
        "slugs": seeded.slugs,
        "thumbnails": seeded.thumbnails,
        "photos": [str(file) for file in photos_to_ask_with()],
        "methods": list(METHODS),
        "token": seeded.tokens["all"],
        "browsing": browsing,
        "searching": searching,
    }
    file = platform.folder / f"{name}.scene.json"
    file.write_text(json.dumps(scene))
    with open(platform.logs / f"{name}.log", "ab") as log:
        visitors = subprocess.Popen(
            [sys.executable, "-m", "tests.soak.visitors", str(file)],
            cwd=database.PROJECT,
            stdout=log,
            stderr=log,
        )
    try:
        yield ledger
        if visitors.poll() is not None:
            raise RuntimeError(f"The visitors are gone: see {platform.logs / name}.log")
    finally:
        visitors.terminate()
        with suppress(subprocess.TimeoutExpired):
            visitors.wait(STOPS_WITHIN)
        visitors.kill()
        visitors.wait()


def answered_within(platform: Platform, seeded: Seeded, ledger: Ledger, *, seconds: float) -> float:
    """Ask one question over and over until it is taken, and then for its answer; how long both took, or NaN."""
    begun = time.monotonic()
    key = str(uuid.uuid4())
    headers = from_elsewhere() | {
        "Authorization": f"Bearer {seeded.tokens['search']}",
        "Idempotency-Key": key,
    }
    photo = photos_to_ask_with()[0].read_bytes()
    address = ""
    while time.monotonic() - begun < seconds:
        with suppress(requests.RequestException, ValueError, KeyError):
            if address:
                answer = requests.get(address, headers=headers, timeout=10)
                if answer.status_code == 200:
                    return time.monotonic() - begun
            else:
                ledger.note(asked={"key": key, "at": time.time(), "via": "probe"})
                answer = requests.post(
                    f"{platform.url}/api/v1/searches/",
                    data={"method": QUICKEST},
                    files={"photo": photo},
                    headers=headers,
                    timeout=30,
                )
                if answer.status_code in (200, 202):
                    address = answer.json()["url"].replace("https:", "http:")
                    ledger.note(promised={"key": key, "id": answer.json()["id"]})
        time.sleep(0.3)
    return float("nan")
