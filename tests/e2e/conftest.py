import functools
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.conf import settings as configured
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from retrieval import tasks
from tests.e2e.chromium import ARGUMENTS, CHROMIUM
from tests.e2e.pages import Page, Shown, make_rows


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Debian's Chromium, installed where it may be; else the tests that need it skip."""
    if not os.path.exists(CHROMIUM) and os.geteuid() == 0 and shutil.which("apt-get"):
        for command in ("apt-get update", "apt-get install -y --no-install-recommends chromium"):
            subprocess.run(command.split(), check=False, capture_output=True, timeout=600)
    if not os.path.exists(CHROMIUM):
        pytest.skip(f"needs a browser: there is no {CHROMIUM}, and it could not be installed")
    return CHROMIUM


@pytest.fixture(scope="module")
def browser(chromium: str, django_db_setup) -> Iterator:
    """A browser, gone before other tests run: Django takes its loop in this thread for asynchronous code.

    Its pages have no service worker unless a test asks for one: what a worker fetches, no test sees.
    """
    from playwright.sync_api import sync_playwright

    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        browser.new_context = functools.partial(browser.new_context, service_workers="block")
        yield browser
        browser.close()


@pytest.fixture
def live_site(settings, live_server) -> str:
    """The address of the site, which serves the published photos of this run too."""
    settings.MEDIA_ROOT = configured.STORAGES["default"]["OPTIONS"]["location"]
    return live_server.url


@dataclass(frozen=True)
class Site:
    """A site that stands still: its address, what is on it, and the cookie of one who is logged in."""

    url: str
    shown: Shown
    cookie: dict

    def open(self, context, page: Page, *, language: str, until: str = "load"):
        """The page in a new tab; what went wrong in it gathers in `wrong`."""
        tab = context.new_page()
        address = self.url + page.path(self.shown, language=language)
        tab.wrong = []
        tab.on("pageerror", lambda error: tab.wrong.append(f"script: {error}"))
        tab.on(
            "console",
            lambda said: (
                tab.wrong.append(f"console: {said.text}")
                if said.type == "error" and said.location["url"] != address
                else None
            ),
        )
        tab.on("requestfailed", lambda request: tab.wrong.append(f"lost: {request.url}"))
        response = tab.goto(address, wait_until=until)
        if response.status != page.status:
            tab.wrong.append(f"status {response.status}")
        return tab


@pytest.fixture(scope="module")
def site(browser, django_db_setup, django_db_blocker) -> Iterator[Site]:
    """A site whose rows outlive a test: pages that are only looked at need not be made anew for each.

    What uses it is marked `django_db`, or there may be no test database.
    """
    assert connection.settings_dict["NAME"].startswith("test_")
    media = override_settings(MEDIA_ROOT=configured.STORAGES["default"]["OPTIONS"]["location"])
    with django_db_blocker.unblock(), media, pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks.answer_query, "delay", lambda query_id: None)
        patch.setattr(tasks.describe_missing, "delay", lambda: None)
        server = LiveServer("localhost")
        try:
            shown = make_rows()
            client = Client()
            client.force_login(shown.traveller)
            cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": server.url}
            yield Site(server.url, shown, cookie)
        finally:
            server.stop()
            call_command("flush", verbosity=0, interactive=False)
            connection.close()  # that of the browser's loop, which nobody else would close


@pytest.fixture
def worker(monkeypatch, transactional_db) -> Iterator[None]:
    """Answers what the site queues, by the real task, beside the site."""
    from retrieval.models import WorkerPulse

    threads: list[threading.Thread] = []

    def answer(query_id: str) -> None:
        try:
            tasks.answer_query(query_id)
        finally:
            connection.close()

    def delay(query_id: str) -> None:
        threads.append(threading.Thread(target=answer, args=[query_id]))
        threads[-1].start()

    monkeypatch.setattr(tasks.answer_query, "delay", delay)
    monkeypatch.setattr(tasks.describe_missing, "delay", lambda: None)
    WorkerPulse.objects.create(name="beside the site", at=timezone.now())
    yield
    for thread in threads:
        thread.join()
