"""What the platform needs from others besides its database, each a real one on loopback: Redis, and an S3 store.

Redis can be stopped and started again, and the store can be told to refuse.
"""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.other_server import HERE, free_port

PATIENCE = 60  # seconds for a server to come up
REFUSAL = (
    b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code>'
    b"<Message>Please reduce your request rate.</Message></Error>"
)


def until(happened: Callable[[], object], *, what: str, seconds: float = PATIENCE) -> float:
    """Wait for something to happen; returns how long it took. Raises TimeoutError, which says what it was."""
    begun = time.monotonic()
    while not happened():
        if time.monotonic() - begun > seconds:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.1)
    return time.monotonic() - begun


def answers_at(port: int) -> bool:
    with suppress(OSError), socket.create_connection((HERE, port), timeout=1):
        return True
    return False


class Redis:
    """Keeps what it has over a restart in a log of every write, as compose.yaml has it."""

    def __init__(self, program: str, folder: Path) -> None:
        self.port = free_port()
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.command = [
            program,
            *("--bind", HERE, "--port", str(self.port), "--dir", str(folder)),
            *(
                "--appendonly",
                "yes",
                "--save",
                "",
                "--maxmemory",
                "512mb",
                "--maxmemory-policy",
                "volatile-lru",
            ),
        ]
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://{HERE}:{self.port}/0"

    @property
    def cache_url(self) -> str:
        return f"rediscache://{HERE}:{self.port}/1"

    def start(self) -> None:
        with open(self.folder / "redis.log", "ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, start_new_session=True)
        until(lambda: answers_at(self.port), what="Redis")

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(PATIENCE)


class Store:
    """moto's S3 server behind a gate that can be shut; what went through stays either way."""

    BUCKET = "tourism"

    def __init__(self) -> None:
        from moto.server import ThreadedMotoServer

        self._inner = ThreadedMotoServer(HERE, free_port(), verbose=False)
        self.gate = Gate(self._inner._port)

    @property
    def url(self) -> str:
        return f"http://{HERE}:{self.gate.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "S3_BUCKET": self.BUCKET,
            "S3_ENDPOINT_URL": self.url,
            "S3_REGION": "us-east-1",
            "S3_ACCESS_KEY": "soak",
            "S3_SECRET_KEY": "soak-secret",
            "S3_MAKE_BUCKET": "1",
        }

    def start(self) -> None:
        self._inner.start()
        self.gate.start()

    def stop(self) -> None:
        self.gate.stop()
        self._inner.stop()

    def client(self):
        import boto3

        return boto3.client(
            "s3",
            endpoint_url=f"http://{HERE}:{self._inner._port}",
            region_name="us-east-1",
            aws_access_key_id="soak",
            aws_secret_access_key="soak-secret",
        )

    def names(self) -> set[str]:
        """Of all that is in it and not empty."""
        pages = self.client().get_paginator("list_objects_v2").paginate(Bucket=self.BUCKET)
        return {entry["Key"] for page in pages for entry in page.get("Contents", ()) if entry["Size"]}


class Gate:
    """Lets connections through to a server, or answers each request 503 while it refuses."""

    def __init__(self, inner_port: int) -> None:
        self._inner_port = inner_port
        self._refuses = threading.Event()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server((HERE, 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self.refused = 0

    def start(self) -> None:
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        self._listener.close()
        self._cut()

    def refuse(self) -> None:
        self._refuses.set()
        self._cut()

    def let_through(self) -> None:
        self._refuses.clear()

    def _cut(self) -> None:
        for each in list(self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                outer, _address = self._listener.accept()
                threading.Thread(target=self._serve, args=[outer], daemon=True).start()

    def _serve(self, outer: socket.socket) -> None:
        with outer, suppress(OSError):
            if self._refuses.is_set():
                self._answer_503(outer)
                return
            with socket.create_connection((HERE, self._inner_port)) as inner:
                self._open |= {outer, inner}
                back = threading.Thread(target=_pour, args=[inner, outer], daemon=True)
                back.start()
                _pour(outer, inner)
                back.join()
                self._open -= {outer, inner}

    def _answer_503(self, outer: socket.socket) -> None:
        outer.settimeout(5)
        head = b""
        while b"\r\n\r\n" not in head and (piece := outer.recv(65536)):
            head += piece
        self.refused += 1
        outer.sendall(
            b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n" % len(REFUSAL) + REFUSAL
        )
        outer.shutdown(socket.SHUT_WR)
        while outer.recv(65536):  # or what is still being sent would break the answer
            pass


def _pour(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
