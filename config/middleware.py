"""What holds for every request: its language, and what is said when it is refused."""

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from . import problems

API = "/api/"
LONGEST_ADDRESS = 4000  # bytes, path and parameters; the web server itself reads twice as much


class LanguageMiddleware(LocaleMiddleware):
    """A page's language is in its address, so that each has one; the API's is what its client asks for."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if request.path_info.startswith(API):
            translation.activate(language_of(request))
            request.LANGUAGE_CODE = translation.get_language()


def language_of(request: HttpRequest) -> str:
    """The language that an answer of the API is read in: `?lang=`, or what the client's Accept-Language prefers."""
    asked = request.GET.get("lang")
    return asked if asked in dict(settings.LANGUAGES) else translation.get_language_from_request(request)


class ProblemsMiddleware:
    """Every refusal under /api/ is a problem, also one of an address, a host or a method that reaches no view."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(API):
            return self.get_response(request)
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return self.problem(request, "bad_request")  # no text of PostgreSQL's holds it
        if len(request.META.get("QUERY_STRING", "")) + len(request.path_info) > LONGEST_ADDRESS:
            with translation.override(language_of(request)):
                said = _("An address may have {most} bytes.").format(most=LONGEST_ADDRESS)
            return self.problem(request, "address_too_long", detail=said)
        response = self.get_response(request)
        is_told = response.status_code < 400 or response.get("Content-Type") == problems.MEDIA_TYPE
        if is_told or response.streaming:
            return response
        code = "bad_host" if self.has_bad_host(request) else problems.of_status(response.status_code).code
        problem = self.problem(request, code, status=response.status_code)
        response.content = problem.content
        response["Content-Type"] = problems.MEDIA_TYPE
        response["Content-Length"] = str(len(problem.content))
        return response

    def problem(self, request: HttpRequest, code: str, **more) -> HttpResponse:
        with translation.override(language_of(request)):
            return problems.response(request, code, **more)

    def has_bad_host(self, request: HttpRequest) -> bool:
        try:
            request.get_host()
        except DisallowedHost:
            return True
        return False


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
