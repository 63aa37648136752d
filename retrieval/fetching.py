"""Files from where their authors serve them: taken up where they broke off, in place only when whole."""

import fcntl
import http.client
import os
import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

TIMEOUT = 30  # seconds without a byte
CHUNK = 1 << 18  # bytes

# Says what is wrong with a file, to follow its name in a sentence; None for nothing.
Check = Callable[[Path], str | None]
# Takes how many bytes are there, of how many; None where the server does not say.
Progress = Callable[[int, int | None], None]


class FetchError(Exception):
    """A file is not in place; the message is one sentence that says why."""


def download(
    address: str, path: Path, *, check: Check, progress: Progress = lambda done, total: None
) -> None:
    """Bring what lies at `address` to `path`, which is replaced in one step, or not at all.

    What arrives is kept in `path`.part, and a later call goes on there if the server can. What `check` finds
    fault with is removed. Raises FetchError.
    """
    with _part_of(path) as file:
        _receive(address, file, progress)
        _settle(file, path, check=check, source=address)


def adopt(source: Path, path: Path, *, check: Check) -> None:
    """Copy a file that somebody brought to `path`, under the same conditions; raises FetchError."""
    with _part_of(path) as file:
        try:
            file.truncate(0)
            with source.open("rb") as original:
                shutil.copyfileobj(original, file, CHUNK)
        except OSError as error:
            Path(file.name).unlink()  # else a download would go on from there
            raise FetchError(f"{source} cannot be copied to {path}: {error.strerror}.") from error
        _settle(file, path, check=check, source=str(source))


@contextmanager
def _part_of(path: Path) -> Iterator[BinaryIO]:
    """The file that collects what will be `path`, open to append to, for one process at a time."""
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = part.open("ab")
    except OSError as error:
        raise FetchError(f"{part} cannot be written: {error.strerror}.") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise FetchError(f"Another process is writing {part}.") from error
        yield file


def _settle(file: BinaryIO, path: Path, *, check: Check, source: str) -> None:
    part = Path(file.name)
    try:
        file.flush()
        os.fsync(file.fileno())
    except OSError as error:
        raise FetchError(f"{part} cannot be written: {error.strerror}.") from error
    if reason := check(part):
        part.unlink()
        raise FetchError(f"{source}: the file {reason}, so it was not kept.")
    part.replace(path)


def _receive(address: str, file: BinaryIO, progress: Progress) -> None:
    """Append to the file what it lacks of what lies at `address`."""
    held = file.seek(0, os.SEEK_END)
    request = urllib.request.Request(address, headers={"Range": f"bytes={held}-"} if held else {})
    try:
        answer = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE or not held:
            raise FetchError(f"{address} answers {error.code} {error.reason}.") from error
        if error.headers.get("Content-Range") != f"bytes */{held}":  # else there is nothing left to ask for
            file.truncate(0)
            _receive(address, file, progress)
        return
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise FetchError(f"{urlsplit(address).hostname} cannot be reached: {reason}.") from error
    with answer:
        start, total = _range(answer, held=held)
        if start != held:
            file.truncate(0)
            held = 0
        progress(held, total)
        while chunk := _read(answer):
            try:
                file.write(chunk)
            except OSError as error:
                raise FetchError(f"{file.name} cannot be written: {error.strerror}.") from error
            held += len(chunk)
            progress(held, total)
    if total is not None and held != total:
        host = urlsplit(address).hostname
        raise FetchError(f"{host} broke off after {held} of {total} bytes; run it again to go on from there.")


def _range(answer: http.client.HTTPResponse, *, held: int) -> tuple[int, int | None]:
    """The first byte that the server sends, and the whole file's size; a server may ignore what was asked."""
    if answer.status == http.HTTPStatus.PARTIAL_CONTENT:
        said = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", answer.headers.get("Content-Range", ""))
        if said is None or int(said[1]) != held:
            raise FetchError(f"{answer.url} sends another part than it was asked for.")
        return int(said[1]), None if said[2] == "*" else int(said[2])
    length = answer.headers.get("Content-Length")
    return 0, int(length) if length else None


def _read(answer: http.client.HTTPResponse) -> bytes:
    """The next bytes; none at the end, and none where the connection breaks: who counts them notices."""
    try:
        return answer.read(CHUNK)
    except http.client.IncompleteRead as error:
        return error.partial
    except (OSError, http.client.HTTPException):
        return b""
