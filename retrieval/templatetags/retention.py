"""What is kept of searches and for how long, as pages tell it."""

from django import template
from django.conf import settings

from retrieval.visitors import asks_privately

register = template.Library()


@register.inclusion_tag("retrieval/_kept.html")
def kept() -> dict:
    """A list of sentences: for an account, without one, in private mode, and what stays for longer."""
    return {
        "days": settings.SEARCHES_KEPT_DAYS,
        "visitors_days": settings.VISITORS_SEARCHES_KEPT_DAYS,
        "private_minutes": settings.PRIVATE_SEARCHES_KEPT_MINUTES,
    }


@register.inclusion_tag("retrieval/_private_mode.html", takes_context=True)
def private_mode(context: template.Context) -> dict:
    """Whether private mode is on, and the button that changes it and leads back to this page."""
    request = context["request"]
    return {
        "privately": asks_privately(request),
        "here": request.get_full_path(),
        "csrf_token": context.get("csrf_token"),
    }
