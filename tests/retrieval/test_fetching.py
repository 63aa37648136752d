import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from retrieval import fetching
from retrieval.fetching import FetchError, adopt, download

WEIGHTS = bytes(range(256)) * 4096  # a megabyte: more than one chunk


@dataclass
class Author:
    """A server of one file, as `behaviour` says."""

    address: str = ""
    resumes: bool = True  # whether it heeds Range
    breaks_after: int | None = None  # bytes of an answer after which it hangs up
    status: int | None = None  # answered to everything
    silent: bool = False
    starts_elsewhere: bool = False  # sends from another byte than it was asked for
    asked: list[str | None] = field(default_factory=list)  # the Range of each request


@contextlib.contextmanager
def serving(content: bytes = WEIGHTS) -> Iterator[Author]:
    author = Author()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers["Range"]
            author.asked.append(asked)
            if author.silent:
                time.sleep(0.5)
                return
            if author.status:
                self.send_error(author.status)
                return
            start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and author.resumes else 0
            start += 7 * author.starts_elsewhere
            if start >= len(content):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(content)}")
                self.end_headers()
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            end = None if author.breaks_after is None else start + author.breaks_after
            self.wfile.write(content[start:end])

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        author.address = f"http://127.0.0.1:{server.server_port}/weights.bin"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield author
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def author() -> Iterator[Author]:
    with serving() as author:
        yield author


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "weights" / "weights.bin"


def fine(part: Path) -> None:
    return None


def whole(part: Path) -> str | None:
    return None if part.read_bytes() == WEIGHTS else "is another one"


def test_a_download_is_checked_and_put_in_place_and_tells_how_far_it_is(author, path):
    told = []
    download(author.address, path, check=whole, progress=lambda done, total: told.append((done, total)))
    assert path.read_bytes() == WEIGHTS
    assert [one.name for one in path.parent.iterdir()] == ["weights.bin"]
    assert told[0] == (0, 1_048_576)
    assert told[-1] == (1_048_576, 1_048_576)
    assert len(told) > 3


def test_a_download_that_broke_off_goes_on_where_it_was(author, path):
    author.breaks_after = 700_000
    with pytest.raises(FetchError, match="broke off after 700000 of 1048576 bytes; run it again"):
        download(author.address, path, check=whole)
    assert not path.exists()
    author.breaks_after = None
    told = []
    download(author.address, path, check=whole, progress=lambda done, total: told.append((done, total)))
    assert path.read_bytes() == WEIGHTS
    assert author.asked == [None, "bytes=700000-"]
    assert told[0] == (700_000, 1_048_576)


def test_a_server_that_ignores_what_is_asked_of_it_starts_over(author, path):
    author.breaks_after = 700_000
    with pytest.raises(FetchError):
        download(author.address, path, check=whole)
    author.breaks_after, author.resumes = None, False
    download(author.address, path, check=whole)
    assert path.read_bytes() == WEIGHTS


def test_a_part_that_is_already_whole_is_not_fetched_again(author, path):
    path.parent.mkdir()
    path.with_name("weights.bin.part").write_bytes(WEIGHTS)
    download(author.address, path, check=whole)
    assert path.read_bytes() == WEIGHTS
    assert author.asked == ["bytes=1048576-"]


def test_a_part_longer_than_the_file_is_thrown_away(author, path):
    path.parent.mkdir()
    path.with_name("weights.bin.part").write_bytes(b"x" * 2_000_000)
    download(author.address, path, check=whole)
    assert path.read_bytes() == WEIGHTS
    assert author.asked == ["bytes=2000000-", None]


def test_a_file_with_a_fault_is_not_kept_and_what_was_in_place_stays(path):
    path.parent.mkdir()
    path.write_bytes(b"older")
    kept = r"weights\.bin: the file is another one, so it was not kept\.$"
    with serving(b"<html>Log in to this network</html>") as portal, pytest.raises(FetchError, match=kept):
        download(portal.address, path, check=whole)
    assert path.read_bytes() == b"older"
    assert [one.name for one in path.parent.iterdir()] == ["weights.bin"]


@pytest.mark.parametrize(("status", "said"), [(404, "answers 404 Not Found"), (503, "answers 503")])
def test_a_refusal_is_one_sentence_and_what_had_arrived_stays(author, path, status, said):
    author.status = status
    path.parent.mkdir()
    part = path.with_name("weights.bin.part")
    part.write_bytes(b"x" * 1000)
    with pytest.raises(FetchError, match=said):
        download(author.address, path, check=fine)
    assert part.stat().st_size == 1000
    assert not path.exists()


def test_without_a_network_the_host_is_named(path):
    with serving() as gone:
        pass
    with pytest.raises(FetchError, match=r"^127\.0\.0\.1 cannot be reached: .*refused"):
        download(gone.address, path, check=fine)


def test_a_server_that_falls_silent_is_given_up(author, path, monkeypatch):
    monkeypatch.setattr(fetching, "TIMEOUT", 0.2)
    author.silent = True
    with pytest.raises(FetchError, match=r"^127\.0\.0\.1 cannot be reached: timed out\.$"):
        download(author.address, path, check=fine)


def test_another_part_than_the_one_asked_for_is_refused(author, path):
    author.starts_elsewhere = True
    path.parent.mkdir()
    part = path.with_name("weights.bin.part")
    part.write_bytes(WEIGHTS[:1000])
    with pytest.raises(FetchError, match="another part"):
        download(author.address, path, check=fine)
    assert part.read_bytes() == WEIGHTS[:1000]


def test_a_folder_that_cannot_be_written_is_named(author, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FetchError, match="file/weights.bin.part cannot be written"):
        download(author.address, tmp_path / "file" / "weights.bin", check=fine)


def test_two_processes_do_not_write_one_file(author, path):
    with fetching._part_of(path), pytest.raises(FetchError, match="Another process is writing"):
        download(author.address, path, check=fine)


def test_a_file_that_somebody_brought_is_copied_and_checked(path, tmp_path):
    brought = tmp_path / "brought.bin"
    brought.write_bytes(WEIGHTS)
    adopt(brought, path, check=whole)
    assert path.read_bytes() == brought.read_bytes() == WEIGHTS
    brought.write_bytes(WEIGHTS[:-1])
    with pytest.raises(FetchError, match="brought.bin: the file is another one"):
        adopt(brought, path, check=whole)
    assert path.read_bytes() == WEIGHTS


def test_a_file_that_cannot_be_read_is_named(path, tmp_path):
    with pytest.raises(FetchError, match="absent.bin cannot be copied"):
        adopt(tmp_path / "absent.bin", path, check=fine)
    assert list(path.parent.iterdir()) == []
