"""The processes of a server on the internet, without containers: web, a worker for each queue, beat.

Whoever ends by itself, or is killed, is started again, as what runs containers does it; how often is counted.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import string
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from config import database
from tests.config import composed
from tests.other_server import HERE, TcpServer, free_port, redis_program

from .servers import Redis, Store, until

GRACE = 20  # seconds that a process has to end by itself
START = 180  # seconds until all answer; networks are loaded in that time
# What compose.yaml asks of whoever runs it.
GIVEN = {
    "SITE_HOST": HERE,
    "EMAIL_URL": "consolemail://",
    "INFERENCE_THREADS": "1",  # a core for the networks, and one for all else
}
# Of the embedded server, for what compose.yaml asks of PostgreSQL may be more than a small machine has.
_OPTIONS = ("-c max_connections=200", "-c shared_buffers=256MB")
SERVICES = ("web", "worker-describe", "worker-default", "beat")


class Child:
    """One process of the set, with all that it starts."""

    def __init__(self, name: str, command: tuple[str, ...], log: Path) -> None:
        self.name, self.command, self.log = name, command, log
        self.restarts = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._wanted = False
        self._lock = threading.Lock()

    def start(self, environment: Mapping[str, str]) -> None:
        self.environment = dict(environment)
        self._wanted = True
        self._launch()

    def _launch(self) -> None:
        # Through a pipe: a limit on the size of files, as one fault sets it, must not reach the logs.
        self._process = subprocess.Popen(
            self.command,
            cwd=database.PROJECT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        threading.Thread(target=self._keep_log, args=[self._process], daemon=True).start()

    def _keep_log(self, process: subprocess.Popen[bytes]) -> None:
        with open(self.log, "ab") as log:
            for line in process.stdout or ():
                log.write(line)
                log.flush()

    def revive(self) -> None:
        with self._lock:
            if self._wanted and self._process and self._process.poll() is not None:
                _end_group(self._process.pid)
                self.restarts += 1
                self._launch()

    def kill(self) -> None:
        """As the kernel does it that runs out of memory: the whole of it, without a word."""
        if self._process:
            _end_group(self._process.pid)
            self._process.wait()

    def stop(self) -> None:
        with self._lock:
            self._wanted = False
            if self._process is None:
                return
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE)
            _end_group(self._process.pid)
            self._process.wait()

    def tree(self) -> list[psutil.Process]:
        """The process and all below it that live."""
        with suppress(psutil.NoSuchProcess):
            if self._process:
                first = psutil.Process(self._process.pid)
                return [first, *first.children(recursive=True)]
        return []


def _end_group(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


@dataclass(frozen=True)
class Seeded:
    """What there is to look at and to ask with."""

    slugs: list[str]
    images: list[int]
    thumbnails: list[str]  # their names in the store
    tokens: dict[str, str]  # by what each may: "all", and each scope by itself


@dataclass
class Memory:
    """Resident megabytes of the largest single process under each name, now and at its most."""

    now: dict[str, float] = field(default_factory=dict)
    most: dict[str, float] = field(default_factory=dict)


class Platform:
    """The whole set. `folder` is its own, and holds all that it writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logs = folder / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.database = TcpServer(
            folder / "postgres", user=database.USER, name=database.NAME, options=_OPTIONS
        )
        program = redis_program()
        self.redis = Redis(program, folder / "redis") if program else None
        self.store = Store()
        asked_for = {
            name: "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(64))
            for name in composed.names()
            if name.endswith(("KEY", "PASSWORD", "TOKEN"))
        }
        self.services = composed.services(asked_for | GIVEN)
        self.children = {
            name: Child(name, _command(self.services[name]), self.logs / f"{name}.log") for name in SERVICES
        }
        self._over = threading.Event()
        self.memory = Memory()

    @property
    def url(self) -> str:
        return f"http://{HERE}:{self.port}"

    def environment(self, service: str = "web", *, keeps: str = "store") -> dict[str, str]:
        """What compose.yaml gives a service, with our servers' addresses. keeps: where photos lie, in the "store" or in "files"."""
        inherited = {
            name: os.environ[name] for name in ("PATH", "HOME", "LANG", "WEIGHTS_DIR") if name in os.environ
        }
        given = {
            name: value
            for name, value in self.services[service].environment.items()
            if not name.startswith(("S3_", "CELERY_", "CACHE_", "SENTRY_"))
        }
        given |= {
            "DATABASE_URL": f"{self.database.url}?connect_timeout=5",
            "VAR_DIR": str(self.folder / "var"),
            "MODEL_CACHE_DIR": os.environ.get("MODEL_CACHE_DIR", str(database.PROJECT / "var" / "models")),
            "BIND": f"{HERE}:{self.port}",
            "PULSE_FILE": str(self.folder / f"{service}.pulse"),
            "PYTHONUNBUFFERED": "1",
            # The soak's own keys ask as much as they like.
            **dict.fromkeys(("KEY_SEARCHES_PER_MINUTE", "KEY_SEARCHES_PER_DAY"), "0"),
            **dict.fromkeys(("KEY_READS_PER_MINUTE", "KEY_READS_PER_DAY"), "0"),
        }
        if self.redis:
            given |= {"CELERY_BROKER_URL": self.redis.url, "CACHE_URL": self.redis.cache_url}
        if keeps == "store":
            given |= self.store.environment
        return inherited | given

    @contextmanager
    def servers(self) -> Iterator[None]:
        """What the processes need from others, up until the block ends."""
        with ExitStack() as stack:
            stack.callback(self.database.stop)
            self.database.start()
            if self.redis:
                stack.callback(self.redis.stop)
                self.redis.start()
            self.store.start()
            stack.callback(self.store.stop)
            yield

    def prepare(self) -> Seeded:
        """The catalogue with its pictures, described and finished, in files and in the store; keys to ask with.

        Of what a run before it has left only the tables are brought up to date.
        """
        kept = self.folder / "seeded.json"
        with ThreadPoolExecutor() as beside:
            static = beside.submit(self._python, "manage.py", "collectstatic", "--noinput")
            if not kept.exists():
                kept.write_text(self._python("-m", "tests.soak.seed", keeps="files").splitlines()[-1])
            static.result()
        self._python("-m", "config.prepare")  # makes the bucket
        client = self.store.client()
        for root, location in (("media", "public"), ("private", "private")):
            folder = self.folder / "var" / root
            for file in folder.rglob("*"):
                if file.is_file():
                    name = f"{location}/{file.relative_to(folder).as_posix()}"
                    client.put_object(Bucket=self.store.BUCKET, Key=name, Body=file.read_bytes())
        return Seeded(**json.loads(kept.read_text()))

    def _python(self, *arguments: str, keeps: str = "store") -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=database.PROJECT,
            env=self.environment(keeps=keeps) | {"INFERENCE_THREADS": str(len(os.sched_getaffinity(0)))},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stderr[-4000:]}")
        return done.stdout

    @contextmanager
    def running(self, *, keeps: str = "store") -> Iterator[None]:
        """All processes up, each started again when it ends, until the block does."""
        self._over.clear()
        watch = threading.Thread(target=self._watch, daemon=True)
        try:
            for name, child in self.children.items():
                child.start(self.environment(name, keeps=keeps))
            watch.start()
            until(self.is_ready, what="the platform", seconds=START)
            yield
        finally:
            self._over.set()
            for child in self.children.values():
                child.stop()

    def _watch(self) -> None:
        while not self._over.wait(1):
            for child in self.children.values():
                child.revive()
            self.weigh()

    def weigh(self) -> Memory:
        for name, child in self.children.items():
            sizes = []
            for process in child.tree():
                with suppress(psutil.Error):
                    sizes.append(process.memory_info().rss / 2**20)
            self.memory.now[name] = max(sizes, default=0.0)
            self.memory.most[name] = max(self.memory.most.get(name, 0.0), self.memory.now[name])
        return self.memory

    def restarts(self) -> dict[str, int]:
        return {name: child.restarts for name, child in self.children.items()}

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=10) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def complaints(self, *, since: Mapping[str, int]) -> list[str]:
        """What the processes logged with a traceback behind these positions of their logs, each kind once."""
        found: dict[str, None] = {}
        for name, line in self._logged(since):
            if '"traceback"' in line:
                with suppress(ValueError):
                    told = json.loads(line)
                    fault = str(told["traceback"]).strip().splitlines()[-1]
                    words = f"{name}: {told.get('message')}: {fault}"
                    found[" ".join(words.split())[:240]] = None
        return list(found)

    def deaths(self, *, since: Mapping[str, int]) -> list[str]:
        """What workers logged of a process of their pool that was ended by a signal."""
        return [
            f"{name}: {line[:300]}" for name, line in self._logged(since) if "exited with 'signal" in line
        ]

    def _logged(self, since: Mapping[str, int]) -> Iterator[tuple[str, str]]:
        for name, child in self.children.items():
            if child.log.exists():
                text = child.log.read_bytes()[since.get(name, 0) :].decode(errors="replace")
                yield from ((name, line) for line in text.splitlines())

    def marks(self) -> dict[str, int]:
        """How far each log has come."""
        return {
            name: child.log.stat().st_size if child.log.exists() else 0
            for name, child in self.children.items()
        }


def _command(service: composed.Service) -> tuple[str, ...]:
    """Its command with the program that stands in the virtual environment."""
    program, *rest = service.command
    return (sys.executable, "-m", program, *rest)
