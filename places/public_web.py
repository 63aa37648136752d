"""Files by their address, from the public web alone: what lies inside a network is nobody's to reach through us.

A name is resolved once, each of its addresses must be public, and the connection goes to the very address that
was checked, so that a name which changes in between leads nowhere. Redirects pass the same checks.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from django.utils.translation import gettext as _

TIMEOUT = 20  # seconds without a byte
MOST_REDIRECTS = 5
REDIRECTS = {301, 302, 303, 307, 308}


class NotFetched(OSError):
    """What lies at an address was not brought; the message says why. retry_after: seconds, where the server said."""

    retry_after: float | None = None


@dataclass(frozen=True)
class Fetched:
    data: bytes
    content_type: str  # without parameters, lower case


def fetch(
    address: str,
    *,
    max_bytes: int,
    user_agent: str = "VietnamTourismRetrieval",
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


def _refused(address: str, answer: http.client.HTTPResponse) -> NotFetched:
    error = NotFetched(_("%(address)s answers %(status)d.") % {"address": address, "status": answer.status})
    if (pause := answer.headers.get("Retry-After", "")).isdigit():
        error.retry_after = float(pause)
    return error


class _Connection(http.client.HTTPConnection):
    """A connection to the one address that was found public, under the name that was asked for."""

    def __init__(self, address: str, *, public_only: bool) -> None:
        try:
            parts = urlsplit(address)
            self._secure = {"http": False, "https": True}[parts.scheme]
            host, port = parts.hostname or "", parts.port or (443 if self._secure else 80)
            if not host or parts.username:
                raise ValueError(address)
        except (KeyError, ValueError) as error:
            raise NotFetched(_("%(address)s is no web address.") % {"address": address}) from error
        super().__init__(host, port, timeout=TIMEOUT)
        self.target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._found = _resolve(host, port, public_only=public_only)

    def __enter__(self) -> _Connection:
        return self

    def __exit__(self, *_raised) -> None:
        self.close()

    def connect(self) -> None:
        self.sock = socket.create_connection(self._found, self.timeout)
        if self._secure:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)


def _resolve(host: str, port: int, *, public_only: bool) -> tuple[str, int]:
    try:
        found = [entry[4] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise NotFetched(_("There is no host %(host)s.") % {"host": host}) from error
    if public_only and not all(_is_public(str(address[0])) for address in found):
        raise NotFetched(
            _("%(host)s lies inside a network; only public addresses are read.") % {"host": host}
        )
    return str(found[0][0]), port


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    # An IPv4 address inside an IPv6 one leads to the IPv4 host.
    inner = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    return (inner or ip).is_global and not (inner or ip).is_multicast
