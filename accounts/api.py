"""How the API knows who asks, what a key may do there, and how often: classes that REST_FRAMEWORK's settings name.

A view says what it needs by its attributes, and imports nothing from here:

    required_scope = "search"       what a key must be allowed; without it any key will do
    needs_key = True                neither a key nor an account: 401
    asking_actions = {"create"}     what counts as searching; all else is reading
    def cost_of(self, request):     how many photos such a request searches with; 1 where there is no such method
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import APIException, AuthenticationFailed, NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from . import keys, limiting, limits, origins
from .limits import Act
from .models import ApiKey, User

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which imports this, as the settings say

SCHEME = "Bearer"
REALM = "api"


class KeyMalformed(AuthenticationFailed):
    default_code = "key_malformed"
    default_detail = _("This is not an API key. One is sent as “Authorization: Bearer vtr_…”.")


class KeyUnknown(AuthenticationFailed):
    default_code = "key_unknown"
    default_detail = _("There is no such API key.")


class KeyRevoked(AuthenticationFailed):
    default_code = "key_revoked"
    default_detail = _("This API key is revoked.")


class OriginNotAllowed(PermissionDenied):
    default_code = "origin_not_allowed"

    def __init__(self, origin: str) -> None:
        super().__init__(_("This API key may not be used from the website {origin}.").format(origin=origin))
        self.extra = {"origin": origin}


class ScopeMissing(PermissionDenied):
    default_code = "scope_missing"

    def __init__(self, scope: str) -> None:
        super().__init__(_("This API key lacks the scope “{scope}”.").format(scope=scope))
        self.extra = {"scope": scope}


class LimitExceeded(APIException):
    """429, with what Retry-After needs and which limit it was."""

    status_code = status.HTTP_429_TOO_MANY_REQUESTS
    default_code = "rate_exceeded"

    def __init__(self, refused: limiting.Refused) -> None:
        super().__init__(str(refused), code=refused.code)
        counted = refused.counted
        self.wait = counted.wait
        self.extra = {
            "limit": counted.exceeded,
            "unit": "photos" if counted.limit.act is Act.SEARCH else "requests",
            "window_seconds": limits.DAY if counted.too_much_for == "day" else limits.MINUTE,
            "ends_at": refused.ends_at,
        }


class KeyAuthentication(BaseAuthentication):
    """By the header "Authorization: Bearer vtr_...": request.user is the key's owner, request.auth the key."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        scheme, _space, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        try:
            key = self._key(token.strip())
        except AuthenticationFailed:
            _count(request, Act.READ)  # trying keys is limited as anything else
            raise
        view = request.parser_context.get("view") if request.parser_context else None
        request._request.api_key = key  # from here on all is counted as the key's
        request._request.api_kind = getattr(view, "required_scope", "")
        origin = origins.of(request)
        if origin and origin not in key.allowed_origins:
            raise OriginNotAllowed(origin)
        return key.owner, key

    def _key(self, token: str) -> ApiKey:
        if not keys.TOKEN.fullmatch(token):
            raise KeyMalformed
        key = keys.find(token)
        if key is None:
            raise KeyUnknown
        if not keys.opens(key):
            raise KeyRevoked
        return key

    def authenticate_header(self, request: Request) -> str:
        """What a client that was not let in must send (RFC 6750)."""
        was_sent = bool(get_authorization_header(request))
        return f'{SCHEME} realm="{REALM}"' + (', error="invalid_token"' if was_sent else "")


class HasScope(BasePermission):
    """A key does what it was made for; those who come by an account's session, or as nobody, go on as they are."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        scope = getattr(view, "required_scope", "")
        if isinstance(request.auth, ApiKey):
            if scope and scope not in request.auth.scopes:
                raise ScopeMissing(scope)
        elif getattr(view, "needs_key", False) and not request.user.is_authenticated:
            raise NotAuthenticated
        return True


class WithinLimits(BaseThrottle):
    """A request that searches counts as many times as it has photos; before they are read, one must fit."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        cost_of = getattr(view, "cost_of", None)
        if getattr(view, "action", None) not in getattr(view, "asking_actions", ()):
            _count(request, Act.READ)
        elif cost_of is None:
            _count(request, Act.SEARCH)
        else:
            _count(request, Act.SEARCH, cost=0)
            _count(request, Act.SEARCH, cost=max(cost_of(request), 1))
        return True


def _count(request: Request, act: Act, *, cost: int = 1) -> None:
    try:
        limiting.count(request._request, act, cost=cost)
    except limiting.Refused as refused:
        raise LimitExceeded(refused) from refused
