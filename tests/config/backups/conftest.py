import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection

from config import database

Manage = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(autouse=True)
def weights_folder(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "weights"
    folder.mkdir()
    monkeypatch.setenv("WEIGHTS_DIR", str(folder))
    return folder


@pytest.fixture
def kept(tmp_path) -> Path:
    """A folder for backups."""
    return tmp_path / "kept"


@pytest.fixture
def elsewhere(tmp_path) -> Iterator[Manage]:
    """Runs manage.py of a platform that is new: an empty database and no file."""
    name = f"{connection.settings_dict['NAME']}_elsewhere"
    given = {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "TEST_DATABASE": name,
        "TEST_FILES": str(tmp_path / "elsewhere"),
        "WEIGHTS_DIR": str(tmp_path / "weights-elsewhere"),
    }

    def manage(
        *arguments: str | Path, check: bool = True, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "manage.py", *map(str, arguments)],
            cwd=database.PROJECT,
            env=os.environ | given | environment,
            text=True,
            capture_output=True,
        )
        assert done.returncode == 0 or not check, done.stderr
        return done

    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}"')
    yield manage
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
