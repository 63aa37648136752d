"""The gate before the store lets through or refuses, and what was lost is waited for no longer than said."""

import http.server
import threading
import urllib.error
import urllib.request

import pytest

from tests.soak.servers import HERE, Gate, until


@pytest.fixture
def gate():
    class Here(http.server.BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            length = int(self.headers["Content-Length"])
            self.send_response(200)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(self.rfile.read(length))

        def log_message(self, *_args) -> None:
            pass

    inner = http.server.ThreadingHTTPServer((HERE, 0), Here)
    threading.Thread(target=inner.serve_forever, daemon=True).start()
    gate = Gate(inner.server_address[1])
    gate.start()
    yield gate
    gate.stop()
    inner.shutdown()
    inner.server_close()


def put(gate: Gate, data: bytes) -> bytes:
    request = urllib.request.Request(f"http://{HERE}:{gate.port}/photo", data=data, method="PUT")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read()


def test_what_is_sent_while_the_store_refuses_is_answered_503_and_never_arrives(gate):
    photo = bytes(range(256)) * 4000
    assert put(gate, photo) == photo
    gate.refuse()
    with pytest.raises(urllib.error.HTTPError) as refused:
        put(gate, photo)
    assert refused.value.code == 503
    assert b"SlowDown" in refused.value.read()
    assert gate.refused == 1
    gate.let_through()
    assert put(gate, photo) == photo


def test_waiting_ends_with_what_was_waited_for():
    with pytest.raises(TimeoutError, match="the moon"):
        until(lambda: False, what="the moon", seconds=0.2)
    assert until(lambda: True, what="the sun") < 1
