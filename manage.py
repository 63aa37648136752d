#!/usr/bin/env python
"""The project's commands; the embedded database is up while one runs, unless DATABASE_URL names another."""

import os
import sys

from config import database


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    from django.core.management import execute_from_command_line

    try:
        with database.serving():
            execute_from_command_line(sys.argv)
    except database.DatabaseError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
