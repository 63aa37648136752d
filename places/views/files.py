"""The published photos themselves, where neither a store of their own nor a proxy serves them."""

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import etag, require_safe

from places.showing import public_photo
from places.storage import SHELVES


def _etag(request: HttpRequest, name: str) -> str | None:
    return f'"{name}"' if name.isascii() and '"' not in name else None


@require_safe
@etag(_etag)
def served(request: HttpRequest, name: str) -> HttpResponse:
    """A file by its name in the store: one that `places.storage` names so, and no other that may lie there."""
    try:
        if name.partition("/")[0] not in SHELVES:
            raise KeyError(name)
        return public_photo(default_storage.open(name), name=name)
    except (OSError, ValueError, KeyError, SuspiciousFileOperation) as error:
        raise Http404 from error
