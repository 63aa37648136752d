"""What became of the API, the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Kind = Literal["new", "changed", "deprecated", "removed", "repaired"]
KINDS: dict[Kind, str | Promise] = {
    "new": _("New"),
    "changed": _("Changed"),
    "deprecated": _("Deprecated"),
    "removed": _("Removed"),
    "repaired": _("Repaired"),
}


@dataclass(frozen=True)
class Change:
    kind: Kind
    words: str | Promise

    @property
    def label(self) -> str:
        return str(KINDS[self.kind])


@dataclass(frozen=True)
class Entry:
    """What came on a day. version: of the API's description from then on."""

    on: date
    version: str
    changes: tuple[Change, ...]


ENTRIES = (
    Entry(date(2026, 11, 30), "1.0.0", (
        Change("new", _(
            "API keys with scopes, limits for each minute and day, and the websites that may use them in a browser. The "
            "headers RateLimit-Policy and RateLimit say on every answer what is left."
        )),
        Change("new", _(
            "Searches: wait for the answer in the same call; explain, the details that lie alike; limits by province, "
            "category, box and distance; photos of the catalogue in place of your own; an Idempotency-Key; webhooks; times "
            "of each stage and the version of the catalogue in the answer."
        )),
        Change("new", _("Batches of up to 100 photos, and places by words alone.")),
        Change("new", _(
            "The catalogue: categories, more filters, chosen fields, ETag and If-None-Match, what lies near a place, "
            "changes since a moment for those who keep a copy, and the whole dataset as an archive for those who may."
        )),
        Change("new", _("Contributions: offer photos of your own, see what became of them, take them back.")),
        Change("new", _("A Python client, a box for web pages, and these pages.")),
        Change("changed", _(
            "Every refusal is a problem as RFC 9457 has it, with a code that stays. Programs that read DRF's own form of "
            "errors read “errors” and “detail” now."
        )),
        Change("changed", _(
            "Lists are paged by cursor: follow “next”. There is no “count” and no “page” any more."
        )),
        Change("changed", _("Who comes without a key is limited by network address.")),
    )),
    Entry(date(2026, 11, 24), "1.0.0", (
        Change("new", _("Answers in three states, with probabilities, hints, look-alikes and further photos of one place.")),
        Change("new", _("A search can keep nothing (“private”), be corrected, and tell why each photo was found.")),
        Change("new", _("Places by words as people type them, and near a point.")),
    )),
    Entry(date(2026, 11, 22), "1.0.0", (
        Change("new", _("The first version: searches, methods, places, photos and provinces.")),
    )),
)  # fmt: skip
