"""What every answer tells a browser to refuse: settings/security.py has the policies, here they go out."""

from dataclasses import replace

from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest, HttpResponse

from .settings.security import DESK_POLICY, RESOURCE_POLICY


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
            if "Content-Length" in response:  # of the shorter page; a browser would leave out its end
                response["Content-Length"] = len(response.content)
        return super().process_response(request, response)

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponse, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        return replace(parts, update=DESK_POLICY | (parts.update or {})) if _is_desk(request) else parts


def _is_desk(request: HttpRequest) -> bool:
    match = getattr(request, "resolver_match", None)
    return match is not None and "admin" in match.namespaces
