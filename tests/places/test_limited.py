"""What a decoder may do wrong, and what becomes of the process that asked it: nothing."""

import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from places.limited import Bounds, Children, Crashed, OutOfBounds, Refused

pytestmark = pytest.mark.thorough

HERE = __name__
ENOUGH = Bounds(seconds=20, megabytes=300)


# ---- Work for children, found by name


def turned_round(data: bytes, **options) -> tuple[dict, list[bytes]]:
    return options | {"process": os.getpid()}, [data[::-1], data]


def refuses(data: bytes) -> tuple[dict, list[bytes]]:
    raise Refused("because")


def crashes(data: bytes) -> tuple[dict, list[bytes]]:
    os.kill(os.getpid(), signal.SIGSEGV)
    time.sleep(60)
    return {}, []


def ends(data: bytes) -> tuple[dict, list[bytes]]:
    os._exit(0)


def breaks(data: bytes) -> tuple[dict, list[bytes]]:
    raise ZeroDivisionError


def turns_in_circles(data: bytes) -> tuple[dict, list[bytes]]:
    while True:
        pass


def waits(data: bytes) -> tuple[dict, list[bytes]]:
    time.sleep(600)
    return {}, []


def grows(data: bytes, *, megabytes: int, at_once: bool) -> tuple[dict, list[bytes]]:
    taken = [bytearray(megabytes * 2**20)] if at_once else [bytearray(2**20) for _one in range(megabytes)]
    return {"taken": len(taken)}, []


def tells_its_limits(data: bytes) -> tuple[dict, list[bytes]]:
    import resource

    return {"core": resource.getrlimit(resource.RLIMIT_CORE)[0]}, []


# ---- What comes of it


@pytest.fixture
def children():
    made = Children(most=1)
    yield made
    made.end()


def run(children: Children, work, data: bytes = b"", *, bounds: Bounds = ENOUGH, **options):
    return children.run(f"{HERE}:{work.__name__}", data, bounds=bounds, **options)


def test_work_is_done_elsewhere_and_comes_back_whole(children):
    data = os.urandom(5_000_000)
    done = run(children, turned_round, data, one=1, none=None)
    assert done.told["process"] != os.getpid()
    assert (done.told["one"], done.told["none"]) == (1, None)
    assert done.parts == [data[::-1], data]


def test_a_child_is_kept_for_the_next(children):
    first, second = (run(children, turned_round, data).told["process"] for data in (b"a", b"b" * 40_000_000))
    assert first == second
    assert run(children, turned_round, b"c").parts[0] == b"c"  # nothing of the longer one before is left


def test_a_refusal_is_an_answer(children):
    before = run(children, turned_round).told["process"]
    with pytest.raises(Refused) as refused:
        run(children, refuses)
    assert refused.value.code == "because"
    assert run(children, turned_round).told["process"] == before


@pytest.mark.parametrize("work", [crashes, ends, breaks])
def test_a_crash_ends_the_child_and_the_next_gets_another(children, work):
    before = run(children, turned_round).told["process"]
    with pytest.raises(Crashed):
        run(children, work)
    assert run(children, turned_round).told["process"] != before
    assert not Path(f"/proc/{before}").exists()


def test_a_child_that_died_in_the_meantime_is_replaced(children):
    before = run(children, turned_round).told["process"]
    os.kill(before, signal.SIGABRT)
    while Path(f"/proc/{before}/cmdline").read_bytes():
        time.sleep(0.01)
    assert run(children, turned_round).told["process"] != before


@pytest.mark.parametrize("work", [turns_in_circles, waits])
def test_what_does_not_come_to_an_end_is_ended(children, work):
    before = run(children, turned_round).told["process"]
    with pytest.raises(OutOfBounds):
        run(children, work, bounds=Bounds(seconds=1, megabytes=300))
    assert run(children, turned_round).told["process"] != before


def test_time_is_counted_for_each_job_anew(children):
    for _time in range(4):
        run(children, grows, megabytes=50, at_once=False, bounds=Bounds(seconds=1, megabytes=300))


@pytest.mark.parametrize("at_once", [True, False])
def test_what_takes_too_much_memory_is_ended(children, at_once):
    assert run(children, grows, megabytes=100, at_once=at_once).told["taken"]
    with pytest.raises(OutOfBounds):
        run(children, grows, megabytes=400, at_once=at_once)
    assert run(children, turned_round, b"ab").parts[0] == b"ba"


def test_a_crash_leaves_no_photo_in_a_core_file(children):
    assert run(children, tells_its_limits).told == {"core": 0}


def test_many_may_ask_at_once():
    children = Children(most=2)
    with ThreadPoolExecutor(8) as threads:
        done = list(threads.map(lambda n: run(children, turned_round, b"%d" % n), range(40)))
    assert [each.parts[1] for each in done] == [b"%d" % n for n in range(40)]
    assert len({each.told["process"] for each in done}) <= 2
    children.end()


def test_one_that_hangs_holds_nobody_else_up():
    children = Children(most=2)
    hanging = threading.Thread(
        target=lambda: pytest.raises(
            OutOfBounds, run, children, waits, bounds=Bounds(seconds=1, megabytes=300)
        )
    )
    hanging.start()
    for _time in range(5):
        assert run(children, turned_round, b"ab").parts[0] == b"ba"
    hanging.join()
    children.end()


def test_a_forked_process_has_children_of_its_own(children):
    ours = run(children, turned_round).told["process"]
    reader, writer = os.pipe()
    if (pid := os.fork()) == 0:
        theirs = run(children, turned_round).told["process"]
        os.write(writer, str(theirs).encode())
        os._exit(0)
    os.waitpid(pid, 0)
    theirs = int(os.read(reader, 20))
    assert theirs != ours
    assert run(children, turned_round).told["process"] == ours


def test_children_end_with_whoever_started_them(tmp_path):
    code = (
        "import os, signal\n"
        "from places.limited import Bounds, Children\n"
        f"done = Children(most=1).run('{HERE}:turned_round', b'', bounds=Bounds(5, 300))\n"
        "print(done.told['process'], flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    import subprocess

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    deadline = time.monotonic() + 60
    while Path(f"/proc/{int(said)}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
