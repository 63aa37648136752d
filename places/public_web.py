"""Files by their address, from the public web alone: what lies inside a network is nobody's to reach through us.

A name is resolved once, each of its addresses must be public, and the connection goes to the very address that
was checked, so that a name which changes in between leads nowhere. Redirects pass the same checks.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from threading import Timer
from urllib.parse import urljoin, urlsplit

from django.utils.translation import gettext as _

TIMEOUT = 20  # seconds without a byte
USER_AGENT = "VietnamTourismRetrieval"
MOST_REDIRECTS = 5
REDIRECTS = {301, 302, 303, 307, 308}


class NotFetched(OSError):
    """What lies at an address was not brought; the message says why. retry_after: seconds, where the server said."""

    retry_after: float | None = None


class NotPublic(NotFetched):
    """An address lies inside a network."""


@dataclass(frozen=True)
class Fetched:
    data: bytes
    content_type: str  # without parameters, lower case


def fetch(
    address: str,
    *,
    max_bytes: int,
    user_agent: str = USER_AGENT,
    accept: tuple[str, ...] = (),
    public_only: bool = True,
) -> Fetched:
    """What lies at an http or https address. accept: how its type must begin, one of these; none is any.

    No more than max_bytes + 1 bytes are read, whatever the server says. public_only=False is for a server of
    one's own. Raises NotFetched.
    """
    for _redirect in range(MOST_REDIRECTS + 1):
        with _Connection(address, public_only=public_only) as connection:
            try:
                connection.request(
                    "GET",
                    connection.target,
                    headers={"User-Agent": user_agent, "Accept-Encoding": "identity"},
                )
                answer = connection.getresponse()
                if answer.status in REDIRECTS and (onward := answer.headers.get("Location")):
                    address = urljoin(address, onward)
                    continue
                if answer.status != http.HTTPStatus.OK:
                    raise _refused(address, answer)
                kind = answer.headers.get_content_type().lower()
                if accept and not kind.startswith(accept):
                    raise NotFetched(_("%(address)s is %(kind)s.") % {"address": address, "kind": kind})
                return Fetched(answer.read(max_bytes + 1), kind)
            except (OSError, http.client.HTTPException) as error:
                if isinstance(error, NotFetched):
                    raise
                raise NotFetched(
                    _("%(address)s cannot be reached: %(reason)s") % {"address": address, "reason": error}
                ) from error
    raise NotFetched(_("%(address)s is redirected too often.") % {"address": address})


def post(
    address: str, data: bytes, *, headers: Mapping[str, str], seconds: float, public_only: bool = True
) -> int:
    """Send data to an http or https address; returns the status that it answers with. No redirect is followed.

    seconds: that connecting and answering may take in all, however slowly bytes trickle. Raises NotFetched.
    """
    with _Connection(address, public_only=public_only, seconds=seconds) as connection:
        try:
            connection.request(
                "POST", connection.target, body=data, headers={"User-Agent": USER_AGENT, **headers}
            )
            with connection.getresponse() as answer:
                return answer.status
        except (OSError, http.client.HTTPException) as error:
            raise NotFetched(
                _("%(address)s cannot be reached: %(reason)s") % {"address": address, "reason": error}
            ) from error


def check(address: str, *, public_only: bool = True) -> None:
    """Refuse what is no http or https address, or plainly lies inside a network; no name is asked for. Raises NotFetched."""
    host = _parts(address)[1]
    try:
        public = _is_public(host)
    except ValueError:  # a name, which is resolved when it is reached
        public = host != "localhost" and not host.endswith(".localhost")
    if public_only and not public:
        raise _inside(host)


def _refused(address: str, answer: http.client.HTTPResponse) -> NotFetched:
    error = NotFetched(_("%(address)s answers %(status)d.") % {"address": address, "status": answer.status})
    if (pause := answer.headers.get("Retry-After", "")).isdigit():
        error.retry_after = float(pause)
    return error


class _Connection(http.client.HTTPConnection):
    """A connection to the one address that was found public, under the name that was asked for."""

    def __init__(self, address: str, *, public_only: bool, seconds: float | None = None) -> None:
        """seconds: after which it is cut, whatever comes; None where every byte may take TIMEOUT."""
        self._secure, host, port, self.target = _parts(address)
        super().__init__(host, port, timeout=TIMEOUT if seconds is None else seconds)
        self._ends = Timer(seconds, self._cut) if seconds else None
        self._found = _resolve(host, port, public_only=public_only)

    def __enter__(self) -> _Connection:
        return self

    def __exit__(self, *_raised) -> None:
        if self._ends:
            self._ends.cancel()
        self.close()

    def connect(self) -> None:
        self.sock = socket.create_connection(self._found, self.timeout)
        if self._secure:
            self.sock = ssl.create_default_context().wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
        if self._ends:
            self._ends.start()
        if self._secure:
            self.sock.do_handshake()

    def _cut(self) -> None:
        with suppress(OSError, TypeError):  # closed meanwhile
            # Not the TLS one's own, which would take its state from under whoever reads.
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


def _parts(address: str) -> tuple[bool, str, int, str]:
    """Of an address: whether it is https, its host and port, and what to ask that host for. Raises NotFetched."""
    try:
        parts = urlsplit(address)
        secure = {"http": False, "https": True}[parts.scheme]
        host, port = parts.hostname or "", parts.port or (443 if secure else 80)
        if not host or parts.username or not address.isascii() or not address.isprintable() or " " in address:
            raise ValueError(address)
    except (KeyError, ValueError) as error:
        raise NotFetched(_("%(address)s is no web address.") % {"address": address}) from error
    return secure, host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _resolve(host: str, port: int, *, public_only: bool) -> tuple[str, int]:
    try:
        found = [entry[4] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise NotFetched(_("There is no host %(host)s.") % {"host": host}) from error
    if public_only and not all(_is_public(str(address[0])) for address in found):
        raise _inside(host)
    return str(found[0][0]), port


def _inside(host: str) -> NotPublic:
    return NotPublic(_("%(host)s lies inside a network; only public addresses are read.") % {"host": host})


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    # An IPv4 address inside an IPv6 one leads to the IPv4 host.
    inner = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    return (inner or ip).is_global and not (inner or ip).is_multicast
