"""The database as a file, and back: PostgreSQL's own pg_dump, pg_restore and psql, whichever server it is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from django.conf import settings
from django.db import connection
from psycopg import pq
from psycopg.conninfo import make_conninfo

from config import database

from . import BackupError

# Not the platform's memory: what waits in the queue is sent again by the sweeper, and a cache fills by itself.
QUEUE = ("kombu_message", "kombu_queue")
ELSEWHERE = "descriptors_on_*"  # foreign tables: what lies there is put by apart

# All that is in the schema, but for what extensions put there; server by server, whoever owns the schema itself.
EMPTY = """
DO $$
DECLARE each record;
BEGIN
    FOR each IN
        SELECT format('DROP %s IF EXISTS public.%I CASCADE', CASE relkind WHEN 'v' THEN 'VIEW'
            WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'S' THEN 'SEQUENCE'
            ELSE 'TABLE' END, relname) AS statement
        FROM pg_class AS c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
        AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid
            AND (deptype = 'e' OR relkind = 'S' AND deptype IN ('a', 'i')))
        UNION ALL
        SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', oid::regprocedure)
        FROM pg_proc AS p WHERE pronamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e')
        UNION ALL
        SELECT format('DROP SERVER IF EXISTS %I CASCADE', srvname) FROM pg_foreign_server
        WHERE srvname LIKE 'vectors\_on\_%'
    LOOP
        EXECUTE each.statement;
    END LOOP;
END $$;
"""

# Where it was made, some vectors may have lain on other servers; here all are at home.
NOWHERE_ELSE = """
DO $$
BEGIN
    IF to_regclass('public.retrieval_part') IS NOT NULL THEN
        DELETE FROM public.retrieval_part;
        DELETE FROM public.retrieval_strayvector;
    END IF;
END $$;
"""


def dump(path: Path, *, snapshot: str) -> None:
    """Write the database as it is in an exported snapshot. Raises BackupError."""
    left_out = [f"--exclude-table-data=public.{table}" for table in (*QUEUE, *_cache_tables())]
    _run(
        "pg_dump",
        *("--format=custom", "--compress=gzip:1", f"--snapshot={snapshot}", f"--file={path}"),
        *("--no-owner", "--no-privileges", f"--exclude-table=public.{ELSEWHERE}", *left_out),
        f"--dbname={address()}",
    )


def restore(path: Path, *, vectors: Path | None) -> None:
    """Put the database that a dump shows in place of the present one, in one transaction: all of it or nothing.

    vectors: those that lay on other servers; they come home. Raises BackupError.
    """
    with tempfile.TemporaryDirectory(prefix="vietnam-tourism-") as folder:
        wanted = Path(folder) / "list"
        lines = _run("pg_restore", "--list", str(path)).splitlines(keepends=True)
        wanted.write_text("".join(line for line in lines if not _is_elsewhere(line)))
        said = Path(folder) / "said"
        with said.open("wb") as errors:
            psql = subprocess.Popen(
                [
                    database.client("psql"),
                    "-X",
                    "-q",
                    "-v",
                    "ON_ERROR_STOP=1",
                    "-o",
                    os.devnull,
                    "-d",
                    address(),
                ],
                stdin=subprocess.PIPE,
                stderr=errors,
                env=_environment(),
            )
            script = subprocess.Popen(
                [
                    database.client("pg_restore"),
                    *("--file=-", "--no-owner", "--no-privileges", "--no-comments"),
                    *(f"--use-list={wanted}", str(path)),
                ],
                stdout=subprocess.PIPE,
                stderr=errors,
                env=_environment(),
            )
            assert psql.stdin
            assert script.stdout
            try:
                psql.stdin.write(
                    f"BEGIN;\nSET LOCAL lock_timeout = '60s';\nSET LOCAL client_min_messages = warning;\n{EMPTY}".encode()
                )
                shutil.copyfileobj(script.stdout, psql.stdin)
                # A script that was cut short is never committed: leaving takes back all of it.
                if script.wait() == 0:
                    psql.stdin.write(
                        f"{_bring_home(vectors) if vectors else ''}{NOWHERE_ELSE}COMMIT;\n".encode()
                    )
                psql.stdin.close()
            except BrokenPipeError:
                script.kill()
            ended = (script.wait(), psql.wait())
        if any(ended):
            raise BackupError(
                "The database could not be brought back, and is as it was:\n"
                + said.read_text(errors="replace").strip()[-2000:]
            )


def address() -> str:
    """Where the database is, as PostgreSQL's programs are told; the password goes another way."""
    known = {each.keyword.decode() for each in pq.Conninfo.get_defaults()} - {"password"}
    told = connection.get_connection_params()
    return make_conninfo(**{key: value for key, value in told.items() if key in known})


def _environment() -> dict[str, str]:
    password = connection.settings_dict.get("PASSWORD")
    return os.environ | ({"PGPASSWORD": password} if password else {})


def _is_elsewhere(line: str) -> bool:
    """Whether a line of pg_restore's list is of what only that place has."""
    return (
        re.search(
            r"^\d+; \d+ \d+ (SERVER|USER MAPPING|FOREIGN DATA WRAPPER|EXTENSION - postgres_fdw)\b", line
        )
        is not None
    )


def _bring_home(vectors: Path) -> str:
    quoted = str(vectors).replace("'", "''")
    return (
        "SET search_path = public;\n"
        "CREATE TEMPORARY TABLE brought (id bigint PRIMARY KEY, vector vector) ON COMMIT DROP;\n"
        f"\\copy brought FROM '{quoted}' (FORMAT binary)\n"
        "UPDATE retrieval_descriptor SET vector = brought.vector, part = '' FROM brought WHERE brought.id = "
        "retrieval_descriptor.id;\n"
    )


def _cache_tables() -> list[str]:
    return [
        each["LOCATION"] for each in settings.CACHES.values() if each["BACKEND"].endswith(".DatabaseCache")
    ]


def _run(program: str, *arguments: str) -> str:
    try:
        result = subprocess.run(
            [database.client(program), *arguments],
            env=_environment(),
            stdin=subprocess.DEVNULL,
            text=True,
            capture_output=True,
        )
    except (database.DatabaseError, FileNotFoundError) as error:
        raise BackupError(f"{program} is missing: {error}") from error
    if result.returncode:
        hint = ""
        if "server version mismatch" in result.stderr:
            hint = "\nPG_PROGRAMS may name the folder of a newer server's programs."
        raise BackupError(f"{program} failed:\n{result.stderr.strip()}{hint}")
    return result.stdout
