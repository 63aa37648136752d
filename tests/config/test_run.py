import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config import database, run

pytestmark = pytest.mark.servers

SUPERVISOR = """
import signal, sys
from config import run
run.GRACE = 1
for number in run.STOPPING:
    signal.signal(number, signal.default_int_handler)
try:
    print("ended:", run.supervise({commands}), flush=True)
except KeyboardInterrupt:
    print("stopped", flush=True)
"""
# Ignores a polite request, and has a child of its own that does.
STUBBORN = ["sh", "-c", "trap '' TERM INT; sleep 300 & echo child $!; sleep 300"]


def supervisor(commands: dict[str, list[str]]) -> subprocess.Popen[str]:
    code = SUPERVISOR.format(commands=commands)
    return subprocess.Popen(
        [sys.executable, "-c", code], cwd=database.PROJECT, stdout=subprocess.PIPE, text=True
    )


def is_gone(pid: int) -> bool:
    """Within a few seconds: what is killed is not gone at once."""
    for _attempt in range(100):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.1)
    return False


def test_each_line_is_shown_behind_the_name_of_its_part():
    output, _ = supervisor({"web": ["sh", "-c", "echo one; echo two >&2; sleep 1"]}).communicate()
    assert output == "web    | one\nweb    | two\nended: web\n"


def test_when_one_part_ends_it_is_named_and_the_rest_is_stopped():
    running = supervisor({"worker": STUBBORN, "web": ["sh", "-c", "sleep 1; exit 3"]})
    child = int(running.stdout.readline().split()[-1])
    assert running.communicate()[0] == "ended: web\n"
    assert is_gone(child)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_every_part_and_what_it_started_even_where_it_is_ignored(number):
    running = supervisor({"worker": STUBBORN})
    child = int(running.stdout.readline().split()[-1])
    running.send_signal(number)
    assert running.communicate()[0] == "stopped\n"
    assert is_gone(child)


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's death signal")
def test_a_kill_of_the_supervisor_ends_its_parts_too():
    running = supervisor({"web": ["sh", "-c", "echo $$; exec sleep 300"]})
    part = int(running.stdout.readline().split()[-1])
    running.kill()
    running.communicate()
    assert is_gone(part)


def test_the_watch_is_called_while_all_runs():
    seen = []
    before = {number: signal.getsignal(number) for number in run.STOPPING}
    try:
        assert run.supervise({"web": ["sleep", "1"]}, watch=lambda: seen.append(1)) == "web"
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert len(seen) >= 2


def test_a_second_run_of_one_checkout_is_told_where_the_first_serves(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "VAR_DIR", tmp_path)
    with (
        run._alone("http://127.0.0.1:8000/"),
        pytest.raises(run.RunError, match=rf"already runs: http://127.0.0.1:8000/ \(process {os.getpid()}\)"),
        run._alone("http://127.0.0.1:9000/"),
    ):
        pass
    with run._alone("http://127.0.0.1:9000/"):
        pass


def test_a_port_in_use_is_refused_with_a_proposal():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(run.RunError, match=f"port {port}: Address already in use.*PORT={port + 1}"):
            run._check_free("127.0.0.1", port)
    run._check_free("127.0.0.1", port)


@pytest.mark.parametrize(
    ("name", "given"), [("PORT", "eighty"), ("PORT", "70000"), ("PHOTOS", "/no/such/folder")]
)
def test_what_cannot_be_meant_is_refused_in_one_line(name, given, tmp_path):
    environment = os.environ | {name: given, "VAR_DIR": str(tmp_path)}
    answer = subprocess.run(
        [sys.executable, "-m", "config.run"], env=environment, capture_output=True, text=True
    )
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert f"{name}={given}" in answer.stderr
