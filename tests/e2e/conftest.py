import os
import shutil
import subprocess
import threading
from collections.abc import Iterator

import pytest
from django.conf import settings as configured
from django.db import connection
from django.utils import timezone

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
    """A browser, gone before other tests run: Django takes its loop in this thread for asynchronous code."""
    from playwright.sync_api import sync_playwright

    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def live_site(settings, live_server) -> str:
    """The address of the site, which serves the published photos of this run too."""
    settings.MEDIA_ROOT = configured.STORAGES["default"]["OPTIONS"]["location"]
    return live_server.url


@pytest.fixture
def worker(monkeypatch, transactional_db) -> Iterator[None]:
    """Answers what the site queues, by the real task, beside the site."""
    from retrieval import tasks
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
