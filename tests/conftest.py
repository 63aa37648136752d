import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import translation

from config import database

BESIDE = database.PROJECT.parent
SHARED_DATA = BESIDE / "shared" / "data"
LOCK = 20_250_701  # any number of our own


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker
) -> Iterator[None]:
    """The embedded server is up before the first test database is made, and it has a name of its own.

    Runs may overlap on one server: each takes the first free number, by a lock that ends with its connection.
    So the names are few, and what a killed run left is dropped by a later one.
    """
    with database.serving(), django_db_blocker.unblock(), connection._nodb_cursor() as cursor:
        for number in itertools.count():
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK, number])
            if cursor.fetchone()[0]:
                break
        connection.settings_dict["TEST"]["NAME"] = f"test_{connection.settings_dict['NAME']}_{number}"
        with django_db_blocker.block():
            yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real photographs; tests that read it skip where it is not."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"needs the photographs in {SHARED_DATA.relative_to(BESIDE)} beside the project")
    return SHARED_DATA


@pytest.fixture(autouse=True)
def _language_of_the_site() -> None:
    """An English page that another test asked for does not turn this one's addresses into English ones."""
    translation.activate(settings.LANGUAGE_CODE)
