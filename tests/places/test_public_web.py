import http.server
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from django.utils import translation

from places import public_web
from places.public_web import NotFetched, fetch


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        ways = {
            "/photo": (200, {"Content-Type": "image/jpeg; charset=x"}, b"photo"),
            "/page.jpg": (200, {"Content-Type": "text/html"}, b"<html>"),
            "/moved": (302, {"Location": "/photo"}, b""),
            "/round": (302, {"Location": "/round"}, b""),
            "/inside": (302, {"Location": "http://169.254.169.254/secret"}, b""),
            "/file": (302, {"Location": "file:///etc/passwd"}, b""),
            "/busy": (429, {"Retry-After": "7"}, b""),
            "/long": (200, {"Content-Type": "image/png"}, b"x" * 5000),
        }
        status, headers, body = ways.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_said) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def own(address: str, **options) -> public_web.Fetched:
    return fetch(address, **({"max_bytes": 1000, "public_only": False} | options))


def test_a_file_comes_with_its_type(server):
    assert own(f"{server}/photo", accept=("image/",)) == public_web.Fetched(b"photo", "image/jpeg")


def test_a_redirect_is_followed(server):
    assert own(f"{server}/moved").data == b"photo"


def test_no_more_is_read_than_tells_that_it_is_too_much(server):
    assert len(own(f"{server}/long").data) == 1001


@pytest.mark.parametrize(
    ("path", "said"),
    [("/page.jpg", "text/html"), ("/round", "too often"), ("/file", "no web address"), ("/none", "404")],
)
def test_what_is_not_brought_is_said_why(server, path, said):
    with pytest.raises(NotFetched, match=said):
        own(server + path, accept=("image/",))


def test_a_busy_server_says_when_to_come_back(server):
    with pytest.raises(NotFetched) as refused:
        own(f"{server}/busy")
    assert refused.value.retry_after == 7


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "[::1]", "[fe80::1]", "[::ffff:127.0.0.1]",
     "[2002:7f00:1::]", "0.0.0.0", "100.64.0.1", "224.0.0.1", "localhost", "2130706433"],
)  # fmt: skip
def test_nothing_inside_a_network_is_reached(host):
    with pytest.raises(NotFetched, match="inside a network|no host"):
        fetch(f"http://{host}/photo.jpg", max_bytes=1000)


def test_a_redirect_into_a_network_is_not_followed(server, monkeypatch):
    checked = public_web._is_public
    monkeypatch.setattr(public_web, "_is_public", lambda address: address == "127.0.0.1" or checked(address))
    with pytest.raises(NotFetched, match="inside a network"):
        fetch(f"{server}/inside", max_bytes=1000)


def test_a_name_is_resolved_once_and_one_bad_address_of_several_is_enough(monkeypatch):
    asked = []

    def resolve(host, port, **_options):
        asked.append(host)
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, ("93.184.215.14", port)), (*kind, ("10.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(NotFetched, match="inside a network"):
        fetch("http://two.example/photo.jpg", max_bytes=1000)
    assert asked == ["two.example"]


@pytest.mark.parametrize(
    "address", ["ftp://a.example/x", "http://", "http://a:b@c.example/", "http://x:99999/", "photo.jpg"]
)
def test_what_is_no_web_address_is_refused(address):
    with pytest.raises(NotFetched, match="no web address"):
        fetch(address, max_bytes=1000)


class Listener(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/drip":
            while True:  # an answer that never ends
                self.wfile.write(b"x")
                time.sleep(0.05)
        self.send_response(202 if sent == b"told" and self.headers["X-Said"] == "so" else 400)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_said) -> None:
        pass


@pytest.fixture(scope="module")
def listener() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener) as running:
        running.handle_error = lambda *_about: None  # it is hung up on
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def tell(address: str, **options) -> int:
    options = {"headers": {"X-Said": "so"}, "seconds": 20, "public_only": False} | options
    return public_web.post(address, b"told", **options)


def test_what_is_posted_arrives_and_the_status_comes_back(listener):
    assert tell(f"{listener}/") == 202
    assert tell(f"{listener}/", headers={"X-Said": "no"}) == 400


def test_an_answer_that_drips_for_ever_is_cut(listener):
    with pytest.raises(NotFetched):
        tell(f"{listener}/drip", seconds=0.5)


def test_nothing_is_posted_into_a_network(listener):
    with pytest.raises(public_web.NotPublic):
        tell(listener, public_only=True)


@pytest.mark.parametrize(
    ("address", "refusal"),
    [
        ("https://example.org/told", None),
        ("http://93.184.215.14:8080/", None),
        ("http://127.0.0.1/", public_web.NotPublic),
        ("http://[::1]/", public_web.NotPublic),
        ("http://LOCALHOST/", public_web.NotPublic),
        ("ftp://example.org/", NotFetched),
        ("https://example.org/đ", NotFetched),
        ("https://example.org/a b", NotFetched),
        ("https://example.org/\r\nX: y", NotFetched),
        ("https://me@example.org/", NotFetched),
        ("told", NotFetched),
    ],
)
def test_an_address_is_checked_without_asking_for_its_name(monkeypatch, address, refusal):
    monkeypatch.setattr(socket, "getaddrinfo", None)
    if refusal is None:
        public_web.check(address)
    else:
        with pytest.raises(refusal):
            public_web.check(address)
