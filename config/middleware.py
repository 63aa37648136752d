"""What holds for every request: its language, and what is said when it is refused or the database is away."""

import logging

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.locale import LocaleMiddleware
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

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
