"""What search engines are told of: the places, and the pages that are there for everyone, in both languages."""

from django.contrib.sitemaps import Sitemap
from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse

from places.models import Landmark

PAGES = (
    "retrieval:home", "places:landmarks", "places:map", "places:near", "retrieval:methods",
    "about", "how", "privacy", "terms", "licences", "places:takedown",
)  # fmt: skip


class InBothLanguages(Sitemap):
    i18n = alternates = x_default = True


class Places(InBothLanguages):
    def items(self) -> QuerySet[Landmark]:
        return Landmark.objects.standing().order_by("pk")

    def lastmod(self, landmark: Landmark):
        return landmark.updated_at


class Pages(InBothLanguages):
    """Those of PAGES that this installation has."""

    def items(self) -> list[str]:
        return [name for name in PAGES if _has(name)]

    def location(self, name: str) -> str:
        return reverse(name)


def _has(name: str) -> bool:
    try:
        reverse(name)
    except NoReverseMatch:
        return False
    return True


SITEMAPS = {"pages": Pages, "places": Places}
