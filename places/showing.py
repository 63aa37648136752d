"""How a photo's bytes go out: as a picture of a known type, and as nothing else, whatever is in them."""

from __future__ import annotations

from pathlib import PurePosixPath

from django.http import FileResponse, HttpResponse
from django.utils.cache import patch_cache_control

# The one table of what is sent: a type is never guessed from bytes or taken from whoever sent them.
TYPES = {"jpg": "image/jpeg", "webp": "image/webp", "avif": "image/avif"}
# Opened by itself, a photo loads nothing and runs nothing. A proxy that serves them must say the same.
POLICY = "default-src 'none'; sandbox"
FOR_EVER = 31_536_000  # seconds; a name tells the content


def private_photo(data, *, suffix: str, seconds: int | None) -> HttpResponse:
    """A photo for this reader alone, kept by no browser but theirs, and by that for so long; None: not at all.

    data: bytes, or an open file, which is sent piece by piece.
    """
    answer = _answer(data, suffix=suffix)
    patch_cache_control(
        answer, private=True, **({"no_store": True} if seconds is None else {"max_age": seconds})
    )
    return answer


def public_photo(file, *, name: str) -> HttpResponse:
    """A published photo, for whoever asks and for other sites' pages. Raises KeyError for a file of no known type."""
    answer = _answer(file, suffix=PurePosixPath(name).suffix.removeprefix("."))
    patch_cache_control(answer, public=True, max_age=FOR_EVER, immutable=True)
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _answer(data, *, suffix: str) -> HttpResponse:
    kind = FileResponse if hasattr(data, "read") else HttpResponse
    answer = kind(data, content_type=TYPES[suffix])
    answer["Content-Security-Policy"] = POLICY
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Disposition"] = "inline"
    return answer
