"""The processes of compose.yaml, by its own commands and environment, without containers.

PostgreSQL over TCP with a password, a real Redis, S3 by moto's server, and Caddy before gunicorn with production's
settings; then a photo is searched, and what dies comes back.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import pytest
import requests
from moto.server import ThreadedMotoServer

from config import database
from tests.config import composed
from tests.other_server import TcpServer, free_port, redis_program

pytestmark = [pytest.mark.servers, pytest.mark.weights]

PATIENCE = 240  # seconds; far more than any of it takes
DEMO = database.PROJECT / "places" / "demo" / "photos"
PLACES = "cau-rong", "cau-vang"
TOKEN, PASSWORD = "a-token-of-the-test", "a-password-of-the-test"
PROGRAMS = Path(sys.executable).parent
BESIDE = ("--reuse-port",)  # two web servers at one address, as two containers are at one name


def until(happened: Callable[[], object], what: str = "it did not happen") -> object:
    deadline = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(OSError):
            if result := happened():
                return result
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


@dataclass
class Platform:
    """What runs. moved: where each host and path of compose.yaml lies here."""

    folder: Path
    services: dict[str, composed.Service]
    moved: dict[str, str]
    running: dict[str, subprocess.Popen] = field(default_factory=dict)

    def here(self, words: str) -> str:
        for there, here in self.moved.items():
            words = words.replace(there, here)
        return words

    def environment(self, name: str) -> dict[str, str]:
        given = {key: self.here(value) for key, value in self.services[name].environment.items()}
        system = {
            "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser",
        }
        ours = {
            "STATIC_ROOT": str(self.folder / "static"),
            "VAR_DIR": str(self.folder / "state"),
            "MODEL_CACHE_DIR": os.environ.get("MODEL_CACHE_DIR", str(database.PROJECT / "var" / "models")),
        }
        return system | given | ours

    def start(self, name: str, *more: str, command: list[str] | None = None, like: str = "") -> None:
        """Start a service as compose would, with further options behind its own; or one that is `like` another."""
        command = command or [self.here(word) for word in self.services[name].command]
        with open(self.log(name), "ab") as log:
            self.running[name] = subprocess.Popen(
                [*command, *more], env=self.environment(like or name), cwd=database.PROJECT, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip

    def run(self, name: str, *command: str) -> str:
        """A command in a service's environment, to its end; what it printed."""
        answer = subprocess.run(
            command, env=self.environment(name), cwd=database.PROJECT, text=True, capture_output=True
        )
        assert answer.returncode == 0, answer.stdout + answer.stderr
        return answer.stdout

    def is_well(self, name: str) -> bool:
        """As its health check in compose.yaml says."""
        command = [self.here(word) for word in self.services[name].health]
        environment = self.environment(name)
        return (
            subprocess.run(command, env=environment, cwd=database.PROJECT, capture_output=True).returncode
            == 0
        )

    def stop(self, name: str, number: int = signal.SIGTERM) -> int:
        """Its exit status. A kill is for all its processes, as a container's; a request for the first alone."""
        process = self.running.pop(name)
        with contextlib.suppress(ProcessLookupError):
            (os.killpg if number == signal.SIGKILL else os.kill)(process.pid, number)
        return process.wait(timeout=PATIENCE)

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def lines(self, name: str) -> list[dict]:
        """What it has logged."""
        return [json.loads(line) for line in self.log(name).read_text().splitlines() if line[:1] == "{"]

    def strays(self, name: str) -> set[str]:
        """What it has printed that is no line of the log."""
        return {line for line in self.log(name).read_text().splitlines() if line[:1] != "{"}

    def address(self, path: str) -> str:
        return f"https://{self.moved['tourism.example']}{path}"

    def get(self, path: str, **options) -> requests.Response:
        return requests.get(
            self.address(path), verify=self.authority, timeout=60, allow_redirects=False, **options
        )

    @property
    def authority(self) -> str:
        """Who signed the proxy's certificate: Caddy itself, since nobody else vouches for localhost."""
        return str(self.folder / ".local/share/caddy/pki/authorities/local/root.crt")

    def inside(self, path: str, **options) -> requests.Response:
        return requests.get(
            f"http://{self.moved['web:8000']}{path}", timeout=60, allow_redirects=False, **options
        )

    def search(self, photo: Path) -> dict:
        with photo.open("rb") as file:
            answer = requests.post(
                self.address("/api/v1/searches/"), data={"method": "sir"}, files={"photo": file},
                verify=self.authority, timeout=60,
            )  # fmt: skip
        assert answer.status_code in (200, 202), answer.text
        return answer.json() | {"request_id": answer.headers["X-Request-ID"]}

    def answered(self, search: dict) -> dict:
        path = search["url"].partition(self.moved["tourism.example"])[2]
        return until(
            lambda: (told := self.get(path).json())["state"] in ("answered", "failed") and told,
            "the search was not answered",
        )


@contextlib.contextmanager
def postgres(options: list[str], *, port: int) -> Iterator[None]:
    """A server of its own; its options, superuser and database are those of compose.yaml."""
    folder = Path(tempfile.mkdtemp(prefix="vietnam-tourism-", dir="/tmp"))
    folder.chmod(0o755)
    server = TcpServer(
        folder / "postgres", user="tourism", name="tourism", password=PASSWORD, port=port, options=options
    )
    try:
        server.start()
        yield
    finally:
        server.stop(mode="immediate")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def platform(tmp_path_factory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("platform")
    redis = redis_program() or pytest.skip("needs redis-server: apt install redis-server")
    ports = {name: free_port() for name in ("database", "queue", "web", "proxy", "http", "health")}
    store = ThreadedMotoServer(port=0)
    store.start()
    at = "{}:{}".format(*store.get_host_and_port()).replace("0.0.0.0", "127.0.0.1")
    given = dict.fromkeys(composed.names(), "") | {
        "SITE_HOST": "tourism.example",
        "SECRET_KEY": "".join(map(chr, range(48, 110))),
        "POSTGRES_PASSWORD": PASSWORD,
        "REDIS_PASSWORD": PASSWORD,
        "S3_ACCESS_KEY": "access",
        "S3_SECRET_KEY": "secret",
        "METRICS_TOKEN": TOKEN,
        "EMAIL_URL": "dummymail://",
    }
    services = composed.services(given)
    moved = {
        "database:5432": f"127.0.0.1:{ports['database']}",
        "queue:6379": f"127.0.0.1:{ports['queue']}",
        "storage:7070": at,
        "web:8000": f"127.0.0.1:{ports['web']}",
        "0.0.0.0:8000": f"127.0.0.1:{ports['web']}",
        "127.0.0.1:8000": f"127.0.0.1:{ports['web']}",
        "127.0.0.1:2020": f"127.0.0.1:{ports['health']}",
        "tourism.example": f"localhost:{ports['proxy']}",
        "/etc/caddy": str(database.PROJECT / "config" / "proxy"),
        "/tmp/pulse": str(folder / "pulse"),
    }
    platform = Platform(folder, services, moved)
    for name in ("web", "worker-describe", "worker-default", "beat", "prepare"):
        services[name].environment["ALLOWED_HOSTS"] = "localhost"
        if "PULSE_FILE" in services[name].environment:
            services[name].environment["PULSE_FILE"] = str(folder / f"{name}.pulse")
    services["proxy"].environment.update(
        HTTP_PORT=str(ports["http"]), HTTPS_PORT=str(ports["proxy"]), PROXY_HEALTH_PORT=str(ports["health"]),
        STORAGE_UPSTREAM=at, WEB_NAME="localhost", WEB_PORT=str(ports["web"]),
    )  # fmt: skip
    first, *options = services["database"].command
    assert first == "postgres"
    # The embedded server's machine may be small, and is not ours alone.
    options = [word.replace("shared_buffers=512MB", "shared_buffers=64MB") for word in options]
    with postgres(options, port=ports["database"]):
        try:
            first, *options = services["queue"].command
            assert first == "redis-server"
            platform.start(
                "queue",
                *("--port", str(ports["queue"]), "--bind", "127.0.0.1", "--dir", str(folder)),
                command=[redis, *options],
            )
            until(lambda: socket.create_connection(("127.0.0.1", ports["queue"])).close() is None)
            (folder / "state").mkdir()
            with ThreadPoolExecutor() as both:
                gathered = both.submit(
                    platform.run, "web", "python", "manage.py", "collectstatic", "--no-input"
                )
                platform.run("prepare", *services["prepare"].command)
                gathered.result()
            for name in ("web", "worker-describe", "worker-default", "beat", "proxy"):
                platform.start(name, *(BESIDE if name == "web" else ()))
            until(lambda: platform.get("/robots.txt").status_code == 200, "the site did not start")
            add_photos(platform)
            yield platform
        finally:
            for name in list(platform.running):
                platform.stop(name, signal.SIGKILL)
            store.stop()


def photo_of(place: str) -> Path:
    return sorted((DEMO / place).glob("*.jpg"))[0]


def add_photos(platform: Platform) -> None:
    """A photo of each of some places, published, and described by the worker."""
    folder = platform.folder / "photos"
    lines = ["path,author,licence,licence_url,source_url"]
    for place in PLACES:
        (folder / place).mkdir(parents=True)
        shutil.copy(photo_of(place), folder / place / "1.jpg")
        source = f"https://tourism.example/{place}"
        lines.append(
            f"{place}/1.jpg,Somebody,CC0 1.0,https://creativecommons.org/publicdomain/zero/1.0/,{source}"
        )
    (folder / "images.csv").write_text("\n".join(lines))
    platform.run("worker-default", "python", "manage.py", "import_images", "folder", str(folder))

    def is_described() -> bool:
        told = metrics(platform)
        return (
            'tourism_catalogue_size{what="photos"} 2.0' in told
            and 'tourism_descriptors_missing{method="sir"} 0.0' in told
        )

    until(is_described, "the photos were not described")


def metrics(platform: Platform) -> str:
    return platform.inside("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text


def test_a_photo_is_searched_through_it_all_to_its_answer(platform):
    asked = platform.search(photo_of(PLACES[0]))
    answer = platform.answered(asked)
    assert answer["state"] == "answered", answer
    assert PLACES[0] in json.dumps(answer["places"][0])

    # One id leads from the request's line to the worker's.
    name = asked["request_id"]
    [line] = [each for each in platform.lines("web") if each.get("view") == "api:search-list"]
    assert (line["request_id"], line["method"], line["level"]) == (name, "POST", "INFO")
    done = [each for each in platform.lines("worker-describe") if each.get("request_id") == name]
    assert any("answer_query" in each["message"] and each["task_id"] for each in done)


def test_published_photos_come_from_the_store_guarded_and_private_ones_from_nowhere(platform):
    environment = platform.environment("web")
    client = boto3.client(
        "s3", endpoint_url=environment["S3_ENDPOINT_URL"], aws_access_key_id="access",
        aws_secret_access_key="secret", region_name="us-east-1",
    )  # fmt: skip
    names = [each["Key"] for each in client.list_objects_v2(Bucket=environment["S3_BUCKET"])["Contents"]]
    public = next(name for name in names if name.startswith("public/"))
    private = next(name for name in names if name.startswith("private/"))
    assert not (platform.folder / "state" / "media").exists()

    shown = platform.get(f"/media/{public}")
    assert shown.status_code == 200
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert platform.get(f"/media/{private}").status_code == 404
    assert platform.get("/media/public/../private/queries").status_code in (400, 404)
    assert platform.get("/media/public/no-such-photo").status_code == 404
    assert requests.delete(platform.address(f"/media/{public}"), verify=platform.authority).status_code == 405
    assert platform.get(f"/media/{public}").status_code == 200


def test_how_the_parts_are_is_told_inside_and_not_outside(platform):
    told = until(
        lambda: (answer := platform.inside("/readyz")).status_code == 200 and answer.json(), "not ready"
    )
    assert set(told["parts"].values()) == {"ok"}
    for name in ("web", "worker-describe", "worker-default", "beat", "proxy"):
        assert until(lambda name=name: platform.is_well(name), f"{name} is not well")
    assert platform.inside("/metrics").status_code == 404
    assert 'tourism_workers_alive{queue="describe"} 1.0' in metrics(platform)
    for path in ("/readyz", "/healthz", "/startupz", "/metrics"):
        assert platform.get(path, headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 404


def test_what_is_not_encrypted_is_sent_where_it_is(platform):
    plain = platform.inside("/about/", headers={"Host": "localhost"})
    assert (plain.status_code, plain.headers["Location"]) == (301, "https://localhost/about/")
    forwarded = platform.inside("/about/", headers={"Host": "localhost", "X-Forwarded-Proto": "https"})
    assert forwarded.status_code == 200
    page = platform.get("/about/")
    assert page.headers["Strict-Transport-Security"]
    assert "Server" not in page.headers


def test_a_static_file_is_served_packed_and_for_ever(platform):
    page = platform.get("/about/").text
    path = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    style = platform.get(path, headers={"Accept-Encoding": "br"})
    assert style.status_code == 200
    assert "immutable" in style.headers["Cache-Control"]


def test_searches_outlive_a_worker_that_is_killed_and_are_answered_once(platform):
    platform.stop("worker-describe", signal.SIGKILL)
    asked = [platform.search(photo_of(PLACES[0])) for _ in range(3)]
    platform.start("worker-describe")
    answers = [platform.answered(search) for search in asked]
    assert [answer["state"] for answer in answers] == ["answered"] * 3
    code = (
        "from retrieval.models import Query; from django.db.models import Count; "
        "print(max(Query.objects.annotate(n=Count('places')).values_list('n', flat=True)), "
        "Query.objects.unanswered().count())"
    )
    places, unanswered = platform.run(
        "web", "python", "manage.py", "shell", "--no-imports", "-c", code
    ).split()
    assert int(places) <= 2
    assert int(unanswered) == 0


def test_a_worker_that_is_asked_to_end_finishes_what_it_is_at(platform):
    asked = platform.search(photo_of(PLACES[0]))
    assert platform.stop("worker-describe") == 0
    platform.start("worker-describe")
    assert platform.answered(asked)["state"] == "answered"


def test_nobody_is_refused_while_the_web_server_is_replaced(platform):
    """As docs/production.md says: a new one beside the old one, which then ends."""
    got: list[int] = []
    over = threading.Event()

    def visit() -> None:
        while not over.is_set():
            try:
                got.append(platform.get("/robots.txt").status_code)
            except requests.RequestException:
                got.append(0)

    visitors = [threading.Thread(target=visit) for _ in range(3)]
    for visitor in visitors:
        visitor.start()
    platform.start("web-beside", *BESIDE, command=platform.services["web"].command, like="web")

    def is_asked() -> bool:
        platform.inside("/robots.txt", headers={"Host": "localhost"})  # by a connection of its own
        return any(line["logger"] == "config.requests" for line in platform.lines("web-beside"))

    until(is_asked, "the new one was asked nothing")
    assert platform.stop("web") == 0
    seen = len(got)
    until(lambda: len(got) > seen + 20, "the new one does not answer")
    over.set()
    for visitor in visitors:
        visitor.join()
    platform.running["web"] = platform.running.pop("web-beside")
    assert set(got) == {200}


def test_every_line_that_is_logged_is_json_and_tells_nobodys_secrets(platform):
    for name in ("web", "worker-describe", "worker-default", "beat"):
        lines = platform.lines(name)
        assert all({"time", "level", "logger", "message"} <= set(line) for line in lines)
        assert platform.strays(name) <= {"", "worker: Warm shutdown (MainProcess)"}  # Celery's last words
        told = json.dumps(lines)
        for secret in (PASSWORD, TOKEN, platform.environment("web")["SECRET_KEY"]):
            assert secret not in told
