import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from config import database

pytestmark = pytest.mark.servers

SERVE = [sys.executable, "-m", "config.database", "serve", "--"]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Open to an account without privileges, as pytest's own temporary folders are not."""
    folder = Path(tempfile.mkdtemp(prefix="vietnam-tourism-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def home(folder, monkeypatch) -> Iterator[Path]:
    """A server's home, with a database in it from the second test on; the server is down."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("POSTGRES_HOME", str(folder / "postgres"))
    yield folder / "postgres"
    with monkeypatch.context() as patch:
        patch.setenv("POSTGRES_HOME", str(folder / "postgres"))
        database._stop()


@pytest.fixture
def empty_home(home, monkeypatch) -> Iterator[Path]:
    """One more, where there is no database yet."""
    empty = home.with_name("empty")
    monkeypatch.setenv("POSTGRES_HOME", str(empty))
    yield empty
    shutil.rmtree(empty, ignore_errors=True)


def ask(statement: str) -> str:
    address = ("--host", database.socket_folder(), "--username", database.USER)
    return database._run("psql", *address, "-d", database.NAME, "-Atc", statement).stdout.strip()


def postmaster(home: Path) -> int:
    return int((home / "data" / "postmaster.pid").read_text().split()[0])


def test_the_server_runs_inside_the_block_and_stops_after_it(home):
    with database.serving():
        assert database.is_up()
        assert (
            ask(
                "SELECT count(*) FROM pg_available_extensions WHERE name IN ('vector', 'unaccent', 'pg_trgm')"
            )
            == "3"
        )
    assert not database.is_up()
    with database.serving():
        assert ask("SELECT 1") == "1"


def test_it_listens_on_no_network_and_its_files_are_its_own(home):
    with database.serving():
        assert ask("SHOW listen_addresses") == ""
        assert database.socket_folder().stat().st_mode & 0o077 == 0
        assert (home / "data").stat().st_mode & 0o077 == 0


def test_the_last_user_stops_the_server_not_the_first(home):
    with database.serving():
        other = subprocess.Popen(
            [*SERVE, "sh", "-c", "echo up; cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert other.stdout.readline() == b"up\n"
    assert database.is_up()
    other.communicate()
    assert not database.is_up()


def test_a_killed_user_does_not_keep_the_server_up(home):
    with database.serving():
        other = subprocess.Popen(
            [*SERVE, "sh", "-c", "echo up; cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        other.stdout.readline()
        other.kill()
        other.wait()
        other.stdin.close()
    assert not database.is_up()


def test_several_starters_at_once_on_an_empty_home_share_one_server(empty_home):
    starters = [subprocess.Popen([*SERVE, "true"], stderr=subprocess.PIPE) for _number in range(3)]
    assert [starter.communicate()[1] for starter in starters] == [b"", b"", b""]
    assert [starter.returncode for starter in starters] == [0, 0, 0]
    assert (empty_home / "server.log").read_text().count("starting PostgreSQL") in (1, 2, 3)
    assert "lock file" not in (empty_home / "server.log").read_text()


def test_after_a_kill_of_everything_the_next_start_finds_the_data(home):
    with database.serving():
        ask("CREATE TABLE kept (what text)")
        ask("INSERT INTO kept VALUES ('this')")
        os.kill(postmaster(home), signal.SIGKILL)
        assert (home / "data" / "postmaster.pid").exists()
    with database.serving():
        assert ask("SELECT what FROM kept") == "this"


def test_a_server_that_died_inside_the_block_is_revived(home):
    with database.serving():
        first = postmaster(home)
        database.revive()
        assert postmaster(home) == first
        os.kill(first, signal.SIGKILL)
        while database._lives(home / "data" / "postmaster.pid"):
            pass
        database.revive()
        assert ask("SELECT 1") == "1"
        assert postmaster(home) != first


def test_a_server_stopped_by_somebody_is_started_again_by_another(home):
    with database.serving():
        database._stop()
        subprocess.run([*SERVE, "true"], check=True)
        assert ask("SELECT 1") == "1"


def test_what_a_killed_server_left_at_work_is_waited_for(home):
    with database.serving():
        address = ["-h", database.socket_folder(), "-U", database.USER, database.NAME]
        busy = subprocess.Popen(
            [
                database._programs() / "psql",
                *address,
                "-c",
                "SELECT count(*) FROM generate_series(1, 10000000)",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while ask("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%generate_series(1, 1%'") != "2":
            pass
        os.kill(postmaster(home), signal.SIGKILL)
        busy.poll()
    with database.serving():
        assert ask("SELECT 1") == "1"
    busy.wait()


@pytest.mark.parametrize("left", ["data/postmaster.pid", f"socket/{database.SOCKET}.lock"])
def test_a_pid_file_whose_number_another_process_has_now_is_no_obstacle(home, left):
    with database.serving():
        content = (home / left).read_text().split("\n", 1)
        os.kill(postmaster(home), signal.SIGKILL)
    bystander = subprocess.Popen(["sleep", "60"], user=(home / "data").stat().st_uid)
    (home / left).write_text("\n".join([str(bystander.pid), content[1]]))
    with database.serving():
        assert ask("SELECT 1") == "1"
    assert bystander.poll() is None  # nor was it stopped in the server's place
    bystander.kill()
    bystander.wait()


def test_an_initdb_cut_short_is_made_again(home):
    with database.serving():
        pass
    (home / "data").rename(home / "data.unfinished")
    (home / "data.unfinished" / "global" / "pg_control").unlink()
    with database.serving():
        assert ask("SELECT 1") == "1"


def test_data_of_another_version_is_refused_at_once_with_the_servers_own_words(home):
    with database.serving():
        pass
    version = home / "data" / "PG_VERSION"
    ours = version.read_text()
    version.write_text("15\n")
    with (
        pytest.raises(database.DatabaseError, match="initialized by PostgreSQL version 15"),
        database.serving(),
    ):
        pass
    version.write_text(ours)


def test_the_checkout_may_lie_anywhere(empty_home, monkeypatch):
    odd = empty_home / "it's a đường dẫn, far away" / ("long" * 30) / "postgres"
    monkeypatch.setenv("POSTGRES_HOME", str(odd))
    with database.serving():
        assert ask("SELECT 1") == "1"
        assert database.socket_folder().parent == Path("/tmp")
    database.socket_folder().rmdir()


def test_a_folder_with_other_files_is_refused_and_left_as_it_is(empty_home, monkeypatch):
    empty_home.mkdir()
    (empty_home / "letter").touch()
    taken = empty_home if os.geteuid() == 0 else Path("/tmp")  # for others than root: somebody else's
    monkeypatch.setenv("POSTGRES_HOME", str(taken))
    before = taken.stat()
    with pytest.raises(database.DatabaseError, match="it holds other files"), database.serving():
        pass
    assert (taken.stat().st_mode, taken.stat().st_uid) == (before.st_mode, before.st_uid)


def test_runs_that_begin_at_the_same_moment_make_the_folders_together(empty_home):
    with ThreadPoolExecutor(8) as runs:
        for number in range(50):
            path = empty_home / f"checkout-{number}" / "var" / "postgres"
            list(runs.map(database._make_folder, [path] * 8))
            assert path.stat().st_mode & 0o777 == 0o700


def test_a_link_that_somebody_laid_in_the_way_of_the_socket_is_not_followed(empty_home, monkeypatch):
    monkeypatch.setenv("POSTGRES_HOME", str(empty_home / ("long" * 30)))
    empty_home.mkdir()
    database.socket_folder().symlink_to(empty_home)
    with pytest.raises(database.DatabaseError, match="is not the database's"):
        database._make_folder(database.socket_folder())
    database.socket_folder().unlink()


def test_a_checkout_that_only_root_can_enter_keeps_its_data_where_the_server_can(tmp_path, monkeypatch):
    (tmp_path / "closed").mkdir(mode=0o700)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("POSTGRES_HOME", str(tmp_path / "closed" / "postgres"))
    assert database.home().parent == Path("/var/lib")
    assert database.home() == database.home()


def test_root_hands_the_server_to_postgres_or_else_to_nobody(empty_home, monkeypatch):
    accounts = {
        "postgres": SimpleNamespace(pw_uid=70, pw_gid=71),
        "nobody": SimpleNamespace(pw_uid=99, pw_gid=98),
    }
    with monkeypatch.context() as patch:
        patch.setattr(os, "geteuid", lambda: 0)
        patch.setattr(database.pwd, "getpwnam", lambda name: accounts[name])
        assert database._account() == (70, 71)
        del accounts["postgres"]
        assert database._account() == (99, 98)
        del accounts["nobody"]
        with pytest.raises(database.DatabaseError, match="neither"):
            database._account()


def test_root_lets_the_owner_of_the_data_run_the_server(empty_home, monkeypatch):
    (empty_home / "data").mkdir(parents=True)
    owner = (empty_home / "data").stat()
    with monkeypatch.context() as patch:
        patch.setattr(os, "geteuid", lambda: 0)
        assert database._account() == (owner.st_uid, owner.st_gid)


def test_without_the_package_the_message_says_what_to_do(empty_home, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("importlib.util.find_spec", lambda name: None)
        with pytest.raises(database.DatabaseError, match="make install"), database.serving():
            pass


def test_serve_hands_on_the_commands_end(home):
    assert subprocess.run([*SERVE, "sh", "-c", "exit 7"]).returncode == 7
    assert subprocess.run([*SERVE, "echo", "--", "x"], capture_output=True, text=True).stdout == "-- x\n"


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        (
            {"NAME": "d", "USER": "u", "HOST": "/tmp/some where"},
            "sqla+postgresql+psycopg://u@/d?host=/tmp/some+where",
        ),
        (
            {"NAME": "d", "USER": "u", "PASSWORD": "p@/:", "HOST": "db.example", "PORT": 6000},
            "sqla+postgresql+psycopg://u:p%40%2F%3A@db.example:6000/d",
        ),
        (
            {"NAME": "d", "USER": "u", "HOST": "db", "PORT": "", "OPTIONS": {"sslmode": "require"}},
            "sqla+postgresql+psycopg://u@db/d?sslmode=require",
        ),
    ],
)
def test_the_queues_address_follows_from_the_databases(settings, address):
    assert database.queue_url(settings) == address


def test_another_server_is_used_where_database_url_names_one(home, monkeypatch):
    """The very same programs, but over TCP, as a server elsewhere would be."""
    with database.serving():
        pass
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories=''"
    database._run("pg_ctl", "start", "-w", "-D", home / "data", "-l", home / "server.log", "-o", options)
    environment = os.environ | {
        "DATABASE_URL": f"postgres://{database.USER}@127.0.0.1:{port}/{database.NAME}",
        "POSTGRES_HOME": str(home.parent / "unused"),
    }
    code = (
        "import kombu\n"
        "from django.conf import settings\n"
        "from django.db import connection\n"
        "with connection.cursor() as cursor:\n"
        "    cursor.execute('SHOW port')\n"
        "    print(cursor.fetchone()[0])\n"
        "url = settings.CELERY_BROKER_URL\n"
        "with kombu.Connection(url) as queue, queue.SimpleQueue('letters') as letters:\n"
        "    letters.put('hello')\n"
        "    print(letters.get(timeout=10).payload)\n"
    )
    shell = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
    answer = subprocess.run(shell, cwd=database.PROJECT, env=environment, text=True, capture_output=True)
    assert answer.stdout.split() == [str(port), "hello"], answer.stderr
    assert not (home.parent / "unused").exists()
