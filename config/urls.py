"""Every address of the site: Vietnamese pages at `/...`, English ones at `/en/...`, the API in any language."""

from allauth.account.decorators import secure_admin_login
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.contrib.sitemaps.views import sitemap
from django.urls import include, path
from django.views.generic import RedirectView, TemplateView

from config import pages
from config.partners import pages as partners
from config.sitemaps import SITEMAPS
from places.views import files

# allauth's pages there would show people's second keys, and what other sites told of them.
for secret in (Authenticator, SocialAccount, SocialApp, SocialToken):
    admin.site.unregister(secret)

# The one way in, with its second step and its limit of tries.
admin.site.login = secure_admin_login(admin.site.login)

handler500 = "config.pauses.broken"

urlpatterns = [
    path("api/v1/", include("config.api")),
    path("api/", RedirectView.as_view(pattern_name="partners:index"), name="api"),
    path("partners/vietnam_tourism-<str:version>-py3-none-any.whl", partners.client, name="partners-client"),
    path("sitemap.xml", sitemap, {"sitemaps": SITEMAPS}, name="sitemap"),
    path("robots.txt", TemplateView.as_view(template_name="robots.txt", content_type="text/plain")),
    path("favicon.ico", pages.favicon),
    path("service-worker.js", pages.service_worker, name="service-worker"),
    path(".well-known/security.txt", pages.security_contact),
    *i18n_patterns(
        path("", include("retrieval.urls")),
        path("", include((pages.addresses, "pages"))),
        path("partners/", include((partners.addresses, "partners"))),
        path("places/", include("places.urls")),
        path("accounts/", include("accounts.urls")),
        path("accounts/", include("allauth.urls")),
        path("admin/", admin.site.urls),
        prefix_default_language=False,
    ),
    *(
        [path(f"{settings.MEDIA_URL.removeprefix('/')}<path:name>", files.served, name="photo-file")]
        if settings.MEDIA_URL.startswith("/")
        else []  # another host has them
    ),
]
