"""The API's description: what every operation may refuse with is written here once, and named in each."""

from __future__ import annotations

import re
from typing import Any, Literal

from django.utils.translation import override
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema

from . import problems
from .partners import deprecations

PROBLEM = {
    "type": "object",
    "description": "Why a request was refused (RFC 9457).",
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "Where the code is explained."},
        "title": {"type": "string", "description": "The kind of problem, in the reader's language."},
        "status": {"type": "integer", "description": "As the response's."},
        "detail": {"type": "string", "description": "What is wrong in this case, in the reader's language."},
        "code": {
            "type": "string",
            "enum": sorted(problems.PROBLEMS),
            "description": "The kind of problem, for programs. A code keeps its meaning; new ones may come.",
        },
        "instance": {"type": "string", "description": "The path that was asked for."},
        "errors": {
            "type": "array",
            "description": "Where fields or parameters are wrong: each with its own code.",
            "items": {"$ref": "#/components/schemas/FieldError"},
        },
    },
    "required": ["type", "title", "status", "detail", "code", "instance"],
    "additionalProperties": True,
}
FIELD_ERROR = {
    "type": "object",
    "properties": {
        "field": {"type": "string", "description": "Its path, as in photos.1; empty for the whole request."},
        "code": {"type": "string", "description": "What is wrong, for programs: required, invalid_choice, …"},
        "detail": {"type": "string", "description": "What is wrong, in the reader's language."},
    },
    "required": ["field", "code", "detail"],
}
CONTENT = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
RETRY_AFTER = {
    "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds until it is worth trying again."}
}
RATE_LIMIT = {
    "RateLimit-Policy": {
        "schema": {"type": "string"},
        "description": "The limits that hold: q in w seconds.",
    },
    "RateLimit": {"schema": {"type": "string"}, "description": "What is left of each: r, for t seconds."},
}


class EnglishGenerator(SchemaGenerator):
    """The description is English in whole: half of it stands in docstrings."""

    def get_schema(self, request=None, public: bool = False) -> dict[str, Any]:
        with override("en"):
            return super().get_schema(request=request, public=public)


class ProblemsSchema(AutoSchema):
    """An operation with all that it may be refused with."""

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        responses = super()._get_response_bodies(direction)
        further: dict[int, str] = getattr(self.view, "further_answers", dict)()
        refusals = self._refusals() | {status for status in further if status >= 400}
        for status in refusals:
            responses.setdefault(str(status), {"$ref": f"#/components/responses/{name_of(status)}"})
        for status, words in further.items():
            responses.setdefault(str(status), {"description": words})
        for code, told in responses.items():
            if int(code) >= 400 and not {"$ref", "content"} & told.keys():
                told["content"] = CONTENT  # the operation says in words of its own when it is given
        return dict(sorted(responses.items()))

    def is_deprecated(self) -> bool:
        return deprecations.is_deprecated(self.method, self.path) or super().is_deprecated()

    def get_summary(self) -> str | None:
        """The first words of the description, where the operation has no summary of its own."""
        own = super().get_summary()
        return own or re.split(r"[.:;](?:\s|$)", self.get_description() or "", maxsplit=1)[0] or None

    def _refusals(self) -> set[int]:
        statuses = {400, 405, 406, 413, 414, 429, 503}
        if self.view.get_authenticators():
            statuses |= {401, 403}
        if self.method in {"POST", "PUT", "PATCH"}:
            statuses.add(415)
        if (
            "{" in self.path or len(self.view.get_renderers()) > 1
        ):  # an address, or a format, that there is not
            statuses.add(404)
        return statuses


def name_of(status: int) -> str:
    """A problem's name among the description's components: Problem404."""
    return f"Problem{status}"


def with_problems(result: dict[str, Any], **_more: object) -> dict[str, Any]:
    """The description with the answers that its operations refer to."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {}).update({"Problem": PROBLEM, "FieldError": FIELD_ERROR})
    responses = components.setdefault("responses", {})
    for status in sorted({problem.status for problem in problems.TABLE}):
        responses[name_of(status)] = _answer(status)
    return result


def _answer(status: int) -> dict[str, Any]:
    kinds = [problem for problem in problems.TABLE if problem.status == status]
    told: dict[str, Any] = {
        "description": "\n".join(f"`{kind.code}`: {kind.title}." for kind in kinds),
        "content": CONTENT,
    }
    if status == 414:  # the web server itself refuses what is twice too long
        told["content"] = CONTENT | {"text/html": {"schema": {"type": "string"}}}
    if status in {429, 503}:
        told["headers"] = RETRY_AFTER | (RATE_LIMIT if status == 429 else {})
    return told
