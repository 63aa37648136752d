from collections.abc import Iterator
from pathlib import Path

import pytest

from config import database

SHARED_DATA = database.PROJECT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    """The embedded server is up before the first test database is made, and stopped by the last run to end."""
    with database.serving():
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real photographs; tests that read it skip where it is not."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"needs the photographs in {SHARED_DATA.relative_to(database.PROJECT.parent)} beside the project")
    return SHARED_DATA
