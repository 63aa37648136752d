"""Where a request comes from, as far as it can be told apart from others."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network, ip_address

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

NETWORK = 64  # bits of an IPv6 address that are its network's: one household has all the rest


def network_of(request: HttpRequest) -> str | None:
    """The address of who asks, behind TRUSTED_PROXY_COUNT proxies; of IPv6 the network.

    None where nobody knows, as of what comes by a socket of this machine.
    """
    try:
        address = ip_address(get_adapter(request).get_client_ip(request))
    except (PermissionDenied, ValueError):
        return None
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or IPv6Network((address, NETWORK), strict=False).network_address
    return str(address)
