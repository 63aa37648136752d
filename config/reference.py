"""The API's own description, and the two pages that draw it: one to try things out, one to read."""

from __future__ import annotations

from functools import cache
from typing import Any

from csp.decorators import csp_update
from django.utils.cache import patch_cache_control
from django.utils.decorators import method_decorator
from django.views.generic import TemplateView
from drf_spectacular.views import SpectacularAPIView
from rest_framework.response import Response

from .schema import EnglishGenerator

FRESH_SECONDS = 300


class SchemaView(SpectacularAPIView):
    """The description, written once per process: it is the same for everyone."""

    required_scope = ""

    def _get_schema_response(self, request) -> Response:
        response = Response(_described())
        patch_cache_control(response, max_age=FRESH_SECONDS, public=True)
        return response


@cache
def _described() -> dict[str, Any]:
    return EnglishGenerator().get_schema(public=True)


class SwaggerView(TemplateView):
    template_name = "api/swagger.html"


# Its search runs in a worker that it makes of a text.
@method_decorator(csp_update({"worker-src": ["blob:"]}), name="dispatch")
class RedocView(TemplateView):
    template_name = "api/redoc.html"
