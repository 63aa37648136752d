"""Whom to thank for a photo: one sentence for pages, the API, exports and what search engines read."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from . import licences
from .models import LandmarkImage

SITE = "Vietnam Tourism Retrieval"
RENDERED = "rendered"  # the part of the page of licences that tells of our own rendered pictures
# What readers call the places that photos come from; any other goes by its host.
SOURCES = {
    "commons.wikimedia.org": "Wikimedia Commons",
    "flickr.com": "Flickr",
    "geograph.org": "Geograph",
    "mapillary.com": "Mapillary",
    "unsplash.com": "Unsplash",
    "vi.wikipedia.org": "Wikipedia",
    "en.wikipedia.org": "Wikipedia",
}


def credit(image: LandmarkImage, *, language: str | None = None) -> str:
    """The sentence as plain text ("Photo: An, CC BY 4.0, via Flickr"), in a language or in the reader's."""
    with translation.override(language or translation.get_language()):
        return _sentence(image) % {
            "author": image.author,
            "licence": _licence(image),
            "source": source(image),
        }


def credit_with_links(image: LandmarkImage) -> SafeString:
    """The same sentence in HTML, in the reader's language: the licence and the source lead to where they stand."""
    linked = {
        "author": format_html("<bdi>{}</bdi>", image.author),
        "licence": _linked(image.licence_url, _licence(image), relation="license nofollow"),
        "source": _linked(image.source_url, source(image), relation="nofollow"),
    }
    return mark_safe(conditional_escape(_sentence(image)) % linked)


def source(image: LandmarkImage) -> str:
    """What the place goes by that a photo comes from: one that a visitor gave, or that we rendered, from this site."""
    address = urlsplit(image.source_url)
    host = (address.hostname or "").removeprefix("www.")
    if _is_own_page(address, image):
        return SITE
    return SOURCES.get(host, host)


def _sentence(image: LandmarkImage) -> str:
    if image.is_rendered:
        return _("Rendered, not a photo: %(author)s, %(licence)s, via %(source)s")
    return _("Photo: %(author)s, %(licence)s, via %(source)s")


def _licence(image: LandmarkImage) -> str:
    licence = licences.known(image.licence)
    return licence.name if licence else image.licence


def _linked(address: str, words: str, *, relation: str) -> SafeString:
    if not address:
        return conditional_escape(words)
    return format_html('<a href="{}" rel="{}">{}</a>', address, relation, words)


def _is_own_page(address: SplitResult, image: LandmarkImage) -> bool:
    """Whether it is the page of a photo that a visitor gave, or what is said here of our own rendered pictures."""
    is_about_rendered = image.is_rendered and address.fragment == RENDERED
    if not is_about_rendered and str(image.pk) not in address.path:  # which is soon seen of most
        return False
    with translation.override(settings.LANGUAGE_CODE):  # as `contributing.source_of` writes it
        own = reverse("pages:licences") if is_about_rendered else image.get_absolute_url()
    return address.path == own
