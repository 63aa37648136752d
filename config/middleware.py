"""What holds for every request: its language, and what is said when it is refused or the database is away."""

import logging
from dataclasses import replace

from csp.middleware import CSPMiddleware, PolicyParts
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.locale import LocaleMiddleware
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from .settings.security import DESK_POLICY, RESOURCE_POLICY

API = "/api/"
RETRY_AFTER = 10  # seconds

logger = logging.getLogger(__name__)


class LanguageMiddleware(LocaleMiddleware):
    """A page's language is in its address, so that each has one; the API's is what its client asks for."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if request.path_info.startswith(API):
            translation.activate(translation.get_language_from_request(request))
            request.LANGUAGE_CODE = translation.get_language()


class IsolationMiddleware:
    """What another site cannot take into its own pages, unless its view says that it may."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault(RESOURCE_POLICY, "same-origin")
        return response


class ContentPolicyMiddleware(CSPMiddleware):
    """django-csp's, with the curators' desk's own policy."""

    # The one style element that unfold writes into its pages, and not in a block of its template.
    COLOURS = b'<style id="unfold-theme-colors">'

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if _is_desk(request) and not response.streaming and self.COLOURS in response.content:
            named = b'<style nonce="%s" id="unfold-theme-colors">' % str(request.csp_nonce).encode()
            response.content = response.content.replace(self.COLOURS, named, 1)
        return super().process_response(request, response)

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponse, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        return replace(parts, update=DESK_POLICY | (parts.update or {})) if _is_desk(request) else parts


def _is_desk(request: HttpRequest) -> bool:
    match = getattr(request, "resolver_match", None)
    return match is not None and "admin" in match.namespaces


class RefusalsMiddleware:
    """A refusal that a view leaves without words gets the page of its status: 405, 410, 413, 429."""

    PAGES = {405, 410, 413, 429}

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if (
            response.status_code in self.PAGES
            and not request.path_info.startswith(API)
            and not response.streaming
            and not response.content
        ):
            response.content = render_to_string(f"{response.status_code}.html", request=request)
        return response


class DatabaseAwayMiddleware:
    """A database that does not answer is a pause, not a fault: 503, and when to come back."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, OperationalError | InterfaceError):
            return None
        logger.error("%s: the database does not answer: %s", request.path, exception)
        if request.path_info.startswith(API):
            words = _("The platform is being restarted. Please try again in a moment.")
            response: HttpResponse = JsonResponse({"detail": words}, status=503)
        else:
            # Without the request: who is logged in would be read from the database.
            response = HttpResponse(render_to_string("503.html"), status=503)
        response["Retry-After"] = str(RETRY_AFTER)
        return response
