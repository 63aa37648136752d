"""Another embedded PostgreSQL beside the tests' own, as a second machine would have one."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from config import database


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
