"""Work on bytes that strangers sent, in a process of its own, which has only so much memory and time.

A decoder is a large program written in C that reads what anybody may have made up. Where it crashes, hangs or asks for
all the memory there is, it takes its process along; so that process is never one that serves visitors or works on
searches, but a child that has nothing else to lose. Children are kept, since to start one takes longer than to
decode a photo; a file without a name, mapped by both sides, carries the bytes, so that to ask a child costs about
a millisecond more than to do the work oneself. What comes back is JSON and bytes, nothing that could run here.

This file knows neither Django nor photos: it is also the child's program, which should start fast.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import queue
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
LAST_AFTER = 1000  # jobs; then a child makes place for a fresh one
KEPT_MEGABYTES = 300  # a child that once needed more does too
SHEET_BYTES = 16 * 2**20  # what carries the bytes is cut back to so much in between
PATIENCE = 3  # how many times as long as its processor time a job may take on a busy machine


class Refused(Exception):
    """The work itself says no: `code` tells programs why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class OutOfBounds(Exception):
    """The work took more time or memory than it may."""


class Crashed(Exception):
    """The child ended by itself in the middle of the work."""


@dataclass(frozen=True)
class Bounds:
    """What a job may take: seconds of the processor, and megabytes beyond what a child has when it starts."""

    seconds: int
    megabytes: int


@dataclass(frozen=True)
class Done:
    """What came of a job: what is told of it, and bytes."""

    told: dict[str, Any]
    parts: Sequence[bytes]


class Child:
    """One process that works off jobs, one at a time."""

    def __init__(self, program: Sequence[str]) -> None:
        self._in, self._out = _sheet(), _sheet()
        self._line, theirs = socket.socketpair()
        with theirs:
            handles = [theirs.fileno(), self._in.fileno(), self._out.fileno()]
            self._process = subprocess.Popen(
                [*program, *map(str, handles)],
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                pass_fds=handles,
                start_new_session=True,  # Ctrl-C is for who started it; the end of the line ends it
            )

    def do(self, work: str, data: bytes, *, bounds: Bounds, options: dict) -> Done:
        """Raises Refused, OutOfBounds, Crashed; after the latter two this child is of no more use."""
        _write(self._in, [data])
        asked = {
            "work": work,
            "bytes": len(data),
            "seconds": bounds.seconds,
            "megabytes": bounds.megabytes,
            "options": options,
        }
        try:
            self._line.sendall(json.dumps(asked).encode() + b"\n")
            answer = self._read_line(time.monotonic() + PATIENCE * bounds.seconds)
        except OSError as error:  # it ended before it was asked
            raise Crashed from error
        if answer is None:
            raise self._why_it_ended()
        self.is_last = answer["last"]
        if "refused" in answer:
            raise Refused(answer["refused"])
        if "out_of_bounds" in answer:
            raise OutOfBounds
        place, parts = 0, []
        for length in answer["lengths"]:
            parts.append(os.pread(self._out.fileno(), length, place))
            place += length
        return Done(answer["told"], parts)

    is_last = False

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def end(self) -> None:
        with contextlib.suppress(OSError):
            self._process.kill()
        self._process.wait()
        self.forget()

    def forget(self) -> None:
        """Close this side of it; where it is another process's child, it stays."""
        for each in (self._line, self._in, self._out):
            each.close()

    def _read_line(self, until: float) -> dict | None:
        """The answer; None where the child has ended. Raises OutOfBounds."""
        said = b""
        while not said.endswith(b"\n"):
            self._line.settimeout(max(0.001, until - time.monotonic()))
            try:
                more = self._line.recv(65536)
            except TimeoutError:
                raise OutOfBounds from None
            if not more:
                return None
            said += more
        return json.loads(said)

    def _why_it_ended(self) -> Exception:
        ended = self._process.wait()
        # The processor's time was over, or the system was out of memory and chose it.
        return OutOfBounds() if ended in (-signal.SIGXCPU, -signal.SIGKILL) else Crashed()


class Children:
    """As many children as processors, started when they are first needed and replaced when they end."""

    PROGRAM = (sys.executable, "-m", "places.limited")

    def __init__(self, program: Sequence[str] = PROGRAM, *, most: int | None = None) -> None:
        self._program = program
        self._most = most or len(os.sched_getaffinity(0))
        self._begin()
        # A process that is forked from this one has no children yet.
        os.register_at_fork(after_in_child=self._begin_anew)

    def _begin(self) -> None:
        self._all: set[Child] = set()
        self._free: queue.LifoQueue[Child | None] = queue.LifoQueue()
        for _place in range(self._most):
            self._free.put(None)

    def _begin_anew(self) -> None:
        for child in self._all:
            child.forget()
        self._begin()

    def run(self, work: str, data: bytes, *, bounds: Bounds, **options: Any) -> Done:
        """What `work`, a "module:function", makes of the data: the function is given it and the options.

        It returns a dictionary for JSON, and a list of bytes. Raises Refused, which it may raise too, OutOfBounds, Crashed.
        """
        free = self._free
        child = free.get()
        try:
            if child is not None and child.has_ended:  # the system was out of memory, say
                child = self._end(child)
            if child is None:
                child = Child(self._program)
                self._all.add(child)
            done = child.do(work, data, bounds=bounds, options=options)
        except BaseException as error:
            if child is not None and not isinstance(error, Refused):  # in whatever state it is now
                child = self._end(child)
            raise
        finally:
            if child is not None and child.is_last:
                child = self._end(child)
            free.put(child)
        return done

    def all(self) -> list[Child]:
        """Those that there are now."""
        return list(self._all)

    def end(self) -> None:
        """End all that are free."""
        for child in list(self._all):
            self._end(child)
        self._begin()

    def _end(self, child: Child) -> None:
        self._all.discard(child)
        child.end()


def _sheet():
    if hasattr(os, "memfd_create"):
        return open(os.memfd_create("job"), "r+b", buffering=0)
    return tempfile.TemporaryFile(buffering=0)


def _write(sheet, parts: Sequence[bytes | memoryview]) -> None:
    if os.fstat(sheet.fileno()).st_size > SHEET_BYTES:
        os.ftruncate(sheet.fileno(), 0)
    place = 0
    for part in parts:
        rest = memoryview(part).cast("B")
        while rest:
            written = os.pwrite(sheet.fileno(), rest, place)
            place, rest = place + written, rest[written:]


# ---- The child


def main(line: int, sheet_in: int, sheet_out: int) -> None:
    """Work off jobs until nobody is there to ask."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a photo is not to lie about in a core file
    started_with = _megabytes("VmData", unknown=100)  # what is its own, libraries and shared memory left out
    warnings.simplefilter("ignore")  # decoders say much of what is odd about a file
    jobs = 0
    with (
        socket.socket(fileno=line) as ours,
        open(sheet_in, "r+b", 0) as given,
        open(sheet_out, "r+b", 0) as made,
    ):
        for asked in map(json.loads, ours.makefile("rb")):
            jobs += 1
            _bind(started_with, **{name: asked[name] for name in ("seconds", "megabytes")})
            answer = _do(asked, given, made)
            # Not the peak that getrusage tells, which began with the process that started this one.
            is_swollen = _megabytes("VmHWM", unknown=0) > KEPT_MEGABYTES
            answer["last"] = jobs >= LAST_AFTER or is_swollen or "out_of_bounds" in answer
            ours.sendall(json.dumps(answer).encode() + b"\n")


def _do(asked: dict, given, made) -> dict:
    try:
        told, parts = _function(asked["work"])(
            os.pread(given.fileno(), asked["bytes"], 0), **asked["options"]
        )
        _write(made, parts)
        return {"told": told, "lengths": [memoryview(part).nbytes for part in parts]}
    except Refused as refusal:
        return {"refused": refusal.code}
    except MemoryError:
        return {"out_of_bounds": True}


def _function(work: str) -> Callable[..., tuple[dict, list[bytes]]]:
    module, _colon, name = work.partition(":")
    return getattr(importlib.import_module(module), name)


def _bind(started_with: int, *, seconds: int, megabytes: int) -> None:
    """Bound what this process may take from now on. Where the system cannot bound memory, time alone is."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    end = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (end, resource.RLIM_INFINITY))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, ((started_with + megabytes) * 2**20, resource.RLIM_INFINITY))


def _megabytes(of: str, *, unknown: int) -> int:
    """What the system says of this process's memory."""
    with contextlib.suppress(OSError, ValueError, StopIteration), open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith(f"{of}:")).split()[1]) // 1024
    return unknown


if __name__ == "__main__":
    # Under its own name, so that the functions it runs raise the Refused that it knows.
    from places import limited

    limited.main(*map(int, sys.argv[-3:]))
