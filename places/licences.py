"""The licences that photos come under: how each is written, where it can be read, and whom it lets use a photo.

They stand in code and not in a table of the database: what a licence allows is a fact that a curator cannot edit, and
whoever adds one has to say in the same line what it allows. A photo's row keeps the licence's code as text, so the
database itself sees to it that a published photo has one; that it is one of those here, and a free one, is asked where
photos are published (`why_not_shown`), since ported versions ("CC BY-SA 3.0 DE") make no list that a constraint could
hold.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import lru_cache

from django.utils.translation import get_language
from django.utils.translation import gettext as _


class Use(Enum):
    """Who may use a photo that comes under a licence."""

    EVERYONE = auto()
    THIS_SITE = auto()  # it is shown here, and passed on to nobody
    NOBODY = auto()  # or not everyone, or not for everything


@dataclass(frozen=True)
class Licence:
    """A licence as rows keep it (`code`) and as readers know it; `url` is empty where it cannot be read anywhere."""

    code: str
    name_vi: str
    name_en: str
    url: str
    use: Use = Use.EVERYONE
    names_author: bool = True  # whoever uses the photo has to name its author
    shares_alike: bool = False  # what is made of the photo comes under the same licence

    @property
    def name(self) -> str:
        """Its name in the reader's language."""
        return self.name_en if get_language() == "en" else self.name_vi

    @property
    def is_free(self) -> bool:
        return self.use == Use.EVERYONE


CREATIVE_COMMONS = "https://creativecommons.org"

CC0 = Licence(
    "CC0 1.0", "CC0 1.0", "CC0 1.0", f"{CREATIVE_COMMONS}/publicdomain/zero/1.0/", names_author=False
)
PUBLIC_DOMAIN = Licence(
    "Public domain", "phạm vi công cộng", "public domain", f"{CREATIVE_COMMONS}/publicdomain/mark/1.0/",
    names_author=False,
)  # fmt: skip
FREE_ART = Licence(
    "FAL 1.3", "Giấy phép Nghệ thuật Tự do 1.3", "Free Art License 1.3", "https://artlibre.org/licence/lal/en/",
    shares_alike=True,
)  # fmt: skip
GNU = Licence(
    "GFDL 1.3", "GFDL 1.3", "GFDL 1.3", "https://www.gnu.org/licenses/fdl-1.3.html", shares_alike=True
)
OPEN_GOVERNMENT = Licence(
    "OGL 3.0", "Giấy phép Chính phủ Mở (Anh) 3.0", "Open Government Licence (UK) 3.0",
    "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
)  # fmt: skip
PERMISSION = Licence("Permission given", "được tác giả cho phép", "by permission", "", use=Use.THIS_SITE)
ALL_RIGHTS = Licence("All rights reserved", "giữ mọi quyền", "all rights reserved", "", use=Use.NOBODY)


def creative_commons(terms: str, version: str = "", *, ported: str = "") -> Licence:
    """The licence of these terms ("by-sa"), a version where one is named, and the country that it is written for."""
    terms = "-".join(term for term in ("by", "nc", "nd", "sa") if term in terms.lower().split("-"))
    code = " ".join(filter(None, ["CC", terms.upper(), version, ported.upper()]))
    address = "/".join(filter(None, [CREATIVE_COMMONS, "licenses", terms, version, ported.lower()]))
    return Licence(
        code, code, code, f"{address}/" if version else "",
        use=Use.NOBODY if {"nc", "nd"} & set(terms.split("-")) else Use.EVERYONE,
        shares_alike="sa" in terms,
    )  # fmt: skip


# What an installation meets, the best known first. `known` also knows their ported versions.
KNOWN = {
    licence.code: licence
    for licence in (
        CC0,
        PUBLIC_DOMAIN,
        *(creative_commons(terms, version) for version in ("4.0", "3.0", "2.5", "2.0") for terms in ("by", "by-sa")),
        FREE_ART,
        GNU,
        OPEN_GOVERNMENT,
        PERMISSION,
    )
}  # fmt: skip

# How the same words are written elsewhere, before what is left is compared with the patterns below.
_SPELT = (
    (r"https?://(?:www\.)?creativecommons\.org/publicdomain/zero/", "cc0 "),
    (r"https?://(?:www\.)?creativecommons\.org/publicdomain/mark/", "public domain "),
    (r"https?://(?:www\.)?creativecommons\.org/licenses/", "cc "),
    (r"\b(?:legalcode|deed(?:\.\w+)?)\b", ""),
    (r"creative ?commons", "cc"),
    (r"attribution", "by"),
    (r"share ?-?alike", "sa"),
    (r"non ?-?commercial", "nc"),
    (r"no ?-?deriv(?:ative(?: work)?)?s?", "nd"),
    (r"\b(?:international|unported|generic|universal|licen[cs]e|version|the|or later)\b", ""),
    (r"\bv(?=\d)", ""),
    (r"[\W_]+(?<!\.)", " "),
    (r"(?<!\d)\.|\.(?!\d)", " "),
)
_TERMS = r"(?:cc (?=by)|(?=.*\d))(by(?: (?:nc|nd|sa))*)(?: (\d\.\d))?(?: ([a-z]{2,3}))?"
_READ: tuple[tuple[str, Callable[[re.Match], Licence]], ...] = (
    (r"(?:cc ?0|cc zero)(?: 1\.0)?(?: public domain dedication)?", lambda found: CC0),
    (
        r"pdm?(?: .*)?|cc pdm?(?: .*)?|public domain(?: .*)?|no (?:known )?(?:copyright )?restrictions"
        r"|united states government work",
        lambda found: PUBLIC_DOMAIN,
    ),
    (_TERMS, lambda found: creative_commons(found[1].replace(" ", "-"), found[2] or "", ported=found[3] or "")),
    (r"(?:fal|lal|free art|(?:licence )?art libre)(?: 1\.3)?", lambda found: FREE_ART),
    (
        r"(?:gfdl|gnu fdl|gnu free documentation)(?: (\d\.\d))?",
        lambda found: replace(
            GNU,
            **dict.fromkeys(("code", "name_vi", "name_en"), f"GFDL {found[1]}"),
            url=f"https://www.gnu.org/licenses/fdl-{found[1]}.html",
        )
        if found[1]
        else GNU,
    ),
    (r"(?:ogl|open government)(?: uk)?(?: 3(?:\.0)?)?", lambda found: OPEN_GOVERNMENT),
    (r"(?:own work )?permission(?: given)?|by permission", lambda found: PERMISSION),
    (r"(?:c|©|copyright)?(?: .*)?all rights reserved|copyright(?:ed)?", lambda found: ALL_RIGHTS),
)  # fmt: skip


@lru_cache(maxsize=1000)  # a page of photos asks for the same few over and over
def known(text: str) -> Licence | None:
    """The licence that a text means: its code, as people, Commons, Flickr and data sets write it, or its address."""
    words = unicodedata.normalize("NFKC", text).casefold().replace("©", "c")
    for pattern, meant in _SPELT:
        words = re.sub(pattern, meant, words)
    words = " ".join(words.split())
    for pattern, licence in _READ:
        if found := re.fullmatch(pattern, words):
            return licence(found)
    return None


def why_not_shown(text: str) -> str:
    """Why a photo under this licence may not be shown to the public, said to the curator; empty where it may."""
    licence = known(text)
    if licence is None:
        return _(
            "“%(licence)s” is no licence that we know to be free. Write it as one of these: %(known)s."
        ) % {"licence": text, "known": ", ".join(KNOWN)}
    if licence.use == Use.NOBODY:
        return _("Its licence is not free: %(licence)s.") % {"licence": licence.code}
    return ""
