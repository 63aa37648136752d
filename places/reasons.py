"""Why photos are turned down: kept in English, said in the reader's language; what a curator wrote stays as it is."""

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

STANDARD = (
    gettext_noop("It shows another place, or none."),
    gettext_noop("Blurred or too dark."),
    gettext_noop("Too small."),
    gettext_noop("With a watermark, words or a frame on it."),
    gettext_noop("Several pictures in one."),
    gettext_noop("People fill the picture."),
    gettext_noop("We may not show it: its licence is not free, or not known."),
)

_DUPLICATE_OF = re.compile(r"near-duplicate of #(\d+)", re.IGNORECASE)


def offered(last: str = "") -> list[tuple[str, str]]:
    """What a curator may choose from, and in words: the standard ones, and their own of the last time."""
    own = [last] if last and last not in STANDARD else []
    return [(reason, in_words(reason)) for reason in (*STANDARD, *own)]


def in_words(reason: str) -> str:
    """A reason as the reader is told it."""
    if found := _DUPLICATE_OF.fullmatch(reason):
        return _("Near-duplicate of #%(photo)s") % {"photo": found[1]}
    return _(reason) if reason else ""  # gettext of nothing is the catalogue's head
