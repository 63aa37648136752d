"""The pages that say what this site is, and what a browser asks for to install it."""

import json
from datetime import timedelta
from hashlib import sha256

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import path, reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import TemplateView

from config import replica

PAPER, LACQUER = "#f3ece0", "#1d110c"
# What the offline page is drawn with; the worker keeps it from the first visit on.
KEPT_OFFLINE = (
    "css/tokens.css",
    "css/site.css",
    "css/fault.css",
    "js/installed.js",
    "img/seal.svg",
    "img/water.svg",
    *(
        f"vendor/be-vietnam-pro-5.3.0/{subset}-{weight}.woff2"
        for subset in ("latin", "vietnamese")
        for weight in (400, 600)
    ),
)


class Page(TemplateView):
    """A page of words, which knows who answers for the site and how long things are kept."""

    def get_context_data(self, **context) -> dict:
        return super().get_context_data(
            operator=settings.OPERATOR_NAME,
            contact=settings.CONTACT_EMAIL,
            kept_days=settings.SEARCHES_KEPT_DAYS,
            visitors_kept_days=settings.VISITORS_SEARCHES_KEPT_DAYS,
            private_kept_minutes=settings.PRIVATE_SEARCHES_KEPT_MINUTES,
            photo_megabytes=settings.PHOTO_MAX_BYTES // 2**20,
            lockout_minutes=settings.AXES_COOLOFF_TIME // timedelta(minutes=1),
            session_cookie=settings.SESSION_COOKIE_NAME,
            written_cookie=replica.COOKIE if replica.is_given() else "",
            csrf_cookie=settings.CSRF_COOKIE_NAME,
            **context,
        )


@cache_control(max_age=3600, public=True)
def manifest(request: HttpRequest) -> HttpResponse:
    """What a phone needs to keep the site beside its apps, in the language of the address."""
    home = reverse("retrieval:home")
    icons = [
        {"src": static("img/seal.svg"), "sizes": "any", "type": "image/svg+xml"},
        {"src": static("img/icon-192.png"), "sizes": "192x192", "type": "image/png"},
        {"src": static("img/icon-512.png"), "sizes": "512x512", "type": "image/png"},
        {
            "src": static("img/icon-maskable-512.png"),
            "sizes": "512x512",
            "type": "image/png",
            "purpose": "maskable",
        },
    ]
    shortcuts = {
        _("Search with a photo"): home,
        _("Places"): reverse("places:landmarks"),
        _("My searches"): reverse("retrieval:history"),
    }
    return JsonResponse(
        {
            "id": home,
            "name": "Vietnam Tourism Retrieval",
            "short_name": _("Where is this?"),
            "description": _("Show a photo taken in Vietnam and learn which place it is."),
            "lang": translation.get_language(),
            "start_url": home,
            "scope": "/",
            "display": "standalone",
            "background_color": PAPER,
            "theme_color": LACQUER,
            "categories": ["travel", "photo"],
            "icons": icons,
            "shortcuts": [{"name": name, "url": address} for name, address in shortcuts.items()],
            "share_target": {
                "action": reverse("pages:share"),
                "method": "POST",
                "enctype": "multipart/form-data",
                "params": {"files": [{"name": "photo", "accept": ["image/*", ".heic", ".heif", ".avif"]}]},
            },
        },
        content_type="application/manifest+json",
        json_dumps_params={"ensure_ascii": False},
    )


def service_worker(request: HttpRequest) -> HttpResponse:
    """The script between a browser and the site; its version changes with any file that it keeps."""
    pages = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            pages[language] = reverse("pages:offline")
    kept = [*pages.values(), *map(static, KEPT_OFFLINE)]
    facts = {"pages": pages, "kept": kept, "version": sha256(" ".join(kept).encode()).hexdigest()[:12]}
    context = {"facts": json.dumps(facts)}
    response = render(request, "pages/service-worker.js", context, content_type="text/javascript")
    response["Cache-Control"] = "no-cache"
    return response


@csrf_exempt  # an app that shares has no token, and nothing is done here
def share(request: HttpRequest) -> HttpResponse:
    """Where phones send a photo to; the service worker takes it, and without one it has to be chosen again."""
    return redirect("retrieval:home")


def favicon(request: HttpRequest) -> HttpResponse:
    """The seal for those who ask for it by its oldest name."""
    return redirect(static("img/icon-192.png"))


def security_contact(request: HttpRequest) -> HttpResponse:
    """Whom to tell of a hole (RFC 9116)."""
    if not settings.CONTACT_EMAIL:
        raise Http404
    lines = (
        f"Contact: mailto:{settings.CONTACT_EMAIL}",
        f"Expires: {timezone.now() + timedelta(days=180):%Y-%m-%dT00:00:00Z}",
        "Preferred-Languages: vi, en",
    )
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


addresses = [
    path("about/", Page.as_view(template_name="pages/about.html"), name="about"),
    path("how-it-works/", Page.as_view(template_name="pages/how.html"), name="how"),
    path("privacy/", Page.as_view(template_name="pages/privacy.html"), name="privacy"),
    path("terms/", Page.as_view(template_name="pages/terms.html"), name="terms"),
    path("licences/", Page.as_view(template_name="pages/licences.html"), name="licences"),
    path("offline/", Page.as_view(template_name="pages/offline.html"), name="offline"),
    path("manifest.webmanifest", manifest, name="manifest"),
    path("share/", share, name="share"),
]
