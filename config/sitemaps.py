"""What search engines are told of: the places, and the pages that are there for everyone, in both languages."""

from django.contrib.sitemaps import Sitemap
from django.db.models import QuerySet
from django.urls import reverse

from places.models import Landmark

PAGES = (
    "retrieval:home", "places:landmarks", "places:map", "places:near", "retrieval:methods",
    "pages:about", "pages:how", "pages:privacy", "pages:terms", "pages:licences", "places:takedown",
    "partners:index", "partners:changelog", "partners:deprecation",
)  # fmt: skip


class InBothLanguages(Sitemap):
    i18n = alternates = x_default = True


class Places(InBothLanguages):
    def items(self) -> QuerySet[Landmark]:
        return Landmark.objects.standing().order_by("pk")

    def lastmod(self, landmark: Landmark):
        return landmark.updated_at


class Pages(InBothLanguages):
    def items(self) -> tuple[str, ...]:
        return PAGES

    def location(self, name: str) -> str:
        return reverse(name)


SITEMAPS = {"pages": Pages, "places": Places}
