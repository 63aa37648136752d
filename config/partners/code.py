"""Code that partners copy: kept as files, which tests run as they are, and shown with this site's own address."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

SITE = "https://example.org"  # stands in the files for the address of the site
COMMENT = re.compile(r"(?<!\S)(?:#|//) .*$", re.M)


def folder() -> Path:
    return Path(settings.BASE_DIR) / "templates" / "partners" / "code"


@cache
def _text(name: str) -> str:
    return (folder() / name).read_text()


def shown(name: str, *, site: str) -> SafeString:
    """A file as HTML; its comments are marked."""
    text = escape(_text(name).replace(SITE, site).strip())
    return mark_safe(COMMENT.sub(lambda found: f'<span class="code__comment">{found[0]}</span>', text))


def names() -> list[str]:
    return sorted(path.name for path in folder().iterdir() if path.is_file())
