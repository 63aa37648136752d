"""The addresses of a search that open it without an account: part of each is a signature that nobody can guess."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.core import signing
from django.urls import reverse

_signer = signing.Signer(salt="search")


def path_of(query_id: UUID, *, rank: int | None = None, **asked: str) -> str:
    """Where the API answers for a search, or for one of its hits. asked: what else stands in the address."""
    name, more = ("api:search-detail", ()) if rank is None else ("api:search-hit", (rank,))
    return reverse(name, args=[query_id, *more]) + "?" + urlencode({"token": _token_of(query_id)} | asked)


def opens(token: str, query_id: object) -> bool:
    """Whether it is the signature of this search."""
    try:
        _signer.unsign(f"{query_id}:{token}")
    except signing.BadSignature:
        return False
    return True


def _token_of(query_id: UUID) -> str:
    return _signer.signature(str(query_id))
