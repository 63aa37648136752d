"""Every migration can be taken back, and made again."""

import os
import subprocess
import sys

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from config import database

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]

ROOMS = ("retrieval", "places", "accounts")


def test_each_room_goes_back_to_nothing_and_forward_to_what_the_code_says():
    name = f"{connection.settings_dict['NAME']}_migrated"
    given = {"DJANGO_SETTINGS_MODULE": "config.settings.test", "TEST_DATABASE": name}
    code = (
        "from django.core.management import call_command as call\n"
        "from django.db import connection\n"
        "def tables():\n"
        "    return sorted(t for t in connection.introspection.table_names() if t.split('_')[0] in ROOMS)\n"
        f"ROOMS = {ROOMS}\n"
        "call('migrate', verbosity=0)\n"
        "before = tables()\n"
        "for room in ROOMS:\n"
        "    call('migrate', room, 'zero', verbosity=0)\n"
        "assert tables() == [], tables()\n"
        "with connection.cursor() as cursor:\n"
        "    cursor.execute(\"SELECT proname FROM pg_proc p WHERE pronamespace = 'public'::regnamespace AND NOT EXISTS \"\n"
        "        \"(SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')\")\n"
        "    assert cursor.fetchall() == []\n"
        "call('migrate', verbosity=0)\n"
        "assert tables() == before and len(before) > 20\n"
        "call('migrate', check_unapplied=True)\n"
        "call('makemigrations', check_changes=True, dry_run=True, verbosity=0)\n"
    )
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}"')
    try:
        done = subprocess.run(
            [sys.executable, "-c", f"import django\ndjango.setup()\n{code}"],
            cwd=database.PROJECT, env=os.environ | given, text=True, capture_output=True,
        )  # fmt: skip
    finally:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    assert done.returncode == 0, done.stderr


def test_every_operation_says_how_it_is_taken_back():
    loader = MigrationLoader(None, ignore_no_migrations=True)
    rooms = [app.label for app in apps.get_app_configs() if app.label in ROOMS]
    final = [
        f"{migration}: {operation}"
        for (app, _name), migration in loader.disk_migrations.items()
        if app in rooms
        for operation in migration.operations
        if not operation.reversible
    ]
    assert final == []
