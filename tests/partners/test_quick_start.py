"""The examples of the partners' page run as they are printed: only address, key and photo are put in."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from config.database import PROJECT
from config.partners import code
from tests.factories import LandmarkFactory

CREDIT = "Photo: An Nguyễn, CC BY 4.0"
PYTHON = {"PYTHONPATH": str(PROJECT / "static" / "partners")}


def printed(name: str, **put_in: str) -> str:
    """A file as it is shown, with the reader's own in place of what stands for it."""
    text = (code.folder() / name).read_text()
    for said, ours in put_in.items():
        placeholder = {
            "site": code.SITE,
            "key": "vtr_your_key",
            "photo": "photo.jpg",
            "secret": "whsec_your_secret",
            "port": "8080",
        }[said]
        assert text.count(placeholder) == 1
        text = text.replace(placeholder, ours)
    return text


def run(command: list[str], *, at: Path, env: dict[str, str] | None = None):
    return subprocess.run(
        command, cwd=at, env=os.environ | (env or {}), text=True, capture_output=True, timeout=120
    )


def by_curl(text: str, *, at: Path):
    for program in ("curl", "jq", "sh"):
        if not shutil.which(program):
            pytest.skip(f"needs {program}, which is not on this machine")
    return run(["sh", "-c", text], at=at)


def by_python(text: str, *, at: Path):
    return run([sys.executable, "-c", text], at=at, env=PYTHON)


EXAMPLES = [
    pytest.param("quick_start.sh", by_curl, id="curl"),
    pytest.param("quick_start.py", by_python, id="python"),
]


@pytest.mark.servers
@pytest.mark.parametrize(("name", "by"), EXAMPLES)
def test_it_prints_the_place_and_its_photo_with_its_attribution(
    site, pagoda, make_key, photo, tmp_path, name, by
):
    done = by(printed(name, site=site, key=make_key(), photo=str(photo)), at=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    place, address, credit = done.stdout.splitlines()
    assert place.startswith("One Pillar Pagoda, probability ")
    assert address.startswith(f"{site}/media/")
    assert credit.startswith(CREDIT)


@pytest.mark.servers
@pytest.mark.parametrize(("name", "by"), EXAMPLES)
def test_it_says_what_is_wrong(site, make_key, tmp_path, name, by):
    (tmp_path / "words.txt").write_text("no photo")
    done = by(printed(name, site=site, key=make_key(), photo="words.txt"), at=tmp_path)
    assert done.returncode == 1
    assert "invalid: " in done.stdout + done.stderr
    done = by(printed(name, site=site, key="vtr_nonsense", photo="words.txt"), at=tmp_path)
    assert done.returncode == 1
    assert "key_malformed: " in done.stdout + done.stderr


@pytest.mark.servers
def test_the_copy_follows_the_catalogue(site, pagoda, make_key, tmp_path):
    text = printed("mirror.py", site=site, key=make_key())
    done = by_python(text, at=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    things = json.loads((tmp_path / "catalogue.json").read_text())["things"]
    assert things["landmark chua-mot-cot"]["name_en"] == "One Pillar Pagoda"
    assert any(name.startswith("image ") for name in things)
    LandmarkFactory(slug="cau-rong")
    pagoda.images.all().delete()
    pagoda.delete()
    assert by_python(text, at=tmp_path).returncode == 0
    things = json.loads((tmp_path / "catalogue.json").read_text())["things"]
    assert "landmark cau-rong" in things
    assert "landmark chua-mot-cot" not in things


@pytest.mark.servers
def test_the_receiver_hears_what_the_platform_signed_and_nothing_else(
    site, pagoda, make_key, photo, settings
):
    import httpx

    from vietnam_tourism import Client

    settings.WEBHOOKS_PUBLIC_ONLY = False
    secret = "whsec_" + "c2VjcmV0" * 4
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    text = printed("webhook.py", secret=secret, port=str(port))
    receiver = subprocess.Popen(
        [sys.executable, "-u", "-c", text],
        env=os.environ | PYTHON,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        address = f"http://127.0.0.1:{port}/told"
        _until_it_listens(port)
        assert httpx.post(address, content=b"{}").status_code == 400
        with Client(site, key=make_key()) as client:
            search = client.search(photo, webhook=address, webhook_secret=secret)
        assert receiver.stdout is not None
        assert receiver.stdout.readline().split() == ["search.answered", search.url]
    finally:
        receiver.kill()
        receiver.wait()


def _until_it_listens(port: int) -> None:
    while True:
        with socket.socket() as reached:
            if reached.connect_ex(("127.0.0.1", port)) == 0:
                return
