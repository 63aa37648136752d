"""Whose a search is: an account's, or for visitors without one their session's."""

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.db.models import Q
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from .models import Correction, Query, QueryQuerySet

PRIVATELY, RENEWED = "searches-privately", "renewed"  # in a session


def visitor_of(request: HttpRequest) -> dict:
    """The visitor as `asking.ask` and `Query.objects.readable_by` take one; no session is made for looking."""
    return {"user": request.user, "session_key": request.session.session_key or ""}


def lasting_visitor_of(request: HttpRequest) -> dict:
    """The same, with a session made where there is none, so that what is asked now can be read later."""
    if not request.session.session_key:
        request.session.create()
    today = timezone.now().date().isoformat()
    if request.session.get(RENEWED) != today:
        # Its time begins anew, so that it does not end before the search's; once a day, since each time waits for the
        # disk.
        request.session[RENEWED] = today
    return visitor_of(request)


def asks_privately(request: HttpRequest) -> bool:
    """Whether this visitor wants nothing kept of what they ask: an account says so on every device, a session in one.

    What was wanted before logging in holds after it too.
    """
    return request.session.get(PRIVATELY, False) or getattr(request.user, "searches_privately", False)


def ask_privately(request: HttpRequest, *, on: bool) -> None:
    """Keep nothing of what this visitor asks from now on, or end that."""
    request.session.pop(PRIVATELY, None)
    if request.user.is_authenticated:
        request.user.searches_privately = on
        request.user.save(update_fields=["searches_privately"])
    elif on:
        request.session[PRIVATELY] = True


def asks(view):
    """Mark a page whose form asks a search, outermost of its decorators: how often a visitor may is limited.

    What limits stands outside this room and reads the mark; one that searches with several photos also has a
    `cost_of(request)`.
    """
    view.asks = True
    return view


def own_searches(*, user, session_key: str) -> QueryQuerySet:
    """What this visitor asked, the latest first."""
    if user.is_authenticated:
        return Query.objects.asked_by(user)
    return Query.objects.filter(user=None, session_key=session_key or None).order_by("-asked_at")


def take_up(query: Query, *, user, session_key: str) -> None:
    """Let who has just sent a form read the search that the same form, sent a moment ago, made.

    A visitor without a session who sends it twice at once is given two; that the form's key is known shows that
    both are one and the same.
    """
    if not query.user_id and not owns(query, user=user, session_key=session_key):
        Query.objects.filter(Q(pk=query.pk) | Q(part_of=query.pk)).update(
            user=user if user.is_authenticated else None, session_key=session_key
        )


def owns(query: Query, *, user, session_key: str) -> bool:
    if query.user_id:
        return query.user_id == user.pk
    return bool(session_key) and query.session_key == session_key


@receiver(user_logged_in)
def adopt_searches(request: HttpRequest, user, **_kwargs) -> None:
    """What a visitor asked, and said of the answers, before logging in becomes the account's.

    Logging in gives the session another key, so the one that the searches carry is read from the cookie.
    """
    before = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if before:
        Query.objects.filter(user=None, session_key=before).update(user=user)
        Correction.objects.filter(user=None, session_key=before).update(user=user, session_key="")


@receiver(post_delete, sender=Query)
def erase_photo(instance: Query, **_kwargs) -> None:
    """A deleted search takes its photo along, however it was deleted."""
    transaction.on_commit(lambda: instance.photo.delete(save=False))
