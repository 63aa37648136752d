"""What the API says when it refuses: problem details (RFC 9457), in the reader's language.

Each kind of problem has a code that stays, and an address that explains it. Rooms raise what Django and REST
framework know; what they raise, and what never reaches them, becomes a body here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from django.core.exceptions import DisallowedHost, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.views import exception_handler

MEDIA_TYPE = "application/problem+json"
WHOLE = "non_field_errors"  # what REST framework calls a fault of no one field
MOST_ERRORS_SAID = 5  # in the one sentence of `detail`; `errors` has them all
SENT_TOO_MUCH = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


@dataclass(frozen=True)
class Problem:
    """A kind of problem. about: what has happened, and what the caller can do."""

    code: str
    status: int
    title: Promise
    about: Promise


class FieldError(TypedDict):
    """What is wrong with one field. field: its path, as in photos.1; empty where it is no one field's."""

    field: str
    code: str
    detail: str


# The first of a status stands for all of that status which have no code of their own.
TABLE = (
    Problem("bad_request", 400, _("The request cannot be read"), _(
        "Something in the request is not as HTTP or this API wants it: an address or a parameter with characters that "
        "cannot be, or a header that contradicts the body. Put it right before you send it again."
    )),
    Problem("invalid", 400, _("Something that was sent is not valid"), _(
        "One or more parameters or fields have values that cannot be used. “errors” names each field with a code of "
        "its own and says what is wrong with it."
    )),
    Problem("parse_error", 400, _("The body cannot be read"), _(
        "The body is not what its Content-Type says: JSON that is cut short, or a form without its boundary."
    )),
    Problem("bad_host", 400, _("The site does not go by this name"), _(
        "The Host header names a site that is not this one. Use the address from the documentation."
    )),
    Problem("not_authenticated", 401, _("A key is needed"), _(
        "This needs a key or an account. Send your key as “Authorization: Bearer …”; keys are made on the page of your "
        "account."
    )),
    Problem("authentication_failed", 401, _("The key is not accepted"), _(
        "The key is unknown, was revoked or has expired, or the Authorization header is not “Bearer” and a key. Without "
        "the header, the request counts as a visitor's."
    )),
    Problem("key_malformed", 401, _("This is not an API key"), _(
        "What was sent as “Authorization: Bearer” is cut short, or no key of this site. Copy it anew from where you "
        "keep it; if it is lost, make another on the page of your account."
    )),
    Problem("key_unknown", 401, _("There is no such API key"), _(
        "It looks like a key, but opens nothing here: it belongs to another site, or its account is deleted."
    )),
    Problem("key_revoked", 401, _("The API key is revoked"), _(
        "Its owner or an administrator ended it, or its account is closed. It cannot be brought back; another can be "
        "made on the page of the account."
    )),
    Problem("permission_denied", 403, _("This is not allowed"), _(
        "You are known, but may not do this: your key lacks the scope, or your account the role."
    )),
    Problem("scope_missing", 403, _("The API key may not do this"), _(
        "“scope” names what the key lacks. What a key may do is chosen when it is made: make another that may."
    )),
    Problem("origin_not_allowed", 403, _("The API key may not be used from this website"), _(
        "A browser sent the key from a website that the key does not name. Keys name the websites that may use them "
        "when they are made; programs that run elsewhere than in a browser send no Origin, and need none."
    )),
    Problem("role_missing", 403, _("Your role does not allow this"), _(
        "This takes a role that your account does not have; who runs the site gives roles. A key can do no more than "
        "the account that it belongs to."
    )),
    Problem("csrf_failed", 403, _("The form's token is missing"), _(
        "A browser that is logged in proves with a token that a page of this site sent the request. Programs send a "
        "key instead, and need no token."
    )),
    Problem("not_found", 404, _("There is nothing at this address"), _(
        "It never existed, was withdrawn, or belongs to somebody else; which of these is not told."
    )),
    Problem("method_not_allowed", 405, _("This address does not take that method"), _(
        "The Allow header names the methods that it takes."
    )),
    Problem("not_acceptable", 406, _("The answer cannot be given in that form"), _(
        "The Accept header asks for a type that this address does not have. Leave it out, or ask for application/json."
    )),
    Problem("conflict", 409, _("This cannot be done as things stand"), _(
        "The request is right in itself, but not in the state that its subject is in now. Read that again first."
    )),
    Problem("nothing_to_correct", 409, _("There is no answer to correct"), _(
        "The search is not answered yet, names no place that could be right or wrong, or is private."
    )),
    Problem("gone", 410, _("This is no longer here"), _("It was here once, and will not come back.")),
    Problem("cursor_expired", 410, _("This cursor is of another history"), _(
        "The catalogue was put back to an earlier state since the cursor was given out, or it was never given out. Ask "
        "without a cursor, and put what you get in place of all that you have."
    )),
    Problem("precondition_failed", 412, _("It has changed meanwhile"), _(
        "If-Match or If-Unmodified-Since named another version than the one that is here now."
    )),
    Problem("too_large", 413, _("Too much was sent at once"), _(
        "The body, or a photo in it, is larger than this site takes. The limit is in “detail”; photos may be made "
        "smaller first, since no search looks at more than 2048 pixels."
    )),
    Problem("address_too_long", 414, _("The address is too long"), _(
        "The path and its parameters together are longer than this site reads; the limit is in “detail”. Leave out "
        "parameters that are empty, or ask in several requests."
    )),
    Problem("unsupported_media_type", 415, _("A body of this type is not taken"), _(
        "Send application/json, or multipart/form-data where there are files, and name it in Content-Type."
    )),
    Problem("idempotency_key_reused", 422, _("The Idempotency-Key belongs to another question"), _(
        "The same key was sent before with other fields or another photo. Send a new key with each new question; the "
        "same one only to repeat a call whose answer did not arrive."
    )),
    Problem("throttled", 429, _("Too many requests"), _(
        "More was asked in this time than one caller may. Retry-After says in how many seconds to come back."
    )),
    Problem("rate_exceeded", 429, _("Too much in one minute"), _(
        "“limit” says how much a minute holds: photos, where it is searched with them, else requests. What was used "
        "comes back bit by bit; Retry-After says in how many seconds the same request would be taken. RateLimit and "
        "RateLimit-Policy say on every answer what is left."
    )),
    Problem("quota_exceeded", 429, _("Too much in one day"), _(
        "“limit” says how much a day holds, and “ends_at” when the next one begins: at midnight in Vietnam. Who needs "
        "more asks those who run this site."
    )),
    Problem("server_error", 500, _("Something broke here"), _(
        "The fault is ours, it has been noted, and the same request may fail again. Nothing that was answered before "
        "is lost."
    )),
    Problem("unavailable", 503, _("The platform is taking a break"), _(
        "It is being restarted, or what it needs does not answer. Retry-After says in how many seconds to come back."
    )),
)  # fmt: skip

PROBLEMS = {problem.code: problem for problem in TABLE}
_OF_STATUS = {problem.status: problem for problem in reversed(TABLE)}


def of_status(status: int) -> Problem:
    """The problem that stands for a status."""
    other = _OF_STATUS[500 if status >= 500 else 400]
    return _OF_STATUS.get(status, other)


def response(
    request: HttpRequest,
    code: str,
    *,
    status: int | None = None,
    detail: str = "",
    errors: Iterable[FieldError] = (),
    extra: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """A problem as an answer. status: where it is not the problem's own; extra: further members of the body."""
    problem = PROBLEMS[code]
    status = status or problem.status
    body: dict[str, Any] = dict(extra or {})
    body |= {
        "type": address(request, problem.code),
        "title": str(problem.title),
        "status": status,
        "detail": detail or str(problem.about),
        "code": problem.code,
        "instance": request.path,
    }
    if errors := list(errors):
        body["errors"] = errors
    told = JsonResponse(
        body, status=status, content_type=MEDIA_TYPE, json_dumps_params={"ensure_ascii": False}
    )
    for name, value in (headers or {}).items():
        told[name] = value
    return told


def address(request: HttpRequest, code: str) -> str:
    """Where a problem is explained; without the host where that is the problem."""
    path = reverse("api:problem", args=[code])
    try:
        return request.build_absolute_uri(path)
    except DisallowedHost:
        return path


def handle(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """REST framework's exception handler. None for what is no refusal: that is a fault, or the database's pause.

    An exception may carry `headers`, and `extra` members of the body.
    """
    request = context["request"]
    if isinstance(error, SENT_TOO_MUCH):
        return response(request, "too_large")
    refusal = exception_handler(error, dict(context))
    if refusal is None:
        return None
    told = _as_rest(error)
    headers = {name: refusal[name] for name in ("WWW-Authenticate", "Retry-After") if name in refusal}
    errors = list(field_errors(told.get_full_details())) if _tells_fields(told) else []
    return response(
        request,
        _code(told, refusal.status_code),
        status=refusal.status_code,
        detail=_in_one(errors) if errors else _words(told),
        errors=errors,
        extra=getattr(told, "extra", None),
        headers=headers | dict(getattr(told, "headers", None) or {}),
    )


def _as_rest(error: Exception) -> exceptions.APIException:
    """A refusal of Django's as REST framework's. What a 404 says itself names our classes."""
    if isinstance(error, exceptions.APIException):
        return error
    return exceptions.NotFound() if isinstance(error, Http404) else exceptions.PermissionDenied()


def field_errors(details: Any, path: str = "") -> Iterator[FieldError]:
    """REST framework's nested errors, one after the other."""
    if isinstance(details, Mapping) and set(details) == {"message", "code"}:
        yield {"field": path, "code": str(details["code"]), "detail": str(details["message"])}
        return
    if isinstance(details, Mapping):
        for name, inner in details.items():
            yield from field_errors(inner, path if name == WHOLE else _joined(path, name))
        return
    for number, inner in enumerate(details):
        # Of a field's errors the list is theirs; of a list's items, each that has faults tells them by name.
        is_item = isinstance(inner, Mapping) and set(inner) != {"message", "code"}
        yield from field_errors(inner, _joined(path, number) if is_item else path)


def _joined(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)


def _tells_fields(error: exceptions.APIException) -> bool:
    return isinstance(error.detail, dict | list)


def _in_one(errors: list[FieldError]) -> str:
    said = [f"{one['field']}: {one['detail']}" if one["field"] else one["detail"] for one in errors]
    return " ".join(said[:MOST_ERRORS_SAID])


def _code(error: exceptions.APIException, status: int) -> str:
    """The code of an error: its own where the table has it, else that of its status."""
    if _tells_fields(error):
        return "invalid" if status == 400 else of_status(status).code
    code = error.get_codes()
    if isinstance(error, exceptions.PermissionDenied) and str(error.detail).startswith("CSRF Failed"):
        code = "csrf_failed"
    return code if code in PROBLEMS else of_status(status).code


def _words(error: exceptions.APIException) -> str:
    """What was said of this very case; nothing where that is only what REST framework says of all such cases."""
    if isinstance(error, exceptions.Throttled):
        return ""  # Retry-After says the rest
    is_theirs = type(error).__module__ == exceptions.__name__
    detail = str(error.detail)
    said_of_all = is_theirs and detail in {str(error.default_detail), ""}
    return "" if said_of_all or detail.startswith("CSRF Failed") else detail
