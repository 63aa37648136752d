"""Photos of one landmark from Wikimedia Commons: SOURCE is a category ("Category:Name") or a Wikidata item ("Q42").

Needs --landmark, and takes that one's Wikidata item where no SOURCE is given. Only photos under a free licence are taken (those of places/licences.py). With each come
its author, its licence with the licence's address, and its page. One request at a time, COMMONS_PAUSE seconds apart,
under the name of COMMONS_USER_AGENT; what the catalogue has from the same page is not fetched again.
"""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from places import licences, public_web
from places.models import Landmark

from . import Attribution, Dataset, Failure, Record

ITEM = re.compile(r"Q[1-9]\d*")
CATEGORY_OF_ITEM = "P373"
TYPES = ("image/jpeg", "image/png", "image/webp", "image/tiff")
LONGEST_SIDE = 2560  # pixels; Commons makes a copy of this width where the original is wider
LONGEST_ANSWER = 20 * 1024 * 1024  # bytes
TRIES = 3
METADATA = "Artist|Credit|License|LicenseShortName|LicenseUrl"


def read(source: Path) -> Dataset:
    """The photos of a category or an item's category. Raises OSError, ValueError."""
    name = str(source)
    category = _category_of(name) if ITEM.fullmatch(name) else name
    if not category.startswith("Category:"):
        raise ValueError(_("Name a category (Category:…) or a Wikidata item (Q…)."))
    records, failures = [], []
    for page in _files(category):
        found = _record(page)
        (failures if isinstance(found, Failure) else records).append(found)
    return Dataset(tuple(records), failures=tuple(failures))


def source_for(landmark: Landmark) -> str:
    """What is read where only the landmark is told: its Wikidata item, or nothing."""
    return landmark.wikidata_id


def _category_of(item: str) -> str:
    answer = _ask(settings.WIKIDATA_API, action="wbgetclaims", entity=item, property=CATEGORY_OF_ITEM)
    for claim in answer.get("claims", {}).get(CATEGORY_OF_ITEM, ()):
        if value := claim.get("mainsnak", {}).get("datavalue", {}).get("value"):
            return f"Category:{value}"
    raise ValueError(_("The item %(item)s has no category on Commons.") % {"item": item})


def _files(category: str) -> Iterator[dict]:
    """Each file of a category as the API describes it."""
    onward: dict[str, str] = {}
    while True:
        answer = _ask(
            settings.COMMONS_API,
            action="query",
            generator="categorymembers",
            gcmtitle=category,
            gcmtype="file",
            gcmlimit="50",
            prop="imageinfo",
            iiprop="url|size|mime|extmetadata",
            iiurlwidth=str(LONGEST_SIDE),
            iiextmetadatafilter=METADATA,
            **onward,
        )
        yield from answer.get("query", {}).get("pages", ())
        onward = answer.get("continue", {})
        if not onward:
            return


def _record(page: dict) -> Record | Failure:
    title = page.get("title", "?")
    info = (page.get("imageinfo") or [{}])[0]
    said = {name: _plain(entry.get("value", "")) for name, entry in info.get("extmetadata", {}).items()}
    if info.get("mime") not in TYPES:
        return Failure(title, _("It is no photo: %(kind)s.") % {"kind": info.get("mime", "?")})
    licence = licences.known(said.get("License", "")) or licences.known(said.get("LicenseShortName", ""))
    if licence is None or not licence.is_free:
        named = said.get("LicenseShortName") or said.get("License") or _("unknown")
        return Failure(title, _("Its licence is not free: %(licence)s.") % {"licence": named})
    wide = info.get("width", 0) > LONGEST_SIDE
    return Record(
        name=title,
        read=partial(_photo, info["thumburl"] if wide and info.get("thumburl") else info["url"]),
        landmark="",
        attribution=Attribution(
            author=(said.get("Artist") or said.get("Credit") or "")[:300],
            licence=licence.code,
            licence_url=said.get("LicenseUrl", ""),
            source_url=info.get("descriptionurl", ""),
        ),
        is_remote=True,
    )


def _plain(text: object) -> str:
    """The words of what Commons keeps as HTML."""
    return " ".join(html.unescape(strip_tags(str(text))).split())


def _photo(address: str) -> bytes:
    return _get(address, max_bytes=settings.PHOTO_MAX_BYTES, accept=("image/",))


def _ask(api: str, **question: str) -> dict:
    address = f"{api}?{urlencode(question | {'format': 'json', 'formatversion': '2', 'maxlag': '5'})}"
    try:
        answer = json.loads(_get(address, max_bytes=LONGEST_ANSWER, accept=("application/json",)))
    except ValueError as error:
        raise public_web.NotFetched(f"{urlsplit(api).hostname}: {error}") from error
    if fault := answer.get("error"):
        raise public_web.NotFetched(f"{urlsplit(api).hostname}: {fault.get('info', fault)}")
    return answer


def _get(address: str, *, max_bytes: int, accept: tuple[str, ...]) -> bytes:
    for attempt in range(1, TRIES + 1):
        time.sleep(settings.COMMONS_PAUSE)
        try:
            return public_web.fetch(
                address,
                max_bytes=max_bytes,
                accept=accept,
                user_agent=settings.COMMONS_USER_AGENT,
                public_only=urlsplit(address).hostname != urlsplit(settings.COMMONS_API).hostname,
            ).data
        except public_web.NotFetched as error:
            if error.retry_after is None or attempt == TRIES:  # only a server that asks for time gets it
                raise
            time.sleep(min(error.retry_after, 60))
    raise AssertionError("unreachable")
