"""The pages for partners: how the API is used, what became of it, and how long what is there stays."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.generic import TemplateView

from accounts.limits import Act, Limit, of_visitor
from retrieval.batches import MOST_PHOTOS
from retrieval.webhooks import MOST_ATTEMPTS

from . import changelog, code, deprecations, wheel

HEADERS = """RateLimit-Policy: "search-minute";q=120;w=60, "search-day";q=10000;w=86400
RateLimit: "search-minute";r=117;t=2, "search-day";r=9871;t=40210"""
PROBLEM = """HTTP/1.1 400 Bad Request
Content-Type: application/problem+json

{
  "type": "https://example.org/api/v1/problems/invalid/",
  "title": "Something that was sent is not valid",
  "status": 400,
  "detail": "k: Ensure this value is less than or equal to 100.",
  "code": "invalid",
  "instance": "/api/v1/searches/",
  "errors": [
    {"field": "k", "code": "max_value", "detail": "Ensure this value is less than or equal to 100."}
  ]
}"""
MESSAGE = """POST /told HTTP/1.1
Content-Type: application/json
webhook-id: msg_2f0c6f1a7d0e4b0f9c1d3a5b7c9e1f20
webhook-timestamp: 1796000000
webhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=

{
  "type": "search.answered",
  "timestamp": "2026-11-30T01:33:20Z",
  "data": {
    "id": "7f1f2a52-0c2e-4a53-9f0c-3d9d3c1c7a11",
    "url": "https://example.org/api/v1/searches/7f1f2a52-0c2e-4a53-9f0c-3d9d3c1c7a11/?token=…",
    "state": "answered",
    "reason": "",
    "verdict": "is",
    "known": 0.99,
    "places": [
      {"slug": "chua-mot-cot", "name_vi": "Chùa Một Cột", "name_en": "One Pillar Pagoda", "probability": 0.97}
    ]
  }
}"""


class PartnersView(TemplateView):
    """How the API is used."""

    template_name = "partners/index.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        site = self.request.build_absolute_uri("/").rstrip("/")
        search, read = Act("search"), Act("read")
        return super().get_context_data(
            site=site,
            code={name.replace(".", "_"): code.shown(name, site=site) for name in code.names()},
            headers=HEADERS,
            problem=PROBLEM.replace(code.SITE, site),
            message=MESSAGE.replace(code.SITE, site),
            install=f"pip install {site}{reverse('partners-client', args=[wheel.version()])}",
            policy=f"script-src {site};\nconnect-src {site};\nimg-src {_photos_from(site)}",
            limits={
                "key_search": Limit(search, *_or_none(settings.KEY_SEARCHES)),
                "key_read": Limit(read, *_or_none(settings.KEY_READS)),
                "visitor_search": of_visitor(search),
                "visitor_read": of_visitor(read),
            },
            most_keys=settings.KEYS_PER_ACCOUNT,
            most_photos=MOST_PHOTOS,
            most_attempts=MOST_ATTEMPTS,
            photo_megabytes=settings.PHOTO_MAX_BYTES // 2**20,
            private_kept_minutes=settings.PRIVATE_SEARCHES_KEPT_MINUTES,
            **context,
        )


class ChangelogView(TemplateView):
    template_name = "partners/changelog.html"
    extra_context = {"entries": changelog.ENTRIES}


class DeprecationView(TemplateView):
    template_name = "partners/deprecation.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(
            table=deprecations.TABLE,
            notice_months=deprecations.NOTICE_MONTHS,
            kept_months=deprecations.KEPT_MONTHS,
            **context,
        )


def _photos_from(site: str) -> str:
    """The origin that published photos come from: this site, or another host that has them."""
    address = urlsplit(urljoin(f"{site}/", default_storage.url("photo.jpg")))
    return f"{address.scheme}://{address.netloc}"


def _or_none(limit: tuple[int, int]) -> tuple[int | None, int | None]:
    minute, day = limit
    return minute or None, day or None


@require_safe
@cache_control(public=True, max_age=3600)
def client(request: HttpRequest, version: str) -> HttpResponse:
    """The Python client, for pip."""
    packed = wheel.pack()
    if version != packed.version:
        raise Http404
    return HttpResponse(packed.content, content_type="application/zip")


addresses = [
    path("", PartnersView.as_view(), name="index"),
    path("changelog/", ChangelogView.as_view(), name="changelog"),
    path("deprecation/", DeprecationView.as_view(), name="deprecation"),
]
