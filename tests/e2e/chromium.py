"""Debian's Chromium, how it is started here, and how a page is waited for."""

import time

from playwright.sync_api import Error

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 30  # seconds


def until(page, condition: str) -> None:
    """Wait until an expression holds in a page.

    It is asked from outside: Playwright's own waiting has the page evaluate it, which the site's policy refuses.
    """
    deadline = time.monotonic() + PATIENCE
    while not _holds(page, condition):
        assert time.monotonic() < deadline, f"not within {PATIENCE} s: {condition}"
        page.wait_for_timeout(50)


def _holds(page, condition: str) -> bool:
    try:
        return page.evaluate(condition)
    except Error as error:
        if "context was destroyed" in str(error):  # the page is just being left for another
            return False
        raise
