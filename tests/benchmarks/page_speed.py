"""How soon the pages stand, and what they weigh, as a server on the internet sends them.

    python -m tests.benchmarks.page_speed [--runs 5] [--pages / /places/ /en/about/]

Collects and compresses the static files, starts gunicorn with the production settings on loopback, and opens each
page in Chromium with an empty cache. Prints the median first contentful paint (the target is under 1 s), the layout
shift, and what came over the wire: CSS and JavaScript (the target is under 150 kB), fonts, all. The database and
VAR_DIR are those of the environment. Published photos are not among what is weighed: gunicorn does not serve them.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import sync_playwright

from config import database
from tests.e2e.chromium import ARGUMENTS, CHROMIUM

PAGES = ["/", "/places/", "/methods/", "/how-it-works/", "/accounts/login/", "/en/", "/en/places/"]
CODE, FONTS = {"Script", "Stylesheet"}, {"Font"}
PAINTED = """() => new Promise((found) => new PerformanceObserver((list) => {
    const paint = list.getEntriesByName("first-contentful-paint")[0];
    if (paint) found(paint.startTime);
}).observe({type: "paint", buffered: true}))"""
SHIFTED = """() => new Promise((found) => {
    let sum = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => { sum += entry.value; }))
        .observe({type: "layout-shift", buffered: true});
    setTimeout(() => found(sum), 200);
})"""


@dataclass
class Visit:
    """One opening of a page: milliseconds, the shift, bytes by kind of file."""

    paint: float = 0
    shift: float = 0
    bytes: dict[str, int] = field(default_factory=dict)

    def weight(self, kinds: set[str] | None = None) -> float:
        return sum(size for kind, size in self.bytes.items() if kinds is None or kind in kinds) / 1000


@contextmanager
def served() -> Iterator[str]:
    """The address of the site as a server on the internet runs it, but without TLS."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "SECRET_KEY": "of a benchmark",
        "ALLOWED_HOSTS": "127.0.0.1",
        "SECURE_SSL_REDIRECT": "0",
        "EMAIL_URL": "consolemail://",
        "LOG_LEVEL": "ERROR",
    }
    manage = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(manage, env=environment, check=True)
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "config.wsgi",
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        "1",
    ]
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen([*command, "--threads", "8"], env=environment, stderr=log)
        try:
            yield wait_for(f"http://127.0.0.1:{port}")
        finally:
            server.terminate()
            server.wait()


def wait_for(address: str, *, seconds: float = 60) -> str:
    until = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(f"{address}/about/").read()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return address


def visit(browser, address: str) -> Visit:
    seen = Visit()
    kinds: dict[str, str] = {}
    context = browser.new_context(viewport={"width": 360, "height": 740}, service_workers="block")
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))

    def weigh(event: dict) -> None:
        kind = kinds.get(event["requestId"], "Other")
        seen.bytes[kind] = seen.bytes.get(kind, 0) + int(event["encodedDataLength"])

    wire.on("Network.loadingFinished", weigh)
    page.goto(address, wait_until="networkidle")
    seen.paint, seen.shift = page.evaluate(PAINTED), page.evaluate(SHIFTED)
    context.close()
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--pages", nargs="+", default=PAGES)
    options = parser.parse_args()
    with database.serving(), served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        print(f"{'page':<24}{'paint':>9}{'shift':>8}{'CSS + JS':>11}{'fonts':>10}{'all':>10}")
        for path in options.pages:
            visit(browser, address + path)  # the first after the start pays for what Python loads
            visits = [visit(browser, address + path) for _run in range(options.runs)]
            paint, shift = (
                statistics.median(getattr(each, name) for each in visits) for name in ("paint", "shift")
            )
            code, fonts, everything = (visits[-1].weight(kinds) for kinds in (CODE, FONTS, None))
            print(
                f"{path:<24}{paint:>6.0f} ms{shift:>8.3f}{code:>8.1f} kB{fonts:>7.1f} kB{everything:>7.1f} kB"
            )
        browser.close()


if __name__ == "__main__":
    main()
