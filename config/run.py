"""The whole platform in one process tree: database, migrations, catalogue, a worker and the web server.

    python -m config.run

HOST and PORT say where it is served, PHOTOS names a folder of photos to take in instead of the rendered
pictures that come with it. It runs until Ctrl-C or SIGTERM, or until one of its parts ends, and
then stops all that it started.
"""

from __future__ import annotations

import ctypes
import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from config import database

GRACE = 8  # seconds that a part has to end by itself
VAR_DIR = Path(os.environ.get("VAR_DIR") or database.PROJECT / "var")
# A network takes one thread of a process; here one worker has the whole machine.
THREADS = os.environ.get("INFERENCE_THREADS") or str(len(os.sched_getaffinity(0)))
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class RunError(RuntimeError):
    """The platform could not be started; the message says why and what to do."""


def supervise(commands: dict[str, list[str]], *, watch: Callable[[], None] | None = None) -> str:
    """Run all commands until one ends, and return its name; then, or on a signal, stop them all.

    Each line that a command prints is shown behind its name. `watch` is called over and over in between.
    Raises KeyboardInterrupt on a signal, once all are stopped; impatience does not cut the stopping short.
    """
    children: dict[str, subprocess.Popen[str]] = {}
    # Only noted by the handler: an exception raised anywhere, as by Python's own, can break a thread's start.
    signals: list[int] = []
    for number in STOPPING:
        signal.signal(number, lambda number, _frame: signals.append(number))
    try:
        for name, command in commands.items():
            children[name] = subprocess.Popen(
                command,
                cwd=database.PROJECT,
                env=os.environ | {"PYTHONUNBUFFERED": "1", "INFERENCE_THREADS": THREADS},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,  # Ctrl-C reaches us alone, and what a part leaves behind can be found
                preexec_fn=_end_with_parent,
            )
        for name, child in children.items():
            threading.Thread(target=_show, args=(f"{name:6} | ", child), daemon=True).start()
        while not signals:
            for name, child in children.items():
                if child.poll() is not None:
                    return name
            if watch:
                watch()
            time.sleep(0.5)
        raise KeyboardInterrupt
    finally:
        _stop(list(children.values()))


def _end_with_parent() -> None:
    """Where the kernel can (Linux), a kill -9 of ours ends the parts too."""
    with suppress(AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def _show(prefix: str, child: subprocess.Popen[str]) -> None:
    for line in child.stdout or ():
        print(f"{prefix}{line}", end="", flush=True)


def _stop(children: list[subprocess.Popen[str]]) -> None:
    for child in children:
        child.terminate()
    deadline = time.monotonic() + GRACE
    for child in children:
        with suppress(subprocess.TimeoutExpired):
            child.wait(max(0.0, deadline - time.monotonic()))
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


@contextmanager
def _alone(address: str) -> Iterator[None]:
    """One platform per checkout; the lock is the kernel's, and does not outlive a killed process."""
    VAR_DIR.mkdir(parents=True, exist_ok=True)
    with open(VAR_DIR / "run.lock", "a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise RunError(f"The platform of this folder already runs: {lock.read()}") from None
        lock.truncate(0)
        lock.write(f"{address} (process {os.getpid()})")
        lock.flush()
        yield


def _check_free(host: str, port: int) -> None:
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        reason = (error.strerror or "").partition(" (")[0]
        raise RunError(
            f"Cannot serve on {host} port {port}: {reason}. Choose another: make run PORT={port + 1}"
        ) from error


def _announce(host: str, port: int, address: str) -> None:
    """Print the address once it answers."""
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    while True:
        try:
            connection = http.client.HTTPConnection(reached, port, timeout=60)
            connection.request("GET", "/")
            connection.getresponse().close()
        except (OSError, http.client.HTTPException):
            time.sleep(0.3)
        else:
            print(f"\nThe platform runs: {address}   (Ctrl-C stops it)\n", flush=True)
            return


def _prepare(address: str, photos: str) -> None:
    command = [
        sys.executable,
        "-m",
        "config.prepare",
        *(("--photos", photos) if photos else ("--demo", address)),
    ]
    if subprocess.run(command, cwd=database.PROJECT, stdin=subprocess.DEVNULL).returncode:
        raise RunError("The database could not be made ready: see above.")


def run(host: str, given_port: str, photos: str = "") -> str:
    """Serve the platform, with the photos of a folder; returns the name of the part that ended. Raises RunError, DatabaseError."""
    if not given_port.isdecimal() or not 0 < int(given_port) < 65536:
        raise RunError(f"PORT={given_port}: give a number from 1 to 65535.")
    if photos and not Path(photos).is_dir():
        raise RunError(f"PHOTOS={photos}: there is no such folder.")
    port = int(given_port)
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    address = f"http://{bind}/"
    with _alone(address):
        _check_free(host, port)
        with database.serving():
            _prepare(address, photos)
            threading.Thread(target=_announce, args=(host, port, address), daemon=True).start()
            return supervise(
                {
                    "worker": [
                        *(sys.executable, "-W", "ignore:You're running the worker with superuser"),
                        *("-m", "celery", "--quiet", "-A", "config.celery", "worker"),
                        *("--concurrency", "1", "--beat"),
                    ],
                    "web": [
                        *(sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", bind),
                        *("--config", "python:config.gunicorn", "--graceful-timeout", "3"),
                    ],
                },
                watch=database.revive,
            )


def main() -> int:
    for number in STOPPING:
        signal.signal(number, signal.default_int_handler)
    try:
        ended = run(
            os.environ.get("HOST") or "127.0.0.1",
            os.environ.get("PORT") or "8000",
            os.environ.get("PHOTOS") or "",
        )
    except (RunError, database.DatabaseError) as error:
        print(error, file=sys.stderr)
        return 1
    except PermissionError as error:
        print(f"{error.filename} belongs to another account; remove it, or run as that one.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.")
        return 0
    print(f"The {ended} process ended by itself: see above. Everything else is stopped.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
