"""Against guessing: who failed too often to log in is refused for a while.

django-axes counts, in the database, so that neither a restart nor an emptied cache forgets. Passwords and codes of the
second step count alike, wherever they are asked for. `manage.py axes_reset_username` lets somebody in again at once.
"""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.account.signals import password_reset
from allauth.core import context as allauth_context
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_client_username
from axes.models import AccessAttempt
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q, Sum
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

# How many times as much is let pass before nobody gets in from one address, whatever account they try (there may be
# a school behind it), and before nobody gets into one account, wherever they come from (it may be an attacker with
# many addresses; and whoever wants to lock somebody out needs many).
ADDRESS, ACCOUNT = 6, 20


class Handler(AxesDatabaseHandler):
    """Axes' own, which counts by account and address together, and less strictly by each of them alone."""

    def get_failures(self, request: HttpRequest, credentials: dict | None = None) -> int:
        account = Q(username=get_client_username(request, credentials))
        address = Q(ip_address=request.axes_ip_address)
        recent = AccessAttempt.objects.filter(attempt_time__gte=get_cool_off_threshold(request))
        failures = recent.aggregate(
            together=Sum("failures_since_start", filter=account & address, default=0),
            by_address=Sum("failures_since_start", filter=address, default=0),
            by_account=Sum("failures_since_start", filter=account, default=0),
        )
        return max(failures["together"], failures["by_address"] // ADDRESS, failures["by_account"] // ACCOUNT)


def account_of(request: HttpRequest, credentials: dict | None) -> str:
    """The account that somebody tries to get into, however they write its address."""
    return ((credentials or {}).get("email") or request.POST.get("login", "")).strip().lower()


def locked(request: HttpRequest, response: HttpResponse | None, credentials: dict | None) -> HttpResponse:
    """What somebody sees who is refused; right or wrong, what they entered is not looked at."""
    wait = settings.AXES_COOLOFF_TIME
    context = {"minutes": round(wait.total_seconds() / 60)}
    page = render(request, "account/locked.html", context, status=429)
    page["Retry-After"] = round(wait.total_seconds())
    return page


class _CountsCodes:
    """A form of the second step whose wrong codes count as wrong passwords do."""

    def clean_code(self) -> str:
        credentials = {"email": self.user.email}
        if not AxesProxyHandler.is_allowed(allauth_context.request, credentials):
            allauth_context.request.axes_locked_out = True
            raise get_adapter().validation_error("too_many_login_attempts")
        try:
            return super().clean_code()
        except ValidationError:
            AxesProxyHandler.user_login_failed(type(self), credentials, allauth_context.request)
            raise


class SecondStepForm(_CountsCodes, AuthenticateForm):
    """The second step of logging in."""


class SecondStepAgainForm(_CountsCodes, ReauthenticateForm):
    """The second step, asked once more before what a found phone must not do."""


@receiver(password_reset)
def let_in_again(request: HttpRequest, user, **_told) -> None:
    """Whoever reads the account's mail and has chosen a new password need not wait."""
    AxesProxyHandler.reset_attempts(username=user.email.lower())
